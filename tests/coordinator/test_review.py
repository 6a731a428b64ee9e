"""Clerical review over whole link rounds: asked at the end of one, applied in the next."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from coordinator.epoch_plans import continued
from coordinator.linkage import QUALITY
from coordinator.planning import plan_link, store_plan
from coordinator.process import CoordinatorProcess
from coordinator.store.rounds import StoredRound
from privacy.errors import RefusedError, Text
from privacy.linkage.asking import Answer, Asked, Kind, Told
from privacy.linkage.epoch_terms import EpochTerms, Scope
from privacy.linkage.likeness import Level
from privacy.roster import Mode
from protos.problems import NotOfferedError
from tests.coordinator.conftest import TurnedClock
from tests.coordinator.federation import Federation, federate, people
from tests.simulator import SimulatedNode

CONFLICTS = 3


def _departments() -> list[SimulatedNode]:
    """Return two open departments that disagree on a few numbers, and a sealed one."""
    everyone = people(60)
    school = [
        replace(p, resident_number=f"{9_000 + n:010}") if n < CONFLICTS else p
        for n, p in enumerate(everyone[:45])
    ]
    return [
        SimulatedNode("residents", everyone),
        SimulatedNode("school", school),
        SimulatedNode("welfare", everyone[::5], Mode.SEALED),
    ]


def _round(federation: Federation, clock: TurnedClock) -> StoredRound:
    clock.turn(days=1)
    stored = store_plan(federation.process, plan_link(federation.process))
    return asyncio.run(federation.driver().drive(stored.round_id))


def _quality(federation: Federation, stored: StoredRound) -> dict[str, Any]:
    body = federation.process.rounds.value(stored.round_id, QUALITY)
    assert body is not None
    return dict(json.loads(body))


def _numbers(node: SimulatedNode) -> list[Asked]:
    return [each for each in node.asked if each.row < CONFLICTS]


def _apart(federation: Federation) -> int:
    nodes = federation.peers.nodes
    pairs = ((nodes["residents"].slots[n], nodes["school"].slots[n]) for n in range(CONFLICTS))
    return sum(one != other for one, other in pairs)


def _answer(federation: Federation, member: str, choose: Callable[[Asked], Answer]) -> None:
    node = federation.peers.nodes[member]
    node.answers |= {each.pair: choose(each) for each in node.asked}


def test_conflicts_are_asked_of_both_holders_among_decoys(
    process: CoordinatorProcess, clock: TurnedClock
) -> None:
    federation = federate(process, _departments())

    ended = _round(federation, clock)

    assert ended.state == "done"
    residents, school, welfare = (federation.peers.nodes[n] for n in sorted(federation.peers.nodes))
    assert {each.pair for each in residents.asked} == {each.pair for each in school.asked}
    assert welfare.asked == []
    assert welfare.calls["ask_review"] == welfare.calls["send_review_answers"] == 0
    assert len(school.asked) % 5 == 0
    assert len(school.asked) >= 2 * CONFLICTS
    assert Counter(each.kind for each in _numbers(school)) == {Kind.NUMBER: CONFLICTS}
    assert {each.likeness.number for each in _numbers(school)} == {Level.DIFFER}
    assert {each.other for each in school.asked} == {""}
    assert _apart(federation) == CONFLICTS
    assert _quality(federation, ended)["review"]["questions"] == len(school.asked)


def test_a_conflict_is_joined_when_both_holders_call_it_the_same(
    process: CoordinatorProcess, clock: TurnedClock
) -> None:
    federation = federate(process, _departments())
    _round(federation, clock)
    _answer(federation, "residents", lambda _each: Answer.SAME)
    _answer(federation, "school", lambda each: Answer.SAME if each.row == 0 else Answer.UNSURE)

    second = _round(federation, clock)

    quality = _quality(federation, second)
    assert _apart(federation) == CONFLICTS - 1
    assert quality["review"]["joined"] == 1
    assert quality["review"]["both"] == len(federation.peers.nodes["school"].asked)
    assert quality["review"]["questions"] == 0
    assert sum(d["linked_by_review"] for d in quality["departments"]) == 2
    assert quality["linked_by"]["review"] == 1
    (school,) = (d for d in quality["review"]["departments"] if d["department"] == "school")
    assert school["answered"] == len(federation.peers.nodes["school"].asked)
    assert school["unsure"] == school["answered"] - 1
    assert school["identical"] > 0
    assert school["identical_right"] == 0


def test_answers_act_in_an_incremental_round_as_well(
    process: CoordinatorProcess, clock: TurnedClock
) -> None:
    federation = federate(process, _departments())
    clock.turn(days=1)
    keeping = EpochTerms(codes_until=dt.date(2027, 3, 31))
    stored = store_plan(process, plan_link(process, keeping))
    asyncio.run(federation.driver().drive(stored.round_id))
    for member in ("residents", "school"):
        _answer(federation, member, lambda _each: Answer.SAME)
    clock.turn(days=1)
    stored = store_plan(process, plan_link(process, continued(process, Scope.INCREMENTAL)))

    ended = asyncio.run(federation.driver().drive(stored.round_id))

    assert ended.state == "done", ended.reason_en
    assert _apart(federation) == 0
    assert _quality(federation, ended)["review"]["joined"] == CONFLICTS


def test_what_one_holder_calls_different_stays_apart_in_every_later_round(
    process: CoordinatorProcess, clock: TurnedClock
) -> None:
    federation = federate(process, _departments())
    _round(federation, clock)
    for member in ("residents", "school"):
        _answer(federation, member, lambda _each: Answer.SAME)
    _answer(federation, "school", lambda each: Answer(1 + (each.row < CONFLICTS)))

    for _ in range(2):
        _round(federation, clock)
        assert _apart(federation) == CONFLICTS


def test_answers_find_each_other_without_the_ids_that_were_asked(
    process: CoordinatorProcess, clock: TurnedClock
) -> None:
    federation = federate(process, _departments())
    _round(federation, clock)
    school = federation.peers.nodes["school"]

    told = asyncio.run(school.send_review_answers(b""))

    ids = {each.pair for each in school.asked}
    assert not any(pair in tag for pair in ids for tag in told.tags)


@pytest.mark.parametrize(
    "said",
    [
        Told((bytes(32),), (10_000,), (Answer.SAME,)),
        Told((bytes(32), bytes(32)), (0, 1), (Answer.SAME, Answer.SAME)),
    ],
)
def test_answers_that_cannot_be_end_the_round_by_the_node_s_name(
    process: CoordinatorProcess, clock: TurnedClock, said: Told
) -> None:
    federation = federate(process, _departments())
    federation.peers.nodes["school"].said = said

    ended = _round(federation, clock)

    assert ended.state == "failed"
    assert "review answers of school" in ended.reason_en


def test_answers_on_a_pair_that_nobody_was_asked_about_change_nothing(
    process: CoordinatorProcess, clock: TurnedClock
) -> None:
    federation = federate(process, _departments())
    federation.peers.nodes["school"].said = Told((b"u" * 32,), (0,), (Answer.SAME,))

    ended = _round(federation, clock)

    assert ended.state == "done"
    assert _quality(federation, ended)["review"]["lone"] == 1
    assert _apart(federation) == CONFLICTS


@pytest.mark.parametrize("call", ["ask_review", "send_review_answers"])
def test_an_older_node_takes_no_part_and_the_round_goes_on(
    process: CoordinatorProcess, clock: TurnedClock, call: str
) -> None:
    federation = federate(process, _departments())
    school = federation.peers.nodes["school"]
    school.script.fails[call] = [NotOfferedError(Text("古い版", "older"))]

    assert _round(federation, clock).state == "done"


def test_a_node_whose_policy_declines_is_left_out(
    process: CoordinatorProcess, clock: TurnedClock
) -> None:
    federation = federate(process, _departments())
    school = federation.peers.nodes["school"]
    school.script.fails["ask_review"] = [RefusedError(Text("規則", "a rule"))]

    assert _round(federation, clock).state == "done"
    assert school.asked == []
    assert federation.peers.nodes["residents"].asked


def test_nobody_is_asked_where_the_operator_wants_no_review(
    process: CoordinatorProcess, clock: TurnedClock
) -> None:
    federation = federate(process, _departments())
    object.__setattr__(process.config, "review_pairs", 0)

    _round(federation, clock)

    assert federation.peers.nodes["school"].calls["ask_review"] == 0


class KilledError(BaseException):
    """What a hook raises in place of a SIGKILL."""


@pytest.mark.parametrize("state", ["encoded", "slotted"])
def test_a_killed_round_keeps_answers_and_questions(
    process: CoordinatorProcess, clock: TurnedClock, state: str
) -> None:
    federation = federate(process, _departments())
    _round(federation, clock)
    for member in ("residents", "school"):
        _answer(federation, member, lambda _each: Answer.SAME)
    clock.turn(days=1)
    stored = store_plan(process, plan_link(process))

    def hook(reached: str) -> None:
        if reached == f"link:{state}:after":
            raise KilledError

    with pytest.raises(KilledError):
        asyncio.run(federation.driver(hook).drive(stored.round_id))
    ended = asyncio.run(federation.driver().drive(stored.round_id))

    assert ended.state == "done"
    assert _apart(federation) == 0
    assert federation.peers.nodes["school"].calls["send_review_answers"] == 2
