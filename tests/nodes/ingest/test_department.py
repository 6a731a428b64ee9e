from __future__ import annotations

from pathlib import Path

import pytest

from nodes.errors import MappingError
from nodes.ingest.department import FIELD_NAMES, DepartmentMapping, Mode, load_department
from privacy.normalise.person import DateOrder

FULL = """
name_ja = "学校（校務支援）"
mode = "sealed"
file = "児童生徒名簿.csv"
encoding = "cp932"
id = "児童生徒ID"
date_order = "YMD"
[fields]
full_name = "氏名"
birth_date = ["生年", "生月", "生日"]
[[facts]]
item = "D-07"
file = "出欠.csv"
id = "児童生徒ID"
period = "年月"
[facts.columns]
absent = "欠席日数"
late_early = ["遅刻", "早退"]
"""


def load(tmp_path: Path, text: str, name: str = "school.toml") -> DepartmentMapping:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return load_department(path)


def test_a_full_mapping_is_read(tmp_path: Path) -> None:
    mapping = load(tmp_path, FULL)

    assert mapping.department == "school"
    assert mapping.name == ("学校（校務支援）", "学校（校務支援）")
    assert (mapping.mode, mapping.date_order) == (Mode.SEALED, DateOrder.YMD)
    assert mapping.source.path == tmp_path / "児童生徒名簿.csv"
    assert mapping.label("birth_date") == "生年+生月+生日"
    (fact,) = mapping.facts
    assert (fact.item, fact.period_column) == ("D-07", "年月")
    assert fact.columns[1].columns == ("遅刻", "早退")


def test_the_folder_names_the_department_of_a_department_toml(tmp_path: Path) -> None:
    assert load(tmp_path, FULL, "welfare/department.toml").department == "welfare"


def test_all_canonical_names_of_the_specification_can_be_mapped() -> None:
    assert set(FIELD_NAMES) == set(
        "full_name family_name given_name middle_name full_name_kana family_name_kana "  # noqa: SIM905
        "given_name_kana former_family_name alias household_head_name household_head_kana "
        "birth_date sex address postcode phone email resident_number household_number".split()
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('file = "児童生徒名簿.csv"', "", "`file` is missing"),
        ('id = "児童生徒ID"\ndate', "id = 3\ndate", "`id` is not written right"),
        ('mode = "sealed"', 'mode = "closed"', "`mode` has an unknown value"),
        ('"YMD"', '"YDM"', "`date_order` has an unknown value"),
        ("encoding =", "encodng =", "Did you mean `encoding`"),
        ("full_name =", "fullname =", "Did you mean `full_name`"),
        ("period =", "periode =", "Did you mean `period`"),
        ('["遅刻", "早退"]', "[]", "`columns.late_early` is not written right"),
        ('"氏名"', "[1, 2]", "`fields.full_name` is not written right"),
        ('[fields]\nfull_name = "氏名"', 'fields = "氏名"\n[x]', "no `x`"),
        ("[fields]", "[fields", "is no TOML"),
    ],
)
def test_what_is_not_as_specified_is_refused_in_both_languages(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in FULL

    with pytest.raises(MappingError) as caught:
        load(tmp_path, FULL.replace(old, new))

    assert said in caught.value.render("en")
    assert "school.toml" in caught.value.render("ja")
    assert caught.value.fix.ja
    assert caught.value.exit_status == 2


def test_a_missing_mapping_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="does not exist"):
        load_department(tmp_path / "none.toml")
