"""The household step of a link round: over simulated nodes, refused by name, killed anywhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from coordinator.epoch_plans import continued
from coordinator.founding import found
from coordinator.household_arrival import ExpectedHouseholds, HouseholdArrival
from coordinator.messages import HouseholdPart
from coordinator.planning import plan_link, store_plan
from coordinator.process import CoordinatorProcess
from coordinator.store.rounds import StoredRound
from coordinator.verbs.rounds import summary
from privacy.encoding.households import household_schema
from privacy.errors import ProtocolError
from privacy.linkage.epoch_terms import EpochTerms, Scope
from privacy.linkage.household_locks import UNKNOWN
from privacy.normalise.person import Person
from privacy.roster import Mode
from tests.coordinator.conftest import TurnedClock
from tests.coordinator.federation import Federation, federate, people
from tests.coordinator.test_driver import KilledError
from tests.coordinator.test_epochs import UNTIL
from tests.simulator import SimulatedNode

CHILDREN = 40
HOMES = 16
"""Children 0..15 and 16..31 are siblings two by two; 32..39 have none."""


def _siblings() -> list[Person]:
    homes = [at % HOMES if at < 2 * HOMES else at for at in range(CHILDREN)]
    return [
        replace(
            child,
            family=f"姓{home}",
            family_kana="サトウ",
            family_phonetic="サトウ",
            town="架空町",
            block=f"{home}-1",
        )
        for child, home in zip(people(CHILDREN), homes, strict=True)
    ]


def _nodes() -> list[SimulatedNode]:
    everyone = _siblings()
    return [
        SimulatedNode("residents", everyone),
        SimulatedNode("school", everyone[:30][::-1]),
        SimulatedNode("welfare", everyone[::5], Mode.SEALED),
    ]


def _opened(process: CoordinatorProcess) -> tuple[Federation, StoredRound]:
    return federate(process, _nodes()), store_plan(process, plan_link(process, households=True))


def _drive(federation: Federation, stored: StoredRound, hook: Any = None) -> StoredRound:
    return asyncio.run(federation.driver(hook).drive(stored.round_id))


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Federation, StoredRound]]:
    """Return a federation after a full and an incremental round with households."""
    folder, clock = tmp_path_factory.mktemp("households") / "coordinator", TurnedClock()
    addresses = {"listen": "127.0.0.1:1", "join_listen": "127.0.0.1:2", "web": "127.0.0.1:3"}
    found(folder, city="toda", now=clock(), **addresses)
    with CoordinatorProcess.open(folder / "coordinator.toml", clock) as process:
        federation = federate(process, _nodes())
        keeping = EpochTerms(codes_until=UNTIL)
        stored = store_plan(process, plan_link(process, keeping, households=True))
        first = _drive(federation, stored)
        assert first.state == "done", first.reason_en
        federation.events.append(("first", {"numbers": _numbers(federation)}))
        again = plan_link(process, continued(process, Scope.INCREMENTAL), households=True)
        yield federation, _drive(federation, store_plan(process, again))


def _numbers(federation: Federation) -> list[int]:
    """Return the household number that residents was told for each child."""
    residents = federation.peers.nodes["residents"]
    return [residents.household_of_slot[residents.slots[at]] for at in range(CHILDREN)]


def test_every_open_node_learns_which_of_its_own_children_live_together(
    done: tuple[Federation, StoredRound],
) -> None:
    federation, ended = done
    residents, school = (federation.peers.nodes[n] for n in ("residents", "school"))

    number = _numbers(federation)

    assert ended.state == "done"
    assert number[:HOMES] == number[HOMES : 2 * HOMES]
    assert len(set(number)) == CHILDREN - HOMES
    assert max(number) < residents.total_slots
    assert set(school.household_of_slot) == set(school.slots.values())
    assert all(residents.household_of_slot[s] == n for s, n in school.household_of_slot.items())


def test_a_sealed_node_opens_the_numbers_of_its_own_children_and_of_no_other(
    done: tuple[Federation, StoredRound],
) -> None:
    federation, stored = done
    welfare, residents = (federation.peers.nodes[n] for n in ("welfare", "residents"))

    own = [residents.slots[at] for at in range(0, CHILDREN, 5)]
    strangers = [residents.slots[at + 1] for at in range(0, CHILDREN, 5)]

    opened = welfare.opened(stored.plan_digest, own)
    assert opened == [residents.household_of_slot[slot] for slot in own]
    assert set(welfare.opened(stored.plan_digest, strangers)) == {UNKNOWN}


def test_the_report_says_households_in_counts_and_nothing_else_stays(
    done: tuple[Federation, StoredRound],
) -> None:
    federation, ended = done
    process = federation.process

    answer = summary(process, ended)

    report = answer.values["quality"]["households"]
    assert report["homes_by_children"]["2"] == HOMES
    assert report["children_with_siblings"] == 2 * HOMES
    assert report["departments"] == ["residents", "school"]
    assert report["not_joined"] == {}
    assert any("children with a sibling" in line.en for line in answer.lines)
    assert set(process.rounds.names(ended.round_id)) == {"quality", "slot_table", "households"}
    left = [path for path in process.config.spool.rglob("*") if "household" in path.name]
    assert left == []
    assert {path.name for path in process.config.spool.glob("*")} == {"epochs"}


def test_numbers_of_two_rounds_have_nothing_in_common_but_the_homes(
    done: tuple[Federation, StoredRound],
) -> None:
    federation, _ = done
    one = next(about["numbers"] for event, about in federation.events if event == "first")
    two = _numbers(federation)

    assert [one.index(n) for n in one] == [two.index(n) for n in two]
    assert sum(a == b for a, b in zip(one, two, strict=True)) < CHILDREN // 2


def test_a_plan_that_does_not_ask_asks_nobody(process: CoordinatorProcess) -> None:
    federation, _ = _opened(process)
    stored = store_plan(process, plan_link(process))

    ended = _drive(federation, stored)

    assert ended.state == "done"
    for node in federation.peers.nodes.values():
        assert not [call for call in node.calls if "households" in call]
    assert "households" not in summary(process, ended).values["quality"]


def test_a_node_that_abstains_is_told_nothing_and_named(process: CoordinatorProcess) -> None:
    federation, stored = _opened(process)
    federation.peers.nodes["school"].abstains = True

    ended = _drive(federation, stored)

    assert ended.state == "done"
    assert federation.peers.nodes["school"].calls["accept_households"] == 0
    report = summary(process, ended).values["quality"]["households"]
    assert report["abstained"] == ["school"]
    assert report["children_with_siblings"] == 2 * HOMES


def test_where_all_abstain_nobody_is_told_anything(process: CoordinatorProcess) -> None:
    federation, stored = _opened(process)
    for name in ("residents", "school"):
        federation.peers.nodes[name].abstains = True

    ended = _drive(federation, stored)

    assert ended.state == "done"
    assert federation.peers.nodes["welfare"].calls["open_households"] == 0
    counts = summary(process, ended).values["quality"]["households"]
    assert counts["children_with_siblings"] == 0


@pytest.mark.parametrize("point", ["link:housed:before", "link:housed:after"])
def test_a_round_killed_at_the_household_step_tells_all_nodes_the_same(
    process: CoordinatorProcess, point: str
) -> None:
    federation, stored = _opened(process)

    def hook(reached: str) -> None:
        if reached == point:
            raise KilledError

    with pytest.raises(KilledError):
        _drive(federation, stored, hook)

    assert _drive(federation, stored).state == "done"
    residents, school = (federation.peers.nodes[n] for n in ("residents", "school"))
    told = residents.household_of_slot
    assert all(told[slot] == number for slot, number in school.household_of_slot.items())


def _part(**changes: Any) -> HouseholdPart:
    tokens = {kind: np.ones((3, 32), dtype=np.uint8) for kind in household_schema().names}
    values: dict[str, Any] = {
        "plan_digest": bytes(32),
        "schema_digest": household_schema().digest,
        "abstains": False,
        "total_rows": 3,
        "first_row": 0,
        "positions": np.array([0, 4, 9], dtype=np.uint32),
        "tokens": tokens,
        "withheld": np.zeros(0, dtype=np.uint32),
    }
    return HouseholdPart(**{**values, **changes})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"plan_digest": b"x" * 32}, "another plan"),
        ({"schema_digest": b"x" * 32}, "another definition of evidence"),
        ({"total_rows": 4}, "a wrong number of rows"),
        ({"first_row": 1}, "a wrong number of rows"),
        ({"tokens": {}}, "other kinds of evidence"),
        ({"positions": np.array([0, 4, 4], dtype=np.uint32)}, "out of order or range"),
        ({"positions": np.array([0, 4, 10], dtype=np.uint32)}, "out of order or range"),
        ({"withheld": np.zeros(65, dtype=np.uint32)}, "too many withheld"),
        ({"withheld": np.array([10], dtype=np.uint32)}, "withheld position out of range"),
    ],
)
def test_wrong_evidence_is_refused_by_name(changes: dict[str, Any], said: str) -> None:
    expected = ExpectedHouseholds("school", bytes(32), rows=3, slots=10)

    with pytest.raises(ProtocolError, match=f"of school cannot be used: .*{said}"):
        HouseholdArrival(expected).check(_part(**changes))
    for parts in ([], [_part(positions=np.array([0], dtype=np.uint32))]):
        with pytest.raises(ProtocolError, match="rows are missing"):
            expected.evidence(parts)


def test_a_node_that_shows_wrong_evidence_ends_the_round_by_name(
    process: CoordinatorProcess,
) -> None:
    federation, stored = _opened(process)
    spoil: Callable[[HouseholdPart], HouseholdPart] = lambda part: replace(part, total_rows=7)  # noqa: E731 - a script
    federation.peers.nodes["school"].spoils = spoil

    ended = _drive(federation, stored)

    assert ended.state == "failed"
    assert "household evidence of school cannot be used" in ended.reason_en
