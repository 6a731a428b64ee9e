"""Rules that hold for every tracked file, whoever wrote it."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from coordinator.config import CoordinatorConfig, DealerConfig
from nodes.config import NodeConfig, PolicyConfig

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("nodes", "coordinator", "privacy", "protos", "deploy", "tests")
MOST_LINES = 400
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}

# Written in parts, so that this file does not hold what it forbids.
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:" + "work|root|home|Users" + r")/\w")
PRIVATE_KEY = re.compile("-----BEGIN " + r"(?:[A-Z]+ )*PRIVATE KEY-----\s*[A-Za-z0-9+/]")
REGISTRIES = ("pypi" + ".org", "python" + "hosted.org", "npm" + "js.org", "/simp" + "le/")
REGISTRY_OPTION = re.compile(r"(?<!no-emit)--(?:extra-)?index-url|--trusted-host|--find-links")


def tracked() -> list[Path]:
    """Return the files of the repository, or all files where there is no git."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"],
            cwd=ROOT,
            capture_output=True,
            check=True,
            text=True,
        ).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        found = [p for folder in FOLDERS for p in (ROOT / folder).rglob("*")]
        return [p for p in found if p.is_file() and "__pycache__" not in p.parts]
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def texts() -> list[tuple[str, str]]:
    """Return path and text of every tracked file that is text."""
    found = []
    for path in tracked():
        body = path.read_bytes()
        if b"\0" not in body:
            found.append((str(path.relative_to(ROOT)), body.decode("utf-8", errors="replace")))
    return found


def modules() -> list[Path]:
    return [p for p in tracked() if p.suffix == ".py" and "_pb2" not in p.name]


def test_no_file_names_a_path_of_somebody_s_machine() -> None:
    assert [name for name, text in texts() if MACHINE_PATH.search(text)] == []


def test_no_file_holds_a_private_key() -> None:
    assert [name for name, text in texts() if PRIVATE_KEY.search(text)] == []


def test_no_file_names_a_package_registry() -> None:
    named = [
        name
        for name, text in texts()
        if any(host in text for host in REGISTRIES)
        or (REGISTRY_OPTION.search(text) and name != "tests/test_house.py")
    ]
    assert named == []


@pytest.mark.parametrize(
    ("pattern", "planted"),
    [
        (MACHINE_PATH, "cd /" + "work/main"),
        (MACHINE_PATH, '"/' + 'home/someone"'),
        (PRIVATE_KEY, "-----BEGIN " + "EC PRIVATE KEY-----\nMHc"),
        (REGISTRY_OPTION, "--index" + "-url x"),
    ],
)
def test_what_is_forbidden_would_be_found(pattern: re.Pattern[str], planted: str) -> None:
    assert pattern.search(planted)


@pytest.mark.parametrize(
    "name", ["deploy/requirements.txt", "deploy/requirements-dask.txt", "tests/requirements.txt"]
)
def test_every_requirement_is_pinned_and_hashed(name: str) -> None:
    source = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")

    lines = [line for line in source.splitlines() if line and not line.lstrip().startswith("#")]

    assert len(lines) > 20
    assert [line for line in lines if "==" not in line or "--hash=sha256:" not in line] == []


def test_every_dependency_says_why_it_is_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"].values()
    groups = project["dependency-groups"].values()
    wanted = {
        re.split(r"[<>=\[ ]", line)[0]
        for lines in (project["project"]["dependencies"], *extras, *groups)
        for line in lines
        if isinstance(line, str)
    }

    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    explained = re.findall(r"^\| ([a-z0-9-]+) \| [^|]+ \| [^|]+ \|$", text, re.MULTILINE)

    assert sorted(set(explained) - {"package"}) == sorted(wanted)


def test_generated_code_is_what_the_contract_generates() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "protos.generate", "--check"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("coordinator.toml", CoordinatorConfig),
        ("dealer.toml", DealerConfig),
        ("node.toml", NodeConfig),
    ],
)
def test_every_sample_configuration_is_read_and_names_every_setting(
    name: str, kind: type[CoordinatorConfig | DealerConfig | NodeConfig]
) -> None:
    path = ROOT / "deploy" / "samples" / "processes" / name
    text = path.read_text(encoding="utf-8")

    read = kind.load(path)

    assert read.city == "toda"
    for setting in fields(kind):
        assert setting.name == "home" or setting.name in text


def test_the_sample_node_names_every_rule_of_its_policy() -> None:
    path = ROOT / "deploy" / "samples" / "processes" / "node.toml"
    values = tomllib.loads(path.read_text(encoding="utf-8"))

    assert set(values["policy"]) == {rule.name for rule in fields(PolicyConfig)}
    assert NodeConfig.load(path).policy == PolicyConfig(purposes=("child-support",))


def test_every_toml_file_is_sound() -> None:
    found = [path for path in tracked() if path.suffix == ".toml"]

    assert len(found) > 1
    for path in found:
        tomllib.loads(path.read_text(encoding="utf-8"))


def test_every_folder_says_what_it_is() -> None:
    assert [f for f in FOLDERS if not (ROOT / f / "README.md").is_file()] == []


def test_modules_are_small_enough_to_read_and_named_by_a_noun_of_the_field() -> None:
    vague = [str(p.relative_to(ROOT)) for p in modules() if p.stem in VAGUE]
    long = []
    for path in modules():
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > MOST_LINES and not path.name.startswith("0001_"):
            long.append(f"{path.relative_to(ROOT)}: {lines} lines")

    assert vague == []
    assert long == []


def test_every_package_s_module_says_what_it_is_in_its_first_line() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in modules()
        if path.relative_to(ROOT).parts[0] in FOLDERS[:-1]
        and not path.read_text(encoding="utf-8").startswith('"""')
    ]
    assert silent == []
