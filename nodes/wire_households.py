"""Messages of household linkage to a node's values and back."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nodes.messages import LockPiece, NumberPiece
from privacy.encoding.households import Evidence
from protos import node_pb2
from protos.values import DIGEST_BYTES, malformed, sized

ROWS_A_CHUNK = 10_000
_NUMBER = 4
_LABEL = 8


def household_messages(
    plan_digest: bytes, schema_digest: bytes, evidence: Evidence | None
) -> Iterator[node_pb2.HouseholdChunk]:
    """Yield *evidence* in chunks; one chunk that abstains where there is None."""
    if evidence is None:
        yield node_pb2.HouseholdChunk(
            plan_digest=plan_digest, schema_digest=schema_digest, abstains=True
        )
        return
    rows = len(evidence.positions)
    for first in range(0, rows, ROWS_A_CHUNK):
        here = slice(first, first + ROWS_A_CHUNK)
        yield node_pb2.HouseholdChunk(
            plan_digest=plan_digest,
            schema_digest=schema_digest,
            total_rows=rows,
            first_row=first,
            positions=evidence.positions[here].astype("<u4").tobytes(),
            tokens={kind: values[here].tobytes() for kind, values in evidence.tokens.items()},
            withheld=b"" if first else evidence.withheld.astype("<u4").tobytes(),
        )


def number_piece(message: node_pb2.HouseholdNumbers) -> NumberPiece:
    """Return a piece of household numbers.

    Raises:
        ProtocolError: a part is missing or of a wrong size.
    """
    if message.slot_table == 0 or not message.numbers or len(message.numbers) % _NUMBER:
        raise malformed("household numbers")
    return NumberPiece(
        sized(message.plan_digest, DIGEST_BYTES, "plan_digest"),
        message.slot_table,
        message.total_rows,
        message.first_row,
        np.frombuffer(message.numbers, dtype="<u4").astype(np.uint32),
    )


def lock_piece(message: node_pb2.LockedHouseholds) -> LockPiece:
    """Return a piece of locked household numbers.

    Raises:
        ProtocolError: a part is missing or of a wrong size.
    """
    locks, left = divmod(len(message.labels), _LABEL)
    if message.slot_table == 0 or left or not locks or len(message.numbers) != locks * _NUMBER:
        raise malformed("locked households")
    return LockPiece(
        sized(message.plan_digest, DIGEST_BYTES, "plan_digest"),
        message.slot_table,
        message.total_locks,
        message.first_lock,
        np.frombuffer(message.labels, dtype="<u8").astype(np.uint64),
        np.frombuffer(message.numbers, dtype="<u4").astype(np.uint32),
    )
