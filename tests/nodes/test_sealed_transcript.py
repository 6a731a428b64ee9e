"""What the coordinator receives from a sealed department is the same whomever it knows."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from coordinator.messages import UniversePart
from coordinator.wire_streams import universe_message
from nodes.driver.context import NodeContext
from nodes.service import NodeService
from nodes.store.people import StoredRow
from privacy.audit import EntryKind
from privacy.encoding.schema import default_schema
from privacy.errors import RefusedError
from privacy.normalise.person import Person
from privacy.plan import Plan, PlanKind
from protos import common_pb2, node_pb2
from tests.nodes.federation import CHILDREN, Federation, child, make_federation
from tests.nodes.test_sealed import _pieces

SCHEMA = default_schema().digest
SEALED = "welfare"

EMPTY = "a Done without fields"
REFUSED = "refused: nothing of a row leaves a sealed department"
FIXED = "versions, digests, signatures or keys; no row goes into it"
MASKED = "size set by plan and slot table; uniform under masks, or sealed to others (PROTOCOL 4)"
ANSWERS = {
    "GetStatus": FIXED,
    "ProposeRoster": FIXED,
    "AcceptRoster": EMPTY,
    "Commit": FIXED,
    "SendContributions": FIXED,
    "ReceiveContributions": FIXED,
    "ConfirmCity": EMPTY,
    "ReviewPlan": FIXED,
    "AnswerKnownPeople": FIXED,
    "SendEncodings": REFUSED,
    "SendDummies": REFUSED,
    "MatchUniverse": EMPTY,
    "AcceptSlots": EMPTY,
    "CloseEpoch": EMPTY,
    "SendReviewAnswers": REFUSED,
    "AskReview": REFUSED,
    "SendHouseholds": REFUSED,
    "AcceptHouseholds": EMPTY,
    "OpenHouseholds": EMPTY,
    "MakeReady": FIXED,
    "Begin": FIXED,
    "ReceiveDealing": EMPTY,
    "SendSealed": MASKED,
    "ReceiveSealed": EMPTY,
    "SendOutputs": MASKED,
    "Deliver": FIXED,  # One field counts its alerts: what the coordinator listed and knows.
    "EndRun": EMPTY,
    "ExchangeHeads": FIXED,
    "Countersign": FIXED,
}
"""What a sealed node answers to each call, by type.  A new call is judged here first."""
_SERVICE = node_pb2.DESCRIPTOR.services_by_name["Node"]


def test_every_call_to_a_sealed_node_is_judged() -> None:
    assert set(ANSWERS) == {method.name for method in _SERVICE.methods}


def test_what_is_called_empty_has_no_field_to_fill() -> None:
    for method in _SERVICE.methods:
        empty = method.output_type.name == "Done"
        assert ANSWERS[method.name] in ({EMPTY, REFUSED} if empty else {FIXED, MASKED, REFUSED})
    assert not common_pb2.Done.DESCRIPTOR.fields


@pytest.fixture
def federation(tmp_path: Path) -> Federation:
    return make_federation(tmp_path, slots=False, sealed=(SEALED,))


def _populate(context: NodeContext, people: Iterable[Person]) -> None:
    persons = list(people)
    rows = [StoredRow(f"w-{number}", number) for number in range(len(persons))]
    with context.store.transaction() as tables:
        tables.records.replace(rows, persons)


def _stranger(number: int) -> Person:
    return replace(
        child(number), given_kana=f"ヨソ{number}", birth_date="2011-11-11", resident_number=""
    )


async def _stream(messages: Iterable[Any]) -> AsyncIterator[Any]:
    for message in messages:
        yield message


def _universe(federation: Federation, plan: Plan, version: int) -> list[node_pb2.UniverseChunk]:
    return [
        universe_message(
            UniversePart(
                plan.digest,
                SCHEMA,
                piece.model_json,
                piece.total_slots,
                piece.total_entries,
                piece.first_entry,
                piece.entry_slots,
                piece.tokens,
                piece.views,
                version,
                piece.digest,
            )
        )
        for piece in _pieces(federation, plan.digest)
    ]


async def _answers(
    service: NodeService, plan: Plan, universe: list[node_pb2.UniverseChunk]
) -> dict[str, bytes]:
    """Have the service answer the calls of a link round; return the answers as bytes."""
    run = common_pb2.Run(plan_digest=plan.digest)
    calls = {
        "AnswerKnownPeople": service.AnswerKnownPeople(run, None),
        "MatchUniverse": service.MatchUniverse(_stream(universe), None),
        "GetStatus": service.GetStatus(common_pb2.StatusRequest(), None),
        "ExchangeHeads": service.ExchangeHeads(node_pb2.ExchangeHeadsRequest(run=run), None),
    }
    return {name: (await call).SerializeToString() for name, call in calls.items()}


async def _refusals(service: NodeService, plan: Plan) -> int:
    asked = {"plan_digest": plan.digest, "schema_digest": SCHEMA}
    streams = [
        service.SendEncodings(
            node_pb2.SendEncodingsRequest(encoding_pass="first", **asked), None
        ),  # a pass
        service.SendDummies(node_pb2.SendDummiesRequest(passes=["first"], count=3, **asked), None),
    ]
    refused = 0
    for stream in streams:
        with pytest.raises(RefusedError, match="sealed"):
            await anext(stream)
        refused += 1
    run = common_pb2.Run(plan_digest=plan.digest)
    for call in (
        service.SendReviewAnswers(run, None),
        service.AskReview(node_pb2.ReviewQuestions(plan_digest=plan.digest), None),
    ):
        with pytest.raises(RefusedError, match="sealed"):
            await call
        refused += 1
    return refused


@pytest.mark.timeout(120)
def test_answers_have_one_size_whether_it_knows_everybody_or_nobody(
    federation: Federation,
) -> None:
    context = federation.contexts[SEALED]
    service, seen, found = NodeService(context), [], []
    populations = [
        [child(number) for number in range(CHILDREN)],
        [_stranger(number) for number in range(3)],
    ]
    for version, people in enumerate(populations, start=1):
        plan = federation.plan(PlanKind.LINK, link_epoch=version)
        federation.approve(plan)
        _populate(context, people)
        universe = _universe(federation, plan, version)
        seen.append(asyncio.run(_answers(service, plan, universe)))
        assert asyncio.run(_refusals(service, plan)) == 4
        with context.store.reading() as tables:
            table = tables.links.slot_table(version)
        assert table is not None
        found.append(len(table.records))
    everybody, nobody = seen
    assert found[0] >= 0.95 * CHILDREN
    assert found[1] == 0
    for name, answer in everybody.items():
        assert len(answer) == len(nobody[name]), name
    assert everybody["MatchUniverse"] == nobody["MatchUniverse"] == b""


def test_a_head_of_the_log_cannot_be_tried_out(federation: Federation) -> None:
    """The log counts the children found; who sees its head cannot guess the count."""
    context = federation.contexts[SEALED]
    with context.store.transaction() as tables:
        before = tables.audit.last()[1]
        context.log(tables, EntryKind.CHANGED, "slots", version=1, rows=42)
        line = tables.audit.last()[1]

    assert '"rows":42' in line
    salt = line.partition('"salt":"')[2].partition('"')[0]
    assert len(salt) == 32
    assert (
        hashlib.sha256(line.replace(salt, "0" * 32).encode()).digest()
        != hashlib.sha256(line.encode()).digest()
    )
    assert salt not in before
