"""A child's rows at one node: what holds for one of them holds for the child."""

from datetime import date
from pathlib import Path

from nodes.own_rows import OwnRows, held_rows
from nodes.store.people import StoredRow
from privacy.governance.consent import Restriction, RestrictionKind
from privacy.plan import PlanKind
from tests.nodes.federation import CHILDREN, child, make_federation


def test_a_hold_on_one_row_holds_all_rows_of_the_child(tmp_path: Path) -> None:
    federation = make_federation(tmp_path)
    context = federation.contexts["school"]
    plan = federation.plan(PlanKind.SCREEN, receiver="school")
    rows = [StoredRow(f"school-{number}", number) for number in range(CHILDREN)]
    with context.store.transaction() as tables:
        twice = [*rows, StoredRow("school-moved", 3)]
        tables.records.replace(twice, [child(number) for number in range(CHILDREN)])
        tables.restrictions.add(
            Restriction("school-moved", RestrictionKind.OBJECTION, date(2026, 7, 1))
        )
        own = OwnRows.read(tables, plan.slot_table)
        held = held_rows(tables, own, plan, "school", date(2026, 7, 5))

    assert {row for row, is_held in zip(own.row_ids, held, strict=True) if is_held} == {
        "school-3",
        "school-moved",
    }
