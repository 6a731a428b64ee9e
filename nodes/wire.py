"""Protobuf messages to a node's values and back; what is missing or over-long is refused.

Protobuf types stop here and in `service` and `client`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from nodes.encoder import Outgoing
from nodes.messages import (
    AlertMessage,
    Dealt,
    MemberStatus,
    Output,
    SealedMessage,
    SlotPiece,
    UniversePiece,
)
from privacy.audit import SignedHead
from privacy.encoding.batch import Batch
from privacy.encoding.known_answer import KnownAnswer
from privacy.errors import BadInputError, RefusedError, Text
from privacy.sealing import BOX_BYTES
from privacy.transcript import Ready
from protos import common_pb2, node_pb2
from protos.problems import problem_of
from protos.transport import CHUNK_BYTES
from protos.values import (
    DIGEST_BYTES,
    MOST_TEXT,
    audit_entry_line,
    audit_entry_message,
    blocks_bytes,
    blocks_value,
    head_message,
    head_value,
    malformed,
    member_id,
    ready_message,
    ready_value,
    sized,
)

T = TypeVar("T")
TOKEN_BYTES = 32
CODE_BYTES = 64
CARDS_A_CHUNK = 2_000
MOST_ENTRIES = 200_000
MOST_POSITIONS = 100_000
_DECISIONS = {
    "approved": node_pb2.DECISION_APPROVED,
    "pending": node_pb2.DECISION_PENDING,
    "refused": node_pb2.DECISION_REFUSED,
}


def run_of(message: common_pb2.Run) -> tuple[bytes, bytes]:
    """Return (plan digest, transcript) of a begun run.

    Raises:
        ProtocolError: one of them has a wrong size.
    """
    plan = sized(message.plan_digest, DIGEST_BYTES, "plan_digest")
    return plan, sized(message.transcript, DIGEST_BYTES, "transcript")


def review_message(decision: str, error: RefusedError | None) -> node_pb2.PlanReview:
    """Return a node's word on a plan."""
    problem = None if error is None else problem_of(error)
    return node_pb2.PlanReview(decision=_DECISIONS[decision], problem=problem)


def known_answer_message(node: str, answer: KnownAnswer) -> node_pb2.KnownAnswer:
    """Return a known answer as a message."""
    return node_pb2.KnownAnswer(
        node=node,
        schema_digest=bytes.fromhex(answer.schema_digest),
        normalisation_version=answer.normalisation,
        city_epoch=answer.city_epoch,
        link_epoch=answer.link_epoch,
        digests={name: bytes.fromhex(digest) for name, digest in answer.digests},
    )


def encoding_messages(
    plan_digest: bytes, schema_digest: bytes, pass_name: str, outgoing: Outgoing
) -> Iterator[node_pb2.EncodingChunk]:
    """Yield a batch as chunks, rows in the order asked; one empty chunk where none changed."""
    for first, piece in outgoing.chunks():
        yield node_pb2.EncodingChunk(
            plan_digest=plan_digest,
            schema_digest=schema_digest,
            encoding_pass=pass_name,
            total_rows=outgoing.total,
            first_row=first,
            rows=piece.rows,
            tokens={kind: values.tobytes() for kind, values in piece.tokens.items()},
            views=_packed(piece),
            labels=blocks_bytes(piece.labels),
            handles=_handles(outgoing.handles[first : first + piece.rows]),
            removed=_handles(outgoing.removed) if first == 0 else b"",
        )


def _handles(handles: NDArray[np.uint32]) -> bytes:
    return handles.astype("<u4").tobytes()


def _packed(batch: Batch) -> dict[str, bytes]:
    return {view: codes.astype("<u8").tobytes() for view, codes in batch.views.items()}


def slot_piece(message: node_pb2.SlotChunk) -> SlotPiece:
    """Return a piece of a slot table.

    Raises:
        ProtocolError: a part is missing or of a wrong size.
    """
    if len(message.slots) % 4 or message.slot_table == 0:
        raise malformed("slots")
    return SlotPiece(
        message.slot_table,
        sized(message.slot_table_digest, DIGEST_BYTES, "slot_table_digest"),
        message.total_slots,
        message.total_rows,
        message.first_row,
        np.frombuffer(message.slots, dtype="<u4").astype(np.uint32),
        Text(message.left_out.what_ja[:MOST_TEXT], message.left_out.what_en[:MOST_TEXT]),
    )


def universe_piece(message: node_pb2.UniverseChunk) -> UniversePiece:
    """Return a piece of the universe.

    Raises:
        ProtocolError: a part is missing or of a wrong size.
    """
    entries = len(message.entry_slots) // 4
    if len(message.entry_slots) % 4 or not 0 < entries <= MOST_ENTRIES:
        raise malformed("entry_slots")
    return UniversePiece(
        version=message.slot_table,
        digest=sized(message.slot_table_digest, DIGEST_BYTES, "slot_table_digest"),
        total_slots=message.total_slots,
        total_entries=message.total_entries,
        first_entry=message.first_entry,
        model_json=message.model_json,
        entry_slots=np.frombuffer(message.entry_slots, dtype="<u4").astype(np.uint32),
        tokens={
            kind: _rows(octets, entries, TOKEN_BYTES, kind)
            for kind, octets in message.tokens.items()
        },
        views={view: _codes(octets, entries, view) for view, octets in message.views.items()},
        labels={name: blocks_value(octets, entries) for name, octets in message.labels.items()},
    )


def _rows(octets: bytes, rows: int, width: int, what: str) -> NDArray[np.uint8]:
    sized(octets, rows * width, what)
    return np.frombuffer(octets, dtype=np.uint8).reshape(rows, width)


def _codes(octets: bytes, rows: int, what: str) -> NDArray[np.uint64]:
    sized(octets, rows * CODE_BYTES, what)
    return np.frombuffer(octets, dtype="<u8").astype(np.uint64).reshape(rows, -1)


def ready_bytes(ready: Ready) -> bytes:
    """Return a Ready for the store."""
    return ready_message(ready).SerializeToString(deterministic=True)


def ready_from_bytes(body: bytes) -> Ready:
    """Return a stored Ready."""
    return ready_value(common_pb2.Ready.FromString(body))


def readys_bytes(readys: Sequence[Ready]) -> bytes:
    """Return the Readys of a run for the store."""
    return node_pb2.BeginRequest(
        readys=[ready_message(ready) for ready in readys]
    ).SerializeToString(deterministic=True)


def readys_from_bytes(body: bytes) -> tuple[Ready, ...]:
    """Return the stored Readys of a run."""
    return tuple(map(ready_value, node_pb2.BeginRequest.FromString(body).readys))


def dealt(message: node_pb2.DealingChunk, node: str) -> Dealt:
    """Return a piece of the dealing.

    Raises:
        ProtocolError: it is for another node.
    """
    if message.receiver != node:
        raise malformed("receiver")
    seeds = message.seeds.encapsulated + message.seeds.box
    return Dealt(seeds, message.correction.box, message.correction.counter)


def sealed_message(message: SealedMessage) -> common_pb2.Sealed:
    """Return a sealed message for the coordinator to relay."""
    return common_pb2.Sealed(
        sender=message.sender,
        receiver=message.receiver,
        step=message.step,
        counter=message.counter,
        box=message.box,
    )


def sealed_value(message: common_pb2.Sealed) -> SealedMessage:
    """Return a relayed message.

    Raises:
        ProtocolError: a part is missing or over-long.
    """
    sender, receiver = member_id(message.sender, "sender"), member_id(message.receiver, "receiver")
    step = member_id(message.step, "step")
    if not message.box:
        raise malformed("box")
    return SealedMessage(sender, receiver, step, message.counter, message.box)


def output_messages(
    run: common_pb2.Run, node: str, output: Output
) -> Iterator[node_pb2.OutputChunk]:
    """Yield an output: masked bytes first, then the cards, in order of positions."""
    total = len(output.masked)
    for offset in range(0, total, CHUNK_BYTES):
        yield node_pb2.OutputChunk(
            run=run,
            node=node,
            output=output.name,
            total_bytes=total,
            offset=offset,
            masked=output.masked[offset : offset + CHUNK_BYTES],
        )
    count = len(output.cards) // BOX_BYTES
    for first in range(0, count, CARDS_A_CHUNK):
        stop = min(first + CARDS_A_CHUNK, count)
        yield node_pb2.OutputChunk(
            run=run,
            node=node,
            output=output.name,
            total_bytes=total,
            offset=total,
            first_position=first,
            cards=[
                output.cards[at * BOX_BYTES : (at + 1) * BOX_BYTES] for at in range(first, stop)
            ],
            card_encapsulated=output.agreement if first == 0 else b"",
        )


def alert_value(message: common_pb2.Alert) -> AlertMessage:
    """Return a delivered alert.

    Raises:
        ProtocolError: a part is missing, over-long, or a position stands twice.
    """
    if len(message.listed) > MOST_POSITIONS:
        raise malformed("listed")
    boxes: dict[int, Mapping[str, bytes]] = {}
    for listed in message.listed:
        if listed.position in boxes:
            raise malformed("position")
        boxes[listed.position] = {
            sender: sized(box, BOX_BYTES, "box") for sender, box in listed.boxes.items()
        }
    try:
        expires = datetime.fromisoformat(message.expires)
    except ValueError as error:
        raise malformed("expires") from error
    if expires.tzinfo is None:
        raise malformed("expires")
    return AlertMessage(
        plan_digest=sized(message.plan_digest, DIGEST_BYTES, "plan_digest"),
        transcript=sized(message.transcript, DIGEST_BYTES, "transcript"),
        boxes=boxes,
        agreements=dict(message.card_encapsulated),
        outer_keys=sealed_value(message.outer_keys),
        expires=expires,
        signature=sized(message.signature.value, 64, "signature"),
    )


def head_bytes(signed: SignedHead) -> bytes:
    """Return a signed head for the store."""
    return head_message(signed).SerializeToString(deterministic=True)


def head_from_bytes(body: bytes) -> SignedHead:
    """Return a stored signed head."""
    return head_value(common_pb2.AuditHead.FromString(body))


def log_bytes(lines: Sequence[bytes], heads: Sequence[SignedHead]) -> bytes:
    """Return a log and its signed heads as one file: `AuditLog` of the contract."""
    log = common_pb2.AuditLog(
        entries=[audit_entry_message(line) for line in lines],
        heads=[head_message(head) for head in heads],
    )
    return log.SerializeToString(deterministic=True)


def log_from_bytes(body: bytes) -> tuple[list[bytes], list[SignedHead]]:
    """Return the lines and heads of an exported log.

    Raises:
        BadInputError: the file is not one.
        ProtocolError: an entry or head is malformed.
    """
    try:
        log = common_pb2.AuditLog.FromString(body)
    except DecodeError as error:
        raise BadInputError(
            Text("監査記録のファイルではありません。", "This file is not an exported log."),
            Text("`enishi node audit export` で作ったものを渡してください。", "Export it again."),
        ) from error
    return [audit_entry_line(e) for e in log.entries], [head_value(h) for h in log.heads]


def status_message(status: MemberStatus) -> common_pb2.Status:
    """Return a node's status as a message."""
    return common_pb2.Status(
        id=status.node,
        version=status.version,
        roster_digest=status.roster_digest,
        city_epoch=status.city_epoch,
        schema_digest=status.schema_digest,
        normalisation_version=status.normalisation_version,
        slot_table=status.slot_table,
    )


async def collected(stream: AsyncIterator[T], most: int) -> list[T]:
    """Return all messages of a stream, at most *most* of them.

    Raises:
        ProtocolError: the stream is longer.
    """
    taken: list[T] = []
    async for message in stream:
        if len(taken) == most:
            raise malformed("stream")
        taken.append(message)
    return taken
