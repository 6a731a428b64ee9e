"""Whatever a member sends, only our own errors come out of the translation."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from google.protobuf.message import DecodeError, Message
from hypothesis import given
from hypothesis import strategies as st

from coordinator import wire, wire_dealer, wire_streams
from coordinator.messages import (
    Dealing,
    EncodingPart,
    HpkeSealed,
    OutputPart,
    RunId,
    Sealed,
)
from privacy.audit import Head, SignedHead
from privacy.errors import EnishiError, ProtocolError
from protos import common_pb2, coordinator_pb2, node_pb2

DOORS: list[tuple[type[Message], Callable[[Any], object]]] = [
    (coordinator_pb2.JoinRequest, wire.admission_from),
    (common_pb2.Status, wire.status_value),
    (node_pb2.PlanReview, wire.review_value),
    (node_pb2.KnownAnswer, wire.known_answer_value),
    (node_pb2.Confirmation, wire.confirmation_value),
    (common_pb2.AuditHead, wire.head_value),
    (node_pb2.Receipt, wire.receipt_value),
    (common_pb2.Run, wire_streams.run_value),
    (node_pb2.EncodingChunk, wire_streams.encoding_value),
    (common_pb2.Sealed, wire_streams.sealed_value),
    (common_pb2.HpkeSealed, wire_streams.hpke_value),
    (node_pb2.DealingChunk, wire_streams.dealing_value),
    (node_pb2.OutputChunk, wire_streams.output_value),
    (coordinator_pb2.DealRequest, wire_dealer.deal_request_value),
]
RUN = RunId(bytes(32), b"t" * 32)


@pytest.mark.parametrize(("kind", "door"), DOORS)
@given(data=st.binary(max_size=300))
def test_random_bytes_give_only_our_own_errors(
    kind: type[Message], door: Callable[[Any], object], data: bytes
) -> None:
    with contextlib.suppress(DecodeError, EnishiError):
        door(kind.FromString(data))


@pytest.mark.parametrize(("kind", "door"), DOORS)
def test_an_empty_message_is_refused(kind: type[Message], door: Callable[[Any], object]) -> None:
    with pytest.raises(EnishiError):
        door(kind())


def _part(**changes: Any) -> node_pb2.EncodingChunk:
    values: dict[str, Any] = {
        "plan_digest": bytes(32),
        "schema_digest": bytes(32),
        "encoding_pass": "first",
        "total_rows": 5,
        "first_row": 1,
        "rows": 2,
        "tokens": {"A": bytes(64)},
        "views": {"first/all": bytes(128)},
    }
    return node_pb2.EncodingChunk(**values | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": 0},
        {"rows": 5},
        {"first_row": 4},
        {"tokens": {"A": bytes(63)}},
        {"views": {"first/all": bytes(127)}},
        {"views": {"first/all": b""}},
        {"views": {"x" * 401: bytes(128)}},
        {"views": {str(i): bytes(128) for i in range(70)}},
        {"plan_digest": b""},
        {"schema_digest": bytes(33)},
        {"encoding_pass": ""},
    ],
)
def test_a_chunk_whose_lengths_do_not_fit_is_refused(changes: dict[str, Any]) -> None:
    wire_streams.encoding_value(_part())

    with pytest.raises(ProtocolError):
        wire_streams.encoding_value(_part(**changes))


@given(rows=st.integers(1, 9), words=st.integers(1, 4), seed=st.binary(min_size=1, max_size=9))
def test_encodings_survive_the_wire(rows: int, words: int, seed: bytes) -> None:
    codes = np.frombuffer((seed * 300)[: rows * words * 8], dtype="<u8").reshape(rows, words)
    tokens = np.frombuffer((seed * 300)[: rows * 32], dtype=np.uint8).reshape(rows, 32)
    part = EncodingPart(
        bytes(32), bytes(32), "kana", rows, 0, rows, {"A": tokens}, {"kana/all": codes}
    )

    back = wire_streams.encoding_value(wire_streams.encoding_message(part))

    assert (back.tokens["A"] == tokens).all()
    assert (back.views["kana/all"] == codes).all()
    assert (back.salt_pass, back.rows) == ("kana", rows)


def test_sealed_messages_survive_the_wire() -> None:
    sealed = Sealed("school", "survey", "inputs", 3, b"box")
    hpke = HpkeSealed("dealer", "school", bytes(32), b"box")
    dealing = Dealing(RUN, "school", seeds=hpke)

    assert wire_streams.sealed_value(wire_streams.sealed_message(sealed)) == sealed
    assert wire_streams.hpke_value(wire_streams.hpke_message(hpke)) == hpke
    assert wire_streams.dealing_value(wire_streams.dealing_message(dealing)) == dealing


def test_outputs_and_heads_survive_the_wire() -> None:
    output = OutputPart(RUN, "school", "listed", 4, 1, b"abc", 0, (b"card",), b"agreed")
    signed = SignedHead(Head("school", 3, "ab" * 32), bytes(64))

    assert wire_streams.output_value(wire_streams.output_message(output)) == output
    assert wire.head_value(wire.head_message(signed)) == signed


def test_an_output_beyond_its_own_total_is_refused() -> None:
    output = OutputPart(RUN, "school", "listed", 3, 1, b"abc", 0, (), b"")

    with pytest.raises(ProtocolError):
        wire_streams.output_value(wire_streams.output_message(output))


def test_a_head_signed_by_another_member_is_refused() -> None:
    message = wire.head_message(SignedHead(Head("school", 3, "ab" * 32), bytes(64)))
    message.signature.signer = "survey"

    with pytest.raises(ProtocolError):
        wire.head_value(message)


def test_a_refusal_without_its_rule_is_refused() -> None:
    with pytest.raises(ProtocolError):
        wire.review_value(node_pb2.PlanReview(decision=node_pb2.DECISION_REFUSED))
