"""The plain-language page of one plan: for whoever decides on it, before and after."""

from __future__ import annotations

from dataclasses import dataclass

from nodes.plan_words import notice, plan_words
from nodes.store import Store
from nodes.store.rounds import StoredPlan
from privacy.errors import BadInputError, Text
from privacy.plan import Plan

LEAST_PREFIX = 8


@dataclass(frozen=True, slots=True)
class PlanPage:
    """One plan as it arrived, in words; ``items``: what of this node it uses."""

    stored: StoredPlan
    plan: Plan
    items: tuple[str, ...]
    words: tuple[Text, ...]
    notice: Text | None
    households: dict[str, int] | None
    """After a round with households: own slots, and how many share a home here."""


def read_plan(store: Store, node: str, digest: str) -> PlanPage | None:
    """Return the page of the plan whose digest begins with *digest*; None where there is none."""
    if len(digest) < LEAST_PREFIX:
        return None
    with store.reading() as tables:
        found = [plan for plan in tables.plans.all() if plan.digest.startswith(digest)]
        if len(found) != 1:
            return None
        table = tables.links.slot_table()
        homes = tables.households.of_table(table.version) if table else None
    try:
        plan = Plan.from_bytes(found[0].canonical)
    except BadInputError:
        return None
    mine = homes is not None and homes.plan_digest == found[0].digest
    return PlanPage(
        found[0],
        plan,
        plan.items.get(node, ()),
        plan_words(plan),
        notice(plan),
        homes.counts if homes is not None and mine else None,
    )
