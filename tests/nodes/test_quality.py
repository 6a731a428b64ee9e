"""What normalisation did to a file: variants, losses, and how to mend them."""

from pathlib import Path

from nodes.ingest.department import load_department
from nodes.ingest.mapping import read_rows
from nodes.quality import Quality, examine
from nodes.records import resolve_records

_MAPPING = """
file = "roll.csv"
id = "no"
[fields]
full_name = "氏名"
full_name_kana = "カナ"
birth_date = "生年月日"
"""
_ROLL = """no,氏名,カナ,生年月日
1,渡邊 太郎,ワタナベ タロウ,H26.4.2
2,髙﨑 花子,タカサキ ハナコ,平成26年13月1日
3,渡邉 次郎,ﾜﾀﾅﾍﾞ ｼﾞﾛｳ,2015/5/5
"""


def _quality(folder: Path) -> Quality:
    (folder / "roll.csv").write_text(_ROLL, encoding="utf-8")
    path = folder / "school.toml"
    path.write_text(_MAPPING, encoding="utf-8")
    raw = read_rows(load_department(path))
    return examine(raw, resolve_records(raw))


def test_written_variants_are_counted_with_what_they_became(tmp_path: Path) -> None:
    variants = {one: (other, count) for one, other, count in _quality(tmp_path).variants}

    assert variants == {"邊": ("辺", 1), "邉": ("辺", 1), "髙": ("高", 1), "﨑": ("崎", 1)}


def test_a_date_that_no_calendar_has_counts_as_lost(tmp_path: Path) -> None:
    found = _quality(tmp_path)
    dates = next(field for field in found.fields if field.name == "birth_date")

    assert (dates.written, dates.usable, dates.lost) == (3, 2, 1)
    assert any(count == 1 and fix.ja for _, fix, count in found.problem_texts())


def test_only_mapped_fields_are_judged(tmp_path: Path) -> None:
    names = {field.name for field in _quality(tmp_path).fields}

    assert names == {"family", "given", "family_kana", "given_kana", "birth_date"}
