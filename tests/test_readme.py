"""Every command that a README shows exists, with the options it shows; the cheap ones are run."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from deploy.cli import PARTS, app
from deploy.rehearsal_output import OUTPUTS
from tests.test_house import ROOT, tracked

FENCE = re.compile(r"^```sh\n(.*?)^```", flags=re.DOTALL | re.MULTILINE)
SHOWN = re.compile(r"<code>(enishi [^<{]+)</code>")
ENISHI = Path(sys.executable).parent / "enishi"
EXTRACTS = {
    "residents.csv": "宛名番号,氏名,氏名カナ,生年月日,性別,住所\n"
    "1001,山田 花子,ヤマダ ハナコ,平成27年4月2日,女,見本市中央1丁目2番3号\n"
    "1002,佐藤 健,サトウ ケン,H28.5.3,男,見本市東町2-4-5\n",
    "school.csv": "児童生徒ID,氏名,ふりがな,生年月日,性別\n"
    "S1,山田花子,やまだ はなこ,2015/04/02,女\n"
    "S2,伊藤 蓮,いとう れん,2016/07/08,男\n",
}


def commands(path: Path) -> list[str]:
    """Return the commands of the sh blocks of *path*, one a line."""
    blocks = FENCE.findall(path.read_text(encoding="utf-8"))
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if shlex.split(line, comments=True)]


READMES = [path for path in tracked() if path.suffix == ".md"]
ALL = [(str(path.relative_to(ROOT)), line) for path in READMES for line in commands(path)]
ON_PAGES = [
    (str(path.relative_to(ROOT)), line)
    for path in tracked()
    if path.suffix == ".html"
    for line in SHOWN.findall(path.read_text(encoding="utf-8"))
]


def check_enishi(words: list[str]) -> None:
    """Raise where *words* (after `enishi`) name a verb or an option that does not exist."""
    if not words or words[0].startswith("--"):
        command = typer.main.get_command(app)
    else:
        command = PARTS[words[0]].load(words[0])
    verbs = words[:1] if words and not words[0].startswith("--") else []
    for word in words[1:]:
        inner = getattr(command, "commands", {}).get(word)
        if inner is None:
            break
        command = inner
        verbs.append(word)
    assert not getattr(command, "commands", {}) or len(words) == len(verbs), f"no verb: {words}"
    known = {opt for param in command.params for opt in (*param.opts, *param.secondary_opts)}
    shown = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert shown - {"--help"} <= known, f"no such option: {sorted(shown - known)}"
    answer = CliRunner().invoke(app, [*verbs, "--help"])
    assert answer.exit_code == 0, answer.output


def check_make(words: list[str]) -> None:
    """Raise where *words* (after `make`) name a target that does not exist."""
    targets = re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert {word for word in words if "=" not in word} <= set(targets)


@pytest.mark.parametrize(("where", "line"), [*ALL, *ON_PAGES])
def test_every_command_shown_exists(where: str, line: str) -> None:
    tool, *words = shlex.split(line, comments=True)

    match tool:
        case "enishi" | ".venv/bin/enishi":
            check_enishi(words)
        case "make":
            check_make(words)
        case ".venv/bin/python" | "python":
            module = words[words.index("-m") + 1].replace(".", "/")
            assert (
                (ROOT / f"{module}.py").is_file() or (ROOT / module).is_dir() or module == "pytest"
            )
        case _:
            assert tool in {"cd", "pip-audit", ".venv/bin/pytest", ".venv/bin/lint-imports"}, where


def test_the_readme_opens_with_the_two_commands() -> None:
    shown = [shlex.split(line, comments=True) for line in commands(ROOT / "README.md")]

    assert shown[:2] == [["make", "demo"], ["make", "test"]]


def test_a_command_that_does_not_exist_is_found() -> None:
    for wrong in (["nodes"], ["link", "x", "--nothing"], ["node", "fly"]):
        with pytest.raises((AssertionError, KeyError)):
            check_enishi(wrong)
    with pytest.raises(AssertionError):
        check_make(["fly"])


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_the_installed_command_answers(option: str) -> None:
    done = subprocess.run(
        [ENISHI, option], capture_output=True, check=False, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    assert "enishi" in done.stdout.lower()


@pytest.mark.timeout(180)
def test_the_rehearsal_of_the_readme_runs_as_shown(tmp_path: Path) -> None:
    (tmp_path / "extracts").mkdir()
    for name, text in EXTRACTS.items():
        (tmp_path / "extracts" / name).write_text(text, encoding="cp932")
    truth = "department,row_id,entity_id\n" + "".join(
        f"{row}\n" for row in ("residents,1001,a", "residents,1002,b", "school,S1,a", "school,S2,c")
    )
    (tmp_path / "truth.csv").write_text(truth, encoding="utf-8")
    answers = "pair,department,row_id,answer\nP1,residents,1002,different\nP1,school,S2,unsure\n"
    (tmp_path / "answered.csv").write_text(answers, encoding="utf-8")
    shown = [line for line in commands(ROOT / "README.md") if line.startswith("enishi link ")]

    for line in shown:
        words = shlex.split(line, comments=True)[1:]
        done = subprocess.run(
            [ENISHI, *words], cwd=tmp_path, capture_output=True, check=False, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr

    assert len(shown) == 7
    made = {path.name for path in (tmp_path / "result").iterdir()}
    assert made == {*OUTPUTS} - {"households.csv"}
    rows = (tmp_path / "result" / "clusters.csv").read_text("utf-8").splitlines()
    cluster = dict(row.rsplit(",", 1) for row in rows)
    assert cluster["residents,1001"] == cluster["school,S1"] != cluster["school,S2"]
