"""Link epochs at a node: rows keep handles, and changes alone leave."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from nodes.driver.linking import Linking
from nodes.driver.plans import Decision, Plans
from nodes.epoch_rows import DUMMY
from privacy.errors import ProtocolError, RefusedError
from privacy.linkage.epoch_terms import EpochTerms, Scope
from privacy.plan import PlanKind
from tests.nodes.epochs import (
    SCHEMA,
    UNTIL,
    full,
    import_people,
    incremental,
    keys_of,
    new_child,
    plan_of,
    sent,
    tell,
)
from tests.nodes.federation import (
    CHILDREN,
    Federation,
    child,
    make_federation,
)


@pytest.fixture
def federation(tmp_path: Path) -> Federation:
    return make_federation(tmp_path, slots=False, sealed=("welfare",))


def test_a_plan_that_keeps_nothing_leaves_no_secret(federation: Federation) -> None:
    plan = federation.plan(PlanKind.LINK)
    federation.approve(plan)
    sent(federation, plan)
    context = federation.contexts["school"]
    assert keys_of(context) == ["1"]

    tell(federation, plan, 1)

    assert keys_of(context) == []
    with pytest.raises(RefusedError, match="closed"):
        sent(federation, plan)


def test_an_incremental_round_sends_what_changed_and_names_what_is_gone(
    federation: Federation,
) -> None:
    plan, before = full(federation)
    people = [child(n) for n in range(1, CHILDREN)] + [new_child("ツムギ"), new_child("イツキ")]
    people[0] = replace(people[0], town="転居先")
    ids = [f"school-{n}" for n in (*range(1, CHILDREN), 900, 901)]
    context = federation.contexts["school"]
    with context.store.reading() as tables:
        first = tables.epochs.rows(plan.digest.hex())
    import_people(context, people, ids)

    outgoing = sent(federation, incremental(federation, plan))

    assert first is not None
    gone = first.handles[first.records == 0]
    moved = first.handles[first.records == 1]
    assert outgoing.removed.tolist() == gone.tolist()
    assert outgoing.total == 3
    assert moved[0] in outgoing.handles
    assert set(outgoing.handles.tolist()) & set(before.handles.tolist()) == set(moved.tolist())


def test_nothing_changed_is_one_empty_message(federation: Federation) -> None:
    plan, _ = full(federation)

    outgoing = sent(federation, incremental(federation, plan))

    assert (outgoing.total, len(outgoing.removed)) == (0, 0)
    assert [piece.rows for _, piece in outgoing.chunks()] == [0]


def test_a_token_that_another_row_takes_away_is_a_change(federation: Federation) -> None:
    plan, before = full(federation)
    context = federation.contexts["school"]
    twin = replace(child(3), town="別")
    ids = [f"school-{n}" for n in range(CHILDREN)]
    import_people(context, [*map(child, range(CHILDREN)), twin], [*ids, "school-900"])

    outgoing = sent(federation, incremental(federation, plan))

    assert outgoing.total == 2
    assert not outgoing.batch.tokens["T1"].any()
    assert len(set(outgoing.handles.tolist()) & set(before.handles.tolist())) == 1


def test_dummies_stay_the_same_while_rows_come_and_go(federation: Federation) -> None:
    plan, before = full(federation)
    context = federation.contexts["school"]
    some = [child(n) for n in range(0, CHILDREN, 2)]
    import_people(context, some, [f"school-{n}" for n in range(0, CHILDREN, 2)])
    again = plan_of(federation, EpochTerms(Scope.FULL, plan.digest.hex(), UNTIL), version=2)
    signature = again.sign(federation.coordinator)
    Plans(context).review(again, "coordinator", signature)

    after = sent(federation, again)

    with context.store.reading() as tables:
        rows = tables.epochs.rows(again.digest.hex())
    assert rows is not None
    fakes = np.flatnonzero(rows.records == DUMMY)
    assert len(fakes) == 16
    places = np.searchsorted(before.handles, rows.handles[fakes])
    for name, codes in after.batch.views.items():
        assert np.array_equal(codes[fakes], before.batch.views[name][places])
    for kind, tokens in after.batch.tokens.items():
        assert np.array_equal(tokens[fakes], before.batch.tokens[kind][places])


def test_later_passes_are_limited_over_the_whole_epoch(federation: Federation) -> None:
    plan, before = full(federation)
    context = federation.contexts["school"]
    school, handles = Linking(context), before.handles.tolist()
    half = len(handles) // 2
    second = incremental(federation, plan)
    sent(federation, second)
    school.encodings(second.digest, SCHEMA, "kana", handles[:half])
    tell(federation, second, 2)
    third = incremental(federation, second, version=3)
    sent(federation, third)

    with pytest.raises(ProtocolError, match="of a link epoch"):
        school.encodings(third.digest, SCHEMA, "kana", handles[half : 2 * half])
    school.encodings(third.digest, SCHEMA, "kana", handles[: half + 2])


def test_a_round_that_was_cancelled_does_not_become_the_base(federation: Federation) -> None:
    plan, _ = full(federation)
    context = federation.contexts["school"]
    ids = [f"school-{n}" for n in range(1, CHILDREN)]
    import_people(context, [child(n) for n in range(1, CHILDREN)], ids)
    cancelled = sent(federation, incremental(federation, plan))

    again = sent(federation, incremental(federation, plan, version=3))

    assert again.removed.tolist() == cancelled.removed.tolist()
    assert len(again.removed) == 1


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"codes_until": date(2029, 1, 1)}, "code-days"),
        ({"codes_until": date(2026, 1, 1)}, "code-days"),
        ({"base": "ab" * 32}, "link-epoch"),
        ({"scope": Scope.FULL, "base": ""}, "link-epoch"),
    ],
)
def test_a_plan_against_the_rules_of_epochs_is_refused(
    federation: Federation, change: dict[str, object], rule: str
) -> None:
    base, _ = full(federation)
    good = EpochTerms(Scope.INCREMENTAL, base.digest.hex(), UNTIL)
    plan = plan_of(federation, replace(good, **change), version=2)  # type: ignore[arg-type]
    context = federation.contexts["school"]

    review = Plans(context).review(plan, "coordinator", plan.sign(federation.coordinator))

    assert review.decision is Decision.REFUSED
    assert review.error is not None
    assert f"[{rule}]" in review.error.what.en
