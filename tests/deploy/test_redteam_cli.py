"""`enishi redteam`: what it refuses, and how it shows a report."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli import app
from deploy.redteam_cli import _show
from privacy.redteam.report import Attack, Attacked, Finding, Report, WeightLeak

CLI = CliRunner()


def report() -> Report:
    finding = Finding(Attack.GRAPH, "first", 2, 1000)
    counted = Finding(Attack.FREQUENCY, "first/all", 0, 1000)
    leaks = (WeightLeak("first/all", 0.01),)
    attacked = Attacked("sharpened-views", "ab" * 32, False, (finding, counted), leaks)
    return Report(1000, 1000, 8.4, attacked, (attacked,))


def test_a_report_shows_each_attack_with_its_interval(capsys: pytest.CaptureFixture[str]) -> None:
    _show(report(), "en")
    shown = capsys.readouterr().out
    assert "0.20%  [0.02%, 0.72%]  2/1000  graph matching, no key  first" in shown
    assert "on average 8.4 share a birth date" in shown
    _show(report(), "ja")
    assert "グラフ照合" in capsys.readouterr().out


def test_the_report_for_machines_holds_counts_only() -> None:
    told = report().to_json()
    assert isinstance(told, dict)
    assert told["stands"] is True
    assert told["per_birth_date_hundredths"] == 840


@pytest.mark.parametrize(
    "arguments",
    [["--children", "100000"], ["--per-date", "0"], ["--children", "100"], ["--seed", "-1"]],
    ids=["too-many", "none-a-date", "too-few", "seed"],
)
def test_sizes_that_cannot_be_attacked_are_bad_input(arguments: list[str]) -> None:
    assert CLI.invoke(app, ["redteam", *arguments]).exit_code == 2


def test_a_schema_that_is_no_schema_is_bad_input(tmp_path: Path) -> None:
    wrong = tmp_path / "schema.json"
    wrong.write_text("{}", "utf-8")
    for path in (wrong, tmp_path / "missing.json"):
        assert CLI.invoke(app, ["redteam", "--schema", str(path)]).exit_code == 2
