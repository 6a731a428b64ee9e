"""Drive a screening or statistics run over nodes in one process, as coordinator and dealer."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from nodes.driver.delivery import Delivery
from nodes.driver.exchange import Exchange
from nodes.driver.runs import Runs
from nodes.governance import Governance
from nodes.messages import AlertMessage, Dealt, Output, SealedMessage
from privacy.canonical import canonical_bytes
from privacy.envelope import Context, hpke_info, hpke_seal, seal
from privacy.keys import derive
from privacy.lookup.combine import listed_positions
from privacy.lookup.dealing import Seeds, deal_histogram, deal_lookup
from privacy.lookup.parsing import digits_from, table_from
from privacy.lookup.run import LookupRun
from privacy.plan import Plan, PlanKind
from privacy.screening.compile import compile_screening
from privacy.screening.reading import read_definition
from privacy.sealing import BOX_BYTES, outer_keys
from privacy.transcript import Ready
from privacy.transcript import transcript as transcript_of
from tests.nodes.federation import CHILDREN, NODES, SAMPLES, Federation

AS_OF = date(2026, 7, 5)
HOLDERS = {
    **dict.fromkeys(("D-02", "D-07", "D-08", "D-09"), "school"),
    **dict.fromkeys(("D-10", "D-11", "D-12", "D-19", "D-20"), "survey"),
    "D-39": "welfare",
}


def screening_plan(federation: Federation) -> Plan:
    """Return the sample screening as a plan with the school as its receiver."""
    governance = Governance.load(federation.contexts["school"].config.governance_folder)
    text = (SAMPLES / "definitions" / "sos.yaml").read_text(encoding="utf-8").replace("（案）", "")
    definition = read_definition(
        text, catalogue=governance.catalogue, purposes=governance.purposes, today=AS_OF
    )
    compiled = compile_screening(
        definition,
        receiver="school",
        nodes=NODES,
        holders=HOLDERS,
        catalogue=governance.catalogue,
        as_of=AS_OF,
    )
    items: dict[str, tuple[str, ...]] = {}
    for item, node in HOLDERS.items():
        items[node] = (*items.get(node, ()), item)
    return federation.plan(
        PlanKind.SCREEN,
        receiver="school",
        items=items,
        definition={
            "text": text,
            "as_of": AS_OF.isoformat(),
            "holders": HOLDERS,
            "most_listed": 240,
        },
        digits=compiled.digits.canonical(),
        tables=compiled.canonical(),
    )


@dataclass
class Drive:
    """One run, step by step; what the coordinator and the dealer would hold stands in fields."""

    federation: Federation
    plan: Plan
    readys: list[Ready] = field(default_factory=list)
    transcript: bytes = b""
    seeds: dict[str, bytes] = field(default_factory=dict)
    card_seeds: dict[str, bytes] = field(default_factory=dict)
    outputs: dict[str, Output] = field(default_factory=dict)

    @property
    def lookup(self) -> LookupRun:
        screen = self.plan.kind is PlanKind.SCREEN
        step, positions = ("rule", CHILDREN + 64) if screen else ("cells", CHILDREN)
        return LookupRun(self.transcript, step, NODES, positions)

    def begin(self) -> None:
        contexts = self.federation.contexts
        self.readys = [Runs(contexts[node]).ready(self.plan.digest) for node in NODES]
        self.transcript = transcript_of(self.plan.digest, "dealer", self.readys)
        for node in NODES:
            Runs(contexts[node]).begin(self.plan.digest, self.transcript, "dealer", self.readys)

    def exchange(self, node: str) -> Exchange:
        return Exchange(self.federation.contexts[node], self.plan.digest, self.transcript)

    def relay(self, step: str, senders: tuple[str, ...]) -> list[SealedMessage]:
        relayed = [message for sender in senders for message in self.exchange(sender).send(step)]
        for message in relayed:
            self.exchange(message.receiver).receive(message)
        return relayed

    def dealing(self, node: str) -> list[Dealt]:
        """Return what the dealer sends to *node*."""
        federation, run = self.federation, self.lookup
        if not self.seeds:
            self.seeds = {each: secrets.token_bytes(32) for each in NODES}
            self.card_seeds = {each: secrets.token_bytes(32) for each in NODES}
        ready = next(r for r in self.readys if r.node_id == node)
        info = hpke_info("dealing", self.transcript, b"dealer", node.encode())
        both = self.seeds[node] + self.card_seeds[node]
        pieces = [Dealt(hpke_seal(ready.ephemeral_public, federation.dealer, info, both))]
        if node == run.corrected:
            seeds = Seeds(run, self.seeds)
            if self.plan.kind is PlanKind.SCREEN:
                assert isinstance(self.plan.tables, dict)
                corrections = deal_lookup(seeds, table_from(self.plan.tables["table"]))
            else:
                corrections = deal_histogram(seeds, digits_from(self.plan.digits).domain)
            key = derive(self.seeds[node], "correction", self.transcript)
            where = Context("dealer", node, "correction", self.transcript)
            for counter, body in enumerate(corrections):
                pieces.append(Dealt(b"", seal(key, where, counter, body), counter))
        return pieces

    def deal(self) -> None:
        for node in NODES:
            runs = Runs(self.federation.contexts[node])
            runs.deal(self.plan.digest, self.transcript, self.dealing(node))

    def answer(self) -> None:
        self.outputs = {node: self.exchange(node).outputs() for node in NODES}

    def until_answers(self) -> None:
        """Run every step up to the masked outputs."""
        self.begin()
        if self.plan.kind is PlanKind.SCREEN:
            self.relay("group", (self.plan.receiver,))
        self.deal()
        self.relay("inputs", NODES)
        self.answer()

    def listed(self) -> list[int]:
        """Return the listed positions, as the coordinator computes them."""
        masked = {node: output.masked for node, output in self.outputs.items()}
        return [int(p) for p in listed_positions(self.lookup, masked, cap=400)]

    def alert(self, positions: list[int]) -> AlertMessage:
        """Return the alert that coordinator and dealer make of *positions*."""
        receiver = next(r for r in self.readys if r.node_id == self.plan.receiver)
        keys = {
            node: {
                str(at): key.hex()
                for at, key in outer_keys(self.card_seeds[node], self.transcript, positions).items()
            }
            for node in NODES
        }
        info = hpke_info("outer-keys", self.transcript, b"dealer", self.plan.receiver.encode())
        box = hpke_seal(
            receiver.ephemeral_public, self.federation.dealer, info, canonical_bytes(keys)
        )
        message = AlertMessage(
            self.plan.digest,
            self.transcript,
            {at: {node: self.card(node, at) for node in NODES} for at in positions},
            {node: output.agreement for node, output in self.outputs.items()},
            SealedMessage("dealer", self.plan.receiver, "outer-keys", 0, box),
            self.plan.expires,
            b"",
        )
        signature = self.federation.coordinator.sign(message.signed_bytes())
        return replace(message, signature=signature)

    def card(self, node: str, position: int) -> bytes:
        cards = self.outputs[node].cards
        return cards[position * BOX_BYTES : (position + 1) * BOX_BYTES]

    def deliver(self, message: AlertMessage) -> int:
        context = self.federation.contexts[self.plan.receiver]
        count, _ = Delivery(context, self.plan.digest, self.transcript).deliver(message)
        return count


def noisy(outputs: Mapping[str, Output]) -> np.ndarray:
    """Return the cells that the coordinator adds up, modulo 2^32, signed."""
    total = sum(np.frombuffer(o.masked, dtype="<u4").astype(np.int64) for o in outputs.values())
    return np.asarray(total).astype(np.uint32).view(np.int32)
