"""`enishi coordinator quality`: the page's values on the screen and for machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from coordinator.cli import app
from coordinator.process import CoordinatorProcess
from tests.coordinator.web.filled import QUALITY, fill


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["quality", *(str(a) for a in arguments)])


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "coordinator"
    assert CliRunner().invoke(app, ["init", str(folder), "--city", "toda"]).exit_code == 0
    return folder / "coordinator.toml"


@pytest.fixture
def filled(config: Path) -> tuple[Path, str]:
    with CoordinatorProcess.open(config) as process:
        return config, fill(process.database)["link"]


def test_without_a_linkage_it_says_what_to_do(config: Path) -> None:
    result = run("--config", config, "--lang", "en")

    assert result.exit_code == 2
    assert "round link" in result.output


def test_the_newest_report_is_shown_in_both_languages(filled: tuple[Path, str]) -> None:
    config, _ = filled

    japanese, english = (run("--config", config, "--lang", lang).output for lang in ("ja", "en"))

    assert "推定適合率 99.72 %" in japanese
    assert "Links by pair of departments" in english
    assert "Resident records – School affairs\t1,204\t431\t0\t36\t23\t3" in english
    assert "\n1\tResident records – School affairs" in english


def test_machines_get_the_whole_report_of_any_round(filled: tuple[Path, str]) -> None:
    config, link = filled

    answer = json.loads(run(link[:12], "--config", config, "--json").output)

    assert answer["round"] == link
    assert answer["quality"] == json.loads(json.dumps(QUALITY.to_json()))


def test_a_pair_of_the_sample_is_taken_apart(filled: tuple[Path, str]) -> None:
    config, _ = filled

    said = run("--pair", "1", "--config", config, "--lang", "en").output
    answer = json.loads(run("--pair", "1", "--config", config, "--json").output)

    assert "kana names (by birth date): missing" in said
    assert "match probability 24.97 %" in said
    steps = answer["explanation"]["steps"]
    assert sum(step["weight"] for step in steps[:-1]) == answer["explanation"]["weight"]


@pytest.mark.parametrize("wrong", [("--pair", "2"), ("ffff",)])
def test_what_is_not_there_is_bad_input(filled: tuple[Path, str], wrong: tuple[str, ...]) -> None:
    assert run(*wrong, "--config", filled[0]).exit_code == 2
