from __future__ import annotations

import datetime as dt
import sqlite3
import tomllib
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from deploy.demo.addresses import free_addresses
from deploy.demo.failures import step_failed
from deploy.demo.folder import MARKER, prepare
from deploy.demo.governance import write_governance
from deploy.demo.node_settings import PURPOSES, write_node_settings
from deploy.demo.options import DemoOptions
from deploy.demo.outcome import UNLINKED, DepartmentLinks, Links
from deploy.demo.planted import check_planted
from deploy.demo.processes import Processes
from deploy.demo.scan import BlindScanError, Needles, check_sighted, scan_files
from nodes.config import NodeConfig
from nodes.governance import Governance
from privacy.errors import BadInputError, RefusedError, UnreachableError
from privacy.linkage.quality import Score
from privacy.screening.reading import read_definition

TODAY = dt.date(2026, 11, 23)


def options(**changes: object) -> DemoOptions:
    values: dict[str, object] = {
        "folder": Path("x"), "children": 300, "difficulty": "typical", "departments": 5,
        "seed": 1, "once": True, "language": "ja",
    }  # fmt: skip
    return DemoOptions(**{**values, **changes})  # type: ignore[arg-type] # a test of wrong values


@pytest.mark.parametrize(
    "wrong", [{"children": 299}, {"children": 200_001}, {"difficulty": "easy"}, {"departments": 6}]
)
def test_a_town_that_cannot_be_is_refused_before_anything_is_wiped(
    wrong: dict[str, object],
) -> None:
    with pytest.raises(BadInputError):
        options(**wrong)


def test_a_demo_folder_is_wiped_and_made_anew(tmp_path: Path) -> None:
    left = prepare(tmp_path / "demo").path / "left.txt"
    left.write_text("of the last demo")

    folder = prepare(tmp_path / "demo")

    assert not left.exists()
    assert (folder.path / MARKER).is_file()


def test_a_folder_that_no_demo_made_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("x")

    with pytest.raises(BadInputError) as caught:
        prepare(tmp_path)

    assert precious.read_text() == "x"
    assert "--dir" in caught.value.render("en")


def test_a_file_in_the_folders_place_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("x")

    with pytest.raises(BadInputError):
        prepare(tmp_path / "demo")

    assert (tmp_path / "demo").read_text() == "x"


def test_addresses_are_distinct_and_on_loopback() -> None:
    found = free_addresses(20)

    assert len(set(found)) == 20
    assert all(address.startswith("127.0.0.1:") for address in found)


def test_the_governance_is_approved_by_an_openly_fictional_body(tmp_path: Path) -> None:
    write_governance(tmp_path, TODAY)

    governance = Governance.load(tmp_path)
    basis = governance.check_basis("D-07", "sos_support", TODAY)
    assert "架空" in basis.approver
    assert "架空" in basis.document
    for base in governance.bases.bases:
        assert not base.draft
    text = (tmp_path / "definitions" / "sos.yaml").read_text(encoding="utf-8")
    definition = read_definition(
        text, catalogue=governance.catalogue, purposes=governance.purposes, today=TODAY
    )
    assert definition.expires == TODAY + dt.timedelta(days=365)


def test_only_the_expired_account_has_expired(tmp_path: Path) -> None:
    write_governance(tmp_path, TODAY)

    accounts = Governance.load(tmp_path).staff.accounts
    assert [a.id for a in accounts if a.training_valid_until < TODAY] == ["expired1"]


def test_a_node_takes_part_after_its_settings_are_written(tmp_path: Path) -> None:
    path = tmp_path / "node.toml"
    path.write_text(
        'node = "school"\ncity = "c"\nname_ja = "学校"\nname_en = "School"\n'
        "[policy]\npurposes = []\nmin_nodes = 4\n",
        encoding="utf-8",
    )

    write_node_settings(path, TODAY)

    config = NodeConfig.load(path)
    assert config.policy.purposes == PURPOSES
    assert config.policy.min_nodes == 4
    assert {a.kind for a in config.standing_approvals} == {"link", "screen", "statistics"}
    assert tomllib.loads(path.read_text(encoding="utf-8"))["name_ja"] == "学校"


@pytest.mark.parametrize(("status", "kind"), [(1, RefusedError), (3, UnreachableError)])
def test_a_failed_process_is_named_with_its_own_words(
    tmp_path: Path, status: int, kind: type[Exception]
) -> None:
    out, log = tmp_path / "x.out", tmp_path / "x.log"
    out.write_text("")
    log.write_text(
        '{"what": {"ja": "だめです。", "en": "It fails."}, "fix": {"ja": "", "en": ""}}\n'
    )

    error = step_failed("school", ["node", "import"], status, out, log)

    assert isinstance(error, kind)
    assert "school" in error.render("en")
    assert "It fails." in error.render("en")
    assert "だめです。" in error.render("ja")


def test_a_process_that_dies_speechless_shows_its_last_lines(tmp_path: Path) -> None:
    out, log = tmp_path / "x.out", tmp_path / "x.log"
    out.write_text("")
    log.write_text("".join(f"line {n}\n" for n in range(20)))

    error = step_failed("dealer", ["dealer", "serve"], -9, out, log)

    assert error.exit_status == 4
    assert "line 19" in error.render("ja")
    assert "line 5" not in error.render("ja")


def links(*departments: tuple[str, list[int]], truth: dict[tuple[str, str], str]) -> Links:
    return Links(
        tuple(
            DepartmentLinks(name, tuple(str(n) for n in range(len(slots))), np.array(slots))
            for name, slots in departments
        ),
        truth,
    )


TWO = {("a", "0"): "P", ("a", "1"): "Q", ("b", "0"): "P", ("b", "1"): "Q"}


def test_pairs_are_counted_across_departments() -> None:
    found = links(("a", [7, 8]), ("b", [7, UNLINKED]), truth=TWO)

    assert found.across == Score(correct=1, found=1, true=2)
    assert found.of("a") == Score(correct=1, found=1, true=2)
    assert (found.linked("a"), found.linked("b")) == (1, 1)


def test_unlinked_rows_share_nothing() -> None:
    found = links(("a", [UNLINKED, UNLINKED]), ("b", [UNLINKED, UNLINKED]), truth=TWO)

    assert found.across == Score(correct=0, found=0, true=2)
    assert found.linked("a") == 0


def planted(expected: str) -> dict[str, list[dict[str, str]]]:
    people = ("P", "Q") if expected == "two_persons" else ("P", "P")
    return {
        "P-00": [
            {"department": "a", "row": "0", "person": people[0], "expected": expected},
            {"department": "b", "row": "1", "person": people[1], "expected": expected},
        ]
    }


@pytest.mark.parametrize(
    ("expected", "slots", "kinds", "good"),
    [
        ("one_person", [5, 5], {}, True),
        ("one_person", [5, 6], {}, False),
        ("two_persons", [5, 6], {}, True),
        ("two_persons", [5, 5], {}, False),
        ("listed", [5, 5], {"0": "local"}, True),
        ("listed", [5, 5], {}, False),
        ("not_listed_but_counted", [5, 5], {}, True),
        ("not_listed_but_counted", [5, 5], {"0": "local"}, False),
        ("removed_everywhere", [5, 5], {"0": "local"}, True),
        ("removed_everywhere", [5, 5], {"0": "lookup"}, False),
    ],
)
def test_planted_cases_are_judged(
    expected: str, slots: list[int], kinds: dict[str, str], good: bool
) -> None:
    found = links(("a", [slots[0]]), ("b", [UNLINKED, slots[1]]), truth={})

    cases = check_planted(planted(expected), found, kinds, "a")

    assert [case.good for case in cases] == [good]


NEEDLES = Needles(
    frozenset({"渡辺陽翔", "陽翔", "若葉町"}),
    frozenset({"2014-05-03", "4174607962"}),
    frozenset({b"k" * 32}),
)


def database(path: Path, *values: object) -> Path:
    with closing(sqlite3.connect(path)) as opened, opened:
        opened.execute("CREATE TABLE kept (value)")
        opened.executemany("INSERT INTO kept VALUES (?)", [(value,) for value in values])
    return path


@pytest.mark.parametrize(
    ("value", "counts"),
    [
        ("渡辺陽翔さん", (1, 0, 0)),
        ("陽翔", (1, 0, 0)),
        ("太陽翔る", (0, 0, 0)),
        ('{"birth": "2014-05-03"}', (0, 1, 0)),
        ("a4174607962", (0, 0, 0)),
        ("4174607962", (0, 1, 0)),
        (b"\x00" + b"k" * 32, (0, 0, 1)),
        ((b"k" * 32).hex(), (0, 0, 1)),
        ("a round's state", (0, 0, 0)),
    ],
)
def test_a_scan_finds_what_a_database_holds(
    tmp_path: Path, value: object, counts: tuple[int, int, int]
) -> None:
    path = database(tmp_path / "x.db", value)

    found = scan_files([path], NEEDLES, "2025-05-01")

    assert (found.texts, found.numbers, found.secrets) == counts
    assert found.hits == sum(counts)


def test_a_scan_that_sees_nothing_at_a_node_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "identity").write_bytes(b"k" * 32)
    seen = database(tmp_path / "seen.db", "渡辺陽翔", "4174607962")
    blind = database(tmp_path / "blind.db", "nobody")

    check_sighted(tmp_path / "keys", seen, NEEDLES, "2025-05-01")
    with pytest.raises(BlindScanError):
        check_sighted(tmp_path / "keys", blind, NEEDLES, "2025-05-01")


def test_a_server_that_ends_by_itself_is_named_instead_of_waited_for(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    missing = ["--config", str(tmp_path / "missing.toml")]
    server = processes.start("school", ["node", "serve", *missing])

    try:
        with pytest.raises(BadInputError) as caught:
            processes.ready(server)
        with pytest.raises(BadInputError):
            processes.run("coordinator", ["coordinator", "status", *missing])
    finally:
        processes.stop()

    assert "school" in caught.value.render("ja")
    assert "missing.toml" in caught.value.render("en")


def test_a_verb_that_fails_raises_the_kind_of_its_status(tmp_path: Path) -> None:
    processes = Processes(tmp_path)

    with pytest.raises(BadInputError) as caught:
        processes.run("survey", ["node", "status", "--config", str(tmp_path / "missing.toml")])

    assert "survey" in caught.value.render("en")
    assert processes.peaks()["survey"] > 1_000_000
