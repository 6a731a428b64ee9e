"""An import numbers records anew: slots stay with their children, whatever the numbers."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from nodes.driver.context import NodeContext
from nodes.driver.importing import carry_slots
from nodes.driver.linking import Linking
from nodes.own_rows import OwnRows
from nodes.store.people import StoredRow
from privacy.encoding.schema import default_schema
from privacy.errors import ProtocolError, RefusedError
from privacy.governance.consent import Restriction, RestrictionKind
from privacy.normalise.person import Person
from privacy.plan import PlanKind
from tests.nodes.facts import give_facts
from tests.nodes.federation import CHILDREN, child, make_federation
from tests.nodes.screening import Drive, screening_plan


def _slots(context: NodeContext) -> dict[str, int]:
    with context.store.reading() as tables:
        own = OwnRows.read(tables, 1)
    return dict(zip(own.row_ids, own.slots.tolist(), strict=True))


def _import(context: NodeContext, order: list[int], people: dict[int, Person]) -> None:
    rows = [StoredRow(f"school-{number}", place) for place, number in enumerate(order)]
    persons = [people.get(number, child(number)) for number in order]
    with context.store.transaction() as tables:
        carry_slots(context, tables, rows, persons)
        tables.records.replace(rows, persons)


def test_slots_stay_with_their_children_when_a_file_comes_in_another_order(
    tmp_path: Path,
) -> None:
    context = make_federation(tmp_path).contexts["school"]
    before = _slots(context)

    _import(context, [*range(7, CHILDREN), *range(2)], {})

    gone = {f"school-{number}" for number in range(2, 7)}
    assert _slots(context) == {row: slot for row, slot in before.items() if row not in gone}


def test_an_id_that_was_given_to_another_child_has_no_slot(tmp_path: Path) -> None:
    context = make_federation(tmp_path).contexts["school"]
    before = _slots(context)

    _import(context, list(range(CHILDREN)), {5: replace(child(5), birth_date="2019-12-31")})

    assert _slots(context) == {row: slot for row, slot in before.items() if row != "school-5"}


def test_rows_do_not_change_under_a_run(tmp_path: Path) -> None:
    federation = make_federation(tmp_path)
    give_facts(federation.contexts)
    plan = screening_plan(federation)
    federation.approve(plan)
    Drive(federation, plan).begin()
    context = federation.contexts["school"]

    with pytest.raises(RefusedError, match="under way"):
        _import(context, list(reversed(range(CHILDREN))), {})
    _import(context, list(range(CHILDREN)), {})  # the same rows: only facts changed


def test_a_link_round_goes_on_with_the_same_children_and_ends_with_others(tmp_path: Path) -> None:
    federation = make_federation(tmp_path)
    context, schema = federation.contexts["school"], default_schema()
    plan = federation.plan(PlanKind.LINK, link_epoch=2)
    federation.approve(plan)
    first = schema.passes[0].name
    before = Linking(context).encodings(plan.digest, schema.digest, first, [])

    _import(context, list(reversed(range(CHILDREN))), {})

    again = Linking(context).encodings(plan.digest, schema.digest, first, [])
    assert np.array_equal(again.handles, before.handles)
    assert np.array_equal(again.batch.tokens["T1"], before.batch.tokens["T1"])

    _import(context, [CHILDREN + 1, *range(1, CHILDREN)], {})

    with pytest.raises(RefusedError, match="changed since"):
        Linking(context).encodings(plan.digest, schema.digest, first, [])
    with pytest.raises(ProtocolError):
        Linking(context).accept_slots(plan.digest, iter([]))


def _held(context: NodeContext) -> set[str]:
    with context.store.reading() as tables:
        return {each.row_id for each in tables.restrictions.all()}


def test_holds_and_slots_follow_children_whose_ids_are_new(tmp_path: Path) -> None:
    """A school that numbers by class and seat: every id goes to another child in April."""
    context = make_federation(tmp_path).contexts["school"]
    before = _slots(context)
    with context.store.transaction() as tables:
        for number in (3, 4, 9):
            tables.restrictions.add(
                Restriction(f"school-{number}", RestrictionKind.OBJECTION, date(2026, 7, 1))
            )
    stays = [number for number in range(CHILDREN) if number not in {0, 9}]
    rows = [StoredRow(f"school-{place}", place) for place in range(len(stays))]

    with context.store.transaction() as tables:
        persons = [child(number) for number in stays]
        carry_slots(context, tables, rows, persons)
        tables.records.replace(rows, persons)

    after = _slots(context)
    assert after == {f"school-{at}": before[f"school-{n}"] for at, n in enumerate(stays)}
    left = _held(context)
    assert {"school-2", "school-3"} < left
    assert len(left) == 3
    assert left.isdisjoint({"school-4", "school-9", "school-8"})


def test_a_hold_stays_on_an_id_whose_birth_date_was_corrected(tmp_path: Path) -> None:
    context = make_federation(tmp_path).contexts["school"]
    with context.store.transaction() as tables:
        hold = Restriction("school-5", RestrictionKind.OBJECTION, date(2026, 7, 1))
        tables.restrictions.add(hold)

    _import(context, list(range(CHILDREN)), {5: replace(child(5), birth_date="2019-12-31")})

    assert _held(context) == {"school-5"}
