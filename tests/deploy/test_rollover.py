"""April: children leave, move up and enter; cases, holds and slots stay with who stays.

Two successive years of one department's file, made from the synthetic town: the oldest
year leaves, children of another town enter, and where the department numbers its rows
anew every year, every id changes or goes to another child.
"""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from deploy.town.generate import generate
from nodes.driver.context import NodeContext
from nodes.driver.importing import Importing
from nodes.driver.linking import Linking
from nodes.messages import SlotPiece
from nodes.store.alerts import LOCAL, StoredAlert
from nodes.store.people import StoredRow
from nodes.web.status import fiscal_year
from privacy.encoding.schema import default_schema
from privacy.governance.consent import Restriction, RestrictionKind
from privacy.normalise.person import Person
from privacy.plan import PlanKind
from tests.nodes.federation import Federation, make_federation

pytestmark = pytest.mark.timeout(180)

FILES = {
    "school": ("児童生徒名簿.csv", "cp932"),
    "residents": ("学齢簿.csv", "utf-8-sig"),
    "survey": ("調査対象者名簿.csv", "utf-8-sig"),
}
LEAVE_BORN_BEFORE, ENTER_BORN_FROM = "2012-04-02", "2019-04-02"
SCHEMA = default_schema().digest


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return this town, and another one that the new children come from."""
    folder = tmp_path_factory.mktemp("towns")
    for name, seed in (("here", 7), ("elsewhere", 8)):
        (folder / name).mkdir()
        generate(folder / name, children=300, seed=seed)
    return folder / "here", folder / "elsewhere"


def _at(federation: Federation, folder: Path) -> NodeContext:
    """Return the node of the school, with *folder* as its department's."""
    context = federation.contexts["school"]
    config = replace(context.config, department=folder / "department.toml")
    return replace(context, config=config)


def _rows(path: Path, encoding: str) -> tuple[list[str], list[list[str]]]:
    with path.open(encoding=encoding, newline="") as file:
        header, *rows = list(csv.reader(file))
    return header, rows


def _stored(context: NodeContext) -> tuple[list[StoredRow], list[Person]]:
    with context.store.reading() as tables:
        return tables.records.rows(), tables.records.persons()


def _born(context: NodeContext) -> dict[str, str]:
    rows, people = _stored(context)
    return {row.row_id: people[row.record].birth_date for row in rows if row.record >= 0}


def _strangers(there: Path, here: Path, encoding: str) -> list[list[str]]:
    """Return rows of another town whose names nobody has here (both plant the same cases)."""
    header, rows = _rows(here, encoding)
    named = [at for at, name in enumerate(header) if name in {"氏名", "姓", "名"}]
    known = {tuple(row[at] for at in named) for row in rows}
    return [r for r in _rows(there, encoding)[1] if tuple(r[at] for at in named) not in known]


def _told_apart(context: NodeContext) -> set[str]:
    """Return the ids of rows whose child has a name and birth date of its own, or a number."""
    rows, people = _stored(context)
    used = [row for row in rows if row.record >= 0]
    said = {
        row.row_id: (p.given_kana, p.family_kana, p.birth_date)
        for row in used
        for p in [people[row.record]]
    }
    counts = Counter(said.values())
    return {
        row.row_id
        for row in used
        if people[row.record].resident_number or counts[said[row.row_id]] == 1
    }


def _next_year(
    department: str,
    folder: Path,
    born: dict[str, str],
    entrants: list[list[str]],
    *,
    renumber: bool,
) -> dict[str, str]:
    """Write next year's file; return old id -> new id of who stays."""
    name, encoding = FILES[department]
    header, rows = _rows(folder / name, encoding)
    staying = [row for row in rows if born.get(row[0], LEAVE_BORN_BEFORE) >= LEAVE_BORN_BEFORE]
    # Renumbered in another order, so that most ids go to another child.
    staying = staying[::-1] if renumber else staying
    fresh = [row[0] for row in rows] + [f"N{number:07}" for number in range(len(entrants))]
    new_of = {row[0]: (fresh[at] if renumber else row[0]) for at, row in enumerate(staying)}
    entering = [[f"E{number:07}", *row[1:]] for number, row in enumerate(entrants)]
    with (folder / name).open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(header)
        writer.writerows([[new_of[row[0]], *row[1:]] for row in staying])
        writer.writerows(entering)
    return new_of


def _link(federation: Federation, context: NodeContext, epoch: int) -> dict[str, int]:
    """Run the node's part of a full round in a new epoch; return row id -> slot."""
    plan = federation.plan(PlanKind.LINK, link_epoch=epoch)
    federation.approve(plan)
    total = Linking(context).encodings(plan.digest, SCHEMA, "first", []).total
    slots = np.random.default_rng(epoch).permutation(total).astype(np.uint32)
    piece = SlotPiece(epoch, bytes([epoch]) * 32, total, total, 0, slots)
    Linking(context).accept_slots(plan.digest, iter([piece]))
    return _slots(context)


def _slots(context: NodeContext) -> dict[str, int]:
    with context.store.reading() as tables:
        table = tables.links.slot_table()
        rows = tables.records.rows()
    assert table is not None
    slot_of = dict(zip(table.records.tolist(), table.slots.tolist(), strict=True))
    return {row.row_id: slot_of[row.record] for row in rows if row.record in slot_of}


def _open_cases(context: NodeContext, ids: list[str]) -> None:
    """Give every third row an alert, and every fifth a hold."""
    with context.store.transaction() as tables:
        for row_id in ids[::3]:
            record = tables.records.record_of(row_id)
            assert record is not None
            end = "2027-09-30T00:00:00+00:00"
            tables.alerts.add(
                StoredAlert("ab" * 32, "cd" * 32, record, row_id, LOCAL, end, end, 0, b"", "opened")
            )
        for row_id in ids[::5]:
            held = Restriction(row_id, RestrictionKind.OBJECTION, date(2027, 2, 1))
            tables.restrictions.add(held)


@pytest.mark.parametrize(
    ("department", "renumber"),
    [("school", False), ("school", True), ("residents", True), ("survey", True)],
)
def test_every_case_of_a_child_who_stays_re_maps(
    tmp_path: Path, towns: tuple[Path, Path], department: str, renumber: bool
) -> None:
    here, elsewhere = towns
    folder = tmp_path / "department"
    shutil.copytree(here / department, folder)
    federation = make_federation(tmp_path / "nodes", slots=False)
    context = _at(federation, folder)
    Importing(context).run(dry_run=False)
    before = _link(federation, context, 1)
    born = _born(context)
    ids = sorted(before)
    _open_cases(context, ids)
    name, encoding = FILES[department]
    others = _strangers(elsewhere / department / name, folder / name, encoding)

    apart = _told_apart(context) if renumber else set(ids)
    new_of = _next_year(department, folder, born, others[:40], renumber=renumber)
    Importing(context).run(dry_run=False)

    # Namesakes of one birthday cannot be told apart where ids are new: they wait a round.
    staying = [row_id for row_id in ids if row_id in new_of and row_id in apart]
    assert 0 < len(staying) < len(ids)
    after = _slots(context)
    kept = [row_id for row_id in staying if after.get(new_of[row_id]) == before[row_id]]
    assert len(kept) / len(staying) == 1.0
    with context.store.reading() as tables:
        alerts = {alert.record for alert in tables.alerts.all() if alert.state == "opened"}
        of_row = {row.row_id: row.record for row in tables.records.rows()}
        held = {
            each.row_id
            for each in tables.restrictions.all()
            if each.kind is RestrictionKind.OBJECTION
        }
    with_case = [row_id for row_id in ids[::3] if row_id in staying]
    mapped = [row_id for row_id in with_case if of_row[new_of[row_id]] in alerts]
    assert len(mapped) / len(with_case) == 1.0
    with_hold = {of_row[new_of[row_id]] for row_id in ids[::5] if row_id in staying}
    # Every hold is still there, and nobody inherits one with an id.
    found = {of_row[row_id] for row_id in held if of_row.get(row_id, -1) >= 0}
    assert with_hold <= found
    assert found <= {of_row[new_of[row_id]] for row_id in ids[::5] if row_id in new_of}

    fresh = _link(federation, context, 2)
    assert all(new_of[row_id] in fresh for row_id in with_case)


def test_the_budget_of_a_population_is_a_new_one_from_the_first_of_april() -> None:
    assert fiscal_year(datetime(2027, 3, 31, 14, 59, tzinfo=UTC)) == 2026
    assert fiscal_year(datetime(2027, 4, 1, tzinfo=UTC)) == 2027
