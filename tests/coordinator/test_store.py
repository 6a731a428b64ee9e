from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from coordinator.errors import RoundMovedError, UnknownMemberError, UnknownRoundError
from coordinator.planning import plan_link, store_plan
from coordinator.process import CoordinatorProcess
from coordinator.store.engine import Database
from coordinator.store.tables import metadata
from privacy.audit import EntryKind, verify
from privacy.errors import NOTHING, Text, UnreachableError
from tests.coordinator.conftest import TurnedClock
from tests.coordinator.federation import federate, three_departments


def test_migrations_make_exactly_the_tables_of_the_code(process: CoordinatorProcess) -> None:
    with process.database.read() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []


def test_the_database_survives_a_power_cut(process: CoordinatorProcess) -> None:
    with process.database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_a_database_that_cannot_be_opened_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="database"):
        Database(f"sqlite:///{tmp_path}/none/x.db")


def test_a_full_disk_leaves_the_old_state(process: CoordinatorProcess) -> None:
    federate(process, three_departments(2))
    stored = store_plan(process, plan_link(process))
    path = process.config.home / "coordinator.db"
    with sqlite3.connect(path) as limited:
        pages = limited.execute("PRAGMA page_count").fetchone()[0]

    def fill() -> None:
        with process.database.write() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
            process.rounds.move(
                stored,
                state="approved",
                now=process.clock(),
                reason=NOTHING,
                values={"big": bytes(1 << 20)},
                connection=connection,
            )

    with pytest.raises(UnreachableError, match="full"):
        fill()

    assert process.rounds.get(stored.round_id).state == "proposed"


def test_a_round_that_moved_meanwhile_is_not_overwritten(process: CoordinatorProcess) -> None:
    federate(process, three_departments(2))
    stored = store_plan(process, plan_link(process))

    def move(state: str) -> None:
        with process.database.write() as connection:
            process.rounds.move(
                stored,
                state=state,
                now=process.clock(),
                reason=NOTHING,
                values={},
                connection=connection,
            )

    move("cancelled")
    with pytest.raises(RoundMovedError):
        move("approved")

    assert process.rounds.get(stored.round_id).state == "cancelled"


def test_a_round_is_found_by_the_beginning_of_its_id(process: CoordinatorProcess) -> None:
    federate(process, three_departments(2))
    stored = store_plan(process, plan_link(process))

    assert process.rounds.get(stored.round_id[:8]).round_id == stored.round_id
    for unknown in ("", "zz", "%"):
        with pytest.raises(UnknownRoundError):
            process.rounds.get(unknown)


def test_waits_keep_since_when(process: CoordinatorProcess, clock: TurnedClock) -> None:
    federate(process, three_departments(2))
    stored = store_plan(process, plan_link(process))
    why = Text("止", "down")
    process.rounds.wait(stored.round_id, {"school": why}, clock())
    clock.turn(hours=1)

    process.rounds.wait(stored.round_id, {"school": why, "survey": why}, clock())

    school, survey = process.rounds.waiting(stored.round_id)
    assert school.since < survey.since


def test_the_audit_log_is_a_chain_that_verifies(process: CoordinatorProcess) -> None:
    for number in range(5):
        process.audit.note(EntryKind.COMPUTED, process.clock(), {"count": number})

    head = verify("coordinator", process.audit.lines(), [], {})

    assert head == process.audit.head()
    assert head.number == 5


def test_an_unknown_member_is_named(process: CoordinatorProcess) -> None:
    with pytest.raises(UnknownMemberError, match="nobody"):
        process.members.get("nobody")
