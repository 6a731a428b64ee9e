"""Steps 1 and 2 of a run at this node: sealed inputs out and in, masked outputs out.

Everything is stored before it is sent, and sent again byte for byte (PROTOCOL 4).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nodes.driver.context import NodeContext
from nodes.driver.enrolment import current_city_key
from nodes.driver.runs import CORRECTION, load_snapshot
from nodes.driver.session import Session
from nodes.messages import Output, SealedMessage
from nodes.runs import RunState
from nodes.store import Tables
from nodes.store.journal import SentRow
from privacy.audit import EntryKind
from privacy.dp.release import noise_of
from privacy.envelope import Context, seal, unseal
from privacy.errors import ProtocolError, Text
from privacy.keys import KEY_BYTES, permutation
from privacy.lookup.histogram import HistogramParty
from privacy.lookup.party import LookupParty, snapshot_commitment
from privacy.lookup.shuffled import Decoys, shuffle, widen
from privacy.plan import PlanKind
from privacy.sealing import BOX_BYTES, CardContext, agree_as_holder, seal_cards

GROUP = "group"
INPUTS = "inputs"
OUTPUTS = "outputs"
CARDS = "cards"
AGREEMENT = "agreement"


class Exchange:
    """One run's exchange at one node."""

    def __init__(self, context: NodeContext, plan_digest: bytes, transcript: bytes) -> None:
        """Load the run.

        Raises:
            ProtocolError: it has not begun under this transcript.
        """
        self._context = context
        self._session = Session.load(context, plan_digest, transcript)

    def send(self, step: str) -> list[SealedMessage]:
        """Return this node's messages of *step* to all peers.

        Raises:
            ProtocolError: an unknown step, one that is not ours, or one out of order.
        """
        if step == GROUP:
            return self._send_group()
        if step == INPUTS:
            return self._send_inputs()
        raise ProtocolError(Text(f"段階 {step} はありません。", f"There is no step {step}."))

    def receive(self, message: SealedMessage) -> None:
        """Open and keep one message from a peer; a repeat changes nothing.

        Raises:
            ProtocolError: not for this node, not from a peer, or changed on the way.
        """
        session, context = self._session, self._context
        ours = message.receiver == context.node and message.sender in session.peers
        if not ours or message.step not in {GROUP, INPUTS}:
            raise ProtocolError(
                Text("宛先または送信元が違います。", "Another receiver or sender."),
            )
        if message.step == GROUP and message.sender != session.plan.receiver:
            raise ProtocolError(Text("群の鍵は受取ノードのものです。", "Not from the receiver."))
        pair = session.pairs()[message.sender]
        where = Context(message.sender, context.node, message.step, session.transcript)
        key = pair.aead(message.sender, context.node, message.step)
        body = unseal(key, where, message.counter, message.box)
        if message.step == GROUP:
            self._keep_group(body)
            return
        run = session.run.transcript
        with context.store.transaction() as tables:
            known = tables.messages.body(run, INPUTS, message.sender, context.node, message.counter)
            if known is None:
                tables.messages.put(
                    run, INPUTS, message.sender, context.node, message.counter, body
                )
            elif known != body:
                raise ProtocolError(
                    Text(f"{message.sender} の入力が前と違います。", f"{message.sender} changed."),
                )

    def outputs(self) -> Output:
        """Return this node's masked output, computed once all inputs are here.

        Raises:
            ProtocolError: an input is missing, or the run is not that far.
        """
        session = self._session
        if not session.reached(RunState.MASKED):
            raise ProtocolError(
                Text("入力がまだ出ていません。", "The inputs have not been sent yet."),
            )
        if not session.reached(RunState.ANSWERED):
            if session.plan.kind is PlanKind.SCREEN:
                self._answer_lookup()
            else:
                self._answer_histogram()
        return self._stored_output()

    @cached_property
    def _seed(self) -> bytes:
        return self._session.seeds()[0]

    @cached_property
    def _order(self) -> NDArray[np.int64]:
        """The run's secret permutation, from the city key and the receiver's g."""
        session = self._session
        g = self._context.keys.read(session.key_name(GROUP))
        key = current_city_key(self._context).shuffle_key(session.transcript, g)
        return permutation(key, session.positions)

    def _keep_group(self, g: bytes) -> None:
        name = self._session.key_name(GROUP)
        if len(g) != KEY_BYTES or self._context.keys.keep(name, g) != g:
            raise ProtocolError(Text("群の鍵が前と違います。", "Another g was sent before."))

    def _send_group(self) -> list[SealedMessage]:
        session, context = self._session, self._context
        if not session.receives:
            raise ProtocolError(Text("群の鍵は受取ノードが送ります。", "The receiver sends g."))
        g = context.keys.keep(session.key_name(GROUP), secrets.token_bytes(KEY_BYTES))
        return [self._seal(peer, GROUP, 0, g) for peer in session.peers]

    def _seal(self, peer: str, step: str, counter: int, body: bytes) -> SealedMessage:
        session, node = self._session, self._context.node
        key = session.pairs()[peer].aead(node, peer, step)
        where = Context(node, peer, step, session.transcript)
        return SealedMessage(node, peer, step, counter, seal(key, where, counter, body))

    def _party(self) -> LookupParty | HistogramParty:
        session, node = self._session, self._context.node
        snapshot = load_snapshot(session)
        if session.plan.kind is PlanKind.SCREEN:
            return LookupParty(session.lookup, snapshot.table, node, self._seed)
        return HistogramParty(session.lookup, snapshot.domain, node, self._seed)

    def _inputs(self) -> NDArray[np.integer]:
        session = self._session
        snapshot = load_snapshot(session)
        if session.plan.kind is not PlanKind.SCREEN:
            return snapshot.values
        if not session.receives:
            return shuffle(widen(snapshot.values), self._order)
        marked = self._decoys().mark(snapshot.values, snapshot.decoy)
        return shuffle(marked, self._order)

    def _decoys(self) -> Decoys:
        """Return the decoys of this run, drawn once by the receiver."""
        name = self._session.key_name("decoys")
        fresh = bytes(Decoys.draw(secrets.randbelow).places)
        return Decoys(tuple(self._context.keys.keep(name, fresh)))

    def _send_inputs(self) -> list[SealedMessage]:
        session, context = self._session, self._context
        if not session.reached(RunState.DEALT):
            raise ProtocolError(Text("配布がまだです。", "Nothing has been dealt yet."))
        run, node = session.run.transcript, context.node
        party = self._party()
        if not session.reached(RunState.MASKED):
            inputs = self._inputs()
            with context.store.transaction() as tables:
                sent = b""
                for chunk in party.chunks:
                    masked = party.mask_inputs(chunk.index, inputs[chunk.start : chunk.stop])
                    tables.messages.put(run, INPUTS, node, node, chunk.index, masked)
                    sent += masked
                recipients, size = ", ".join(session.peers), len(sent) * len(session.peers)
                self._record(tables, "masked inputs", recipients, size)
                commitment = snapshot_commitment(session.run.snapshot_salt, inputs, sent)
                context.log(
                    tables,
                    EntryKind.COMPUTED,
                    "inputs",
                    transcript=session.run.transcript,
                    commitment=commitment.hex(),
                )
                session.advance(tables, RunState.MASKED)
        bodies = self._bodies(INPUTS, node, party.chunks.count)
        return [
            self._seal(peer, INPUTS, counter, body)
            for peer in session.peers
            for counter, body in enumerate(bodies)
        ]

    def _bodies(self, step: str, sender: str, count: int) -> list[bytes]:
        run, node = self._session.run.transcript, self._context.node
        bodies = []
        with self._context.store.reading() as tables:
            for counter in range(count):
                body = tables.messages.body(run, step, sender, node, counter)
                if body is None:
                    raise ProtocolError(
                        Text(
                            f"{sender} の {step} がまだ届いていません。",
                            f"{step} of {sender} has not arrived yet.",
                        ),
                        Text("届いてからもう一度求めてください。", "Ask again when it has."),
                    )
                bodies.append(body)
        return bodies

    def _vectors(self, count: int) -> Iterator[tuple[int, dict[str, bytes], bytes | None]]:
        """Yield each chunk's masked inputs of all nodes, and our correction if there is one."""
        session = self._session
        inputs = {sender: self._bodies(INPUTS, sender, count) for sender in session.nodes}
        corrected = session.lookup.corrected == self._context.node
        corrections = self._bodies(CORRECTION, session.plan.dealer, count) if corrected else None
        for index in range(count):
            vectors = {sender: bodies[index] for sender, bodies in inputs.items()}
            yield index, vectors, corrections[index] if corrections else None

    def _answer_lookup(self) -> None:
        session = self._session
        party = self._party()
        if not isinstance(party, LookupParty):
            raise TypeError("a screening runs a lookup")
        pairs = session.pairs()
        masked = b""
        for index, vectors, correction in self._vectors(party.chunks.count):
            keys = {
                peer: pair.mask_out(session.lookup.step, 1, index, "listed")
                for peer, pair in pairs.items()
            }
            masked += party.answer(index, vectors, keys, correction)
        agreement, cards = self._cards()
        self._store_output("listed", masked, cards, agreement)

    def _cards(self) -> tuple[bytes, bytes]:
        """Return the agreement and the sealed cards of all positions, in shuffled order."""
        session, context = self._session, self._context
        role = session.ready(session.plan.receiver).role_key
        if role is None:
            raise ProtocolError(Text("役割鍵がありません。", "There is no role key."))
        where = CardContext(context.node, session.plan.receiver, role.role_id, session.transcript)
        key, agreement = agree_as_holder(where, context.static, role.public)
        written = load_snapshot(session).cards
        texts = [written.get(int(slot), b"") for slot in self._order]
        return agreement, b"".join(seal_cards(key, session.seeds()[1], texts))

    def _answer_histogram(self) -> None:
        session = self._session
        party, snapshot = self._party(), load_snapshot(session)
        if not isinstance(party, HistogramParty):
            raise TypeError("a statistic runs a histogram")
        for index, vectors, correction in self._vectors(party.chunks.count):
            party.add(index, vectors, correction)
        keys = {
            peer: pair.mask_out(session.lookup.step, 1, 0, "cells")
            for peer, pair in session.pairs().items()
        }
        noise = noise_of(snapshot.noise())
        self._store_output("cells", party.finish(snapshot.cells, noise, keys), b"", b"")

    def _store_output(self, name: str, masked: bytes, cards: bytes, agreement: bytes) -> None:
        session, context = self._session, self._context
        run, node = session.run.transcript, context.node
        with context.store.transaction() as tables:
            if session.passed(tables, RunState.ANSWERED):
                return  # another call has stored its output; that one is sent, by both
            for step, body in ((OUTPUTS, masked), (CARDS, cards), (AGREEMENT, agreement)):
                tables.messages.put(run, step, node, context.config.coordinator, 0, body)
            self._record(
                tables,
                f"masked {name}" + (", sealed cards" if cards else ""),
                context.config.coordinator,
                len(masked) + len(cards) + len(agreement),
            )
            session.advance(tables, RunState.ANSWERED)

    def _stored_output(self) -> Output:
        session, context = self._session, self._context
        run, node, peer = session.run.transcript, context.node, context.config.coordinator
        name = "listed" if session.plan.kind is PlanKind.SCREEN else "cells"
        with context.store.reading() as tables:
            parts = [
                tables.messages.body(run, step, node, peer, 0) or b""
                for step in (OUTPUTS, CARDS, AGREEMENT)
            ]
        return Output(name, *parts)

    def _record(self, tables: Tables, fields: str, recipient: str, size: int) -> None:
        session, context = self._session, self._context
        step = f"{session.plan.kind.value}/{fields.split(',', maxsplit=1)[0].replace(' ', '-')}"
        row = SentRow(
            context.stamp(),
            session.run.plan_digest,
            session.plan.purpose,
            step,
            recipient,
            fields,
            session.positions,
            size,
        )
        tables.sent.add(row)
        context.log(
            tables,
            EntryKind.SENT,
            step.replace("/", "-"),
            plan=session.run.plan_digest,
            transcript=session.run.transcript,
            bytes=size,
        )


def card_pieces(cards: bytes, size: int) -> Iterator[tuple[int, list[bytes]]]:
    """Yield (first position, cards) in pieces of *size* cards."""
    count = len(cards) // BOX_BYTES
    for first in range(0, count, size):
        stop = min(first + size, count)
        yield first, [cards[at * BOX_BYTES : (at + 1) * BOX_BYTES] for at in range(first, stop)]
