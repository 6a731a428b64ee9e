"""Whole rounds over simulated nodes: to the end, and killed at every point."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from coordinator.planning import plan_link, store_plan
from coordinator.process import CoordinatorProcess
from coordinator.store.rounds import StoredRound
from privacy.dp.ledger import Account, Limits
from privacy.plan import Plan
from tests.coordinator.federation import (
    SLOTS,
    Federation,
    federate,
    linked,
    screening_plan,
    statistics_plan,
    three_departments,
)


class KilledError(BaseException):
    """What a test's hook raises in place of a SIGKILL."""


def _opened(process: CoordinatorProcess, kind: str) -> tuple[Federation, StoredRound]:
    if kind == "link":
        federation = federate(process, three_departments(40))
        return federation, store_plan(process, plan_link(process))
    federation = linked(process, three_departments(40), SLOTS)
    make: Callable[[CoordinatorProcess], Plan]
    make = screening_plan if kind == "screen" else statistics_plan
    return federation, store_plan(process, make(process))


def _drive(federation: Federation, stored: StoredRound) -> StoredRound:
    return asyncio.run(federation.driver().drive(stored.round_id))


def _killed_at(federation: Federation, stored: StoredRound, point: str) -> bool:
    """Drive until *point* and die there; tell whether it was reached."""

    def hook(reached: str) -> None:
        if reached == point:
            raise KilledError

    try:
        asyncio.run(federation.driver(hook).drive(stored.round_id))
    except KilledError:
        return True
    return False


LINK_STATES = ["approved", "checked", "encoded", "compared", "completed", "slotted"]
LINK_STATES += ["matched", "told", "housed", "closed", "done"]
SCREEN_STATES = ["approved", "ready", "begun", "grouped", "dealt", "shared", "combined"]
SCREEN_STATES += ["keyed", "delivered", "closed", "done"]
STATISTICS_STATES = ["approved", "ready", "begun", "charged", "dealt", "shared"]
STATISTICS_STATES += ["released", "closed", "done"]


def test_a_link_round_ends_with_slots_at_every_node(process: CoordinatorProcess) -> None:
    federation, stored = _opened(process, "link")

    ended = _drive(federation, stored)

    nodes = federation.peers.nodes
    assert ended.state == "done"
    assert process.rounds.slot_table() is not None
    residents, school = nodes["residents"].slots, nodes["school"].slots
    assert [school[29 - i] for i in range(30)] == [residents[i] for i in range(30)]
    assert len(nodes["welfare"].universe[0].slots) == 2 * nodes["residents"].total_slots
    assert nodes["welfare"].slots == {}


def test_no_codes_and_no_slots_remain_after_a_link_round(process: CoordinatorProcess) -> None:
    federation, stored = _opened(process, "link")
    _drive(federation, stored)

    assert not list(process.config.spool.glob("*"))
    assert set(process.rounds.names(stored.round_id)) == {"quality", "slot_table"}
    held = b"".join(p.read_bytes() for p in process.config.home.glob("coordinator.db*"))
    for codes in federation.peers.nodes["residents"]._batch(("first",)).views.values():
        assert not any(bytes(row) in held for row in codes)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("state", LINK_STATES)
def test_a_link_round_killed_anywhere_is_completed(
    process: CoordinatorProcess, state: str, when: str
) -> None:
    federation, stored = _opened(process, "link")
    assert _killed_at(federation, stored, f"link:{state}:{when}")

    ended = _drive(federation, stored)

    assert ended.state == "done"
    tables = {node.slot_table for node in federation.peers.nodes.values()}
    assert tables == {1}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("state", SCREEN_STATES)
def test_a_screening_round_killed_anywhere_is_completed(
    process: CoordinatorProcess, state: str, when: str
) -> None:
    federation, stored = _opened(process, "screen")
    assert _killed_at(federation, stored, f"screen:{state}:{when}")

    ended = _drive(federation, stored)

    assert ended.state == "done"
    delivered = federation.peers.nodes["school"].delivered
    assert delivered is not None
    assert sorted(delivered.listed) == [3, 11, *range(SLOTS, SLOTS + 5)]
    assert delivered.listed[3]["welfare"].startswith(b"welfare:3.")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("state", STATISTICS_STATES)
def test_a_statistics_round_killed_anywhere_is_completed_and_charged_once(
    process: CoordinatorProcess, state: str, when: str
) -> None:
    federation, stored = _opened(process, "statistics")
    assert _killed_at(federation, stored, f"statistics:{state}:{when}")

    ended = _drive(federation, stored)

    assert ended.state == "done"
    spent = process.charges.ledger(Limits()).spent(Account("children", 2026))
    assert spent.nano == 10_000_000
    assert len(process.releases.all()) == 1
    assert b'"labels":["lower"],"value":12' in process.releases.all()[0].body


def test_every_transition_is_in_the_audit_log(process: CoordinatorProcess) -> None:
    federation, stored = _opened(process, "screen")
    _drive(federation, stored)

    lines = b"\n".join(process.audit.lines()).decode()

    assert all(f'"state":"{state}"' in lines for state in SCREEN_STATES)
    assert stored.round_id in lines


def test_secrets_of_a_run_end_everywhere(process: CoordinatorProcess) -> None:
    federation, stored = _opened(process, "screen")
    _drive(federation, stored)

    nodes = federation.peers.nodes.values()
    assert all(node.ended for node in nodes)
    assert not list((process.config.home.parent / "dealer" / "keys" / "runs").glob("*"))


def test_a_cancelled_round_leaves_nothing(process: CoordinatorProcess) -> None:
    federation, stored = _opened(process, "link")
    _killed_at(federation, stored, "link:compared:after")

    federation.driver().cancel(process.rounds.get(stored.round_id))
    ended = _drive(federation, stored)

    assert ended.state == "cancelled"
    assert not list(process.config.spool.glob("*"))
    assert process.rounds.slot_table() is None
