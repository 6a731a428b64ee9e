"""What every call to a member has: a deadline, retries, typed errors; and the shared calls.

A unary call and a stream that is sent are tried again here; a stream that is received
is restarted by whoever consumes it, because part of it may be consumed already.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import grpc

from coordinator.messages import MemberStatus, RunId
from coordinator.retries import Retries
from coordinator.wire import head_message, head_value, status_value
from coordinator.wire_streams import run_message
from privacy.audit import SignedHead
from privacy.roster import Roster
from protos import common_pb2, coordinator_pb2_grpc, node_pb2, node_pb2_grpc
from protos.problems import raised_by
from protos.values import SIGNATURE_BYTES, malformed, roster_message, sized

M = TypeVar("M")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class CallLimits:
    """Deadlines (seconds) and retries of one peer's calls."""

    unary_s: float
    stream_s: float
    retries: Retries


class Caller:
    """One peer's calls: errors become ours and name the peer by its id."""

    def __init__(self, member_id: str, limits: CallLimits) -> None:
        """Call *member_id* within *limits*."""
        self._member_id = member_id
        self._limits = limits

    @property
    def member_id(self) -> str:
        """The id of the member that is asked."""
        return self._member_id

    @property
    def unary_s(self) -> float:
        """The deadline of a unary call."""
        return self._limits.unary_s

    @property
    def stream_s(self) -> float:
        """The deadline of a stream."""
        return self._limits.stream_s

    async def ask(self, call: Callable[[], Awaitable[M]]) -> M:
        """Return what *call* answers, tried again while the peer does not answer."""

        async def once() -> M:
            try:
                return await call()
            except grpc.aio.AioRpcError as error:
                raise raised_by(self._member_id, error) from None

        return await self._limits.retries(self._member_id, once)

    async def stream(
        self, messages: AsyncIterator[M], translate: Callable[[M], V]
    ) -> AsyncIterator[V]:
        """Yield the values of a stream that is received."""
        try:
            async for message in messages:
                yield translate(message)
        except grpc.aio.AioRpcError as error:
            raise raised_by(self._member_id, error) from None


_Stub: TypeAlias = "node_pb2_grpc.NodeAsyncStub | coordinator_pb2_grpc.DealerAsyncStub"


class GrpcMember:
    """What nodes and the dealer answer alike."""

    def __init__(self, stub: _Stub, caller: Caller) -> None:
        """Ask through *stub*."""
        self._member = stub
        self._caller = caller

    @property
    def member_id(self) -> str:
        """The id of the member that is asked."""
        return self._caller.member_id

    async def status(self) -> MemberStatus:
        """Ask for versions and states."""
        request = common_pb2.StatusRequest()
        call = self._member.GetStatus
        reply = await self._caller.ask(lambda: call(request, timeout=self._caller.unary_s))
        return status_value(reply)

    async def propose_roster(self, roster: Roster, signatures: Mapping[str, bytes]) -> bytes | None:
        """Show a roster; return the member's signature once its operator has given it."""
        request = roster_message(roster, signatures)
        call = self._member.ProposeRoster
        reply = await self._caller.ask(lambda: call(request, timeout=self._caller.unary_s))
        if not reply.HasField("signature"):
            return None
        if reply.signature.signer != self.member_id:
            raise malformed("signer")
        return sized(reply.signature.value, SIGNATURE_BYTES, "signature")

    async def accept_roster(self, roster: Roster, signatures: Mapping[str, bytes]) -> None:
        """Hand over the roster with all signatures."""
        request = roster_message(roster, signatures)
        call = self._member.AcceptRoster
        await self._caller.ask(lambda: call(request, timeout=self._caller.unary_s))

    async def end_run(self, run: RunId) -> None:
        """Have the secrets of a run destroyed."""
        request = run_message(run)
        call = self._member.EndRun
        await self._caller.ask(lambda: call(request, timeout=self._caller.unary_s))

    async def exchange_heads(self, run: RunId) -> SignedHead:
        """Ask for the signed head of the member's log."""
        request = node_pb2.ExchangeHeadsRequest(run=run_message(run))
        call = self._member.ExchangeHeads
        reply = await self._caller.ask(lambda: call(request, timeout=self._caller.unary_s))
        return head_value(reply)

    async def countersign(self, heads: Sequence[SignedHead]) -> tuple[bytes, ...]:
        """Have the other members' heads signed, in their order."""
        request = node_pb2.CountersignRequest(heads=[head_message(h) for h in heads])
        call = self._member.Countersign
        reply = await self._caller.ask(lambda: call(request, timeout=self._caller.unary_s))
        if len(reply.signatures) != len(heads):
            raise malformed("signatures")
        return tuple(sized(s.value, SIGNATURE_BYTES, "signature") for s in reply.signatures)
