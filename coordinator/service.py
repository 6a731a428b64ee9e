"""What the coordinator and the dealer answer over gRPC; each method translates and asks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc

from coordinator.dealer import Dealer
from coordinator.enrol import Registrar
from coordinator.wire import admission_from, head_message, head_value
from coordinator.wire_dealer import deal_request_value
from coordinator.wire_streams import dealing_message, run_value, sealed_message
from privacy.errors import EnishiError
from protos import common_pb2, coordinator_pb2, coordinator_pb2_grpc, node_pb2
from protos.problems import status_of
from protos.values import malformed, roster_value

MOST_HEADS = 200
MOST_POSITIONS = 100_000

_Context = grpc.aio.ServicerContext[Any, Any]


class EnrolmentService(coordinator_pb2_grpc.EnrolmentServicer):
    """Answers over server-side TLS: who joins shows a one-time code."""

    def __init__(self, registrar: Registrar, report: Callable[[str, str], None]) -> None:
        """Admit members with *registrar*; *report* (event, member id or kind) to the log."""
        self._registrar = registrar
        self._report = report

    async def Join(
        self, request: coordinator_pb2.JoinRequest, context: _Context
    ) -> coordinator_pb2.JoinReply:
        """Admit a member once; a refusal leaves as a typed error without the code."""
        try:
            admission = admission_from(request)
            certificate = self._registrar.admit(admission)
        except EnishiError as error:
            self._report("join_refused", type(error).__name__)
            await context.abort_with_status(status_of(error))
        self._report("joined", admission.member_id)
        return coordinator_pb2.JoinReply(
            certificate_pem=certificate, authority_pem=self._registrar.authority_pem()
        )


class DealerService(coordinator_pb2_grpc.DealerServicer):
    """The servicer; the guard has checked who calls, and turns errors into statuses."""

    def __init__(self, dealer: Dealer, status: common_pb2.Status) -> None:
        """Answer for *dealer*; *status* holds what does not change while it runs."""
        self._dealer = dealer
        self._status = status

    async def GetStatus(
        self, request: common_pb2.StatusRequest, context: _Context
    ) -> common_pb2.Status:
        """Say version and roster."""
        reply = common_pb2.Status()
        reply.CopyFrom(self._status)
        roster = self._dealer.membership.proposed()
        reply.roster_digest = b"" if roster is None else roster.digest
        return reply

    async def ProposeRoster(
        self, request: common_pb2.Roster, context: _Context
    ) -> node_pb2.ProposeRosterReply:
        """Keep a proposed roster; answer with our signature once it is there."""
        roster, _ = roster_value(request)
        signature = self._dealer.membership.propose(roster)
        if signature is None:
            return node_pb2.ProposeRosterReply()
        signed = common_pb2.Signature(signer=self._status.id, value=signature)
        return node_pb2.ProposeRosterReply(signature=signed)

    async def AcceptRoster(self, request: common_pb2.Roster, context: _Context) -> common_pb2.Done:
        """Put a roster in force that all have signed."""
        self._dealer.membership.accept(*roster_value(request))
        return common_pb2.Done()

    async def Deal(
        self, request: coordinator_pb2.DealRequest, context: _Context
    ) -> AsyncIterator[node_pb2.DealingChunk]:
        """Stream a run's randomness, sealed to each node."""
        for part in self._dealer.deal(deal_request_value(request)):
            yield dealing_message(part)

    async def OpenCards(
        self, request: coordinator_pb2.OpenCardsRequest, context: _Context
    ) -> common_pb2.Sealed:
        """Give the listed positions' outer keys, sealed to the receiver."""
        if len(request.positions) > MOST_POSITIONS:
            raise malformed("positions")
        sealed = self._dealer.open_cards(run_value(request.run), tuple(request.positions))
        return sealed_message(sealed)

    async def EndRun(self, request: common_pb2.Run, context: _Context) -> common_pb2.Done:
        """Destroy a run's seeds."""
        self._dealer.end_run(run_value(request))
        return common_pb2.Done()

    async def ExchangeHeads(
        self, request: node_pb2.ExchangeHeadsRequest, context: _Context
    ) -> common_pb2.AuditHead:
        """Give the signed head of our log."""
        run = request.run.transcript or request.run.plan_digest
        return head_message(self._dealer.membership.head(run.hex() or "none"))

    async def Countersign(
        self, request: node_pb2.CountersignRequest, context: _Context
    ) -> node_pb2.CountersignReply:
        """Sign other members' heads."""
        if len(request.heads) > MOST_HEADS:
            raise malformed("heads")
        heads = [head_value(head) for head in request.heads]
        signatures = self._dealer.membership.countersign(heads)
        return node_pb2.CountersignReply(
            signatures=[
                common_pb2.Signature(signer=self._status.id, value=value) for value in signatures
            ]
        )
