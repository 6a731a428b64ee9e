"""A node's part in linking households: evidence out, numbers of its own slots in.

Only under an approved link plan with ``households``, after the slots were told, and only
where this node's policy allows it; a node that abstains says so and keeps nothing.  A node
learns which of its own children live together, and of a child without a sibling here nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nodes.driver.context import NodeContext
from nodes.driver.enrolment import current_city_key
from nodes.driver.plans import approved_plan
from nodes.driver.slots import wrong
from nodes.governance import Governance
from nodes.household_policy import PURPOSE, takes_part
from nodes.messages import LockPiece, NumberPiece
from nodes.store import Tables
from nodes.store.households import StoredHouseholds
from nodes.store.journal import SentRow
from nodes.store.rounds import StoredSlotTable
from privacy.audit import EntryKind
from privacy.encoding.household_evidence import OwnRows, show_households
from privacy.encoding.households import (
    Evidence,
    household_positions,
    household_schema,
    household_tokens,
)
from privacy.errors import RefusedError, Text
from privacy.governance.consent import WITHDRAWING, RestrictionKind
from privacy.linkage.household_locks import UNKNOWN, Locked, open_numbers
from privacy.plan import Plan, PlanKind

_HOLDING = WITHDRAWING | {RestrictionKind.PROTECTED}
"""Restrictions under which a child is joined with nobody (DOMAIN F-32)."""


class HouseholdLinking:
    """One node in the household step of link rounds."""

    def __init__(self, context: NodeContext) -> None:
        """Work on *context*."""
        self._context = context

    def evidence(self, plan_digest: bytes, schema_digest: bytes) -> Evidence | None:
        """Return what this open node shows of its households; None where it abstains.

        Raises:
            RefusedError: the plan is not approved, asks for no households, or this
                department is sealed: it uploads nothing.
            ProtocolError: another schema of evidence, or slots were not told yet.
        """
        context = self._context
        with context.store.reading() as tables:
            plan = self._plan(tables, plan_digest)
            if context.config.sealed:
                raise RefusedError(
                    Text("この部署は封緘です。", "This department is sealed: it uploads nothing."),
                )
            household_schema().check_digest(schema_digest)
            if not takes_part(plan, context.config.policy.households):
                return None
            own = self._own_rows(tables, plan)
        secret = context.keys.keep("dummies", secrets.token_bytes(32))
        keys = current_city_key(context).link_keys(plan.link_epoch)
        floor = context.config.policy.household_floor
        shown = show_households(own, keys, plan_digest, secret=secret, floor=floor)
        self._record_sent(plan, shown)
        return shown

    def accept(self, pieces: Sequence[NumberPiece]) -> None:
        """Keep the household numbers of this open node's own slots.

        Raises:
            RefusedError: not approved, or this node takes no part.
            ProtocolError: pieces are missing or of another table.
        """
        context = self._context
        first = pieces[0]
        with context.store.reading() as tables:
            plan = self._plan(tables, first.plan_digest, takes_part_only=True)
            table = _table(tables, plan)
            told = tables.households.told(plan.digest.hex())
        numbers = _joined(pieces, table)
        place = self._positions(plan, table)
        shown = np.sort(place[told.astype(np.int64)])
        if len(numbers) != len(shown):
            raise wrong("世帯番号の数が合いません", "another number of households than sent")
        slots = np.unique(table.slots)
        own = numbers[np.searchsorted(shown, place[slots.astype(np.int64)])]
        self._keep(plan, table, slots, own)

    def open_locked(self, pieces: Sequence[LockPiece]) -> None:
        """Open the numbers of this sealed node's own children; what opened stays here.

        Raises:
            RefusedError: not approved, or this department is not sealed.
            ProtocolError: pieces are missing or of another table.
        """
        context = self._context
        first = pieces[0]
        with context.store.reading() as tables:
            plan = self._plan(tables, first.plan_digest)
            if not context.config.sealed:
                raise RefusedError(
                    Text("この部署は封緘ではありません。", "This department is not sealed."),
                )
            table = _table(tables, plan)
            locked = _locks(pieces, table)
            if not takes_part(plan, context.config.policy.households):
                return
            own = self._own_rows(tables, plan)
        keys = current_city_key(context).link_keys(plan.link_epoch)
        tokens = household_tokens(keys, own.persons, context.node, plan.digest)
        numbers = open_numbers(locked, self._positions(plan, table)[own.slots], tokens)
        known = (numbers != UNKNOWN) & ~own.held & (numbers < table.total)
        slots, row = np.unique(own.slots[known], return_index=True)
        self._keep(plan, table, slots.astype(np.uint32), numbers[known][row].astype(np.uint32))

    def _plan(self, tables: Tables, digest: bytes, *, takes_part_only: bool = False) -> Plan:
        plan = approved_plan(self._context, tables, digest, PlanKind.LINK)
        allowed = takes_part(plan, self._context.config.policy.households)
        if not plan.households or (takes_part_only and not allowed):
            raise RefusedError(
                Text(
                    "[households] この計画か、この部署は世帯の照合をしません。",
                    "[households] This plan, or this department, links no households.",
                ),
                Text("世帯を求める計画を作ってください。", "Make a plan with households."),
            )
        return plan

    def _own_rows(self, tables: Tables, plan: Plan) -> OwnRows:
        table = _table(tables, plan)
        everybody = tables.records.persons()
        held = self._held_records(tables)
        told = tables.households.told(plan.digest.hex())
        return OwnRows(
            department=self._context.node,
            persons=[everybody[record] for record in table.records.tolist()],
            slots=table.slots.astype(np.int64),
            held=np.isin(table.records, held),
            # A slot whose row has left since then is shown like a dummy's.
            dummies=np.setdiff1d(told, table.slots).astype(np.int64),
            total=table.total,
        )

    def _held_records(self, tables: Tables) -> NDArray[np.int64]:
        """Return the records that a hold or a protection measure keeps alone."""
        today = self._context.now().date()
        governance = Governance.load(self._context.config.governance_folder)
        items = governance.purposes.get(PURPOSE).items
        held = {
            each.row_id
            for each in tables.restrictions.all()
            if each.kind in _HOLDING and each.applies(PURPOSE, items, today)
        }
        records = [row.record for row in tables.records.rows() if row.row_id in held]
        return np.array(records, dtype=np.int64)

    def _positions(self, plan: Plan, table: StoredSlotTable) -> NDArray[np.int64]:
        keys = current_city_key(self._context).link_keys(plan.link_epoch)
        return household_positions(keys, plan.digest, table.total)

    def _keep(
        self,
        plan: Plan,
        table: StoredSlotTable,
        slots: NDArray[np.uint32],
        numbers: NDArray[np.uint32],
    ) -> None:
        context, digest = self._context, plan.digest.hex()
        found = StoredHouseholds(table.version, digest, context.stamp(), slots, numbers)
        with context.store.transaction() as tables:
            tables.households.keep(found)
            context.log(
                tables, EntryKind.CHANGED, "households", plan=digest, slots=len(found.slots)
            )

    def _record_sent(self, plan: Plan, shown: Evidence) -> None:
        context, digest = self._context, plan.digest.hex()
        size = sum(values.nbytes for values in shown.tokens.values()) + 4 * len(shown.positions)
        with context.store.transaction() as tables:
            tables.sent.add(
                SentRow(
                    context.stamp(),
                    digest,
                    PURPOSE,
                    "households",
                    context.config.coordinator,
                    ", ".join(shown.tokens),
                    len(shown.positions),
                    size,
                )
            )
            context.log(
                tables, EntryKind.SENT, "households", plan=digest, rows=len(shown.positions)
            )


def _table(tables: Tables, plan: Plan) -> StoredSlotTable:
    table = tables.links.slot_table()
    if table is None or table.plan_digest != plan.digest.hex():
        raise wrong(
            "この計画のスロットがまだありません", "households before the slots of this plan"
        )
    return table


def _joined(pieces: Sequence[NumberPiece], table: StoredSlotTable) -> NDArray[np.uint32]:
    first, at = pieces[0], 0
    for piece in pieces:
        same = (piece.plan_digest, piece.total) == (first.plan_digest, first.total)
        if not same or piece.version != table.version or piece.first != at:
            raise wrong("世帯番号の断片が合いません", "pieces of household numbers do not fit")
        at += len(piece.numbers)
    numbers = np.concatenate([piece.numbers for piece in pieces])
    if at != first.total or int(numbers.max(initial=0)) >= table.total:
        raise wrong(
            "世帯番号が途中で切れているか範囲外です", "household numbers missing or too large"
        )
    return numbers


def _locks(pieces: Sequence[LockPiece], table: StoredSlotTable) -> Locked:
    first, at = pieces[0], 0
    for piece in pieces:
        same = (piece.plan_digest, piece.total) == (first.plan_digest, first.total)
        if not same or piece.version != table.version or piece.first != at:
            raise wrong("世帯の断片が合いません", "pieces of locked households do not fit")
        at += len(piece.labels)
    if at != first.total:
        raise wrong("世帯の一覧が途中で切れています", "locked households that end early")
    return Locked(
        np.concatenate([piece.labels for piece in pieces]),
        np.concatenate([piece.numbers for piece in pieces]),
    )
