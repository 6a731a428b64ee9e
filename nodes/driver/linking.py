"""A node's part in a link round: known answers, encodings, slots (PROTOCOL 2, 3)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from nodes.driver.context import NodeContext
from nodes.driver.plans import approved_plan
from nodes.driver.slots import encoder_of, keep_slot_table, wrong
from nodes.encoder import DUMMY, Outgoing, draw_order, dummy_count, encode_pass
from nodes.messages import SlotPiece
from nodes.store import Tables
from nodes.store.journal import SentRow
from nodes.store.people import left_out_name
from privacy.audit import EntryKind
from privacy.canonical import canonical_bytes
from privacy.encoding.batch import Batch
from privacy.encoding.dummies import DummySource
from privacy.encoding.known_answer import KnownAnswer, fake_people, known_answer
from privacy.encoding.schema import Schema, default_schema
from privacy.errors import ProtocolError, RefusedError, Text
from privacy.normalise.record import NORMALISATION_VERSION, normalise
from privacy.plan import Plan, PlanKind

POOL = 1 << 32
"""Dummies of the universe's pool are numbered from here: no row's dummy is among them."""


class Linking:
    """One node in link rounds."""

    def __init__(self, context: NodeContext) -> None:
        """Work on *context*."""
        self._context = context

    def answer_known_people(self, plan_digest: bytes) -> KnownAnswer:
        """Encode the 100 fake people with this node's schema, keys and normalisation."""
        context = self._context
        with context.store.reading() as tables:
            plan = approved_plan(context, tables, plan_digest, PlanKind.LINK)
        people = [normalise(person) for person in fake_people()]
        answer = known_answer(encoder_of(self._context, plan), people, NORMALISATION_VERSION)
        with context.store.transaction() as tables:
            context.log(tables, EntryKind.SENT, "known-answer", plan=plan_digest.hex())
        return answer

    def encodings(
        self, plan_digest: bytes, schema_digest: bytes, pass_name: str, handles: Iterable[int]
    ) -> Outgoing:
        """Return the encodings of one pass; empty *handles* mean all rows.

        Raises:
            RefusedError: the plan is not approved, or this department is sealed.
            ProtocolError: another schema, an unknown handle, or all rows of a later pass.
        """
        context = self._context
        with context.store.transaction() as tables:
            plan = approved_plan(context, tables, plan_digest, PlanKind.LINK)
            self._check_open()
            schema = self._schema(plan, schema_digest)
            persons = tables.records.persons()
            order = self._order(tables, plan, len(persons))
            first = schema.get_pass(pass_name).name == schema.passes[0].name
            asked = self._asked(tables, plan, order, handles, first=first)
        encoder = encoder_of(self._context, plan)
        dummies = DummySource(context.keys.keep("dummies", secrets.token_bytes(32)))
        outgoing = encode_pass(encoder, dummies, persons, context.node, order, pass_name, asked)
        self._record(plan, pass_name, outgoing.batch)
        return outgoing

    def accept_slots(self, plan_digest: bytes, pieces: Iterator[SlotPiece]) -> None:
        """Keep the slots of this node's rows, once all pieces have come.

        Raises:
            ProtocolError: a piece is missing, repeated, or of another table or length; an
                older version than the newest here.
        """
        context = self._context
        told = next(pieces, None)
        if told is not None and told.left_out.en:
            self._left_out(plan_digest, told)
            return
        pieces = chain([] if told is None else [told], pieces)
        with context.store.reading() as tables:
            plan = approved_plan(context, tables, plan_digest, PlanKind.LINK)
            order = tables.links.order(plan_digest.hex())
        if order is None:
            raise wrong("送っていない行のスロットです", "slots for rows that were never sent")
        first, slots = _joined(pieces, len(order))
        real = order != DUMMY
        keep_slot_table(self._context, plan_digest, first, order[real], slots[real])
        if plan.households:
            with context.store.transaction() as tables:
                tables.households.keep_dummies(plan_digest.hex(), context.stamp(), slots[~real])

    def _left_out(self, plan_digest: bytes, told: SlotPiece) -> None:
        """Keep a table in which no row of this node has a slot, and note why."""
        context, nothing = self._context, np.zeros(0, dtype=np.uint32)
        with context.store.transaction() as tables:
            approved_plan(context, tables, plan_digest, PlanKind.LINK)
            context.log(
                tables, EntryKind.CHANGED, "left-out", plan=plan_digest.hex(), version=told.version
            )
            body = canonical_bytes(list(told.left_out))
            tables.documents.put(left_out_name(told.version), context.stamp(), body)
        keep_slot_table(context, plan_digest, told, nothing, nothing)

    def dummies(
        self, plan_digest: bytes, schema_digest: bytes, passes: Sequence[str], count: int
    ) -> Batch:
        """Return *count* dummies for the second places of a universe; no row is behind them.

        Raises:
            RefusedError: not approved, or sealed.
            ProtocolError: another schema, or more than there could be slots.
        """
        context = self._context
        if not 0 < count <= context.config.max_message_rows:
            raise wrong("ダミーの数が範囲外です", "a number of dummies out of range")
        with context.store.reading() as tables:
            plan = approved_plan(context, tables, plan_digest, PlanKind.LINK)
            persons = tables.records.persons()
        self._check_open()
        self._schema(plan, schema_digest)
        encoder = encoder_of(self._context, plan)
        like = encoder.encode(persons, context.node, passes)
        batch = self._dummies().batch(encoder, like, range(POOL, POOL + count), passes)
        self._record(plan, "dummies", batch)
        return batch

    def _dummies(self) -> DummySource:
        return DummySource(self._context.keys.keep("dummies", secrets.token_bytes(32)))

    def _schema(self, plan: Plan, digest: bytes) -> Schema:
        schema = default_schema()
        if not schema.digest == digest == plan.schema_digest:
            raise ProtocolError(
                Text(
                    f"連結スキーマが違います(手元 {schema.digest.hex()[:16]}、"
                    f"依頼 {digest.hex()[:16]})。",
                    f"Another linkage schema: here {schema.digest.hex()[:16]}, "
                    f"asked {digest.hex()[:16]}.",
                ),
                Text("両側に同じ版を入れてください。", "Install the same version on both sides."),
            )
        return schema

    def _check_open(self) -> None:
        if self._context.config.sealed:
            raise RefusedError(
                Text(
                    "この部署は封緘です。符号を送りません。",
                    "This department is sealed: it uploads nothing.",
                ),
                Text("計画の方式を封緘に直してください。", "Make the plan treat it as sealed."),
            )

    def _order(self, tables: Tables, plan: Plan, records: int) -> NDArray[np.uint32]:
        order = tables.links.order(plan.digest.hex())
        if order is None:
            if records == 0:
                raise RefusedError(
                    Text("取り込んだ行がありません。", "Nothing has been imported here."),
                    Text(
                        "`enishi node import` を先に行ってください。",
                        "Run `enishi node import` first.",
                    ),
                )
            dummies = dummy_count(records, self._context.config.policy.dummy_share_percent)
            order = draw_order(records, dummies, secrets.token_bytes)
            tables.links.keep_order(plan.digest.hex(), order)
        elif int((order != DUMMY).sum()) != records:
            raise RefusedError(
                Text(
                    "計画の途中で取り込みが変わりました。",
                    "The records changed since this plan began.",
                ),
                Text("新しい連携の計画を始めてください。", "Start a new link round."),
            )
        return order

    def _asked(
        self,
        tables: Tables,
        plan: Plan,
        order: NDArray[np.uint32],
        handles: Iterable[int],
        *,
        first: bool,
    ) -> NDArray[np.uint32] | None:
        """Return the rows of a later pass, None for all rows of the first.

        One set of rows a plan, of a limited share: being asked for would else say which
        rows nobody else knows, and all rows would go out in every pass (PROTOCOL 2).
        """
        asked = np.fromiter(handles, dtype=np.uint32)
        if first:
            if len(asked):
                raise wrong("一回目は全行です", "the first pass sends all rows")
            return None
        if len(asked) == 0 or int(asked.max()) >= len(order) or len(np.unique(asked)) != len(asked):
            raise wrong("知らない行を求められました", "a handle is missing, unknown or twice")
        share = self._context.config.policy.second_pass_percent
        if 100 * len(asked) > share * len(order) + 100:
            raise wrong(f"二回目は全行の {share}% までです", f"a later pass takes up to {share} %")
        name = f"asked/{plan.digest.hex()}"
        body = np.sort(asked).astype("<u4").tobytes()
        known = tables.documents.get(name)
        if known is not None and known != body:
            raise wrong("前の回と違う行を求められました", "other rows than the pass before")
        if known is None:
            tables.documents.put(name, self._context.stamp(), body)
        return asked

    def _record(self, plan: Plan, pass_name: str, batch: Batch) -> None:
        context = self._context
        size = sum(view.nbytes for view in batch.views.values())
        size += sum(token.nbytes for token in batch.tokens.values())
        fields = ", ".join([*batch.tokens, *batch.views])
        with context.store.transaction() as tables:
            tables.sent.add(
                SentRow(
                    context.stamp(),
                    plan.digest.hex(),
                    plan.purpose,
                    f"encodings/{pass_name}",
                    context.config.coordinator,
                    fields,
                    batch.rows,
                    size,
                )
            )
            context.log(
                tables,
                EntryKind.SENT,
                "encodings",
                plan=plan.digest.hex(),
                encoding_pass=pass_name,
                rows=batch.rows,
                bytes=size,
            )


def _joined(pieces: Iterator[SlotPiece], rows: int) -> tuple[SlotPiece, NDArray[np.uint32]]:
    slots = np.zeros(rows, dtype=np.uint32)
    told: SlotPiece | None = None
    at = 0
    for piece in pieces:
        told = told or piece
        same = (piece.version, piece.digest, piece.total_slots) == (
            told.version,
            told.digest,
            told.total_slots,
        )
        end = at + len(piece.slots)
        if not same or piece.first_row != at or piece.total_rows != rows or end > rows:
            raise wrong("スロット表の断片が合いません", "pieces of a slot table do not fit")
        slots[at:end] = piece.slots
        at = end
    if told is None or at != rows:
        raise wrong("スロット表が途中で切れています", "a slot table that ends early")
    return told, slots
