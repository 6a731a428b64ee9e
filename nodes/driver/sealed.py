"""A sealed department in a link round: it matches here, and its row-to-slot map stays here."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np

from nodes.driver.context import NodeContext
from nodes.driver.plans import approved_plan
from nodes.driver.slots import encoder_of, keep_slot_table, wrong
from nodes.messages import UniversePiece
from privacy.errors import RefusedError, Text
from privacy.linkage.sealed import Universe, match_locally
from privacy.linkage.weights import MatchModel, model_from_json
from privacy.plan import PlanKind


class SealedMatching:
    """A sealed node in link rounds."""

    def __init__(self, context: NodeContext) -> None:
        """Work on *context*."""
        self._context = context

    def match(self, plan_digest: bytes, pieces: Iterator[UniversePiece]) -> None:
        """Match this sealed department's records locally; the row-to-slot map stays here.

        Raises:
            RefusedError: this department is not sealed: its rows go the open way.
            ProtocolError: a piece is missing or does not fit.
        """
        context = self._context
        if not context.config.sealed:
            raise RefusedError(
                Text("この部署は封緘ではありません。", "This department is not sealed."),
                Text("計画の方式を直してください。", "Correct the mode in the plan."),
            )
        with context.store.reading() as tables:
            plan = approved_plan(context, tables, plan_digest, PlanKind.LINK)
            persons = tables.records.persons()
        told, offered, model = _universe(pieces)
        passes = tuple(dict.fromkeys(view.partition("/")[0] for view in model.views))
        own = encoder_of(context, plan).encode(persons, context.node, passes)
        slots = match_locally(offered, own, model)
        found = np.flatnonzero(slots >= 0)
        keep_slot_table(
            context, plan_digest, told, found.astype(np.uint32), slots[found].astype(np.uint32)
        )


def _universe(pieces: Iterator[UniversePiece]) -> tuple[UniversePiece, Universe, MatchModel]:
    taken: list[UniversePiece] = []
    at = 0
    for piece in pieces:
        first = taken[0] if taken else piece
        same = (piece.version, piece.digest, piece.total_entries, piece.total_slots) == (
            first.version,
            first.digest,
            first.total_entries,
            first.total_slots,
        )
        if not same or piece.first_entry != at or set(piece.views) != set(first.views):
            raise wrong("符号の断片が合いません", "pieces of the universe do not fit")
        at += len(piece.entry_slots)
        taken.append(piece)
    if not taken or at != taken[0].total_entries or not taken[0].model_json:
        raise wrong("符号が途中で切れています", "a universe that ends early")
    first = taken[0]
    slots = np.concatenate([piece.entry_slots for piece in taken]).astype(np.int64)
    if int(slots.max(initial=0)) >= first.total_slots:
        raise wrong("範囲外のスロットがあります", "a slot outside the table")
    tokens = {kind: np.concatenate([p.tokens[kind] for p in taken]) for kind in first.tokens}
    views = {view: np.concatenate([p.views[view] for p in taken]) for view in first.views}
    model = model_from_json(json.loads(first.model_json))
    return first, Universe(slots, tokens, views), model
