from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from deploy.cli import PARTS

HEAVY = ("numpy", "grpc", "pandas", "sqlalchemy", "numba", "opendp", "sklearn", "cryptography")
ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=25)


def imported_by(*arguments: str) -> set[str]:
    code = (
        "import json, sys\n"
        "from deploy.cli import app\n"
        f"sys.argv = ['enishi', *{list(arguments)!r}]\n"
        "try:\n    app()\n"
        "except SystemExit:\n    pass\n"
        "sys.stderr.write(json.dumps(sorted(sys.modules)))\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=25)
    return set(json.loads(done.stderr))


def test_the_help_imports_no_part_and_nothing_heavy() -> None:
    modules = imported_by("--help")

    assert not modules & {part.module for part in PARTS.values()}
    assert not modules & set(HEAVY)


@pytest.mark.parametrize("part", list(PARTS))
def test_a_parts_help_imports_nothing_heavy(part: str) -> None:
    assert not imported_by(part, "--help") & {"grpc", "pandas", "sqlalchemy", "numba", "opendp"}


def test_the_help_names_every_part_in_both_languages() -> None:
    shown = run("--help").stdout

    for name, part in PARTS.items():
        japanese, _, english = part.help.partition(" / ")
        assert name in shown
        assert japanese in shown
        assert english.split(" ", maxsplit=1)[0] in shown


def test_the_version_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert run("--version").stdout.strip() == f"enishi {project['version']}"


def test_an_unknown_part_is_bad_usage() -> None:
    done = run("nodes")

    assert done.returncode == 2
    assert "nodes" in done.stderr


def test_a_part_reads_its_own_options() -> None:
    done = run("link", "--no-such-option")

    assert done.returncode == 2
    assert "--no-such-option" in done.stderr
