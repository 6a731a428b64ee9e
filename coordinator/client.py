"""Nodes and the dealer over gRPC: values in and out, `coordinator.calls` underneath."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence

from coordinator.calls import Caller, GrpcMember
from coordinator.dealing import DealRequest
from coordinator.messages import (
    Alert,
    Confirmation,
    Dealing,
    EncodingPart,
    HouseholdPart,
    HpkeSealed,
    LockPart,
    NumberPart,
    OutputPart,
    Receipt,
    Review,
    RunId,
    Sealed,
    SlotPart,
    UniversePart,
)
from coordinator.wire import (
    alert_message,
    confirmation_value,
    known_answer_value,
    receipt_value,
    review_value,
)
from coordinator.wire_dealer import deal_request_message
from coordinator.wire_households import household_value, lock_message, number_message
from coordinator.wire_streams import (
    dealing_message,
    dealing_value,
    encoding_value,
    hpke_message,
    hpke_value,
    output_value,
    run_message,
    run_value,
    sealed_message,
    sealed_value,
    slot_message,
    universe_message,
)
from privacy.encoding.known_answer import KnownAnswer
from privacy.linkage.asking import Asked, Told
from privacy.plan import Plan
from privacy.transcript import Ready
from protos import common_pb2, coordinator_pb2, coordinator_pb2_grpc, node_pb2, node_pb2_grpc
from protos.reviews import answers_value, questions_message
from protos.values import (
    malformed,
    plan_message,
    ready_message,
    ready_value,
    sized,
)


class GrpcNode(GrpcMember):
    """One department's node."""

    def __init__(self, stub: node_pb2_grpc.NodeAsyncStub, caller: Caller) -> None:
        """Ask through *stub*."""
        super().__init__(stub, caller)
        self._stub = stub

    async def commit(self, roster_digest: bytes, city_epoch: int) -> bytes:
        """Ask for the commitment to a fresh contribution."""
        request = node_pb2.CommitRequest(roster_digest=roster_digest, city_epoch=city_epoch)
        reply = await self._caller.ask(
            lambda: self._stub.Commit(request, timeout=self._caller.unary_s)
        )
        return sized(reply.commitment, 32, "commitment")

    async def send_contributions(
        self, roster_digest: bytes, city_epoch: int, commitments: Mapping[str, bytes]
    ) -> tuple[HpkeSealed, ...]:
        """Ask for the contribution, sealed to every other node."""
        request = node_pb2.SendContributionsRequest(
            roster_digest=roster_digest, city_epoch=city_epoch, commitments=dict(commitments)
        )
        reply = await self._caller.ask(
            lambda: self._stub.SendContributions(request, timeout=self._caller.unary_s)
        )
        return tuple(hpke_value(share) for share in reply.shares)

    async def receive_contributions(
        self, roster_digest: bytes, city_epoch: int, shares: Sequence[HpkeSealed]
    ) -> Confirmation:
        """Hand over what the others sealed to this node; return its confirmation."""
        request = node_pb2.ReceiveContributionsRequest(
            roster_digest=roster_digest,
            city_epoch=city_epoch,
            shares=[hpke_message(share) for share in shares],
        )
        reply = await self._caller.ask(
            lambda: self._stub.ReceiveContributions(request, timeout=self._caller.unary_s)
        )
        return confirmation_value(reply)

    async def confirm_city(
        self, roster_digest: bytes, city_epoch: int, confirmations: Sequence[Confirmation]
    ) -> None:
        """Have all confirmations checked."""
        request = node_pb2.ConfirmCityRequest(
            roster_digest=roster_digest,
            city_epoch=city_epoch,
            confirmations=[node_pb2.Confirmation(node=c.node, tag=c.tag) for c in confirmations],
        )
        await self._caller.ask(
            lambda: self._stub.ConfirmCity(request, timeout=self._caller.unary_s)
        )

    async def review_plan(self, plan: Plan, signer: str, signature: bytes) -> Review:
        """Ask for the node's word on a plan."""
        request = plan_message(plan, signer, signature)
        reply = await self._caller.ask(
            lambda: self._stub.ReviewPlan(request, timeout=self._caller.unary_s)
        )
        return review_value(reply)

    async def answer_known_people(self, plan_digest: bytes) -> KnownAnswer:
        """Ask for the digests of the known people's encodings."""
        request = common_pb2.Run(plan_digest=plan_digest)
        reply = await self._caller.ask(
            lambda: self._stub.AnswerKnownPeople(request, timeout=self._caller.unary_s)
        )
        if reply.node != self.member_id:
            raise malformed("node")
        return known_answer_value(reply)

    def send_encodings(
        self, plan_digest: bytes, schema_digest: bytes, salt_pass: str, handles: Sequence[int]
    ) -> AsyncIterator[EncodingPart]:
        """Ask for encodings; no handles ask for all rows."""
        request = node_pb2.SendEncodingsRequest(
            plan_digest=plan_digest, schema_digest=schema_digest, handles=handles
        )
        request.encoding_pass = salt_pass
        messages = self._stub.SendEncodings(request, timeout=self._caller.stream_s)
        return self._caller.stream(aiter(messages), encoding_value)

    def send_dummies(
        self, plan_digest: bytes, schema_digest: bytes, passes: Sequence[str], count: int
    ) -> AsyncIterator[EncodingPart]:
        """Ask an open node for encodings that belong to nobody."""
        request = node_pb2.SendDummiesRequest(
            plan_digest=plan_digest, schema_digest=schema_digest, passes=passes, count=count
        )
        messages = self._stub.SendDummies(request, timeout=self._caller.stream_s)
        return self._caller.stream(aiter(messages), encoding_value)

    async def match_universe(self, parts: Callable[[], Iterable[UniversePart]]) -> None:
        """Have a sealed node match the universe by itself."""
        await self._caller.ask(
            lambda: self._stub.MatchUniverse(
                (universe_message(part) for part in parts()), timeout=self._caller.stream_s
            )
        )

    async def accept_slots(self, parts: Callable[[], Iterable[SlotPart]]) -> None:
        """Tell a node the slots of its own rows."""
        await self._caller.ask(
            lambda: self._stub.AcceptSlots(
                (slot_message(part) for part in parts()), timeout=self._caller.stream_s
            )
        )

    async def send_review_answers(self, plan_digest: bytes) -> Told:
        """Ask what the node's people answered on pairs of earlier link rounds."""
        request = common_pb2.Run(plan_digest=plan_digest)
        reply = await self._caller.ask(
            lambda: self._stub.SendReviewAnswers(request, timeout=self._caller.unary_s)
        )
        return answers_value(reply)

    async def ask_review(self, plan_digest: bytes, asked: Sequence[Asked]) -> None:
        """Have pairs looked at by the node's people."""
        request = questions_message(plan_digest, asked)
        await self._caller.ask(lambda: self._stub.AskReview(request, timeout=self._caller.unary_s))

    def send_households(
        self, plan_digest: bytes, schema_digest: bytes
    ) -> AsyncIterator[HouseholdPart]:
        """Ask an open node for its household evidence."""
        request = node_pb2.SendHouseholdsRequest(
            plan_digest=plan_digest, schema_digest=schema_digest
        )
        messages = self._stub.SendHouseholds(request, timeout=self._caller.stream_s)
        return self._caller.stream(aiter(messages), household_value)

    async def accept_households(self, parts: Callable[[], Iterable[NumberPart]]) -> None:
        """Tell an open node the household numbers of its own slots."""
        await self._caller.ask(
            lambda: self._stub.AcceptHouseholds(
                (number_message(part) for part in parts()), timeout=self._caller.stream_s
            )
        )

    async def open_households(self, parts: Callable[[], Iterable[LockPart]]) -> None:
        """Send a sealed node all household numbers, locked."""
        await self._caller.ask(
            lambda: self._stub.OpenHouseholds(
                (lock_message(part) for part in parts()), timeout=self._caller.stream_s
            )
        )

    async def close_epoch(self, link_epoch: int) -> None:
        """Tell a node that what was held of a link epoch is destroyed."""
        request = node_pb2.CloseEpochRequest(link_epoch=link_epoch)
        await self._caller.ask(lambda: self._stub.CloseEpoch(request, timeout=self._caller.unary_s))

    async def make_ready(self, plan_digest: bytes) -> Ready:
        """Ask for the node's signed Ready."""
        request = common_pb2.Run(plan_digest=plan_digest)
        reply = await self._caller.ask(
            lambda: self._stub.MakeReady(request, timeout=self._caller.unary_s)
        )
        return ready_value(reply)

    async def begin(self, run: RunId, dealer: str, readys: Sequence[Ready]) -> RunId:
        """Hand over all Readys; return the run as the node sees it."""
        request = _begin_message(run, dealer, readys)
        reply = await self._caller.ask(
            lambda: self._stub.Begin(request, timeout=self._caller.unary_s)
        )
        return run_value(reply)

    async def receive_dealing(self, parts: Callable[[], Iterable[Dealing]]) -> None:
        """Hand over the dealer's randomness for this node."""
        await self._caller.ask(
            lambda: self._stub.ReceiveDealing(
                (dealing_message(part) for part in parts()), timeout=self._caller.stream_s
            )
        )

    def send_sealed(self, run: RunId, step: str) -> AsyncIterator[Sealed]:
        """Ask for the node's sealed messages of one step."""
        request = node_pb2.SendSealedRequest(run=run_message(run), step=step)
        messages = self._stub.SendSealed(request, timeout=self._caller.stream_s)
        return self._caller.stream(aiter(messages), sealed_value)

    async def receive_sealed(self, run: RunId, sealed: Callable[[], Iterable[Sealed]]) -> None:
        """Hand over what others sealed to this node."""
        own = run_message(run)
        await self._caller.ask(
            lambda: self._stub.ReceiveSealed(
                (node_pb2.RunSealed(run=own, sealed=sealed_message(one)) for one in sealed()),
                timeout=self._caller.stream_s,
            )
        )

    def send_outputs(self, run: RunId) -> AsyncIterator[OutputPart]:
        """Ask for the node's masked output and its cards."""
        messages = self._stub.SendOutputs(run_message(run), timeout=self._caller.stream_s)
        return self._caller.stream(aiter(messages), output_value)

    async def deliver(self, alert: Alert) -> Receipt:
        """Hand the alert to its receiver."""
        request = alert_message(alert)
        reply = await self._caller.ask(
            lambda: self._stub.Deliver(request, timeout=self._caller.stream_s)
        )
        return receipt_value(reply)


class GrpcDealer(GrpcMember):
    """The dealer."""

    def __init__(self, stub: coordinator_pb2_grpc.DealerAsyncStub, caller: Caller) -> None:
        """Ask through *stub*."""
        super().__init__(stub, caller)
        self._stub = stub

    def deal(self, request: DealRequest) -> AsyncIterator[Dealing]:
        """Ask for the randomness of a run, sealed to each node."""
        messages = self._stub.Deal(deal_request_message(request), timeout=self._caller.stream_s)
        return self._caller.stream(aiter(messages), dealing_value)

    async def open_cards(self, run: RunId, positions: Sequence[int]) -> Sealed:
        """Ask for the outer keys of the listed positions, sealed to the receiver."""
        request = coordinator_pb2.OpenCardsRequest(run=run_message(run), positions=positions)
        reply = await self._caller.ask(
            lambda: self._stub.OpenCards(request, timeout=self._caller.unary_s)
        )
        return sealed_value(reply)


def _begin_message(run: RunId, dealer: str, readys: Sequence[Ready]) -> node_pb2.BeginRequest:
    return node_pb2.BeginRequest(
        run=run_message(run), dealer=dealer, readys=[ready_message(ready) for ready in readys]
    )
