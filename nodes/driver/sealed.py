"""A sealed department in a link round: it matches here, and its row-to-slot map stays here."""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray

from nodes.driver.context import NodeContext
from nodes.driver.plans import approved_plan
from nodes.driver.slots import encoder_of, keep_slot_table, wrong
from nodes.messages import UniversePiece
from privacy.encoding.labels import in_blocks
from privacy.errors import RefusedError, Text
from privacy.linkage.conditions import Conditions
from privacy.linkage.sealed import Universe, match_locally
from privacy.linkage.weights import MatchModels, models_from_json
from privacy.plan import Plan, PlanKind


class SealedMatching:
    """A sealed node in link rounds."""

    def __init__(self, context: NodeContext) -> None:
        """Work on *context*."""
        self._context = context

    def check(self, plan_digest: bytes) -> Plan:
        """Return the approved plan under which this sealed department may match.

        Raises:
            RefusedError: this department is not sealed, or the plan is not approved.
        """
        context = self._context
        if not context.config.sealed:
            raise RefusedError(
                Text("この部署は封緘ではありません。", "This department is not sealed."),
                Text("計画の方式を直してください。", "Correct the mode in the plan."),
            )
        with context.store.reading() as tables:
            return approved_plan(context, tables, plan_digest, PlanKind.LINK)

    def match(self, plan_digest: bytes, gathered: Gathering) -> None:
        """Match this sealed department's records locally; the row-to-slot map stays here.

        Raises:
            RefusedError: this department is not sealed: its rows go the open way.
            ProtocolError: a piece is missing or does not fit.
        """
        context = self._context
        plan = self.check(plan_digest)
        with context.store.reading() as tables:
            persons = tables.records.persons()
        told, offered, models = gathered.finish()
        passes = tuple(dict.fromkeys(view.partition("/")[0] for view in models.views))
        encoded = encoder_of(context, plan).encode(persons, context.node, passes)
        own = in_blocks(encoded, Conditions.of(plan).bits)
        if offered.labels.keys() != own.labels.keys():
            raise wrong("ブロックラベルが計画と違います", "block labels other than the plan's")
        slots = match_locally(offered, own, models)
        found = np.flatnonzero(slots >= 0)
        keep_slot_table(
            context, plan, told, found.astype(np.uint32), slots[found].astype(np.uint32)
        )


class Gathering:
    """The universe as it arrives: each piece is copied to its place, so nothing is held twice."""

    def __init__(self) -> None:
        """Wait for the first piece, which says how many entries there are."""
        self._told: UniversePiece | None = None
        self._at = 0
        self._slots = np.zeros(0, dtype=np.int64)
        self._tokens: dict[str, NDArray[np.uint8]] = {}
        self._views: dict[str, NDArray[np.uint64]] = {}
        self._labels: dict[str, NDArray[np.uint64]] = {}

    def add(self, piece: UniversePiece, most_entries: int) -> None:
        """Take the next piece.

        Raises:
            ProtocolError: it does not fit the first one, comes out of order, or is too large.
        """
        first = self._told
        if first is None:
            if not 0 < piece.total_entries <= most_entries or not piece.model_json:
                raise wrong("符号の数が範囲外です", "a number of entries out of range")
            first = self._told = piece
            self._make_room(piece)
        stop = self._at + len(piece.entry_slots)
        same = (piece.version, piece.digest, piece.total_entries, piece.total_slots) == (
            first.version,
            first.digest,
            first.total_entries,
            first.total_slots,
        )
        shape = piece.views.keys() == self._views.keys()
        shape = shape and piece.tokens.keys() == self._tokens.keys()
        shape = shape and piece.labels.keys() == self._labels.keys()
        if not same or not shape or piece.first_entry != self._at or stop > first.total_entries:
            raise wrong("符号の断片が合いません", "pieces of the universe do not fit")
        if int(piece.entry_slots.max(initial=0)) >= first.total_slots:
            raise wrong("範囲外のスロットがあります", "a slot outside the table")
        self._slots[self._at : stop] = piece.entry_slots
        for kind, tokens in piece.tokens.items():
            self._tokens[kind][self._at : stop] = tokens
        for view, codes in piece.views.items():
            self._views[view][self._at : stop] = codes
        for name, labels in piece.labels.items():
            self._labels[name][self._at : stop] = labels
        self._at = stop

    def finish(self) -> tuple[UniversePiece, Universe, MatchModels]:
        """Return the first piece, the whole universe and the match models.

        Raises:
            ProtocolError: pieces are missing.
        """
        if self._told is None or self._at != self._told.total_entries:
            raise wrong("符号が途中で切れています", "a universe that ends early")
        models = models_from_json(json.loads(self._told.model_json))
        universe = Universe(self._slots, self._tokens, self._views, self._labels)
        return self._told, universe, models

    def _make_room(self, piece: UniversePiece) -> None:
        entries = piece.total_entries
        self._slots = np.zeros(entries, dtype=np.int64)
        self._tokens = {
            kind: np.zeros((entries, *values.shape[1:]), dtype=np.uint8)
            for kind, values in piece.tokens.items()
        }
        self._views = {
            view: np.zeros((entries, *values.shape[1:]), dtype=np.uint64)
            for view, values in piece.views.items()
        }
        self._labels = {name: np.zeros(entries, dtype=np.uint64) for name in piece.labels}
