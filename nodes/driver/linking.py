"""A node's part in a link round: known answers, encodings, slots (PROTOCOL 2, 3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from nodes.driver.context import NodeContext
from nodes.driver.epochs import asked_name, begin, rows_of_round
from nodes.driver.plans import approved_plan
from nodes.driver.slots import encoder_of, keep_slot_table, wrong
from nodes.encoder import Dummies, Outgoing, encode_rows
from nodes.epoch_rows import EpochRows, changes
from nodes.messages import SlotPiece
from nodes.padding import dummy_labels
from nodes.store import Tables
from nodes.store.journal import SentRow
from nodes.store.people import left_out_name
from privacy.audit import EntryKind
from privacy.canonical import canonical_bytes
from privacy.encoding.batch import Batch, Tokens
from privacy.encoding.encoder import Encoder
from privacy.encoding.known_answer import KnownAnswer, fake_people, known_answer
from privacy.encoding.labels import in_blocks
from privacy.encoding.registry import find_schema
from privacy.encoding.schema import Schema
from privacy.errors import ProtocolError, RefusedError, Text
from privacy.linkage.conditions import Conditions
from privacy.linkage.epoch_terms import Scope, epoch_terms_of
from privacy.normalise.person import Person
from privacy.normalise.record import NORMALISATION_VERSION, normalise
from privacy.plan import Plan, PlanKind

POOL = 1 << 32
"""Dummies of the universe's pool are numbered from here: no row's dummy is among them."""


@dataclass(frozen=True, slots=True)
class _Round:
    """One link round at this node: what is encoded, with what, and the epoch's rows."""

    plan: Plan
    encoder: Encoder
    persons: list[Person] = field(repr=False)
    tokens: dict[str, Tokens] = field(repr=False)
    dummies: Dummies = field(repr=False)
    rows: EpochRows = field(repr=False)
    base: EpochRows | None = field(repr=False)

    def encode(self, places: NDArray[np.int64], pass_name: str) -> Batch:
        """Return the encodings of the rows at *places*."""
        batch = encode_rows(
            self.encoder, self.dummies, self.persons, self.tokens, self.rows, places, pass_name
        )
        return in_blocks(batch, Conditions.of(self.plan).bits)


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
        """Return the encodings of one pass.

        Empty *handles* mean all rows of a full round, and of an incremental one the rows
        that changed or are new since the base round, with the handles of those gone.

        Raises:
            RefusedError: the plan is not approved, or this department is sealed.
            ProtocolError: another schema, an unknown handle, or all rows of a later pass.
        """
        context, wanted = self._context, list(handles)
        with context.store.reading() as tables:
            plan = approved_plan(context, tables, plan_digest, PlanKind.LINK)
            self._check_open()
            schema = self._schema(plan, schema_digest)
            first = schema.get_pass(pass_name).name == schema.passes[0].name
            persons = tables.records.persons()
        if first and wanted:
            raise wrong("一回目の行は番号で求められません", "the first pass takes no handles")
        encoder = encoder_of(context, plan)
        tokens = encoder.tokens(persons)
        with context.store.transaction() as tables:
            dummies = begin(context, tables, plan, encoder, persons)
            rows, base = rows_of_round(context, tables, plan, encoder, persons, tokens)
            if schema.labels:
                dummies = replace(dummies, labels=dummy_labels(tables, plan))
            round_ = _Round(plan, encoder, persons, tokens, dummies, rows, base)
            asked = None if first else self._asked(tables, round_, wanted)
        removed = round_.rows.handles[:0]
        if asked is not None:
            places = asked
        elif round_.base is not None and epoch_terms_of(plan).scope is Scope.INCREMENTAL:
            found = changes(round_.base, round_.rows)
            places, removed = found.sent, found.removed
        else:
            places = np.arange(len(round_.rows))
        batch = round_.encode(places, pass_name)
        self._record(plan, pass_name, batch)
        return Outgoing(batch, round_.rows.handles[places], batch.rows, removed)

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
            rows = tables.epochs.rows(plan_digest.hex())
            told_before = tables.links.slot_table()
        if rows is None:
            if told_before is not None and told_before.plan_digest == plan_digest.hex():
                return  # A repeat: the slots are here, the epoch's rows are gone.
            raise wrong("送っていない行のスロットです", "slots for rows that were never sent")
        first, slots = _joined(pieces, len(rows))
        keep_slot_table(context, plan, first, rows.records[rows.real], slots[rows.real])
        if plan.households:
            with context.store.transaction() as tables:
                tables.households.keep_told(plan_digest.hex(), context.stamp(), slots)

    def _left_out(self, plan_digest: bytes, told: SlotPiece) -> None:
        """Keep a table in which no row of this node has a slot, and note why."""
        context, nothing = self._context, np.zeros(0, dtype=np.uint32)
        with context.store.transaction() as tables:
            plan = approved_plan(context, tables, plan_digest, PlanKind.LINK)
            context.log(
                tables, EntryKind.CHANGED, "left-out", plan=plan_digest.hex(), version=told.version
            )
            body = canonical_bytes(list(told.left_out))
            tables.documents.put(left_out_name(told.version), context.stamp(), body)
        keep_slot_table(context, plan, told, nothing, nothing)

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
        with context.store.transaction() as tables:
            plan = approved_plan(context, tables, plan_digest, PlanKind.LINK)
            self._check_open()
            self._schema(plan, schema_digest)
            encoder = encoder_of(context, plan)
            dummies = begin(context, tables, plan, encoder, tables.records.persons())
        drawn = dummies.batch(encoder, range(POOL, POOL + count), passes)
        batch = in_blocks(drawn, Conditions.of(plan).bits)
        self._record(plan, "dummies", batch)
        return batch

    def _schema(self, plan: Plan, digest: bytes) -> Schema:
        schema = find_schema(plan.schema_digest)
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

    def _asked(self, tables: Tables, round_: _Round, handles: list[int]) -> NDArray[np.int64]:
        """Return the places of the rows of a later pass.

        One set of rows a plan, of a limited share over the link epoch: being asked for
        would else say which rows nobody else knows, and all rows would go out in every
        pass (PROTOCOL 2).
        """
        try:
            places = round_.rows.places(handles)
        except (ValueError, OverflowError):
            places = np.zeros(0, dtype=np.int64)
        if len(places) == 0 or len(np.unique(places)) != len(places):
            raise wrong("知らない行を求められました", "a handle is missing, unknown or twice")
        name = f"asked/{round_.plan.digest.hex()}"
        body = np.sort(round_.rows.handles[places]).astype("<u4").tobytes()
        known = tables.documents.get(name)
        if known is not None and known != body:
            raise wrong("前の回と違う行を求められました", "other rows than the pass before")
        if known is None:
            self._check_share(tables, round_, places)
            tables.documents.put(name, self._context.stamp(), body)
        return places

    def _check_share(self, tables: Tables, round_: _Round, places: NDArray[np.int64]) -> None:
        """Refuse more than the share of this epoch's rows, over all of its rounds."""
        name = asked_name(round_.plan.link_epoch)
        before = np.frombuffer(tables.documents.get(name) or b"", dtype="<u4")
        rows = round_.rows
        every = np.union1d(before[np.isin(before, rows.handles)], rows.handles[places])
        share = self._context.config.policy.second_pass_percent
        if 100 * len(every) > share * len(rows) + 100:
            raise wrong(
                f"二回目は一つの世代で全行の {share}% までです(新しい世代を始めてください)",
                f"later passes take up to {share} % of the rows of a link epoch; open a new one",
            )
        tables.documents.put(name, self._context.stamp(), every.astype("<u4").tobytes())

    def _record(self, plan: Plan, pass_name: str, batch: Batch) -> None:
        context = self._context
        size = sum(view.nbytes for view in batch.views.values())
        size += sum(token.nbytes for token in batch.tokens.values())
        size += sum(labels.nbytes // 2 for labels in batch.labels.values())  # sent as 32 bits
        blocks = (f"block {name}" for name in batch.labels)
        fields = ", ".join([*batch.tokens, *batch.views, *blocks])
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
