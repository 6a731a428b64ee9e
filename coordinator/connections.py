"""One mutual-TLS channel to each member that has joined, opened when it is first asked."""

from __future__ import annotations

from collections.abc import Callable

import grpc

from coordinator.calls import Caller, CallLimits
from coordinator.client import GrpcDealer, GrpcNode
from coordinator.process import CoordinatorProcess
from coordinator.retries import Retries
from coordinator.store.members import MemberState
from privacy.errors import RefusedError, Text
from protos import coordinator_pb2_grpc, node_pb2_grpc
from protos.transport import open_channel


class Connections:
    """The gRPC side of `coordinator.peers.Peers`; use it within one event loop."""

    def __init__(self, process: CoordinatorProcess, retries: Retries | None = None) -> None:
        """Dial the members in the registry of *process*."""
        config = process.config
        self._process = process
        self._limits = CallLimits(
            config.call_deadline_s,
            config.stream_deadline_s,
            retries or Retries(attempts=config.call_attempts),
        )
        self._channels: dict[str, grpc.aio.Channel] = {}

    def node(self, member_id: str) -> GrpcNode:
        """Return the client of one node.

        Raises:
            UnknownMemberError: no member has this id.
            RefusedError: the member has not joined, or is revoked.
        """
        make: Callable[..., node_pb2_grpc.NodeAsyncStub] = node_pb2_grpc.NodeStub
        return GrpcNode(make(self._channel(member_id)), Caller(member_id, self._limits))

    def dealer(self, member_id: str) -> GrpcDealer:
        """Return the client of the dealer.

        Raises:
            UnknownMemberError: no member has this id.
            RefusedError: the member has not joined, or is revoked.
        """
        make: Callable[..., coordinator_pb2_grpc.DealerAsyncStub] = coordinator_pb2_grpc.DealerStub
        return GrpcDealer(make(self._channel(member_id)), Caller(member_id, self._limits))

    async def close(self) -> None:
        """Close every channel."""
        for channel in self._channels.values():
            await channel.close()
        self._channels.clear()

    def _channel(self, member_id: str) -> grpc.aio.Channel:
        member = self._process.members.get(member_id)
        if member.state is not MemberState.JOINED:
            raise RefusedError(
                Text(f"{member_id} は参加していません。", f"{member_id} is not a joined member."),
                Text(
                    "参加の手続きを済ませるか、名簿を作り直してください。",
                    "Finish its joining, or make a new roster without it.",
                ),
            )
        if member_id not in self._channels:
            tls = self._process.keys.tls
            self._channels[member_id] = open_channel(member.address, member_id, tls)
        return self._channels[member_id]
