from __future__ import annotations

from pathlib import Path

import pytest

from nodes.errors import BrokenLinesError
from nodes.ingest.department import load_department
from nodes.intake import Intake, take_in
from privacy.canonical import canonical_bytes
from privacy.governance.catalogue import read_catalogue

CATALOGUE = read_catalogue(
    """
- {id: D-09, name_ja: 長期欠席, name_en: Long absence, holder: survey, population: p,
   frequency: monthly, sensitivity: ordinary, class: screen, retention_days: 9, source: t,
   variables: [{name: absent_days_month, type: integer, range: [0, 31]}]}
"""
)
FACTS = "ID,年月,日数\n1,2026-04,3\n8,2026-04,3\n"
TOML = """
file = "roll.csv"
id = "ID"
[fields]
family_name = "姓"
given_name = "名"
[[facts]]
item = "D-09"
file = "facts.csv"
id = "ID"
period = "年月"
[facts.columns]
absent_days_month = "日数"
"""


def take(folder: Path, roll: str, facts: str = FACTS) -> Intake:
    (folder / "roll.csv").write_text(roll, encoding="cp932")
    (folder / "facts.csv").write_text(facts, encoding="utf-8")
    (folder / "survey.toml").write_text(TOML, encoding="utf-8")
    return take_in(load_department(folder / "survey.toml"), CATALOGUE)


def test_an_import_gives_records_facts_and_one_report_on_both(tmp_path: Path) -> None:
    intake = take(tmp_path, "ID,姓,名\n1,佐藤,花\n2,鈴木,\n")

    report = intake.report
    assert (report.rows, report.used, report.encoding) == (2, 1, "cp932")
    assert intake.facts[0].frame["row_id"].tolist() == ["1"]
    assert [(p.file, p.line) for p in report.problems] == [("roll.csv", 3), ("facts.csv", 3)]
    for shown in (
        report.render("ja"),
        report.render("en"),
        canonical_bytes(report.as_json()).decode(),
    ):
        assert not any(value in shown for value in ("佐藤", "鈴木", "花"))


def test_a_broken_fact_line_stops_the_whole_import(tmp_path: Path) -> None:
    with pytest.raises(BrokenLinesError):
        take(tmp_path, "ID,姓,名\n1,佐藤,花\n", "ID,年月,日数\n1,2026-04\n")
