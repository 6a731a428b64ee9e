"""The seams to other processes: what a round asks of a node and of the dealer.

`coordinator.client` implements them over gRPC, `tests.simulator` in memory.  Every call
is idempotent; every call may raise an `EnishiError` (refused, unreachable, wrong).
A stream that is sent is given as a callable, so that a retry sends it from its start.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Protocol

from coordinator.dealing import DealRequest
from coordinator.messages import (
    Alert,
    Confirmation,
    Dealing,
    EncodingPart,
    HouseholdPart,
    HpkeSealed,
    LockPart,
    MemberStatus,
    NumberPart,
    OutputPart,
    Receipt,
    Review,
    RunId,
    Sealed,
    SlotPart,
    UniversePart,
)
from privacy.audit import SignedHead
from privacy.encoding.known_answer import KnownAnswer
from privacy.linkage.asking import Asked, Told
from privacy.plan import Plan
from privacy.roster import Roster
from privacy.transcript import Ready


class MemberClient(Protocol):
    """What nodes and the dealer answer alike."""

    @property
    def member_id(self) -> str:
        """The id of the member that is asked."""

    async def status(self) -> MemberStatus:
        """Ask for versions and states."""

    async def propose_roster(self, roster: Roster, signatures: Mapping[str, bytes]) -> bytes | None:
        """Show a roster; return the member's signature once its operator has given it."""

    async def accept_roster(self, roster: Roster, signatures: Mapping[str, bytes]) -> None:
        """Hand over the roster with all signatures."""

    async def end_run(self, run: RunId) -> None:
        """Have the secrets of a run destroyed."""

    async def exchange_heads(self, run: RunId) -> SignedHead:
        """Ask for the signed head of the member's log."""

    async def countersign(self, heads: Sequence[SignedHead]) -> tuple[bytes, ...]:
        """Have the other members' heads signed, in their order."""


class NodeClient(MemberClient, Protocol):
    """What a round asks of one department's node."""

    async def commit(self, roster_digest: bytes, city_epoch: int) -> bytes:
        """Ask for the commitment to a fresh contribution."""

    async def send_contributions(
        self, roster_digest: bytes, city_epoch: int, commitments: Mapping[str, bytes]
    ) -> tuple[HpkeSealed, ...]:
        """Ask for the contribution, sealed to every other node."""

    async def receive_contributions(
        self, roster_digest: bytes, city_epoch: int, shares: Sequence[HpkeSealed]
    ) -> Confirmation:
        """Hand over what the others sealed to this node; return its confirmation."""

    async def confirm_city(
        self, roster_digest: bytes, city_epoch: int, confirmations: Sequence[Confirmation]
    ) -> None:
        """Have all confirmations checked."""

    async def review_plan(self, plan: Plan, signer: str, signature: bytes) -> Review:
        """Ask for the node's word on a plan."""

    async def answer_known_people(self, plan_digest: bytes) -> KnownAnswer:
        """Ask for the digests of the known people's encodings."""

    def send_encodings(
        self, plan_digest: bytes, schema_digest: bytes, salt_pass: str, handles: Sequence[int]
    ) -> AsyncIterator[EncodingPart]:
        """Ask for encodings; no handles ask for all rows."""

    def send_dummies(
        self, plan_digest: bytes, schema_digest: bytes, passes: Sequence[str], count: int
    ) -> AsyncIterator[EncodingPart]:
        """Ask an open node for encodings that belong to nobody."""

    async def match_universe(self, parts: Callable[[], Iterable[UniversePart]]) -> None:
        """Have a sealed node match the universe by itself."""

    async def accept_slots(self, parts: Callable[[], Iterable[SlotPart]]) -> None:
        """Tell a node the slots of its own rows."""

    async def send_review_answers(self, plan_digest: bytes) -> Told:
        """Ask what the node's people answered on pairs of earlier link rounds."""

    async def ask_review(self, plan_digest: bytes, asked: Sequence[Asked]) -> None:
        """Have pairs looked at by the node's people."""

    def send_households(
        self, plan_digest: bytes, schema_digest: bytes
    ) -> AsyncIterator[HouseholdPart]:
        """Ask an open node for its household evidence."""

    async def accept_households(self, parts: Callable[[], Iterable[NumberPart]]) -> None:
        """Tell an open node the household numbers of its own slots."""

    async def open_households(self, parts: Callable[[], Iterable[LockPart]]) -> None:
        """Send a sealed node all household numbers, locked."""

    async def close_epoch(self, link_epoch: int) -> None:
        """Tell a node that what was held of a link epoch is destroyed."""

    async def make_ready(self, plan_digest: bytes) -> Ready:
        """Ask for the node's signed Ready."""

    async def begin(self, run: RunId, dealer: str, readys: Sequence[Ready]) -> RunId:
        """Hand over all Readys; return the run as the node sees it."""

    async def receive_dealing(self, parts: Callable[[], Iterable[Dealing]]) -> None:
        """Hand over the dealer's randomness for this node."""

    def send_sealed(self, run: RunId, step: str) -> AsyncIterator[Sealed]:
        """Ask for the node's sealed messages of one step."""

    async def receive_sealed(self, run: RunId, sealed: Callable[[], Iterable[Sealed]]) -> None:
        """Hand over what others sealed to this node."""

    def send_outputs(self, run: RunId) -> AsyncIterator[OutputPart]:
        """Ask for the node's masked output and its cards."""

    async def deliver(self, alert: Alert) -> Receipt:
        """Hand the alert to its receiver."""


class DealerClient(MemberClient, Protocol):
    """What a round asks of the dealer."""

    def deal(self, request: DealRequest) -> AsyncIterator[Dealing]:
        """Ask for the randomness of a run, sealed to each node."""

    async def open_cards(self, run: RunId, positions: Sequence[int]) -> Sealed:
        """Ask for the outer keys of the listed positions, sealed to the receiver."""


class Peers(Protocol):
    """Who can be asked: the members that have joined, by id."""

    def node(self, member_id: str) -> NodeClient:
        """Return the client of one node."""

    def dealer(self, member_id: str) -> DealerClient:
        """Return the client of the dealer."""
