"""What members say to each other, as values: the domain's side of the protobuf messages.

The coordinator relays `Sealed`, `HpkeSealed` and `Dealing` without being able to read them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from privacy.errors import NOTHING, Text


def _no_handles() -> NDArray[np.uint32]:
    return np.zeros(0, dtype=np.uint32)


@dataclass(frozen=True, slots=True)
class RunId:
    """Which run a message belongs to; the transcript is empty before all Readys are seen."""

    plan_digest: bytes
    transcript: bytes = b""


@dataclass(frozen=True, slots=True)
class HpkeSealed:
    """One HPKE message from member to member."""

    sender: str
    receiver: str
    encapsulated: bytes = field(repr=False)
    box: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sealed:
    """One message of a run from member to member."""

    sender: str
    receiver: str
    step: str
    counter: int
    box: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A node's proof that it holds the city key."""

    node: str
    tag: bytes


@dataclass(frozen=True, slots=True)
class MemberStatus:
    """What a member says of itself: versions and states, no counts of records."""

    member_id: str
    version: str
    roster_digest: bytes
    city_epoch: int
    schema_digest: bytes
    normalisation_version: str
    slot_table: int


class Decision(StrEnum):
    """A node's word on a plan."""

    APPROVED = "approved"
    PENDING = "pending"
    """Its operator has not decided yet."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Review:
    """A node's word on a plan and, unless it approved, the rule and what would satisfy it."""

    decision: Decision
    what: Text = NOTHING
    fix: Text = NOTHING


@dataclass(frozen=True, slots=True)
class EncodingPart:
    """Rows ``first_row`` .. of one department's encodings, in the order of their handles.

    ``tokens``: kind -> rows x 32 bytes; ``views``: id -> rows x (bits / 64) words;
    ``labels``: pass -> rows, the blocks of the labelled variant.
    ``handles``: one a row, none where a node counts its rows; ``removed``: handles of rows
    that are gone, in the first part of an incremental round.
    """

    plan_digest: bytes
    schema_digest: bytes
    salt_pass: str
    total_rows: int
    first_row: int
    rows: int
    tokens: Mapping[str, NDArray[np.uint8]] = field(repr=False)
    views: Mapping[str, NDArray[np.uint64]] = field(repr=False)
    labels: Mapping[str, NDArray[np.uint64]] = field(default_factory=dict, repr=False)
    handles: NDArray[np.uint32] = field(default_factory=_no_handles, repr=False)
    removed: NDArray[np.uint32] = field(default_factory=_no_handles, repr=False)


@dataclass(frozen=True, slots=True)
class UniversePart:
    """Entries ``first_entry`` .. of the universe for a sealed node, in random order.

    ``slots``: one an entry; ``tokens``, ``views``: entries x bytes or words.  No department.
    """

    plan_digest: bytes
    schema_digest: bytes
    model_json: bytes
    total_slots: int
    total_entries: int
    first_entry: int
    slots: NDArray[np.uint32] = field(repr=False)
    tokens: Mapping[str, NDArray[np.uint8]] = field(repr=False)
    views: Mapping[str, NDArray[np.uint64]] = field(repr=False)
    slot_table: int
    slot_table_digest: bytes
    labels: Mapping[str, NDArray[np.uint64]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class SlotPart:
    """The slots of a node's own rows ``first_row`` .., in the order of their handles."""

    plan_digest: bytes
    slot_table: int
    slot_table_digest: bytes
    total_slots: int
    total_rows: int
    first_row: int
    slots: NDArray[np.uint32] = field(repr=False)
    left_out: Text = NOTHING
    """Why the round went on without this node; it has no row in the table then."""


@dataclass(frozen=True, slots=True)
class HouseholdPart:
    """Rows ``first_row`` .. of one department's household evidence, by ascending position.

    ``abstains``: the whole answer of a node that takes no part; ``withheld`` comes with the
    first part.
    """

    plan_digest: bytes
    schema_digest: bytes
    abstains: bool
    total_rows: int
    first_row: int
    positions: NDArray[np.uint32] = field(repr=False)
    tokens: Mapping[str, NDArray[np.uint8]] = field(repr=False)
    withheld: NDArray[np.uint32] = field(repr=False)


@dataclass(frozen=True, slots=True)
class NumberPart:
    """Household numbers ``first_row`` .. of one open node, in the order of its evidence."""

    plan_digest: bytes
    slot_table: int
    total_rows: int
    first_row: int
    numbers: NDArray[np.uint32] = field(repr=False)


@dataclass(frozen=True, slots=True)
class LockPart:
    """Locked household numbers ``first_lock`` .., the same for every sealed node."""

    plan_digest: bytes
    slot_table: int
    total_locks: int
    first_lock: int
    labels: NDArray[np.uint64] = field(repr=False)
    numbers: NDArray[np.uint32] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Dealing:
    """A part of the dealer's randomness for one node, sealed to it."""

    run: RunId
    receiver: str
    seeds: HpkeSealed | None = None
    correction: Sealed | None = None


@dataclass(frozen=True, slots=True)
class OutputPart:
    """A part of a node's masked output: bits or words at ``offset``, or cards from a position."""

    run: RunId
    node: str
    output: str
    total_bytes: int
    offset: int
    masked: bytes = field(repr=False)
    first_position: int
    cards: tuple[bytes, ...] = field(repr=False)
    card_agreement: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Alert:
    """What the receiver gets: listed positions, their boxes by sender, sealed outer keys."""

    run: RunId
    listed: Mapping[int, Mapping[str, bytes]] = field(repr=False)
    outer_keys: Sealed
    expires: str
    signer: str
    signature: bytes
    card_agreements: Mapping[str, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The receiver's word that it holds the alert; ``listed`` counts decoys too."""

    node: str
    listed: int
    signature: bytes
