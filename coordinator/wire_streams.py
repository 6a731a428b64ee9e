"""Chunks of streams to values and back; every length is checked against the chunk's own counts.

Whether a whole stream adds up to what its plan and schema promise is the domain's
question (`coordinator.encodings`, `coordinator.outputs`).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from coordinator.messages import (
    Dealing,
    EncodingPart,
    HpkeSealed,
    OutputPart,
    RunId,
    Sealed,
    SlotPart,
    UniversePart,
)
from protos import common_pb2, node_pb2
from protos.values import blocks_bytes, blocks_value, malformed, member_id, sized

TOKEN_BYTES = 32
WORD_BYTES = 8
MOST_ARRAYS = 64
MOST_NAME = 400
MOST_BOX_BYTES = 2 * 1024 * 1024
MOST_STEP = 40
ENCAPSULATED_BYTES = 32
MOST_AGREEMENT_BYTES = 200


def run_message(run: RunId) -> common_pb2.Run:
    """Return *run* as a message."""
    return common_pb2.Run(plan_digest=run.plan_digest, transcript=run.transcript)


def run_value(message: common_pb2.Run, *, before_transcript: bool = False) -> RunId:
    """Return the run in *message*.

    Raises:
        ProtocolError: a digest has a wrong size.
    """
    sized(message.plan_digest, 32, "plan_digest")
    sized(message.transcript, 0 if before_transcript else 32, "transcript")
    return RunId(message.plan_digest, message.transcript)


def encoding_value(message: node_pb2.EncodingChunk) -> EncodingPart:
    """Return a chunk of encodings.

    Raises:
        ProtocolError: an array's length does not fit the number of rows.
    """
    rows = message.rows
    # An incremental stream in which no row changed is one part without rows.
    if (rows == 0) != (message.total_rows == 0) or message.first_row + rows > message.total_rows:
        raise malformed("rows")
    if len(message.tokens) + len(message.views) + len(message.labels) > MOST_ARRAYS:
        raise malformed("views")
    arrays = rows > 0
    tokens = {
        _name(kind): _bytes(sized(data, rows * TOKEN_BYTES, "tokens"), rows)
        for kind, data in message.tokens.items()
        if arrays
    }
    views = {
        _name(view): _words(data, rows, "views") for view, data in message.views.items() if arrays
    }
    return EncodingPart(
        sized(message.plan_digest, 32, "plan_digest"),
        sized(message.schema_digest, 32, "schema_digest"),
        _name(message.encoding_pass),
        message.total_rows,
        message.first_row,
        rows,
        tokens,
        views,
        {_name(p): blocks_value(data, rows) for p, data in message.labels.items()},
        _handles(message.handles, {0, rows}, "handles"),
        _handles(message.removed, None, "removed"),
    )


def encoding_message(part: EncodingPart) -> node_pb2.EncodingChunk:
    """Return a chunk of encodings as a message."""
    message = node_pb2.EncodingChunk(
        plan_digest=part.plan_digest,
        schema_digest=part.schema_digest,
        total_rows=part.total_rows,
        first_row=part.first_row,
        rows=part.rows,
        tokens={kind: array.tobytes() for kind, array in part.tokens.items()},
        views=_packed(part.views),
        labels=blocks_bytes(part.labels),
        handles=part.handles.astype("<u4").tobytes(),
        removed=part.removed.astype("<u4").tobytes(),
    )
    message.encoding_pass = part.salt_pass
    return message


def universe_message(part: UniversePart) -> node_pb2.UniverseChunk:
    """Return a chunk of the universe as a message."""
    return node_pb2.UniverseChunk(
        plan_digest=part.plan_digest,
        schema_digest=part.schema_digest,
        model_json=part.model_json,
        total_slots=part.total_slots,
        total_entries=part.total_entries,
        first_entry=part.first_entry,
        entry_slots=part.slots.astype("<u4").tobytes(),
        tokens={kind: array.tobytes() for kind, array in part.tokens.items()},
        views=_packed(part.views),
        slot_table=part.slot_table,
        slot_table_digest=part.slot_table_digest,
        labels=blocks_bytes(part.labels),
    )


def slot_message(part: SlotPart) -> node_pb2.SlotChunk:
    """Return a chunk of a node's slots as a message."""
    return node_pb2.SlotChunk(
        plan_digest=part.plan_digest,
        slot_table=part.slot_table,
        slot_table_digest=part.slot_table_digest,
        total_slots=part.total_slots,
        total_rows=part.total_rows,
        first_row=part.first_row,
        slots=part.slots.astype("<u4").tobytes(),
        left_out=common_pb2.Problem(what_ja=part.left_out.ja, what_en=part.left_out.en)
        if part.left_out.en
        else None,
    )


def sealed_message(sealed: Sealed) -> common_pb2.Sealed:
    """Return a sealed message of a run."""
    return common_pb2.Sealed(
        sender=sealed.sender,
        receiver=sealed.receiver,
        step=sealed.step,
        counter=sealed.counter,
        box=sealed.box,
    )


def sealed_value(message: common_pb2.Sealed) -> Sealed:
    """Return a sealed message of a run.

    Raises:
        ProtocolError: a part is missing or over-long.
    """
    if not 0 < len(message.step) <= MOST_STEP or not 0 < len(message.box) <= MOST_BOX_BYTES:
        raise malformed("sealed")
    sender, receiver = member_id(message.sender, "sender"), member_id(message.receiver, "receiver")
    return Sealed(sender, receiver, message.step, message.counter, message.box)


def hpke_message(sealed: HpkeSealed) -> common_pb2.HpkeSealed:
    """Return an HPKE message."""
    return common_pb2.HpkeSealed(
        sender=sealed.sender,
        receiver=sealed.receiver,
        encapsulated=sealed.encapsulated,
        box=sealed.box,
    )


def hpke_value(message: common_pb2.HpkeSealed) -> HpkeSealed:
    """Return an HPKE message.

    Raises:
        ProtocolError: a part is missing or over-long.
    """
    if not 0 < len(message.box) <= MOST_BOX_BYTES:
        raise malformed("box")
    return HpkeSealed(
        member_id(message.sender, "sender"),
        member_id(message.receiver, "receiver"),
        sized(message.encapsulated, ENCAPSULATED_BYTES, "encapsulated"),
        message.box,
    )


def dealing_message(part: Dealing) -> node_pb2.DealingChunk:
    """Return a part of the dealer's randomness as a message."""
    return node_pb2.DealingChunk(
        run=run_message(part.run),
        receiver=part.receiver,
        seeds=None if part.seeds is None else hpke_message(part.seeds),
        correction=None if part.correction is None else sealed_message(part.correction),
    )


def dealing_value(message: node_pb2.DealingChunk) -> Dealing:
    """Return a part of the dealer's randomness.

    Raises:
        ProtocolError: a part is missing or over-long, or holds nothing.
    """
    seeds = hpke_value(message.seeds) if message.HasField("seeds") else None
    correction = sealed_value(message.correction) if message.HasField("correction") else None
    if seeds is None and correction is None:
        raise malformed("dealing")
    return Dealing(
        run_value(message.run), member_id(message.receiver, "receiver"), seeds, correction
    )


def output_message(part: OutputPart) -> node_pb2.OutputChunk:
    """Return a part of a node's masked output as a message."""
    return node_pb2.OutputChunk(
        run=run_message(part.run),
        node=part.node,
        output=part.output,
        total_bytes=part.total_bytes,
        offset=part.offset,
        masked=part.masked,
        first_position=part.first_position,
        cards=part.cards,
        card_encapsulated=part.card_agreement,
    )


def output_value(message: node_pb2.OutputChunk) -> OutputPart:
    """Return a part of a node's masked output.

    Raises:
        ProtocolError: it reaches beyond its own total, or a part is over-long.
    """
    if message.offset + len(message.masked) > message.total_bytes:
        raise malformed("masked")
    if len(message.card_encapsulated) > MOST_AGREEMENT_BYTES:
        raise malformed("card_encapsulated")
    return OutputPart(
        run_value(message.run),
        member_id(message.node, "node"),
        _name(message.output),
        message.total_bytes,
        message.offset,
        message.masked,
        message.first_position,
        tuple(message.cards),
        message.card_encapsulated,
    )


def _name(value: str) -> str:
    if not 0 < len(value) <= MOST_NAME:
        raise malformed("name")
    return value


def _bytes(data: bytes, rows: int) -> NDArray[np.uint8]:
    return np.frombuffer(data, dtype=np.uint8).reshape(rows, TOKEN_BYTES)


def _words(data: bytes, rows: int, what: str) -> NDArray[np.uint64]:
    words, left = divmod(len(data), rows * WORD_BYTES)
    if left or words == 0:
        raise malformed(what)
    return np.frombuffer(data, dtype="<u8").reshape(rows, words).astype(np.uint64, copy=False)


def _handles(data: bytes, counts: set[int] | None, what: str) -> NDArray[np.uint32]:
    """Return the handles in *data*; *counts*: how many there may be."""
    handles = np.frombuffer(data[: len(data) // 4 * 4], dtype="<u4").astype(np.uint32, copy=False)
    if len(data) % 4 or (counts is not None and len(handles) not in counts):
        raise malformed(what)
    return handles


def _packed(views: Mapping[str, NDArray[np.uint64]]) -> dict[str, bytes]:
    return {view: array.astype("<u8").tobytes() for view, array in views.items()}
