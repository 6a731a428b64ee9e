"""The run half of a simulated node, and a dealer in memory around the real one.

Inputs, masks and answers are computed by the real library, so that the coordinator's sum
opens exactly what the plan's table says; sealing between nodes is left out, because the
coordinator relays it unread.
"""

# ruff: noqa: ARG002  # the Protocol fixes the signatures
from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from coordinator.dealer import Dealer
from coordinator.dealing import CORRECTION, DealRequest, lookup_run
from coordinator.messages import Alert, Dealing, OutputPart, Receipt, RunId, Sealed
from coordinator.queries import query_of
from privacy.canonical import framed
from privacy.envelope import Context, hpke_info, hpke_open, unseal
from privacy.identity import AgreementKey, IdentityKey
from privacy.keys import derive
from privacy.lookup.histogram import HistogramParty
from privacy.lookup.parsing import table_from
from privacy.lookup.party import LookupParty
from privacy.lookup.shuffled import EXTRA
from privacy.plan import Plan, PlanKind
from privacy.roster import Roster
from privacy.sealing import BOX_BYTES
from privacy.transcript import Ready, RoleKey, transcript
from tests.simulated_member import SimulatedMember

CARDS_A_PART = 50
EXPIRES = datetime(2027, 1, 1, tzinfo=UTC)


@dataclass
class RunState:
    """What a simulated node keeps of one run."""

    plan: Plan
    ephemeral: AgreementKey = field(default_factory=AgreementKey.generate)
    ready: Ready | None = None
    run: RunId | None = None
    nodes: tuple[str, ...] = ()
    seeds: bytes = b""
    corrections: list[bytes] = field(default_factory=list)
    inputs: dict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    group: list[bytes] = field(default_factory=list)


class RunningNode(SimulatedMember):
    """Runs of one node; `contribution` says what it adds at each place."""

    slots_total = 0
    slot_table_digest = bytes(32)
    contribution: Callable[[Plan, int], NDArray[np.int64]]
    roster: Roster
    delivered: Alert | None = None
    ledger_total_nano = 0
    listed_claim = 0
    """Added to the count on its receipt."""

    def __init__(self, member_id: str) -> None:
        super().__init__(member_id)
        self.runs: dict[bytes, RunState] = {}

    def knows(self, plan: Plan) -> None:
        self.runs.setdefault(plan.digest, RunState(plan))

    async def make_ready(self, plan_digest: bytes) -> Ready:
        self.called("make_ready")
        state = self.runs[plan_digest]
        if state.ready is None:
            role = None
            if state.plan.receiver == self.member_id:
                public = AgreementKey.generate().public
                role = RoleKey(public, "alert_reader", int(EXPIRES.timestamp()))
            state.ready = Ready(
                node_id=self.member_id,
                plan_digest=plan_digest,
                roster_digest=state.plan.roster_digest,
                slot_table_digest=self.slot_table_digest,
                nonce=hashlib.sha256(self.member_id.encode() + plan_digest).digest(),
                ephemeral_public=state.ephemeral.public,
                policy_digest=bytes(32),
                ledger_total_nano=self.ledger_total_nano,
                role_key=role,
            ).signed(self.identity)
        return state.ready

    async def begin(self, run: RunId, dealer: str, readys: Sequence[Ready]) -> RunId:
        self.called("begin")
        state = self.runs[run.plan_digest]
        assert run.transcript == transcript(run.plan_digest, dealer, readys)
        state.run, state.nodes = run, tuple(ready.node_id for ready in readys)
        return run

    async def receive_dealing(self, parts: Callable[[], Iterable[Dealing]]) -> None:
        self.called("receive_dealing")
        for part in parts():
            state = self.runs[part.run.plan_digest]
            dealer = state.plan.dealer
            if part.seeds is not None:
                parties = (part.run.transcript, dealer.encode(), self.member_id.encode())
                info = hpke_info("dealing", *parties)
                public = self.roster.member(dealer).static_public
                box = part.seeds.encapsulated + part.seeds.box
                state.seeds = hpke_open(state.ephemeral, public, info, box)
                state.corrections = []
            if part.correction is not None:
                key = derive(state.seeds[:32], CORRECTION, part.run.transcript)
                context = Context(dealer, self.member_id, CORRECTION, part.run.transcript)
                counter, box = part.correction.counter, part.correction.box
                state.corrections.append(unseal(key, context, counter, box))

    async def send_sealed(self, run: RunId, step: str) -> AsyncIterator[Sealed]:
        self.called(f"send_sealed {step}")
        state = self.runs[run.plan_digest]
        boxes = [b"group"] if step == "group" else list(self._masked(state))
        for other in state.nodes:
            if other != self.member_id:
                for counter, box in enumerate(boxes):
                    yield Sealed(self.member_id, other, step, counter, box)

    async def receive_sealed(self, run: RunId, sealed: Callable[[], Iterable[Sealed]]) -> None:
        self.called("receive_sealed")
        state = self.runs[run.plan_digest]
        arrived: dict[str, list[bytes]] = defaultdict(list)
        for one in sealed():
            assert one.receiver == self.member_id
            assert one.counter == len(arrived[one.sender])
            arrived[one.sender].append(one.box)
            if one.step == "group":
                state.group.append(one.box)
        state.inputs.update(arrived)

    async def send_outputs(self, run: RunId) -> AsyncIterator[OutputPart]:
        self.called("send_outputs")
        state = self.runs[run.plan_digest]
        screening = state.plan.kind is PlanKind.SCREEN
        masked = self._answers(state) if screening else self._cells(state)
        name = "listed" if screening else "cells"
        yield OutputPart(run, self.member_id, name, len(masked), 0, masked, 0, (), b"")
        if screening:
            for first in range(0, self._places(state), CARDS_A_PART):
                count = min(CARDS_A_PART, self._places(state) - first)
                cards = tuple(self._card(first + at) for at in range(count))
                agreed = b"agreement" if first == 0 else b""
                yield OutputPart(
                    run, self.member_id, name, len(masked), 0, b"", first, cards, agreed
                )

    async def deliver(self, alert: Alert) -> Receipt:
        self.called("deliver")
        self.delivered = alert
        listed = len(alert.listed) + self.listed_claim
        run = alert.run
        signed = framed(
            b"enishi/v1/receipt", run.plan_digest, run.transcript, listed.to_bytes(4, "big")
        )
        return Receipt(self.member_id, listed, self.identity.sign(signed))

    def _card(self, position: int) -> bytes:
        return f"{self.member_id}:{position}".encode().ljust(BOX_BYTES, b".")

    def _places(self, state: RunState) -> int:
        return self.slots_total + (EXTRA if state.plan.kind is PlanKind.SCREEN else 0)

    def _party(self, state: RunState) -> LookupParty | HistogramParty:
        assert state.run is not None
        lookup = lookup_run(state.plan, state.run, state.nodes, self.slots_total)
        seed = state.seeds[:32]
        if state.plan.kind is PlanKind.SCREEN:
            assert isinstance(state.plan.tables, dict)
            table = table_from(state.plan.tables["table"])
            return LookupParty(lookup, table, self.member_id, seed)
        domain = query_of(state.plan).digits.domain
        return HistogramParty(lookup, domain, self.member_id, seed)

    def _masked(self, state: RunState) -> Iterator[bytes]:
        party = self._party(state)
        values = self.contribution(state.plan, self._places(state))
        for chunk in party.chunks:
            yield party.mask_inputs(chunk.index, values[chunk.start : chunk.stop])

    def _vectors(self, state: RunState) -> dict[str, bytes]:
        own = b"".join(self._masked(state))
        others = {n: b"".join(state.inputs[n]) for n in state.nodes if n != self.member_id}
        return others | {self.member_id: own}

    def _mask_keys(self, state: RunState) -> dict[str, bytes]:
        others = [node for node in state.nodes if node != self.member_id]
        return {
            other: hashlib.sha256("|".join(sorted((other, self.member_id))).encode()).digest()
            for other in others
        }

    def _answers(self, state: RunState) -> bytes:
        party = self._party(state)
        assert isinstance(party, LookupParty)
        return party.all_answers(self._vectors(state), self._mask_keys(state), state.corrections)

    def _cells(self, state: RunState) -> bytes:
        party = self._party(state)
        assert isinstance(party, HistogramParty)
        places = np.array([cell.place for cell in query_of(state.plan).cells])
        noise = np.zeros(len(places), dtype=np.int64)  # so that a test knows the answer
        party.add_all(self._vectors(state), state.corrections)
        return party.finish(places, noise, self._mask_keys(state))


class SimulatedDealer(SimulatedMember):
    """The real dealer behind the Protocol, without gRPC; a script makes it late or wrong."""

    def __init__(self, dealer: Dealer, identity: IdentityKey, static: AgreementKey) -> None:
        super().__init__("dealer")
        self.dealer = dealer
        self.identity, self.static = identity, static

    async def propose_roster(self, roster: Roster, signatures: Mapping[str, bytes]) -> bytes | None:
        self.called("propose_roster")
        return self.dealer.membership.propose(roster)

    async def deal(self, request: DealRequest) -> AsyncIterator[Dealing]:
        self.called("deal")
        for part in self.dealer.deal(request):
            yield part

    async def open_cards(self, run: RunId, positions: Sequence[int]) -> Sealed:
        self.called("open_cards")
        return self.dealer.open_cards(run, positions)

    async def end_run(self, run: RunId) -> None:
        self.called("end_run")
        self.dealer.end_run(run)
