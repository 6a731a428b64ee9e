"""The node's commands: what they print, and how they end."""

import json
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nodes.cli import app
from nodes.driver.context import IDENTITY
from nodes.driver.founding import _TEMPLATE
from privacy.identity import IdentityKey
from protos.keystore import Keystore
from tests.nodes.federation import approved_governance
from tests.nodes.test_config import VALUES

RUNNER = CliRunner()
_MAPPING = """
file = "roll.csv"
id = "no"
[fields]
full_name = "氏名"
full_name_kana = "カナ"
birth_date = "生年月日"
sex = "性別"
"""
_ROLL = """no,氏名,カナ,生年月日,性別
1,山田 花子,ヤマダ ハナコ,H27.4.3,女
2,佐藤 一郎,サトウ イチロウ,2014/13/04,男
"""


def _free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "node.toml"
    values = VALUES | {"listen": _free_address(), "web": _free_address()}
    path.write_text(_TEMPLATE.format(**values), encoding="utf-8")
    (tmp_path / "roll.csv").write_text(_ROLL, encoding="cp932")
    (tmp_path / "department.toml").write_text(_MAPPING, encoding="utf-8")
    approved_governance(tmp_path / "governance")
    return path


def _run(config: Path, *arguments: str) -> tuple[int, str]:
    result = RUNNER.invoke(app, [*arguments, "--config", str(config)])
    return result.exit_code, result.output


def test_a_dry_run_reports_and_keeps_nothing(config: Path) -> None:
    status, printed = _run(config, "import", "--dry-run", "--json")

    report = json.loads(printed)
    assert status == 0
    assert (report["rows"], report["dry_run"]) == (2, True)
    assert any(problem["line"] == 3 for problem in report["problems"])
    assert "山田" not in printed
    assert json.loads(_run(config, "status", "--json")[1])["rows"] == 0


def test_an_import_is_kept_and_can_be_looked_at(config: Path) -> None:
    assert _run(config, "import")[0] == 0

    status = json.loads(_run(config, "status", "--json")[1])
    preview = json.loads(_run(config, "preview-encoding", "--row", "1", "--json")[1])

    assert (status["rows"], status["used"]) == (2, 2)
    assert {part["name"] for part in preview["parts"]} >= {"T1", "first/all"}


def test_the_log_of_a_new_node_verifies(config: Path) -> None:
    Keystore(config.parent / "keys").write(IDENTITY, IdentityKey.generate().seed)
    _run(config, "import")

    status, printed = _run(config, "audit", "verify", "--json")

    assert status == 0
    assert json.loads(printed)["entries"] == 1


@pytest.mark.parametrize(
    ("arguments", "ends"),
    [
        (("status",), 2),
        (("import", "--dry-run"), 2),
        (("alerts", "list"), 2),
    ],
)
def test_a_missing_configuration_ends_with_two(
    tmp_path: Path, arguments: tuple[str, ...], ends: int
) -> None:
    assert _run(tmp_path / "none.toml", *arguments)[0] == ends


def test_what_is_not_there_is_said_in_the_users_language(config: Path) -> None:
    _, japanese = _run(config, "roster", "show")
    _, english = _run(config, "roster", "show", "--lang", "en")

    assert "名簿はまだ届いていません" in japanese
    assert "No roster has arrived yet" in english


def test_a_row_that_is_not_in_use_cannot_be_previewed(config: Path) -> None:
    assert _run(config, "preview-encoding", "--row", "99")[0] == 2


def test_the_doctor_names_what_is_missing(config: Path) -> None:
    status, printed = _run(config, "doctor", "--json")

    findings = json.loads(printed[: printed.rindex("]\n}") + 3])["findings"]
    assert status == 1
    bad = [finding["what"]["en"] for finding in findings if not finding["good"]]
    assert bad == ["There is no certificate.", "There is no roster or city key yet."]
    assert all(finding["fix"]["ja"] for finding in findings if not finding["good"])


def test_a_sealed_mapping_at_a_node_enrolled_as_open_is_refused(config: Path) -> None:
    mapping = config.parent / "department.toml"
    mapping.write_text(f'mode = "sealed"\n{_MAPPING}', encoding="utf-8")

    status, printed = _run(config, "import", "--json")

    assert status == 2
    assert "--sealed" in json.loads(printed)["fix"]["en"]
    assert json.loads(_run(config, "status", "--json")[1])["rows"] == 0


def test_the_doctor_names_a_purpose_that_nobody_registered(config: Path) -> None:
    text = config.read_text(encoding="utf-8").replace("purposes = []", 'purposes = ["linkag"]')
    config.write_text(text, encoding="utf-8")

    _, printed = _run(config, "doctor")

    assert "linkag" in printed
