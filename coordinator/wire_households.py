"""Parts of household linkage to messages and back; every length is checked at the door."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from coordinator.messages import HouseholdPart, LockPart, NumberPart
from protos import node_pb2
from protos.values import malformed, sized

_TOKEN = 32
_WORD = 4
_MOST_KINDS = 16


def household_value(message: node_pb2.HouseholdChunk) -> HouseholdPart:
    """Return a chunk of household evidence.

    Raises:
        ProtocolError: an array's length does not fit, or an abstention says more.
    """
    rows, left = divmod(len(message.positions), _WORD)
    content = rows or message.tokens or message.withheld or message.total_rows
    if left or len(message.withheld) % _WORD or len(message.tokens) > _MOST_KINDS:
        raise malformed("households")
    if message.abstains == bool(content) or message.first_row + rows > message.total_rows:
        raise malformed("households")
    tokens = {
        kind: np.frombuffer(sized(data, rows * _TOKEN, "tokens"), dtype=np.uint8).reshape(
            -1, _TOKEN
        )
        for kind, data in message.tokens.items()
    }
    return HouseholdPart(
        sized(message.plan_digest, 32, "plan_digest"),
        sized(message.schema_digest, 32, "schema_digest"),
        message.abstains,
        message.total_rows,
        message.first_row,
        _words(message.positions),
        tokens,
        _words(message.withheld),
    )


def household_message(part: HouseholdPart) -> node_pb2.HouseholdChunk:
    """Return a part of household evidence as a message."""
    return node_pb2.HouseholdChunk(
        plan_digest=part.plan_digest,
        schema_digest=part.schema_digest,
        abstains=part.abstains,
        total_rows=part.total_rows,
        first_row=part.first_row,
        positions=part.positions.astype("<u4").tobytes(),
        tokens={kind: values.tobytes() for kind, values in part.tokens.items()},
        withheld=part.withheld.astype("<u4").tobytes(),
    )


def number_message(part: NumberPart) -> node_pb2.HouseholdNumbers:
    """Return a part of a node's household numbers as a message."""
    return node_pb2.HouseholdNumbers(
        plan_digest=part.plan_digest,
        slot_table=part.slot_table,
        total_rows=part.total_rows,
        first_row=part.first_row,
        numbers=part.numbers.astype("<u4").tobytes(),
    )


def lock_message(part: LockPart) -> node_pb2.LockedHouseholds:
    """Return a part of the locked household numbers as a message."""
    return node_pb2.LockedHouseholds(
        plan_digest=part.plan_digest,
        slot_table=part.slot_table,
        total_locks=part.total_locks,
        first_lock=part.first_lock,
        labels=part.labels.astype("<u8").tobytes(),
        numbers=part.numbers.astype("<u4").tobytes(),
    )


def pack_household(part: HouseholdPart) -> bytes:
    """Return a part of household evidence as bytes."""
    return household_message(part).SerializeToString()


def unpack_household(data: bytes) -> HouseholdPart:
    """Read what `pack_household` wrote."""
    return household_value(node_pb2.HouseholdChunk.FromString(data))


def _words(data: bytes) -> NDArray[np.uint32]:
    return np.frombuffer(data, dtype="<u4").astype(np.uint32)
