"""The values that cross a node's wire, free of protobuf: pieces of streams, boxes, alerts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from privacy.canonical import framed
from privacy.errors import NOTHING, Text


@dataclass(frozen=True, slots=True)
class SlotPiece:
    """A piece of this node's slot table: slots in handle order from ``first_row`` on.

    ``left_out``: why the round went on without this node, which then has no row in the table.
    """

    version: int
    digest: bytes
    total_slots: int
    total_rows: int
    first_row: int
    slots: NDArray[np.uint32] = field(repr=False)
    left_out: Text = NOTHING


@dataclass(frozen=True, slots=True)
class UniversePiece:
    """A piece of the universe for a sealed node: entries in random order, no departments."""

    version: int
    digest: bytes
    total_slots: int
    total_entries: int
    first_entry: int
    model_json: bytes = field(repr=False)
    entry_slots: NDArray[np.uint32] = field(repr=False)
    tokens: Mapping[str, NDArray[np.uint8]] = field(repr=False)
    views: Mapping[str, NDArray[np.uint64]] = field(repr=False)
    labels: Mapping[str, NDArray[np.uint64]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class NumberPiece:
    """A piece of this node's household numbers, in the order of its evidence."""

    plan_digest: bytes
    version: int
    total: int
    first: int
    numbers: NDArray[np.uint32] = field(repr=False)


@dataclass(frozen=True, slots=True)
class LockPiece:
    """A piece of all locked household numbers, for a sealed node."""

    plan_digest: bytes
    version: int
    total: int
    first: int
    labels: NDArray[np.uint64] = field(repr=False)
    numbers: NDArray[np.uint32] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Dealt:
    """One piece of what the dealer sends to this node: its seeds, or a piece of correction."""

    sealed_seeds: bytes = field(default=b"", repr=False)
    correction: bytes = field(default=b"", repr=False)
    counter: int = 0


@dataclass(frozen=True, slots=True)
class SealedMessage:
    """One message to a peer, as the coordinator relays it."""

    sender: str
    receiver: str
    step: str
    counter: int
    box: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Output:
    """What this node sends to the coordinator at the end: masked bits or cells, and cards."""

    name: str
    masked: bytes = field(repr=False)
    cards: bytes = field(default=b"", repr=False)
    agreement: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class AlertMessage:
    """What the receiving node gets: listed positions with the holders' sealed cards."""

    plan_digest: bytes
    transcript: bytes
    boxes: Mapping[int, Mapping[str, bytes]] = field(repr=False)
    agreements: Mapping[str, bytes] = field(repr=False)
    outer_keys: SealedMessage = field(repr=False)
    expires: datetime
    signature: bytes = field(repr=False)

    def signed_bytes(self) -> bytes:
        """Return what the coordinator signs: plan, transcript and a digest of all boxes."""
        parts = b"".join(
            position.to_bytes(4, "big") + sender.encode() + box
            for position, senders in self.boxes.items()
            for sender, box in sorted(senders.items())
        )
        digest = hashlib.sha256(parts).digest()
        return framed(b"enishi/v1/alert", self.plan_digest, self.transcript, digest)


def receipt_signed(plan_digest: bytes, transcript: bytes, listed: int) -> bytes:
    """Return the bytes that the receiver signs in its receipt."""
    return framed(b"enishi/v1/receipt", plan_digest, transcript, listed.to_bytes(4, "big"))


@dataclass(frozen=True, slots=True)
class MemberStatus:
    """What a node says of itself to the coordinator: versions and states, no counts."""

    node: str
    version: str
    roster_digest: bytes
    city_epoch: int
    schema_digest: bytes
    normalisation_version: str
    slot_table: int
