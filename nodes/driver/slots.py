"""Slot tables at a node: complete, newer than what is here, kept with this node's rows only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nodes.driver.context import NodeContext
from nodes.driver.enrolment import current_city_key
from nodes.driver.epochs import destroy_closed, in_force
from nodes.messages import SlotPiece, UniversePiece
from nodes.store.rounds import StoredSlotTable
from privacy.audit import EntryKind
from privacy.encoding.encoder import Encoder
from privacy.encoding.registry import find_schema
from privacy.errors import ProtocolError, Text
from privacy.plan import Plan


def keep_slot_table(
    context: NodeContext,
    plan: Plan,
    told: SlotPiece | UniversePiece,
    records: NDArray[np.uint32],
    slots: NDArray[np.uint32],
) -> None:
    """Store a complete slot table: pairs of record and slot.

    From now on the plan's link epoch is the one in force; secrets of older ones go.

    Raises:
        ProtocolError: another table of this version is here, a newer one, or the plan
            names another version.
    """
    digest = told.digest.hex()
    if plan.slot_table not in {0, told.version}:
        raise wrong("計画と違う版のスロット表です", "a slot table of another version")
    if len(slots) and int(slots.max()) >= told.total_slots:
        raise wrong("範囲外のスロットがあります", "a slot outside the table")
    with context.store.transaction() as tables:
        newest = tables.links.slot_table()
        if newest is not None and newest.version >= told.version:
            if (newest.version, newest.digest) == (told.version, digest):
                return
            raise wrong("古い版のスロット表です", "an older or another slot table")
        table = StoredSlotTable(
            told.version,
            plan.digest.hex(),
            digest,
            told.total_slots,
            context.stamp(),
            records,
            slots,
        )
        tables.links.add_slot_table(table)
        in_force(context, tables, plan)
        context.log(tables, EntryKind.CHANGED, "slots", version=told.version, rows=len(slots))
    destroy_closed(context)


def encoder_of(context: NodeContext, plan: Plan) -> Encoder:
    """Return the encoder of a plan's link epoch, under the city key in use."""
    schema = find_schema(plan.schema_digest)
    return Encoder(schema, current_city_key(context).link_keys(plan.link_epoch))


def wrong(ja: str, en: str) -> ProtocolError:
    """Return the error of a link message that cannot be used."""
    return ProtocolError(
        Text(f"連携のメッセージを使えません: {ja}。", f"A link message cannot be used: {en}."),
        Text(
            "統括のログと照合し、連携をやり直してください。",
            "Compare with the coordinator's log and repeat the link round.",
        ),
    )
