"""A node in the household step: what it shows, what it keeps, what it refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from nodes.driver.households import HouseholdLinking
from nodes.driver.slots import keep_slot_table
from nodes.household_policy import PURPOSE
from nodes.messages import LockPiece, NumberPiece, SlotPiece
from nodes.store.households import StoredHouseholds
from nodes.store.people import StoredRow
from privacy.encoding.households import Evidence, household_schema
from privacy.errors import ProtocolError, RefusedError
from privacy.governance.consent import Restriction, RestrictionKind
from privacy.linkage.household_locks import lock_numbers
from privacy.linkage.households import group_households, number_households
from privacy.plan import Plan, PlanKind
from tests.nodes.federation import (
    CHILDREN,
    NODES,
    NOW,
    PURPOSES,
    Federation,
    child,
    make_federation,
)

SCHEMA = household_schema().digest
HALF = CHILDREN // 2
"""Children n and n + HALF are siblings."""
DUMMIES = np.array([CHILDREN, CHILDREN + 1], dtype=np.uint32)
TOTAL = CHILDREN + 5
SEED = bytes(range(32))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Federation, Plan]:
    return _made(tmp_path_factory.mktemp("households"))


def _made(folder: Path) -> tuple[Federation, Plan]:
    """Return a federation with slots under an approved plan with households; welfare is sealed."""
    federation = make_federation(folder, slots=False, sealed=("welfare",))
    persons = [
        replace(
            child(number),
            family_phonetic="サト",
            family="佐藤",
            town="町",
            block=f"{number % HALF}",
        )
        for number in range(CHILDREN)
    ]
    for name in NODES:
        _allow(federation, name)
        with federation.contexts[name].store.transaction() as tables:
            rows = [StoredRow(f"{name}-{number}", number) for number in range(CHILDREN)]
            tables.records.replace(rows, persons)
    plan = federation.plan(PlanKind.LINK, households=True)
    federation.approve(plan)
    slots = np.random.default_rng(3).permutation(CHILDREN).astype(np.uint32)
    told = SlotPiece(1, b"t" * 32, TOTAL, CHILDREN, 0, np.zeros(0, dtype=np.uint32))
    for context in federation.contexts.values():
        keep_slot_table(context, plan, told, np.arange(CHILDREN, dtype=np.uint32), slots)
        with context.store.transaction() as tables:
            told_slots = np.concatenate([slots, DUMMIES])
            tables.households.keep_told(plan.digest.hex(), context.stamp(), told_slots)
    return federation, plan


def _allow(federation: Federation, name: str, households: str = "allow") -> None:
    context = federation.contexts[name]
    policy = replace(context.config.policy, households=households, purposes=(*PURPOSES, PURPOSE))
    approvals = tuple(
        replace(one, purpose=PURPOSE) if one.kind == "link" and one.purpose == "linkage" else one
        for one in context.config.standing_approvals
    )
    config = replace(context.config, policy=policy, standing_approvals=approvals)
    federation.contexts[name] = replace(context, config=config)


def _evidence(made: tuple[Federation, Plan], name: str) -> Evidence:
    federation, plan = made
    shown = HouseholdLinking(federation.contexts[name]).evidence(plan.digest, SCHEMA)
    assert shown is not None
    return shown


def _numbers(made: tuple[Federation, Plan], *, version: int = 1) -> dict[str, list[NumberPiece]]:
    """Group and number as the coordinator does; return each open node's pieces."""
    _, plan = made
    evidence = {name: _evidence(made, name) for name in ("school", "survey")}
    grouped = group_households(list(evidence.values()), TOTAL)
    numbers = number_households(grouped.home, SEED)
    pieces = {}
    for name, shown in evidence.items():
        own = numbers[shown.positions].astype(np.uint32)
        cut = len(own) // 2
        pieces[name] = [
            NumberPiece(plan.digest, version, len(own), first, own[first:stop])
            for first, stop in ((0, cut), (cut, len(own)))
        ]
    return pieces


def _locks(made: tuple[Federation, Plan]) -> list[LockPiece]:
    _, plan = made
    evidence = [_evidence(made, name) for name in ("school", "survey")]
    grouped = group_households(evidence, TOTAL)
    locked = lock_numbers(evidence, grouped.home, number_households(grouped.home, SEED), SEED)
    total = len(locked.labels)
    return [LockPiece(plan.digest, 1, total, 0, locked.labels, locked.numbers)]


def _stored(made: tuple[Federation, Plan], name: str) -> StoredHouseholds:
    with made[0].contexts[name].store.reading() as tables:
        found = tables.households.of_table(1)
    assert found is not None
    return found


def _of_child(made: tuple[Federation, Plan], name: str) -> dict[int, int]:
    """Return child -> household number as a node keeps it."""
    found = _stored(made, name)
    with made[0].contexts[name].store.reading() as tables:
        table = tables.links.slot_table(1)
    assert table is not None
    record = dict(zip(table.slots.tolist(), table.records.tolist(), strict=True))
    return {record[s]: n for s, n in zip(found.slots.tolist(), found.numbers.tolist(), strict=True)}


def test_evidence_speaks_for_dummies_too_and_comes_again_the_same(
    made: tuple[Federation, Plan],
) -> None:
    one, two = (_evidence(made, "school") for _ in range(2))

    assert len(one.positions) == CHILDREN + len(DUMMIES)
    assert (np.diff(one.positions) > 0).all()
    assert all((one.tokens[kind] == two.tokens[kind]).all() for kind in one.tokens)
    assert (one.withheld == two.withheld).all()
    with made[0].contexts["school"].store.reading() as tables:
        left = [row for row in tables.sent.all() if row.step == "households"]
    assert [(row.purpose, row.rows) for row in left] == [(PURPOSE, CHILDREN + len(DUMMIES))]


def test_both_nodes_show_the_same_child_at_the_same_position_with_the_same_tokens(
    made: tuple[Federation, Plan],
) -> None:
    school, survey = _evidence(made, "school"), _evidence(made, "survey")

    assert (school.positions == survey.positions).all()
    same = (school.tokens["block"] == survey.tokens["block"]).all(axis=1)
    assert same.sum() == CHILDREN  # all but the dummies


def test_an_open_node_keeps_who_of_its_own_lives_together(made: tuple[Federation, Plan]) -> None:
    pieces = _numbers(made)

    HouseholdLinking(made[0].contexts["school"]).accept(pieces["school"])

    number = _of_child(made, "school")
    assert set(number) == set(range(CHILDREN))
    together = sum(number[n] == number[n + HALF] for n in range(HALF))
    withheld = 2 * 16  # of two departments, decoys all; a position may be named by both
    assert HALF - withheld <= together < HALF
    assert _stored(made, "school").counts == {
        "slots": CHILDREN,
        "with_siblings_here": 2 * together,
    }


def test_a_sealed_node_opens_the_same_numbers_without_saying_whose(
    made: tuple[Federation, Plan],
) -> None:
    HouseholdLinking(made[0].contexts["school"]).accept(_numbers(made)["school"])

    HouseholdLinking(made[0].contexts["welfare"]).open_locked(_locks(made))

    assert _of_child(made, "welfare") == _of_child(made, "school")
    with made[0].contexts["welfare"].store.reading() as tables:
        assert not [row for row in tables.sent.all() if row.step == "households"]


@pytest.mark.parametrize("kind", [RestrictionKind.PROTECTED, RestrictionKind.OBJECTION])
def test_a_protected_child_and_one_who_objects_live_alone_everywhere(
    made: tuple[Federation, Plan], kind: RestrictionKind
) -> None:
    federation, _ = made
    context = federation.contexts["survey"]
    today = NOW.date()
    held = Restriction("survey-7", kind, today - timedelta(days=1), today)
    with context.store.transaction() as tables:
        tables.restrictions.replace_imported([held])
    try:
        HouseholdLinking(federation.contexts["school"]).accept(_numbers(made)["school"])
        number = _of_child(made, "school")
    finally:
        with context.store.transaction() as tables:
            tables.restrictions.replace_imported([])

    assert list(number.values()).count(number[7]) == 1


def test_a_node_that_abstains_shows_nothing_and_takes_nothing(
    made: tuple[Federation, Plan],
) -> None:
    federation, plan = made
    pieces = _numbers(made)
    kept = dict(federation.contexts)
    try:
        _allow(federation, "survey", "abstain")
        _allow(federation, "welfare", "abstain")
        linking = HouseholdLinking(federation.contexts["survey"])
        assert linking.evidence(plan.digest, SCHEMA) is None
        with pytest.raises(RefusedError, match=r"\[households\]"):
            linking.accept(pieces["survey"])
    finally:
        federation.contexts.update(kept)
    with federation.contexts["survey"].store.reading() as tables:
        assert tables.households.of_table(1) is None


def test_a_sealed_node_shows_no_evidence_and_an_open_one_opens_no_locks(
    made: tuple[Federation, Plan],
) -> None:
    federation, plan = made

    with pytest.raises(RefusedError, match="sealed"):
        HouseholdLinking(federation.contexts["welfare"]).evidence(plan.digest, SCHEMA)
    with pytest.raises(RefusedError, match="not sealed"):
        HouseholdLinking(federation.contexts["school"]).open_locked(_locks(made))
    with pytest.raises(ProtocolError, match="Another definition"):
        HouseholdLinking(federation.contexts["school"]).evidence(plan.digest, bytes(32))


def test_pieces_that_do_not_fit_are_refused_and_nothing_changes(
    made: tuple[Federation, Plan],
) -> None:
    linking = HouseholdLinking(made[0].contexts["school"])
    first, second = _numbers(made)["school"]
    big = replace(first, numbers=np.full_like(first.numbers, TOTAL))
    few = replace(first, total=len(first.numbers))

    for pieces in ([first], [second, first], [replace(first, version=2), second], [big, second]):
        with pytest.raises(ProtocolError, match="link message cannot be used"):
            linking.accept(pieces)
    with pytest.raises(ProtocolError, match="another number of households than sent"):
        linking.accept([few])
    sealed = HouseholdLinking(made[0].contexts["welfare"])
    (whole,) = _locks(made)
    for wrong in (replace(whole, total=whole.total + 1), replace(whole, first=1)):
        with pytest.raises(ProtocolError, match="link message cannot be used"):
            sealed.open_locked([wrong])


def test_a_plan_without_households_gets_none(tmp_path: Path) -> None:
    federation = make_federation(tmp_path)
    plan = federation.plan(PlanKind.LINK, link_epoch=9)
    federation.approve(plan)

    with pytest.raises(RefusedError, match=r"\[households\] This plan"):
        HouseholdLinking(federation.contexts["school"]).evidence(plan.digest, SCHEMA)


def test_household_numbers_of_an_older_table_are_not_those_of_the_newest(
    made: tuple[Federation, Plan],
) -> None:
    HouseholdLinking(made[0].contexts["school"]).accept(_numbers(made)["school"])
    with made[0].contexts["school"].store.reading() as tables:
        assert tables.households.of_table(2) is None
        assert tables.households.told("00" * 32).tolist() == []


def test_a_row_that_left_since_the_slots_were_told_is_shown_like_a_dummy(tmp_path: Path) -> None:
    made = _made(tmp_path / "federation")
    context = made[0].contexts["survey"]
    before = _evidence(made, "survey")
    keeping = {number: number for number in range(CHILDREN) if number != 5}
    with context.store.transaction() as tables:
        tables.links.carry(keeping)
    shown = _evidence(made, "survey")

    assert (shown.positions == before.positions).all()
    changed = (shown.tokens["block"] != before.tokens["block"]).any(axis=1)
    assert changed.sum() >= 1
