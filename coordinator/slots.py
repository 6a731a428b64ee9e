"""Slots at rest and on their way: the round's table in the spool, each node's own part to it.

A node learns N and the slots of its own rows; a sealed one gets the universe and finds
its slots by itself.  The coordinator forgets all rows' slots when the round ends.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coordinator.messages import SlotPart, UniversePart
from coordinator.spool import Spool
from privacy.canonical import canonical_bytes
from privacy.errors import Text
from privacy.linkage.sealed import Offer
from privacy.linkage.slots import SlotTable

TABLE = "slot_table"
ROWS_A_PART = 100_000
ENTRIES_A_PART = 2_000
_FRAME_ROWS = 1 << 18


@dataclass(frozen=True, slots=True)
class TableHeader:
    """What is public of a slot table among its members: version, N, digest."""

    version: int
    slots: int
    digest: bytes

    def to_bytes(self) -> bytes:
        """Return canonical JSON; `from_bytes` reads it back."""
        return canonical_bytes(
            {"version": self.version, "slots": self.slots, "digest": self.digest.hex()}
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> TableHeader:
        """Read what `to_bytes` wrote."""
        values = json.loads(data)
        return cls(values["version"], values["slots"], bytes.fromhex(values["digest"]))


def store_slots(spool: Spool, table: SlotTable) -> TableHeader:
    """Spool every department's row-to-slot map and return the table's header."""
    for department, slots in table.rows.items():
        with spool.writer(f"slots/{department}") as writer:
            for first in range(0, max(len(slots), 1), _FRAME_ROWS):
                writer.append(slots[first : first + _FRAME_ROWS].astype("<u4").tobytes())
    return TableHeader(table.version, table.count, table.digest)


def slots_of(spool: Spool, department: str) -> NDArray[np.uint32]:
    """Return a department's slots, one a row.

    Raises:
        SpoolError: they are missing or were changed.
    """
    frames = [np.frombuffer(f, dtype="<u4") for f in spool.frames(f"slots/{department}")]
    return np.concatenate(frames).astype(np.uint32)


def slot_parts(
    plan_digest: bytes, header: TableHeader, slots: NDArray[np.uint32]
) -> Iterator[SlotPart]:
    """Yield a node's own slots in parts."""
    for first in range(0, max(len(slots), 1), ROWS_A_PART):
        yield SlotPart(
            plan_digest,
            header.version,
            header.digest,
            header.slots,
            len(slots),
            first,
            slots[first : first + ROWS_A_PART],
        )


def left_out_parts(plan_digest: bytes, header: TableHeader, why: Text) -> Iterator[SlotPart]:
    """Yield what a node gets that the round went on without: the table, no row, and *why*."""
    empty = np.zeros(0, dtype=np.uint32)
    yield SlotPart(
        plan_digest, header.version, header.digest, header.slots, 0, 0, empty, left_out=why
    )


def store_universe(spool: Spool, offered: Offer) -> None:
    """Spool the universe in the order in which every sealed node gets it.

    The first frame says names and widths; each other one is a part: slots, tokens, views, labels.
    """
    entries = len(offered.slots)
    shape = canonical_bytes(
        {
            "entries": entries,
            "slots": offered.count,
            "kinds": list(offered.kinds),
            "views": dict(offered.words),
            "labels": list(offered.blocked),
        }
    )
    with spool.writer("universe") as writer:
        writer.append(shape)
        for first in range(0, entries, ENTRIES_A_PART):
            part = offered.part(slice(first, first + ENTRIES_A_PART))
            arrays = [part.slots.astype("<u4").tobytes()]
            arrays += [part.tokens[kind].tobytes() for kind in offered.kinds]
            arrays += [part.views[view].astype("<u8").tobytes() for view in offered.words]
            arrays += [part.labels[name].astype("<u4").tobytes() for name in offered.blocked]
            writer.append(b"".join(arrays))


def universe_parts(
    spool: Spool, plan_digest: bytes, schema_digest: bytes, header: TableHeader, model: bytes
) -> Iterator[UniversePart]:
    """Yield the spooled universe in parts; the first one holds the *model*.

    Raises:
        SpoolError: it is missing or was changed.
    """
    frames = iter(spool.frames("universe"))
    shape = json.loads(next(frames))
    first = 0
    for frame in frames:
        rows = min(ENTRIES_A_PART, shape["entries"] - first)
        arrays = _cut(frame, [4 * rows, *(32 * rows for _ in shape["kinds"])])
        codes = _cut(frame[arrays.end :], [8 * rows * w for w in shape["views"].values()])
        labels = _cut(frame[arrays.end + codes.end :], [4 * rows for _ in shape["labels"]])
        slots, *tokens = arrays.pieces
        yield UniversePart(
            plan_digest,
            schema_digest,
            model if first == 0 else b"",
            shape["slots"],
            shape["entries"],
            first,
            np.frombuffer(slots, dtype="<u4"),
            {
                kind: np.frombuffer(piece, dtype=np.uint8).reshape(rows, 32)
                for kind, piece in zip(shape["kinds"], tokens, strict=True)
            },
            {
                view: np.frombuffer(piece, dtype="<u8").reshape(rows, -1)
                for view, piece in zip(shape["views"], codes.pieces, strict=True)
            },
            header.version,
            header.digest,
            {
                name: np.frombuffer(piece, dtype="<u4").astype(np.uint64)
                for name, piece in zip(shape["labels"], labels.pieces, strict=True)
            },
        )
        first += rows


@dataclass(frozen=True, slots=True)
class _Cut:
    pieces: list[bytes]
    end: int


def _cut(data: bytes, sizes: Iterable[int]) -> _Cut:
    pieces, at = [], 0
    for size in sizes:
        pieces.append(data[at : at + size])
        at += size
    return _Cut(pieces, at)


def fresh_seed() -> bytes:
    """Return 32 bytes of operating-system randomness for one permutation."""
    return secrets.token_bytes(32)
