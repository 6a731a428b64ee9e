"""Nodes that are late, down, wrong, or refuse: the round waits visibly or ends by name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from coordinator.messages import EncodingPart
from coordinator.planning import plan_link, store_plan
from coordinator.process import CoordinatorProcess
from coordinator.running import sweep
from coordinator.store.rounds import StoredRound
from privacy.dp.ledger import Account, EntryState, Limits
from privacy.errors import BadInputError, EnishiError, RefusedError, Text
from privacy.plan import Plan
from protos.problems import PeerError
from tests.coordinator.conftest import TurnedClock
from tests.coordinator.federation import (
    SLOTS,
    Federation,
    federate,
    linked,
    people,
    screening_plan,
    statistics_plan,
    three_departments,
)
from tests.simulator import SimulatedNode


def _link(process: CoordinatorProcess) -> tuple[Federation, StoredRound]:
    federation = federate(process, three_departments(40))
    return federation, store_plan(process, plan_link(process))


def _drive(federation: Federation, stored: StoredRound, **more: Any) -> StoredRound:
    return asyncio.run(federation.driver().drive(stored.round_id, **more))


def _zeros(part: EncodingPart) -> EncodingPart:
    return replace(
        part,
        tokens={kind: np.zeros_like(values) for kind, values in part.tokens.items()},
        views={view: np.zeros_like(codes) for view, codes in part.views.items()},
    )


def _ones(part: EncodingPart) -> EncodingPart:
    ones = {view: np.full_like(codes, np.uint64(2**64 - 1)) for view, codes in part.views.items()}
    return replace(part, views=ones)


def _shorter(part: EncodingPart) -> EncodingPart:
    return replace(part, views={view: codes[:, :4] for view, codes in part.views.items()})


def _alike(part: EncodingPart) -> EncodingPart:
    alike = {view: np.full_like(codes, np.uint64(5)) for view, codes in part.views.items()}
    return replace(part, views=alike)


def _twice(part: EncodingPart) -> EncodingPart:
    tokens = {kind: values.copy() for kind, values in part.tokens.items()}
    for values in tokens.values():
        values[1] = values[0]
    return replace(part, tokens=tokens)


WRONG: list[tuple[str, Callable[[EncodingPart], EncodingPart]]] = [
    ("another plan", lambda part: replace(part, plan_digest=bytes(32))),
    ("another linkage schema", lambda part: replace(part, schema_digest=bytes(32))),
    ("another pass", lambda part: replace(part, salt_pass="kana")),
    ("a wrong length", _shorter),
    ("other views", lambda part: replace(part, views={})),
    ("other views or tokens", lambda part: replace(part, tokens={})),
    ("out of order", lambda part: replace(part, first_row=part.first_row + 1)),
    ("a wrong number of rows", lambda part: replace(part, total_rows=2_000_000)),
    ("rows are missing", lambda part: replace(part, total_rows=900)),
    ("nothing but zeros", _zeros),
    ("nothing but ones", _ones),
    ("one code for all rows", _alike),
    ("a row twice", _twice),
    ("block labels", lambda part: replace(part, labels={"first": np.ones(part.rows, np.uint64)})),
]


def test_a_department_without_the_field_of_a_later_pass_is_linked_by_the_others(
    process: CoordinatorProcess,
) -> None:
    federation, stored = _link(process)
    federation.peers.nodes["school"].script.changes = lambda part: (
        _zeros(part) if part.salt_pass == "kana" else part
    )

    assert _drive(federation, stored).state == "done"


@pytest.mark.parametrize(("said", "change"), WRONG)
def test_wrong_encodings_end_the_round_by_the_department_s_name(
    process: CoordinatorProcess, said: str, change: Callable[[EncodingPart], EncodingPart]
) -> None:
    federation, stored = _link(process)
    federation.peers.nodes["school"].script.changes = change

    ended = _drive(federation, stored)

    assert ended.state == "failed"
    assert said in ended.reason_en
    assert "school" in ended.reason_en
    assert not list(process.config.spool.glob("*"))


def _going_on(process: CoordinatorProcess) -> tuple[Federation, StoredRound]:
    """Return a link round of four departments whose plan goes on without one that fails."""
    config = replace(process.config, missing="go-on", missing_after_s=60)
    other = replace(process, config=config)
    everyone = people(40)
    nodes = [*three_departments(40), SimulatedNode("survey", everyone[5:35])]
    federation = federate(other, nodes)
    return federation, store_plan(other, plan_link(other))


@pytest.mark.parametrize(("said", "change"), WRONG)
def test_where_the_plan_says_so_the_round_goes_on_without_the_department(
    process: CoordinatorProcess,
    said: str,
    change: Callable[[EncodingPart], EncodingPart],
) -> None:
    federation, stored = _going_on(process)
    federation.peers.nodes["survey"].script.changes = change

    ended = _drive(federation, stored)

    assert ended.state == "done"
    assert "without survey" in ended.reason_en
    assert said in ended.reason_en
    assert "survey を除いて" in ended.reason_ja
    without = federation.peers.nodes["survey"]
    assert without.slots == {}
    assert said in without.left_out.en
    assert without.slot_table == federation.peers.nodes["school"].slot_table
    assert len(federation.peers.nodes["school"].slots) == 30


def test_a_department_that_fails_in_the_second_pass_is_left_out_wholly(
    process: CoordinatorProcess,
) -> None:
    federation, stored = _going_on(process)
    federation.peers.nodes["survey"].script.changes = lambda part: (
        _shorter(part) if part.salt_pass == "kana" else part
    )

    assert _drive(federation, stored).state == "done"
    assert federation.peers.nodes["survey"].slots == {}
    quality = process.rounds.value(stored.round_id, "quality")
    assert quality is not None
    assert b"survey" not in quality


def test_a_department_that_encodes_otherwise_is_left_out_before_any_encoding(
    process: CoordinatorProcess,
) -> None:
    federation, stored = _going_on(process)
    federation.peers.nodes["survey"].script.other_answer = True

    ended = _drive(federation, stored)

    assert ended.state == "done"
    assert "survey has another key" in ended.reason_en
    assert federation.peers.nodes["survey"].calls["send_encodings"] == 0


def test_a_department_that_stays_silent_is_waited_for_and_then_left_out(
    process: CoordinatorProcess, clock: TurnedClock
) -> None:
    federation, stored = _going_on(process)
    survey = federation.peers.nodes["survey"]

    def on_step(point: str) -> None:
        if point == "link:checked:enter":
            survey.script.down_for = 100

    driver = federation.driver(on_step)
    assert asyncio.run(driver.drive(stored.round_id, wait=False)).state == "checked"
    assert [w.member_id for w in process.rounds.waiting(stored.round_id)] == ["survey"]
    clock.turn(minutes=2)

    ended = asyncio.run(driver.drive(stored.round_id, wait=False))

    assert ended.state == "done"
    assert "without survey" in ended.reason_en
    assert survey.slot_table == 0


def test_it_does_not_go_on_with_fewer_than_the_plan_s_least(process: CoordinatorProcess) -> None:
    other = replace(process, config=replace(process.config, missing="go-on"))
    federation = federate(other, three_departments(40))
    federation.peers.nodes["school"].script.changes = _zeros

    ended = _drive(federation, store_plan(other, plan_link(other)))

    assert ended.state == "failed"
    assert "school" in ended.reason_en
    assert "too few would remain" in ended.reason_en


def test_a_node_that_is_down_is_waited_for_and_named(process: CoordinatorProcess) -> None:
    federation, stored = _link(process)
    federation.peers.nodes["school"].script.down_for = 2

    waiting = _drive(federation, stored, wait=False)

    assert waiting.state == "proposed"
    assert [w.member_id for w in process.rounds.waiting(stored.round_id)] == ["school"]
    assert _drive(federation, stored).state == "done"
    assert process.rounds.waiting(stored.round_id) == ()


def test_an_operator_who_has_not_decided_is_waited_for(process: CoordinatorProcess) -> None:
    federation, stored = _link(process)
    federation.peers.nodes["school"].script.pending_for = 3

    ended = _drive(federation, stored)

    assert ended.state == "done"
    assert federation.pauses == [2, 4, 8]


def test_a_refusal_ends_the_round_with_node_and_rule(process: CoordinatorProcess) -> None:
    federation, stored = _link(process)
    federation.peers.nodes["school"].script.refuses = Text("規則 min-nodes", "rule min-nodes")

    ended = _drive(federation, stored)

    assert ended.state == "refused"
    assert ended.reason_en.startswith("school: rule min-nodes")


def test_a_node_that_encodes_otherwise_stops_the_round_before_any_encoding_moves(
    process: CoordinatorProcess,
) -> None:
    federation, stored = _link(process)
    federation.peers.nodes["school"].script.other_answer = True

    ended = _drive(federation, stored)

    assert ended.state == "failed"
    assert "node school has another key or encoder" in ended.reason_en
    assert all(n.calls["send_encodings"] == 0 for n in federation.peers.nodes.values())


def test_a_node_that_fails_inside_is_asked_again_but_not_for_ever(
    process: CoordinatorProcess,
) -> None:
    federation, stored = _link(process)
    error: EnishiError = PeerError(Text("内部", "inside"))
    federation.peers.nodes["school"].script.fails = {"accept_slots": [error] * 9}

    ended = _drive(federation, stored)

    assert ended.state == "failed"
    assert federation.peers.nodes["school"].calls["accept_slots"] == 5


def test_a_plan_that_expires_ends_the_round(
    process: CoordinatorProcess, clock: TurnedClock
) -> None:
    federation, stored = _link(process)
    federation.peers.nodes["school"].script.down_for = 10_000
    _drive(federation, stored, wait=False)
    clock.turn(days=15)

    ended = _drive(federation, stored)

    assert (ended.state, ended.reason_en) == ("failed", "The plan has expired.")


def test_a_screening_that_waits_too_long_is_dead_and_its_secrets_end(
    process: CoordinatorProcess, clock: TurnedClock
) -> None:
    federation = linked(process, three_departments(40), SLOTS)
    stored = store_plan(process, screening_plan(process))
    node = federation.peers.nodes["welfare"]
    driver = federation.driver(lambda point: _stop(node, point))
    asyncio.run(driver.drive(stored.round_id, wait=False))
    clock.turn(days=15)
    node.script.down_for = 0

    ended = _drive(federation, stored)

    assert ended.state == "expired"
    assert all(n.ended for n in federation.peers.nodes.values())


def _stop(node: Any, point: str) -> None:
    if point == "screen:shared:after":
        node.script.down_for = 10_000


@pytest.mark.parametrize("claim", [1, -1])
def test_a_receipt_over_another_number_fails_the_round(
    process: CoordinatorProcess, claim: int
) -> None:
    federation = linked(process, three_departments(40), SLOTS)
    stored = store_plan(process, screening_plan(process))
    federation.peers.nodes["school"].listed_claim = claim

    ended = _drive(federation, stored)

    assert ended.state == "failed"
    assert "receipt" in ended.reason_en


def test_more_listed_than_the_plan_allows_are_never_opened(process: CoordinatorProcess) -> None:
    federation = linked(process, three_departments(40), SLOTS)
    stored = store_plan(process, screening_plan(process, most_listed=1))
    school = federation.peers.nodes["school"]
    wide = school.contribution

    def all_decoys(plan: Plan, places: int) -> NDArray[np.int64]:
        values = wide(plan, places)
        values[SLOTS:] = values[SLOTS]
        return values

    school.contribution = all_decoys

    ended = _drive(federation, stored)

    assert ended.state == "failed"
    assert "cap" in ended.reason_en
    assert federation.peers.one_dealer is not None
    assert federation.peers.one_dealer.calls["open_cards"] == 0


def test_a_refusal_in_ready_is_free(process: CoordinatorProcess) -> None:
    federation = linked(process, three_departments(40), SLOTS)
    stored = store_plan(process, statistics_plan(process))
    error: EnishiError = RefusedError(Text("予算", "the budget is spent"))
    federation.peers.nodes["school"].script.fails = {"make_ready": [error]}

    ended = _drive(federation, stored)

    assert ended.state == "refused"
    assert process.charges.ledger(Limits()).entries == ()


def test_a_larger_total_at_a_node_counts_here_too(process: CoordinatorProcess) -> None:
    federation = linked(process, three_departments(40), SLOTS)
    stored = store_plan(process, statistics_plan(process))
    federation.peers.nodes["school"].ledger_total_nano = 495_000_000

    ended = _drive(federation, stored)

    assert ended.state == "refused"
    assert "left" in ended.reason_en


def test_a_statistics_round_that_dies_stays_charged(process: CoordinatorProcess) -> None:
    federation = linked(process, three_departments(40), SLOTS)
    stored = store_plan(process, statistics_plan(process))
    error: EnishiError = BadInputError(Text("壊れた", "broken"))
    federation.peers.nodes["school"].script.fails = {"send_outputs": [error]}

    ended = _drive(federation, stored)

    ledger = process.charges.ledger(Limits())
    assert ended.state == "failed"
    assert ledger.spent(Account("children", 2026)).nano == 10_000_000
    assert ledger.entries[-1].state is EntryState.DEAD


def test_codes_of_a_round_killed_while_it_failed_are_swept(process: CoordinatorProcess) -> None:
    federation, stored = _link(process)
    federation.peers.nodes["school"].script.changes = _zeros

    def killed(point: str) -> None:
        if point == "link:failed:after":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(federation.driver(killed).drive(stored.round_id))
    assert list(process.config.spool.glob("*"))

    assert sweep(process) == 1
    assert not list(process.config.spool.glob("*"))
