"""What tests of link epochs at a node share: a federation, its rounds, its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from nodes.driver.context import NodeContext
from nodes.driver.importing import carry_slots
from nodes.driver.linking import Linking
from nodes.driver.plans import Decision, Plans
from nodes.encoder import Outgoing
from nodes.messages import SlotPiece
from nodes.store.people import StoredRow
from privacy.encoding.schema import default_schema
from privacy.linkage.epoch_terms import KEY, EpochTerms, Scope
from privacy.normalise.person import Person
from privacy.plan import Plan, PlanKind
from tests.nodes.federation import (
    Federation,
    child,
)

SCHEMA = default_schema().digest
UNTIL = date(2027, 3, 31)


def plan_of(federation: Federation, terms: EpochTerms, epoch: int = 1, version: int = 0) -> Plan:
    values = {"link_epoch": epoch, "slot_table": version, "definition": {KEY: terms.to_json()}}
    return federation.plan(PlanKind.LINK, **values)


def sent(federation: Federation, plan: Plan, node: str = "school") -> Outgoing:
    return Linking(federation.contexts[node]).encodings(plan.digest, SCHEMA, "first", [])


def tell(federation: Federation, plan: Plan, version: int, node: str = "school") -> None:
    context = federation.contexts[node]
    with context.store.reading() as tables:
        rows = tables.epochs.rows(plan.digest.hex())
    assert rows is not None
    slots = np.arange(len(rows), dtype=np.uint32)
    piece = SlotPiece(version, bytes([version]) * 32, len(rows), len(rows), 0, slots)
    Linking(context).accept_slots(plan.digest, iter([piece]))


def full(federation: Federation) -> tuple[Plan, Outgoing]:
    """Run the node's part of a full round whose codes are kept."""
    plan = plan_of(federation, EpochTerms(codes_until=UNTIL))
    federation.approve(plan)
    outgoing = sent(federation, plan)
    tell(federation, plan, 1)
    return plan, outgoing


def incremental(federation: Federation, base: Plan, version: int = 2) -> Plan:
    terms = EpochTerms(Scope.INCREMENTAL, base.digest.hex(), UNTIL)
    plan = plan_of(federation, terms, version=version)
    signature = plan.sign(federation.coordinator)
    review = Plans(federation.contexts["school"]).review(plan, "coordinator", signature)
    assert review.decision is Decision.APPROVED, review.error
    return plan


def import_people(context: NodeContext, people: Sequence[Person], ids: Sequence[str]) -> None:
    rows = [StoredRow(row_id, place) for place, row_id in enumerate(ids)]
    with context.store.transaction() as tables:
        carry_slots(context, tables, rows, people)
        tables.records.replace(rows, people)


def new_child(given: str) -> Person:
    return replace(child(900), given=given, given_kana=given, resident_number=given)


def keys_of(context: NodeContext) -> list[str]:
    folder = context.config.home / "keys" / "epochs"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
