"""The planted cases: what the manifest says is what the files hold."""

from pathlib import Path

import pytest

from deploy.town.manifest import Manifest, PlantedRow
from tests.deploy.town.extracts import read, truth


def _rows(town: Manifest, case: str, department: str) -> list[PlantedRow]:
    return [row for row in town.planted[case] if row.department == department]


def _cells(town: Manifest, case: str, department: str, at: int = 0) -> dict[str, str]:
    frame = read(town.out, department)
    row = _rows(town, case, department)[at].row
    return {str(column): str(frame.at[row, column]) for column in frame.columns}


@pytest.fixture(params=["town", "small_town"])
def any_town(request: pytest.FixtureRequest) -> Manifest:
    manifest: Manifest = request.getfixturevalue(request.param)
    return manifest


def test_planted_rows_belong_to_the_planted_person(any_town: Manifest) -> None:
    rows = truth(any_town.out, "rows").set_index(["department", "row_id"]).entity_id
    for planted in any_town.planted.values():
        for row in planted:
            if row.row:
                assert rows.loc[(row.department, row.row)] == row.person


def test_one_person_and_two_person_cases_are_so_in_the_truth(any_town: Manifest) -> None:
    for planted in any_town.planted.values():
        persons = {row.person for row in planted}
        if all(row.expected in {"one_person", "review_only"} for row in planted):
            assert len(persons) == 1
        if all(row.expected == "two_persons" for row in planted):
            assert len(persons) == 2


def test_watanabe_is_written_in_three_ways(any_town: Manifest) -> None:
    forms = [_cells(any_town, "P-01", one)["氏名"][:2] for one in ("residents", "school", "health")]
    assert forms == ["渡邊", "渡邉", "渡邊"]
    assert _cells(any_town, "P-01", "survey")["姓"] == "渡辺"


def test_namesakes_share_name_and_birth_date_only(any_town: Manifest) -> None:
    one, other = (_cells(any_town, "P-03", "residents", at) for at in (0, 1))
    assert one["氏名"] == other["氏名"] == "佐藤　陽翔"
    assert one["生年月日"] == other["生年月日"]
    assert one["住所"] != other["住所"]


def test_one_child_has_two_numbers_and_one_number_two_children(any_town: Manifest) -> None:
    left, back = (_cells(any_town, "P-04", "residents", at) for at in (0, 1))
    assert left["宛名番号"] != back["宛名番号"]
    assert (left["異動事由"], back["異動事由"]) == ("転出", "転入")
    holder = _cells(any_town, "P-05", "residents")
    stranger = _cells(any_town, "P-05", "welfare")
    assert holder["宛名番号"] == stranger["宛名番号"]
    assert holder["性別"] != stranger["性別"]


def test_yoshida_is_written_as_far_as_the_encoding_allows(any_town: Manifest) -> None:
    assert _cells(any_town, "P-09", "residents")["氏名"].startswith("𠮷田")
    assert _cells(any_town, "P-09", "school")["氏名"].startswith("吉田")


def test_the_school_year_divides_two_birthdays(any_town: Manifest) -> None:
    older, younger = (_cells(any_town, "P-10", "residents", at) for at in (0, 1))
    assert (older["生年月日"], younger["生年月日"]) == ("2014-04-01", "2014-04-02")
    assert _cells(any_town, "P-10", "school", 0)["学年"] == "中1"
    assert _cells(any_town, "P-10", "school", 1)["学年"] == "小6"
    assert "26" in _cells(any_town, "P-10", "welfare")["生年月日"]


def test_the_protected_address_is_in_one_row_of_one_file(any_town: Manifest) -> None:
    row = _cells(any_town, "P-11", "residents")
    assert row["支援措置"] == "DV等支援措置"
    marked = read(any_town.out, "residents")["支援措置"]
    assert (marked != "").sum() == 1
    files = [path for path in Path(any_town.out).rglob("*.csv") if path.parent.name != "residents"]
    for path in files:
        encoding = (
            "cp932" if path.parent.name in {"school", "welfare", "benefits", "clubs"} else "utf-8"
        )
        assert "ひだまり荘" not in path.read_text(encoding=encoding)


def test_surge_chronic_and_silent_children_look_as_described(any_town: Manifest) -> None:
    days = read(any_town.out, "school", "出欠.csv")
    for case, expected in (("P-21", ["4", "5", "6"]), ("P-22", ["12", "12", "12"])):
        mine = days.loc[_rows(any_town, case, "school")[0].row]
        assert list(mine["欠席日数"])[-3:] == expected
    supported = read(any_town.out, "welfare", "支援対象者名簿.csv")
    assert _rows(any_town, "P-22", "welfare")[0].row in supported.index
    silent = _rows(any_town, "P-23", "survey")[0].row
    for file in ("児童生徒質問紙.csv", "授業がわかる調査.csv", "学校生活アンケート.csv"):
        assert silent not in read(any_town.out, "survey", file).index


def test_the_objection_and_the_correction_name_their_rows(any_town: Manifest) -> None:
    objection = read(any_town.out, "welfare", "利用停止申出.csv")
    assert list(objection.index) == [_rows(any_town, "P-13", "welfare")[0].row]
    correction = read(any_town.out, "school", "訂正申出.csv")
    assert list(correction.index) == [_rows(any_town, "P-14", "school")[0].row]
    days = read(any_town.out, "school", "出欠.csv").loc[correction.index[0]]
    assert (
        days[days["年月"] == correction["年月"].iloc[0]]["欠席日数"].iloc[0]
        == correction["誤"].iloc[0]
    )
