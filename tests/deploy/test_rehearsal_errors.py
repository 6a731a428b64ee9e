"""Errors by kind and the curve, on extracts whose errors are known."""

from __future__ import annotations

from pathlib import Path

from deploy.rehearsal import Rehearsal, rehearse
from deploy.rehearsal_errors import Missed, Wrong
from deploy.rehearsal_output import as_json, as_markdown

FAMILIES = [("佐藤", "サトウ"), ("鈴木", "スズキ"), ("高橋", "タカハシ"), ("田中", "タナカ")]
GIVEN = [
    ("蓮", "レン"),
    ("結衣", "ユイ"),
    ("美咲", "ミサキ"),
    ("翔太", "ショウタ"),
    ("葵", "アオイ"),
]
HEAD = "id,姓,名,セイ,メイ,生年月日,番号"
TOML = """file = "{name}.csv"
id = "id"
[fields]
family_name = "姓"
given_name = "名"
family_name_kana = "セイ"
given_name_kana = "メイ"
birth_date = "生年月日"
resident_number = "番号"
"""


def _rehearse(folder: Path, changes: dict[int, str]) -> Rehearsal:
    """Rehearse two departments of twenty children; *changes* replaces lines of the second."""
    lines = []
    for number in range(20):
        (family, family_kana), (given, given_kana) = FAMILIES[number % 4], GIVEN[number // 4 % 4]
        day = f"2014-{number % 12 + 1:02}-{number + 1:02}"
        lines.append(f"{number},{family},{given},{family_kana},{given_kana},{day},")
    for name in ("one", "two"):
        text = "\n".join(
            [
                HEAD,
                *(
                    changes.get(at, line) if name == "two" else line
                    for at, line in enumerate(lines)
                ),
            ]
        )
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        (folder / f"{name}.toml").write_text(TOML.format(name=name), encoding="utf-8")
    truth = ["department,row_id,entity_id"]
    truth += [f"{name},{number},e{number}" for name in ("one", "two") for number in range(20)]
    (folder / "truth.txt").write_text("\n".join(truth), encoding="utf-8")
    return rehearse(folder, truth=folder / "truth.txt", key=bytes(range(32)))


def test_a_perfect_linkage_has_no_errors(tmp_path: Path) -> None:
    errors = _rehearse(tmp_path, {}).errors

    assert errors is not None
    assert not errors.missed
    assert not errors.wrong
    assert all(point.true == 20 for point in errors.curve)
    assert errors.curve[0].recall == 1.0


def test_missed_pairs_are_counted_by_what_differs(tmp_path: Path) -> None:
    changes = {
        3: "3,和泉沢,七緒,イズミサワ,ナオ,2014-04-04,",
        5: "5,,,,,2014-06-06,",
    }
    errors = _rehearse(tmp_path, changes).errors

    assert errors is not None
    assert errors.missed == {Missed.FAMILY: 1, Missed.GIVEN: 1, Missed.DROPPED: 1}


def test_wrong_pairs_are_counted_by_what_is_common(tmp_path: Path) -> None:
    rehearsal = _rehearse(tmp_path, {})
    truth = (tmp_path / "truth.txt").read_text("utf-8").replace("two,7,e7", "two,7,other")
    (tmp_path / "truth.txt").write_text(truth, encoding="utf-8")
    errors = rehearse(tmp_path, truth=tmp_path / "truth.txt", key=bytes(range(32))).errors

    assert rehearsal.errors is not None
    assert errors is not None
    assert errors.wrong == {Wrong.NAMESAKES: 1}
    assert errors.curve[0].true == 19


def test_the_report_shows_kinds_and_curve_and_no_value(tmp_path: Path) -> None:
    rehearsal = _rehearse(tmp_path, {3: "3,和泉沢,七緒,イズミサワ,ナオ,2014-04-04,"})

    shown, report = as_markdown(rehearsal, "ja"), as_json(rehearsal)

    assert "| 姓が違う | 1 |" in shown
    assert "| なし | 0 |" in shown
    assert "| family names differ | 1 |" in as_markdown(rehearsal, "en")
    errors = report["errors"]
    assert isinstance(errors, dict)
    assert errors["missed_pairs"] == {"family_name_differs": 1, "given_name_differs": 1}
    assert len(errors["curve"]) == 13
    assert not any(family in shown for family, _ in [*FAMILIES, ("和泉沢", "")])
