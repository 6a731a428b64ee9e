from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from coordinator.cli import app, dealer_app


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "coordinator"
    assert run("init", folder, "--city", "toda").exit_code == 0
    return folder / "coordinator.toml"


def test_init_makes_keys_that_only_the_owner_reads(config: Path) -> None:
    keys = config.parent / "keys"

    assert {p.name for p in keys.iterdir()} >= {"identity", "static", "tls.key", "authority.key"}
    assert all(p.stat().st_mode & 0o077 == 0 for p in keys.iterdir())


def test_init_twice_is_bad_input(config: Path) -> None:
    result = run("init", config.parent, "--city", "toda", "--lang", "en")

    assert result.exit_code == 2
    assert "holds a coordinator" in result.output


@pytest.mark.parametrize(("option", "value"), [("--city", "A B"), ("--listen", "here")])
def test_init_with_a_wrong_value_makes_nothing(tmp_path: Path, option: str, value: str) -> None:
    folder = tmp_path / "new"
    arguments = {"--city": "toda", option: value}

    result = run("init", folder, *(x for pair in arguments.items() for x in pair))

    assert result.exit_code == 2
    assert not (folder / "coordinator.toml").exists()


def test_members_are_added_listed_and_revoked(config: Path, tmp_path: Path) -> None:
    out = tmp_path / "school.join.json"
    added = run(
        "node", "add", "school", "--address", "127.0.0.1:5", "--sealed", "--out", out,
        "--config", config, "--json",
    )  # fmt: skip
    listed = run("node", "list", "--config", config, "--json")
    revoked = run("node", "revoke", "school", "--config", config)

    assert json.loads(added.output)["join_file"] == str(out)
    assert json.loads(out.read_text())["member"] == "school"
    assert json.loads(listed.output)["members"][0]["sealed"] is True
    assert revoked.exit_code == 0
    assert '"revoked"' in run("node", "list", "--config", config, "--json").output


def test_an_unknown_member_is_bad_input(config: Path) -> None:
    assert run("node", "revoke", "nobody", "--config", config).exit_code == 2


def test_a_round_without_a_roster_is_refused_with_what_to_do(config: Path) -> None:
    result = run("round", "link", "--config", config, "--lang", "en")

    assert result.exit_code == 1
    assert "enishi coordinator roster" in result.output


def test_status_shows_what_there_is(config: Path) -> None:
    result = run("status", "--config", config, "--json")

    assert json.loads(result.output)["rounds"] == []
    assert "名簿" in run("status", "--config", config).output


def test_doctor_says_what_is_missing(config: Path) -> None:
    result = run("doctor", "--config", config, "--json")

    assert result.exit_code == 3
    assert any("roster" in check["en"] for check in json.loads(result.output)["checks"])


def test_a_missing_configuration_is_bad_input(tmp_path: Path) -> None:
    result = run("status", "--config", tmp_path / "none.toml")

    assert result.exit_code == 2
    assert "none.toml" in result.output


@pytest.mark.parametrize("rho", ["x", "-1", "nan", "1/0"])
def test_a_wrong_rho_is_bad_input(config: Path, tmp_path: Path, rho: str) -> None:
    result = run("release", "--query", tmp_path / "q.yaml", "--rho", rho, "--config", config)

    assert result.exit_code == 2


def test_a_wrong_time_point_is_bad_input(config: Path, tmp_path: Path) -> None:
    result = run(
        "round", "screen", "--definition", tmp_path / "d.yaml", "--receiver", "school",
        "--timepoint", "July", "--capacity", "5", "--config", config,
    )  # fmt: skip

    assert result.exit_code == 2


def test_the_dealer_needs_its_join_file(tmp_path: Path) -> None:
    arguments = ["init", str(tmp_path / "dealer"), "--join", str(tmp_path / "none.json")]

    result = CliRunner().invoke(dealer_app, arguments)

    assert result.exit_code == 2
    assert "none.json" in result.output
