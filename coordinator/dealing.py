"""What the dealer computes for one run: checks, seeds, sealed parts (PROTOCOL 4, 5).

The dealer receives plans and Readys, which hold nothing of a child, and deals
randomness.  Together with one node it could read all inputs: it must be another body.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from coordinator.messages import Dealing, HpkeSealed, RunId, Sealed
from privacy.canonical import Json, canonical_bytes, framed
from privacy.envelope import ENCAPSULATED_BYTES, Context, hpke_info, hpke_seal, seal
from privacy.errors import BadInputError, ProtocolError, RefusedError, Text
from privacy.identity import AgreementKey
from privacy.keys import KEY_BYTES, derive
from privacy.lookup.dealing import Seeds, deal_histogram, deal_lookup
from privacy.lookup.parsing import digits_from, table_from
from privacy.lookup.run import LookupRun
from privacy.lookup.shuffled import EXTRA
from privacy.plan import Plan, PlanKind
from privacy.roster import Role, Roster
from privacy.sealing import outer_keys
from privacy.transcript import Ready, check_readys, transcript

CORRECTION = "correction"
OUTER_KEYS = "outer-keys"
RULE = "rule"
CELLS = "cells"


@dataclass(frozen=True, slots=True)
class DealRequest:
    """What the coordinator asks for: the signed plan, all Readys, the size of the slot table."""

    plan: Plan
    signer: str
    signature: bytes = field(repr=False)
    run: RunId
    readys: tuple[Ready, ...]
    slots: int

    @property
    def digest(self) -> bytes:
        """SHA-256 of what the answer depends on."""
        parts = (self.plan.digest, self.run.transcript, self.slots.to_bytes(8, "big"))
        return hashlib.sha256(framed(*parts)).digest()


@dataclass(frozen=True, slots=True)
class RunSeeds:
    """A node's two secrets of one run: for the lookup, and for the outer layer of its cards."""

    lookup: bytes = field(repr=False)
    cards: bytes = field(repr=False)


def lookup_run(plan: Plan, run: RunId, nodes: Sequence[str], slots: int) -> LookupRun:
    """Return the lookup of a plan's run over *slots* slots; decoy places come on top."""
    if plan.kind is PlanKind.SCREEN:
        return LookupRun(run.transcript, RULE, tuple(nodes), slots + EXTRA)
    return LookupRun(run.transcript, CELLS, tuple(nodes), slots)


def check_request(request: DealRequest, roster: Roster, now: datetime) -> None:
    """Check what the coordinator asks the dealer for, as every node checks it too.

    Raises:
        ProtocolError: a wrong signature, roster, Ready or transcript.
        RefusedError: the plan has expired, or is not one that is dealt for.
    """
    plan, run, readys = request.plan, request.run, request.readys
    coordinator = next(m for m in roster.members if m.role is Role.COORDINATOR)
    plan.check_signature(request.signature, coordinator.identity_public, coordinator.node_id)
    plan.check_current(now)
    if plan.kind is PlanKind.LINK:
        raise RefusedError(
            Text("連結の計画に乱数は配りません。", "Nothing is dealt for a link plan.")
        )
    check_readys(plan, roster, readys, now)
    if run != RunId(plan.digest, transcript(plan.digest, plan.dealer, readys)):
        raise ProtocolError(
            Text("記録要約が準備完了と合いません。", "The transcript is not that of the Readys."),
            Text("実行をやり直してください。", "Start the run again."),
        )


def seal_seeds(
    run: RunId,
    dealer: str,
    static: AgreementKey,
    readys: Sequence[Ready],
    seeds: Mapping[str, RunSeeds],
) -> dict[str, bytes]:
    """Return each node's seeds, sealed to the ephemeral key of its Ready."""
    sealed = {}
    for ready in readys:
        parties = (run.transcript, dealer.encode(), ready.node_id.encode())
        own = seeds[ready.node_id]
        sealed[ready.node_id] = hpke_seal(
            ready.ephemeral_public, static, hpke_info("dealing", *parties), own.lookup + own.cards
        )
    return sealed


def dealings(
    plan: Plan,
    run: RunId,
    slots: int,
    seeds: Mapping[str, RunSeeds],
    sealed: Mapping[str, bytes],
) -> Iterator[Dealing]:
    """Yield the parts for all nodes: sealed seeds, then the one large correction.

    The same seeds give the same bytes: a repeat sends what was sent.

    Raises:
        ProtocolError: the plan's table or digits cannot be read.
    """
    for node, box in sorted(sealed.items()):
        message = HpkeSealed(plan.dealer, node, box[:ENCAPSULATED_BYTES], box[ENCAPSULATED_BYTES:])
        yield Dealing(run, node, seeds=message)
    lookup = lookup_run(plan, run, tuple(seeds), slots)
    by_node = Seeds(lookup, {node: own.lookup for node, own in seeds.items()})
    corrections = (
        deal_lookup(by_node, table_from(_table(plan)))
        if plan.kind is PlanKind.SCREEN
        else deal_histogram(by_node, digits_from(plan.digits).domain)
    )
    receiver = lookup.corrected
    key = derive(seeds[receiver].lookup, CORRECTION, run.transcript)
    context = Context(plan.dealer, receiver, CORRECTION, run.transcript)
    for counter, share in enumerate(corrections):
        box = seal(key, context, counter, share)
        message_part = Sealed(plan.dealer, receiver, CORRECTION, counter, box)
        yield Dealing(run, receiver, correction=message_part)


def most_opened(plan: Plan) -> int:
    """Return the most positions that a screening may open, decoys included.

    Raises:
        BadInputError: the plan does not say.
    """
    definition = plan.definition
    most = definition.get("most_listed") if isinstance(definition, Mapping) else None
    if not isinstance(most, int) or isinstance(most, bool) or most < 1:
        raise BadInputError(
            Text("計画に開示数の上限がありません。", "The plan does not cap what is listed.")
        )
    return most + EXTRA


def check_positions(positions: Sequence[int], most: int, places: int) -> None:
    """Check the listed positions whose outer keys are asked for.

    Raises:
        RefusedError: more than the plan's cap.
        ProtocolError: not ascending, or outside the run.
    """
    if len(positions) > most:
        raise RefusedError(
            Text(
                f"開示数 {len(positions)} が上限 {most} を超えます。",
                f"{len(positions)} positions are over the cap of {most}.",
            ),
            Text("定義の規則か上限を見直してください。", "Review the rule or the cap."),
        )
    ascending = list(positions) == sorted(set(positions))
    if not ascending or (positions and not 0 <= positions[0] <= positions[-1] < places):
        raise ProtocolError(
            Text("示された位置が不正です。", "The listed positions are not those of this run.")
        )


def seal_outer_keys(
    run: RunId,
    dealer: str,
    static: AgreementKey,
    receiver: Ready,
    seeds: Mapping[str, RunSeeds],
    positions: Sequence[int],
) -> Sealed:
    """Return all holders' outer keys of *positions*, sealed to the receiver alone."""
    keys = {
        holder: {
            str(position): key.hex()
            for position, key in outer_keys(own.cards, run.transcript, positions).items()
        }
        for holder, own in sorted(seeds.items())
    }
    info = hpke_info(OUTER_KEYS, run.transcript, dealer.encode(), receiver.node_id.encode())
    box = hpke_seal(receiver.ephemeral_public, static, info, canonical_bytes(keys))
    return Sealed(dealer, receiver.node_id, OUTER_KEYS, 0, box)


def pack_boxes(boxes: Mapping[str, bytes]) -> bytes:
    """Return sealed seeds as one value, by node."""
    return canonical_bytes({node: box.hex() for node, box in boxes.items()})


def unpack_boxes(data: bytes) -> dict[str, bytes]:
    """Read what `pack_boxes` wrote."""
    return {node: bytes.fromhex(box) for node, box in json.loads(data).items()}


def pack_seeds(seeds: Mapping[str, RunSeeds]) -> bytes:
    """Return seeds for the keystore: id, newline, 64 bytes, for each node in order."""
    return b"".join(
        node.encode() + b"\n" + own.lookup + own.cards for node, own in sorted(seeds.items())
    )


def unpack_seeds(data: bytes) -> dict[str, RunSeeds]:
    """Read what `pack_seeds` wrote."""
    seeds = {}
    while data:
        name, _, rest = data.partition(b"\n")
        lookup, cards = rest[:KEY_BYTES], rest[KEY_BYTES : 2 * KEY_BYTES]
        seeds[name.decode()] = RunSeeds(lookup, cards)
        data = rest[2 * KEY_BYTES :]
    return seeds


def _table(plan: Plan) -> Json:
    return plan.tables.get("table") if isinstance(plan.tables, Mapping) else None
