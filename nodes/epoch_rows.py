"""The rows of a link epoch at a node: handles that stay with them, and what was sent of each.

Pure.  A handle is a random number that a row keeps for its link epoch, a dummy as well;
rows leave in ascending order of handles, which is a random order.  The digest of what was
sent says which rows changed since; dummies are only added to, never removed (PROTOCOL 2).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from privacy.canonical import framed
from privacy.encoding.batch import Tokens
from privacy.encoding.schema import Schema
from privacy.errors import BadInputError, Text
from privacy.normalise.person import Person

DUMMY = np.uint32(0xFFFFFFFF)
"""Stands for the record of a dummy."""
GONE = np.uint32(0xFFFFFFFE)
"""Stands for the record of a row whose child is no longer here."""
DIGEST_BYTES = 16
LEAST_DUMMIES = 16
_HANDLE_BYTES = 4

Numbers = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class EpochRows:
    """The rows of one link round, in ascending order of handles.

    ``records``: the record of each row, `DUMMY` or `GONE`; ``dummies``: the number of a
    dummy, 0 for others; ``digests``: n x 16 bytes of what was sent, zero for dummies.
    """

    handles: Numbers = field(repr=False)
    records: Numbers = field(repr=False)
    dummies: Numbers = field(repr=False)
    digests: NDArray[np.uint8] = field(repr=False)

    def __len__(self) -> int:
        """Return the number of rows, dummies included."""
        return len(self.handles)

    @property
    def real(self) -> NDArray[np.bool_]:
        """Tell which rows belong to a record."""
        return np.asarray(self.records < GONE)

    def fits(self, records: int) -> bool:
        """Tell whether these rows are those of *records* records, each once."""
        here = np.sort(self.records[self.records != DUMMY])
        return len(here) == records and bool((here == np.arange(records)).all())

    def carried(self, record_of: Mapping[int, int]) -> EpochRows:
        """Return the rows after an import renumbered records: old -> new, others `GONE`."""
        new = self.records.copy()
        for at in np.flatnonzero(self.real).tolist():
            new[at] = record_of.get(int(self.records[at]), GONE)
        return replace(self, records=new)

    def places(self, handles: Sequence[int]) -> NDArray[np.int64]:
        """Return where the rows of *handles* stand.

        Raises:
            ValueError: one of them is of no row.
        """
        wanted = np.asarray(handles, dtype=np.uint32)
        found = np.searchsorted(self.handles, wanted)
        known = found < len(self.handles)
        known[known] = self.handles[found[known]] == wanted[known]
        if not known.all():
            raise ValueError("a handle of no row")
        return found.astype(np.int64)

    def to_bytes(self) -> bytes:
        """Return the rows for the store."""
        columns = (self.handles, self.records, self.dummies)
        packed = b"".join(column.astype("<u4").tobytes() for column in columns)
        return packed + self.digests.tobytes()

    @classmethod
    def from_bytes(cls, packed: bytes) -> EpochRows:
        """Read what `to_bytes` wrote."""
        rows = len(packed) // (3 * _HANDLE_BYTES + DIGEST_BYTES)
        columns = np.frombuffer(packed[: 3 * _HANDLE_BYTES * rows], dtype="<u4").reshape(3, rows)
        digests = np.frombuffer(packed[3 * _HANDLE_BYTES * rows :], dtype=np.uint8)
        handles, records, dummies = (column.astype(np.uint32) for column in columns)
        return cls(handles, records, dummies, digests.reshape(rows, DIGEST_BYTES).copy())


@dataclass(frozen=True, slots=True)
class Changes:
    """What an incremental round sends: ``sent`` places of rows, ``removed`` handles."""

    sent: NDArray[np.int64] = field(repr=False)
    removed: Numbers = field(repr=False)


def following(
    base: EpochRows | None,
    digests: NDArray[np.uint8],
    dummy_percent: int,
    randomness: Callable[[int], bytes],
    least_dummies: int = LEAST_DUMMIES,
) -> EpochRows:
    """Return the rows of the next round: records and dummies of *base* keep their handles.

    Args:
        base: the rows of the epoch's round before; None in a new epoch.
        digests: what is sent of each record now, records x 16 bytes.
        dummy_percent: dummies among the records, in percent; the number never falls.
        randomness: of the operating system, n -> n secret bytes.
        least_dummies: dummies at least; blocks may need more to be padded.
    """
    records = len(digests)
    before = base or _nothing()
    kept = before.records < records
    missing = np.ones(records, dtype=np.bool_)
    missing[before.records[kept]] = False
    fakes = before.records == DUMMY
    drawn = int(fakes.sum())
    wanted = max(drawn, least_dummies, records * dummy_percent // 100)
    fresh = np.concatenate(
        [np.flatnonzero(missing).astype(np.uint32), np.full(wanted - drawn, DUMMY)]
    )
    handles = np.concatenate(
        [
            before.handles[kept],
            before.handles[fakes],
            fresh_handles(len(fresh), before.handles, randomness),
        ]
    )
    belongs = np.concatenate([before.records[kept], before.records[fakes], fresh])
    numbers = np.zeros(len(handles), dtype=np.uint32)
    numbers[belongs == DUMMY] = np.concatenate(
        [before.dummies[fakes], np.arange(drawn, wanted, dtype=np.uint32)]
    )
    said = np.zeros((len(handles), DIGEST_BYTES), dtype=np.uint8)
    real = belongs != DUMMY
    said[real] = digests[belongs[real]]
    order = np.argsort(handles, kind="stable")
    return EpochRows(handles[order], belongs[order], numbers[order], said[order])


def changes(base: EpochRows, now: EpochRows) -> Changes:
    """Return which rows of *now* differ from *base* in what is sent, and which are gone."""
    found = np.minimum(np.searchsorted(base.handles, now.handles), max(len(base) - 1, 0))
    same = np.zeros(len(now), dtype=np.bool_)
    if len(base):
        same = base.handles[found] == now.handles
        same &= (base.digests[found] == now.digests).all(axis=1)
    removed = base.handles[~np.isin(base.handles, now.handles)]
    return Changes(np.flatnonzero(~same), removed)


def fresh_handles(
    count: int, taken: Numbers, randomness: Callable[[int], bytes]
) -> NDArray[np.uint32]:
    """Return *count* random handles, in random order, that are not *taken*."""
    found = np.zeros(0, dtype=np.uint32)
    while len(found) < count:
        drawn = np.frombuffer(randomness(_HANDLE_BYTES * (count - len(found))), dtype="<u4")
        joined = np.concatenate([found, drawn.astype(np.uint32)])
        _, first = np.unique(joined, return_index=True)
        joined = joined[np.sort(first)]
        found = joined[~np.isin(joined, taken)]
    return found


def sent_digests(
    secret: bytes, schema: Schema, persons: Sequence[Person], tokens: Mapping[str, Tokens]
) -> NDArray[np.uint8]:
    """Return a keyed digest of all that decides what leaves of each person: persons x 16 bytes.

    The fields that the schema encodes or salts by, and the tokens, which also depend on
    the department's other rows.

    Raises:
        BadInputError: tokens and persons disagree.
    """
    if any(len(values) != len(persons) for values in tokens.values()):
        raise BadInputError(Text("トークンの行数が違います。", "tokens of another number of rows"))
    names = sorted(
        {spec.name for spec in schema.fields} | {n for p in schema.passes for n in p.salt}
    )
    kinds = sorted(tokens)
    joined = b"".join(
        hashlib.blake2b(
            framed(
                *(str(getattr(person, name)).encode() for name in names),
                *(tokens[kind][row].tobytes() for kind in kinds),
            ),
            key=secret,
            digest_size=DIGEST_BYTES,
        ).digest()
        for row, person in enumerate(persons)
    )
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, DIGEST_BYTES).copy()


def _nothing() -> EpochRows:
    empty = np.zeros(0, dtype=np.uint32)
    return EpochRows(empty, empty, empty, np.zeros((0, DIGEST_BYTES), dtype=np.uint8))
