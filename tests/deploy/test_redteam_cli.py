"""`enishi redteam`: what it refuses, and how it shows a report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli import app
from deploy.town.generate import generate
from privacy.encoding.schema import default_schema
from privacy.redteam.wording import lines_of
from tests.self_tests import record

CLI = CliRunner()


def test_a_report_shows_each_attack_with_its_interval() -> None:
    lines = lines_of(record(right=4).report)
    shown = "\n".join(line.en for line in lines)
    assert "0.20%  [0.05%, 0.51%]  4/2000  graph matching, no key  first" in shown
    assert "on average 90.0 share a birth date" in shown
    assert "✓  99.00%  graph matching, no key  plain-clk (open)" in shown
    assert any("グラフ照合" in line.ja for line in lines)


def test_the_report_for_machines_holds_counts_only() -> None:
    told = record().report.to_json()
    assert told["stands"] is True
    assert told["per_birth_date_hundredths"] == 9000


@pytest.mark.timeout(120)
def test_extracts_at_hand_are_attacked_and_only_counts_are_told(tmp_path: Path) -> None:
    generate(tmp_path / "town", children=300, seed=3)
    mapping = tmp_path / "town" / "residents" / "department.toml"
    schema = default_schema()
    one = replace(schema, passes=(replace(schema.get_pass("first"), fold=3),))
    (tmp_path / "schema.json").write_text(json.dumps(one.to_json()), "utf-8")
    options = ["--population", str(mapping), "--schema", str(tmp_path / "schema.json"), "--json"]

    found = CLI.invoke(app, ["redteam", *options])

    told = json.loads(found.stdout)
    assert told["source"] == "register"
    assert {one["where"] for one in told["asked"]["findings"] if one["attack"] == "graph"} == {
        "first"
    }
    unsigned = CLI.invoke(app, ["redteam", *options, "--report", str(tmp_path / "r.json")])
    assert unsigned.exit_code == 2


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
