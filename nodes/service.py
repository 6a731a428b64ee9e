"""The node's gRPC service: messages in, driver called, messages out; nothing else.

Handlers run the driver in a worker thread, so that encoding a city never blocks the
server; what is raised there leaves through `protos.guard`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypeAlias, TypeVar

from nodes import wire
from nodes.driver.audit import Heads
from nodes.driver.context import NodeContext
from nodes.driver.delivery import Delivery
from nodes.driver.enrolment import Enrolment
from nodes.driver.epochs import close
from nodes.driver.exchange import Exchange
from nodes.driver.households import HouseholdLinking
from nodes.driver.linking import Linking
from nodes.driver.overdue import destroy_overdue
from nodes.driver.plans import Plans
from nodes.driver.review import ReviewRounds
from nodes.driver.runs import Runs
from nodes.driver.sealed import Gathering, SealedMatching
from nodes.driver.status import member_status
from nodes.encoder import whole
from nodes.wire_households import household_messages, lock_piece, number_piece
from protos import common_pb2, node_pb2, node_pb2_grpc
from protos.reviews import answers_message, questions_value
from protos.values import (
    DIGEST_BYTES,
    head_message,
    head_value,
    member_id,
    plan_value,
    roster_value,
    sized,
)

MOST_PIECES = 20_000
T = TypeVar("T")
Call: TypeAlias = Any
"""The servicer's context; the guard has used it before."""


async def _off_loop(function: Callable[..., T], *arguments: object) -> T:
    return await asyncio.to_thread(function, *arguments)


class NodeService(node_pb2_grpc.NodeServicer):
    """One node, as the coordinator reaches it."""

    def __init__(self, context: NodeContext) -> None:
        """Serve *context*."""
        self._context = context
        self._enrolment = Enrolment(context)
        self._plans = Plans(context)
        self._linking = Linking(context)
        self._sealed = SealedMatching(context)
        self._reviewing = ReviewRounds(context)
        self._households = HouseholdLinking(context)
        self._runs = Runs(context)
        self._heads = Heads(context)

    async def GetStatus(
        self, request: common_pb2.StatusRequest, context: Call
    ) -> common_pb2.Status:
        """Say versions and states."""
        return wire.status_message(await _off_loop(member_status, self._context))

    async def ProposeRoster(
        self, request: common_pb2.Roster, context: Call
    ) -> node_pb2.ProposeRosterReply:
        """Show a roster to the operator; answer with the signature once it is there."""
        roster, _ = roster_value(request)
        signature = await _off_loop(self._enrolment.propose, roster)
        if signature is None:
            return node_pb2.ProposeRosterReply()
        signed = common_pb2.Signature(signer=self._context.node, value=signature)
        return node_pb2.ProposeRosterReply(signature=signed)

    async def AcceptRoster(self, request: common_pb2.Roster, context: Call) -> common_pb2.Done:
        """Take the signed roster into use."""
        roster, signatures = roster_value(request)
        await _off_loop(self._enrolment.accept, roster, signatures)
        return common_pb2.Done()

    async def Commit(self, request: node_pb2.CommitRequest, context: Call) -> node_pb2.CommitReply:
        """Commit to a contribution to the city key."""
        digest = sized(request.roster_digest, DIGEST_BYTES, "roster_digest")
        return node_pb2.CommitReply(commitment=await _off_loop(self._enrolment.commit, digest))

    async def SendContributions(
        self, request: node_pb2.SendContributionsRequest, context: Call
    ) -> node_pb2.SendContributionsReply:
        """Send the contribution, sealed to each peer."""
        digest = sized(request.roster_digest, DIGEST_BYTES, "roster_digest")
        shares = await _off_loop(self._enrolment.contributions, digest, dict(request.commitments))
        return node_pb2.SendContributionsReply(
            shares=[
                common_pb2.HpkeSealed(
                    sender=self._context.node,
                    receiver=peer,
                    encapsulated=body[:32],
                    box=body[32:],
                )
                for peer, body in shares.items()
            ]
        )

    async def ReceiveContributions(
        self, request: node_pb2.ReceiveContributionsRequest, context: Call
    ) -> node_pb2.Confirmation:
        """Open the peers' contributions; confirm the city key."""
        digest = sized(request.roster_digest, DIGEST_BYTES, "roster_digest")
        shares = {
            member_id(share.sender, "sender"): share.encapsulated + share.box
            for share in request.shares
        }
        tag = await _off_loop(self._enrolment.receive, digest, shares)
        return node_pb2.Confirmation(node=self._context.node, tag=tag)

    async def ConfirmCity(
        self, request: node_pb2.ConfirmCityRequest, context: Call
    ) -> common_pb2.Done:
        """Check everyone's confirmation; take the city key into use."""
        digest = sized(request.roster_digest, DIGEST_BYTES, "roster_digest")
        tags = {member_id(one.node, "node"): one.tag for one in request.confirmations}
        await _off_loop(self._enrolment.confirm, digest, tags)
        return common_pb2.Done()

    async def ReviewPlan(self, request: common_pb2.Plan, context: Call) -> node_pb2.PlanReview:
        """Check a plan by this node's rules and people."""
        review = await _off_loop(self._plans.review, *plan_value(request))
        return wire.review_message(review.decision.value, review.error)

    async def AnswerKnownPeople(
        self, request: common_pb2.Run, context: Call
    ) -> node_pb2.KnownAnswer:
        """Encode the fake people, so that the coordinator can compare all nodes."""
        plan = sized(request.plan_digest, DIGEST_BYTES, "plan_digest")
        answer = await _off_loop(self._linking.answer_known_people, plan)
        return wire.known_answer_message(self._context.node, answer)

    async def SendEncodings(
        self, request: node_pb2.SendEncodingsRequest, context: Call
    ) -> AsyncIterator[node_pb2.EncodingChunk]:
        """Stream the encodings of one pass."""
        plan = sized(request.plan_digest, DIGEST_BYTES, "plan_digest")
        schema = sized(request.schema_digest, DIGEST_BYTES, "schema_digest")
        outgoing = await _off_loop(
            self._linking.encodings, plan, schema, request.encoding_pass, list(request.handles)
        )
        for chunk in wire.encoding_messages(plan, schema, request.encoding_pass, outgoing):
            yield chunk

    async def SendDummies(
        self, request: node_pb2.SendDummiesRequest, context: Call
    ) -> AsyncIterator[node_pb2.EncodingChunk]:
        """Stream dummies for the second places of a universe."""
        plan = sized(request.plan_digest, DIGEST_BYTES, "plan_digest")
        schema = sized(request.schema_digest, DIGEST_BYTES, "schema_digest")
        passes = list(request.passes)
        batch = await _off_loop(self._linking.dummies, plan, schema, passes, request.count)
        for chunk in wire.encoding_messages(plan, schema, "+".join(passes), whole(batch)):
            yield chunk

    async def MatchUniverse(
        self, request_iterator: AsyncIterator[node_pb2.UniverseChunk], context: Call
    ) -> common_pb2.Done:
        """Match this sealed department against the universe, here."""
        gathered, plan = Gathering(), b""
        async for chunk in request_iterator:
            if not plan:
                plan = sized(chunk.plan_digest, DIGEST_BYTES, "plan_digest")
                await _off_loop(self._sealed.check, plan)
            gathered.add(wire.universe_piece(chunk), self._context.config.max_message_rows)
        await _off_loop(self._sealed.match, plan, gathered)
        return common_pb2.Done()

    async def AcceptSlots(
        self, request_iterator: AsyncIterator[node_pb2.SlotChunk], context: Call
    ) -> common_pb2.Done:
        """Keep the slots of this node's rows."""
        chunks = await wire.collected(request_iterator, MOST_PIECES)
        if chunks:
            plan = sized(chunks[0].plan_digest, DIGEST_BYTES, "plan_digest")
            await _off_loop(self._linking.accept_slots, plan, map(wire.slot_piece, chunks))
        return common_pb2.Done()

    async def SendReviewAnswers(
        self, request: common_pb2.Run, context: Call
    ) -> node_pb2.ReviewAnswers:
        """Say what this node's people answered in clerical review."""
        plan = sized(request.plan_digest, DIGEST_BYTES, "plan_digest")
        return answers_message(await _off_loop(self._reviewing.told, plan))

    async def AskReview(self, request: node_pb2.ReviewQuestions, context: Call) -> common_pb2.Done:
        """Keep pairs for this node's people to look at."""
        await _off_loop(self._reviewing.take, *questions_value(request))
        return common_pb2.Done()

    async def SendHouseholds(
        self, request: node_pb2.SendHouseholdsRequest, context: Call
    ) -> AsyncIterator[node_pb2.HouseholdChunk]:
        """Stream the evidence of who lives together, or abstain."""
        plan = sized(request.plan_digest, DIGEST_BYTES, "plan_digest")
        schema = sized(request.schema_digest, DIGEST_BYTES, "schema_digest")
        shown = await _off_loop(self._households.evidence, plan, schema)
        for chunk in household_messages(plan, schema, shown):
            yield chunk

    async def AcceptHouseholds(
        self, request_iterator: AsyncIterator[node_pb2.HouseholdNumbers], context: Call
    ) -> common_pb2.Done:
        """Keep the household numbers of this node's slots."""
        chunks = await wire.collected(request_iterator, MOST_PIECES)
        if chunks:
            await _off_loop(self._households.accept, [number_piece(c) for c in chunks])
        return common_pb2.Done()

    async def OpenHouseholds(
        self, request_iterator: AsyncIterator[node_pb2.LockedHouseholds], context: Call
    ) -> common_pb2.Done:
        """Open the household numbers of this sealed node's own children."""
        chunks = await wire.collected(request_iterator, MOST_PIECES)
        if chunks:
            await _off_loop(self._households.open_locked, [lock_piece(c) for c in chunks])
        return common_pb2.Done()

    async def CloseEpoch(
        self, request: node_pb2.CloseEpochRequest, context: Call
    ) -> common_pb2.Done:
        """Close a link epoch whose codes the coordinator has destroyed."""
        await _off_loop(close, self._context, request.link_epoch)
        return common_pb2.Done()

    async def MakeReady(self, request: common_pb2.Run, context: Call) -> common_pb2.Ready:
        """Say that this node takes part in one run."""
        plan = sized(request.plan_digest, DIGEST_BYTES, "plan_digest")
        await _off_loop(destroy_overdue, self._context)
        ready = await _off_loop(self._runs.ready, plan)
        return common_pb2.Ready.FromString(wire.ready_bytes(ready))

    async def Begin(self, request: node_pb2.BeginRequest, context: Call) -> common_pb2.Run:
        """Verify all Readys and freeze the inputs."""
        plan, transcript = wire.run_of(request.run)
        readys = wire.readys_from_bytes(request.SerializeToString())
        await _off_loop(self._runs.begin, plan, transcript, request.dealer, readys)
        return request.run

    async def ReceiveDealing(
        self, request_iterator: AsyncIterator[node_pb2.DealingChunk], context: Call
    ) -> common_pb2.Done:
        """Take the dealer's seeds and correction."""
        chunks = await wire.collected(request_iterator, MOST_PIECES)
        if chunks:
            plan, transcript = wire.run_of(chunks[0].run)
            pieces: Iterator[Any] = (wire.dealt(chunk, self._context.node) for chunk in chunks)
            await _off_loop(self._runs.deal, plan, transcript, pieces)
        return common_pb2.Done()

    async def SendSealed(
        self, request: node_pb2.SendSealedRequest, context: Call
    ) -> AsyncIterator[common_pb2.Sealed]:
        """Stream this node's sealed messages of one step."""
        exchange = await _off_loop(Exchange, self._context, *wire.run_of(request.run))
        for message in await _off_loop(exchange.send, request.step):
            yield wire.sealed_message(message)

    async def ReceiveSealed(
        self, request_iterator: AsyncIterator[node_pb2.RunSealed], context: Call
    ) -> common_pb2.Done:
        """Take peers' sealed messages, one by one."""
        async for message in request_iterator:
            exchange = await _off_loop(Exchange, self._context, *wire.run_of(message.run))
            await _off_loop(exchange.receive, wire.sealed_value(message.sealed))
        return common_pb2.Done()

    async def SendOutputs(
        self, request: common_pb2.Run, context: Call
    ) -> AsyncIterator[node_pb2.OutputChunk]:
        """Stream the masked output, and the cards of a screening."""
        exchange = await _off_loop(Exchange, self._context, *wire.run_of(request))
        output = await _off_loop(exchange.outputs)
        for chunk in wire.output_messages(request, self._context.node, output):
            yield chunk

    async def Deliver(self, request: common_pb2.Alert, context: Call) -> node_pb2.Receipt:
        """Turn listed positions into sealed alerts."""
        message = wire.alert_value(request)
        run = message.plan_digest, message.transcript
        delivery = await _off_loop(Delivery, self._context, *run)
        listed, signature = await _off_loop(delivery.deliver, message)
        signed = common_pb2.Signature(signer=self._context.node, value=signature)
        return node_pb2.Receipt(node=self._context.node, listed=listed, signature=signed)

    async def EndRun(self, request: common_pb2.Run, context: Call) -> common_pb2.Done:
        """Destroy the run's secrets."""
        plan = sized(request.plan_digest, DIGEST_BYTES, "plan_digest")
        await _off_loop(self._runs.end, plan)
        await _off_loop(destroy_overdue, self._context)
        return common_pb2.Done()

    async def ExchangeHeads(
        self, request: node_pb2.ExchangeHeadsRequest, context: Call
    ) -> common_pb2.AuditHead:
        """Say where this node's log stands."""
        return head_message(await _off_loop(self._heads.own))

    async def Countersign(
        self, request: node_pb2.CountersignRequest, context: Call
    ) -> node_pb2.CountersignReply:
        """Counter-sign the others' heads and keep them."""
        heads = [head_value(head) for head in request.heads]
        signatures = await _off_loop(self._heads.countersign, heads)
        return node_pb2.CountersignReply(
            signatures=[
                common_pb2.Signature(signer=self._context.node, value=one) for one in signatures
            ]
        )
