"""The steps of a screening round: agree, exchange, combine, deliver (PROTOCOL 4, 7).

The coordinator learns about how many positions are listed, in a secret order and with
decoys among them; of cards it holds ciphertext in two layers, and forwards the listed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from coordinator.agreement import (
    TRANSCRIPT,
    begin_everywhere,
    collect_readys,
    end_everywhere,
    ready_values,
    run_of,
    stored_readys,
)
from coordinator.approvals import collect_approvals
from coordinator.dealing import lookup_run, most_opened
from coordinator.errors import MemberError
from coordinator.exchange import GROUP, INPUTS, deal, relay, slots_in_force
from coordinator.frames import outputs, receive
from coordinator.heads import exchange_heads
from coordinator.messages import Alert, Receipt, Sealed
from coordinator.outputs import ExpectedOutput, OutputArrival, listed_cards, vector
from coordinator.rounds.screen import ScreenState
from coordinator.wire_bytes import pack_output, pack_sealed, unpack_sealed
from coordinator.work import Moved, Work
from privacy.canonical import canonical_bytes, framed
from privacy.errors import ProtocolError, Text
from privacy.identity import verify
from privacy.lookup.combine import listed_positions
from privacy.lookup.run import LookupRun

LISTED = "listed"
RESULT = "result"
KEPT = (RESULT, TRANSCRIPT)
_BOXES = "boxes"
_OUTER_KEYS = "outer_keys"


async def _approve(work: Work) -> Moved:
    return Moved(ScreenState.APPROVED, about={"approvals": await collect_approvals(work)})


async def _agree(work: Work) -> Moved:
    slots_in_force(work)
    readys = await collect_readys(work)
    return Moved(ScreenState.READY, ready_values(work, readys), {"readys": len(readys)})


async def _begin(work: Work) -> Moved:
    await begin_everywhere(work)
    return Moved(ScreenState.BEGUN, about={"transcript": run_of(work).transcript.hex()})


async def _share_order(work: Work) -> Moved:
    relayed = await relay(work, [work.plan.receiver], GROUP)
    return Moved(ScreenState.GROUPED, about={"messages": relayed})


async def _deal(work: Work) -> Moved:
    return Moved(ScreenState.DEALT, about={"parts": await deal(work)})


async def _share_inputs(work: Work) -> Moved:
    return Moved(ScreenState.SHARED, about={"messages": await relay(work, work.nodes, INPUTS)})


async def _combine(work: Work) -> Moved:
    lookup = _lookup(work)
    await work.ask_all(work.nodes, lambda member: _receive_output(work, lookup, member))
    vectors = {node: vector(outputs(work.spool, f"outputs/{node}")) for node in work.nodes}
    listed = listed_positions(lookup, vectors, cap=most_opened(work.plan)).tolist()
    boxes: dict[str, dict[str, str]] = {}
    agreements: dict[str, str] = {}
    for node in work.nodes:
        cards = listed_cards(outputs(work.spool, f"outputs/{node}"), listed)
        boxes[node] = {str(at): box.hex() for at, box in sorted(cards.boxes.items())}
        agreements[node] = cards.agreement.hex()
    values = {
        LISTED: canonical_bytes(listed),
        _BOXES: canonical_bytes({"boxes": boxes, "agreements": agreements}),
    }
    return Moved(ScreenState.COMBINED, values, {"listed": len(listed)})


async def _ask_for_keys(work: Work) -> Moved:
    for node in work.nodes:
        work.spool.remove(f"outputs/{node}")
    run, listed = run_of(work), _listed(work)
    dealer = work.plan.dealer
    answers = await work.ask_all(
        [dealer], lambda member: work.peers.dealer(member).open_cards(run, listed)
    )
    keys = answers[dealer]
    if (keys.sender, keys.receiver) != (dealer, work.plan.receiver):
        raise MemberError(dealer, _wrong_keys())
    return Moved(ScreenState.KEYED, {_OUTER_KEYS: pack_sealed(keys)}, {"cards": len(listed)})


async def _deliver(work: Work) -> Moved:
    alert, receiver = make_alert(work), work.plan.receiver
    listed = len(alert.listed)

    async def hand_over(member: str) -> Receipt:
        receipt = await work.node(member).deliver(alert)
        if receipt.node != member or receipt.listed != listed:
            raise ProtocolError(
                Text("受領の件数が合いません。", "The receipt's count is not what was sent.")
            )
        run = alert.run
        counted = listed.to_bytes(4, "big")
        signed = framed(b"enishi/v1/receipt", run.plan_digest, run.transcript, counted)
        public = work.roster.member(member).identity_public
        verify(public, signed, receipt.signature, member)
        return receipt

    receipts = await work.ask_all([receiver], hand_over)
    result = canonical_bytes(
        {
            "receiver": receiver,
            "listed_with_decoys": listed,
            "expires": alert.expires,
            "receipt": receipts[receiver].signature.hex(),
        }
    )
    return Moved(ScreenState.DELIVERED, {RESULT: result}, {"listed": listed})


async def _close(work: Work) -> Moved:
    heads = await exchange_heads(work, run_of(work))
    await end_everywhere(work)
    work.spool.destroy()
    return Moved(ScreenState.CLOSED, about={"heads": heads})


async def _finish(_work: Work) -> Moved:
    return Moved(ScreenState.DONE)


STEPS: Mapping[ScreenState, Callable[[Work], Awaitable[Moved]]] = {
    ScreenState.PROPOSED: _approve,
    ScreenState.APPROVED: _agree,
    ScreenState.READY: _begin,
    ScreenState.BEGUN: _share_order,
    ScreenState.GROUPED: _deal,
    ScreenState.DEALT: _share_inputs,
    ScreenState.SHARED: _combine,
    ScreenState.COMBINED: _ask_for_keys,
    ScreenState.KEYED: _deliver,
    ScreenState.DELIVERED: _close,
    ScreenState.CLOSED: _finish,
}
"""What is done in each state; the result is the state that follows."""


def make_alert(work: Work) -> Alert:
    """Return the signed alert of a round whose keys are there; the same bytes each time."""
    run, kept = run_of(work), json.loads(work.value(_BOXES))
    listed = {
        at: {node: bytes.fromhex(boxes[str(at)]) for node, boxes in kept["boxes"].items()}
        for at in _listed(work)
    }
    parts = (
        at.to_bytes(4, "big") + node.encode() + box
        for at, boxes in sorted(listed.items())
        for node, box in sorted(boxes.items())
    )
    digest = hashlib.sha256(b"".join(parts)).digest()
    signed = framed(b"enishi/v1/alert", run.plan_digest, run.transcript, digest)
    return Alert(
        run=run,
        listed=listed,
        outer_keys=_outer_keys(work),
        expires=_expiry(work),
        signer=work.process.config.coordinator,
        signature=work.process.keys.identity.sign(signed),
        card_agreements={n: bytes.fromhex(a) for n, a in kept["agreements"].items()},
    )


def _expiry(work: Work) -> str:
    """Return when the receiver's role key ends, and with it the alert."""
    keys = [r.role_key for r in stored_readys(work) if r.role_key is not None]
    until = datetime.fromtimestamp(keys[0].expires_s, UTC)
    return until.strftime("%Y-%m-%dT%H:%M:%SZ")


def _outer_keys(work: Work) -> Sealed:
    return unpack_sealed(work.value(_OUTER_KEYS))


def _listed(work: Work) -> tuple[int, ...]:
    return tuple(json.loads(work.value(LISTED)))


def _lookup(work: Work) -> LookupRun:
    return lookup_run(work.plan, run_of(work), work.nodes, slots_in_force(work))


async def _receive_output(work: Work, lookup: LookupRun, member: str) -> None:
    size = -(-lookup.positions // 8)
    expected = ExpectedOutput(member, run_of(work), LISTED, size, lookup.positions)
    client = work.node(member)
    await receive(
        work.spool,
        f"outputs/{member}",
        lambda: client.send_outputs(run_of(work)),
        pack_output,
        OutputArrival(expected),
    )


def _wrong_keys() -> ProtocolError:
    return ProtocolError(
        Text("カードの鍵の宛先が違います。", "The card keys are not sealed to the receiver.")
    )
