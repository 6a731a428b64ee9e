"""Nodes in memory: the same Protocol as over gRPC, with behaviour that a test scripts.

A simulated node encodes and matches with the real library, so a round over it ends with
real slots; a script makes it late, wrong, or somebody else's.
"""

# ruff: noqa: ARG002  # the Protocol fixes the signatures
from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from functools import cache

import numpy as np

from coordinator.messages import (
    Confirmation,
    Decision,
    EncodingPart,
    HpkeSealed,
    Review,
    SlotPart,
    UniversePart,
)
from privacy.encoding.batch import Batch
from privacy.encoding.dummies import DummySource
from privacy.encoding.encoder import Encoder
from privacy.encoding.known_answer import KnownAnswer
from privacy.encoding.schema import default_schema
from privacy.errors import NOTHING, Text
from privacy.keys import LinkKeys
from privacy.linkage.asking import Answer, Asked, Told
from privacy.linkage.epoch_terms import Scope, epoch_terms_of
from privacy.normalise.person import Person
from privacy.plan import Plan
from privacy.roster import Mode
from tests.simulated_households import HouseholdNode
from tests.simulated_run import SimulatedDealer

KEYS = LinkKeys(1, 1, bytes(range(32)))
ROWS_A_PART = 40
NO_HANDLES = np.zeros(0, dtype=np.uint32)


class SimulatedNode(HouseholdNode):
    """One department: open nodes send encodings, sealed ones match the universe."""

    def __init__(self, member_id: str, persons: Sequence[Person], mode: Mode = Mode.OPEN) -> None:
        super().__init__(member_id)
        self.mode = mode
        self.rows: dict[int, Person] = dict(enumerate(persons))
        """Handle -> person; a test changes, adds and removes rows between rounds."""
        self.sent: dict[bytes, dict[int, Person]] = {}
        """The rows of each link round, by its plan's digest."""
        self.closed_epochs: list[int] = []
        self.slots: dict[int, int] = {}
        self.slot_table = 0
        self.total_slots = 0
        self.universe: list[UniversePart] = []
        self.asked: list[Asked] = []
        self.answers: dict[bytes, Answer] = {}
        self.said: Told | None = None
        """What it says of pairs in place of its answers."""

    @property
    def persons(self) -> tuple[Person, ...]:
        """The persons of all rows, in the order of their handles: their places in a round."""
        return tuple(self.rows[handle] for handle in sorted(self.rows))

    # -- the city secret -------------------------------------------------------------

    async def commit(self, roster_digest: bytes, city_epoch: int) -> bytes:
        self.called("commit")
        return bytes(32)

    async def send_contributions(
        self, roster_digest: bytes, city_epoch: int, commitments: Mapping[str, bytes]
    ) -> tuple[HpkeSealed, ...]:
        self.called("send_contributions")
        others = sorted(set(commitments) - {self.member_id})
        return tuple(HpkeSealed(self.member_id, other, bytes(32), b"box") for other in others)

    async def receive_contributions(
        self, roster_digest: bytes, city_epoch: int, shares: Sequence[HpkeSealed]
    ) -> Confirmation:
        self.called("receive_contributions")
        assert {share.receiver for share in shares} == {self.member_id}
        return Confirmation(self.member_id, bytes(32))

    async def confirm_city(
        self, roster_digest: bytes, city_epoch: int, confirmations: Sequence[Confirmation]
    ) -> None:
        self.called("confirm_city")

    # -- every round -----------------------------------------------------------------

    async def review_plan(self, plan: Plan, signer: str, signature: bytes) -> Review:
        self.called("review_plan")
        self.knows(plan)
        if self.script.refuses is not None:
            return Review(Decision.REFUSED, self.script.refuses)
        if self.script.pending_for > 0:
            self.script.pending_for -= 1
            return Review(Decision.PENDING, Text("未決です。", "Nobody has decided."))
        return Review(Decision.APPROVED, NOTHING)

    # -- link rounds -----------------------------------------------------------------

    async def answer_known_people(self, plan_digest: bytes) -> KnownAnswer:
        self.called("answer_known_people")
        digest = "ff" * 8 if self.script.other_answer else "00" * 8
        schema = default_schema().digest.hex()
        return KnownAnswer("1", schema, 1, 1, (("first/all", digest),))

    async def send_encodings(
        self, plan_digest: bytes, schema_digest: bytes, salt_pass: str, handles: Sequence[int]
    ) -> AsyncIterator[EncodingPart]:
        self.called("send_encodings")
        rows = self.sent.setdefault(plan_digest, dict(self.rows))
        terms = epoch_terms_of(self.runs[plan_digest].plan)
        chosen, removed = sorted(handles or rows), []
        if not handles and terms.scope is Scope.INCREMENTAL:
            base, now = self._said(self.sent[bytes.fromhex(terms.base)]), self._said(rows)
            chosen = [h for h in sorted(now) if base.get(h) != now[h]]
            removed = sorted(set(base) - set(now))
        order = sorted(rows)
        every = _encoded(tuple(rows[h] for h in order), self.member_id, (salt_pass,))
        batch = every.take(np.searchsorted(order, chosen).astype(np.int64))
        tokens = batch.tokens if salt_pass == "first" else {}
        numbers = np.array(chosen, dtype=np.uint32), np.array(removed, dtype=np.uint32)
        for part in _parts(batch, tokens, plan_digest, salt_pass, *numbers):
            yield self.script.changes(part)

    def _said(self, rows: dict[int, Person]) -> dict[int, tuple[Person, bytes]]:
        """Return what decides what is sent of each row: tokens depend on the others too."""
        order = sorted(rows)
        tokens = _encoded(tuple(rows[h] for h in order), self.member_id, ("first",)).tokens
        joined = np.concatenate(list(tokens.values()), axis=1)
        return {h: (rows[h], joined[at].tobytes()) for at, h in enumerate(order)}

    async def send_dummies(
        self, plan_digest: bytes, schema_digest: bytes, passes: Sequence[str], count: int
    ) -> AsyncIterator[EncodingPart]:
        self.called("send_dummies")
        like = self._batch(tuple(passes))
        source = DummySource(bytes([len(self.member_id)]) * 32)
        batch = source.batch(_encoder(), like, range(count), tuple(passes))
        for part in _parts(batch, batch.tokens, plan_digest, "+".join(passes)):
            yield part

    async def send_review_answers(self, plan_digest: bytes) -> Told:
        self.called("send_review_answers")
        key = KEYS.review()
        return self.said or Told(
            tuple(hmac.digest(key, each.pair, "sha256") for each in self.asked),
            tuple(each.row for each in self.asked),
            tuple(self.answers.get(each.pair, Answer.OPEN) for each in self.asked),
        )

    async def ask_review(self, plan_digest: bytes, asked: Sequence[Asked]) -> None:
        self.called("ask_review")
        assert self.mode is Mode.OPEN
        known = {each.pair for each in self.asked}
        self.asked += [each for each in asked if each.pair not in known]

    async def close_epoch(self, link_epoch: int) -> None:
        self.called("close_epoch")
        self.closed_epochs.append(link_epoch)

    async def match_universe(self, parts: Callable[[], Iterable[UniversePart]]) -> None:
        self.called("match_universe")
        self.universe = list(parts())
        self.slot_table = self.universe[0].slot_table
        self.total_slots = self.universe[0].total_slots

    async def accept_slots(self, parts: Callable[[], Iterable[SlotPart]]) -> None:
        self.called("accept_slots")
        self.slots = {}
        for part in parts():
            self.left_out = part.left_out
            assert self.mode is Mode.OPEN or part.left_out.en
            self.slot_table, self.total_slots = part.slot_table, part.total_slots
            for at, slot in enumerate(part.slots.tolist()):
                self.slots[part.first_row + at] = slot

    def _batch(self, passes: tuple[str, ...]) -> Batch:
        return _encoded(self.persons, self.member_id, passes)


class SimulatedPeers:
    """The federation in memory."""

    def __init__(
        self, nodes: Iterable[SimulatedNode], dealer: SimulatedDealer | None = None
    ) -> None:
        self.nodes = {node.member_id: node for node in nodes}
        self.one_dealer = dealer

    def node(self, member_id: str) -> SimulatedNode:
        return self.nodes[member_id]

    def dealer(self, member_id: str) -> SimulatedDealer:
        assert self.one_dealer is not None
        assert member_id == "dealer"
        return self.one_dealer


@cache
def _encoder() -> Encoder:
    return Encoder(default_schema(), KEYS)


@cache
def _encoded(persons: tuple[Person, ...], member_id: str, passes: tuple[str, ...]) -> Batch:
    return _encoder().encode(persons, member_id, passes)


def _parts(
    batch: Batch,
    tokens: Mapping[str, np.ndarray],
    plan_digest: bytes,
    salt_pass: str,
    handles: np.ndarray = NO_HANDLES,
    removed: np.ndarray = NO_HANDLES,
) -> Iterable[EncodingPart]:
    for first in range(0, max(batch.rows, 1), ROWS_A_PART):
        here = slice(first, first + ROWS_A_PART)
        yield EncodingPart(
            plan_digest,
            default_schema().digest,
            salt_pass,
            batch.rows,
            first,
            len(range(batch.rows)[here]),
            {kind: values[here] for kind, values in tokens.items()},
            {view: codes[here] for view, codes in batch.views.items()},
            handles=handles[here],
            removed=removed if first == 0 else NO_HANDLES,
        )
