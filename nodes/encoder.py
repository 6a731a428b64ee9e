"""What leaves a node in a link round: encodings of its records and dummies, in random order.

The order is drawn once a plan and kept; a handle is a place in it.  Without the link
keys nobody can name a row, and dummies look like rows (PROTOCOL 2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from privacy.encoding.batch import Batch, concatenate
from privacy.encoding.dummies import DummySource
from privacy.encoding.encoder import Encoder
from privacy.normalise.person import Person

DUMMY = np.uint32(0xFFFFFFFF)
"""Stands in an order for a dummy."""

CHUNK_ROWS = 2_000
LEAST_DUMMIES = 16


def draw_order(
    records: int, dummies: int, randomness: Callable[[int], bytes]
) -> NDArray[np.uint32]:
    """Return a random order of *records* and *dummies*: record numbers, `DUMMY` for a dummy.

    Args:
        records: how many records the node has.
        dummies: how many dummies hide among them.
        randomness: of the operating system, n -> n secret bytes.
    """
    order = np.concatenate(
        [np.arange(records, dtype=np.uint32), np.full(dummies, DUMMY, dtype=np.uint32)]
    )
    words = np.frombuffer(randomness(8 * len(order)), dtype="<u8")
    return order[np.argsort(words, kind="stable")]


def dummy_count(records: int, percent: int) -> int:
    """Return how many dummies hide among *records*: a share, at least `LEAST_DUMMIES`."""
    return max(LEAST_DUMMIES, records * percent // 100)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Encodings of one pass in the plan's order; ``handles`` says which rows they are.

    ``total``: rows of this stream, all of the order's or those that were asked.
    """

    batch: Batch
    handles: NDArray[np.uint32] = field(repr=False)
    total: int

    def chunks(self, size: int = CHUNK_ROWS) -> Iterator[tuple[int, Batch]]:
        """Yield (first row, batch) in pieces of *size* rows."""
        for first in range(0, self.batch.rows, size):
            rows = slice(first, first + size)
            yield first, self.batch.take(np.arange(self.batch.rows)[rows])


def whole(batch: Batch) -> Outgoing:
    """Return *batch* as it stands, for streams that no order belongs to."""
    return Outgoing(batch, np.arange(batch.rows, dtype=np.uint32), batch.rows)


def encode_pass(
    encoder: Encoder,
    dummies: DummySource,
    persons: Sequence[Person],
    department: str,
    order: NDArray[np.uint32],
    pass_name: str,
    handles: NDArray[np.uint32] | None,
) -> Outgoing:
    """Return the encodings of *handles* (all rows where None) under *pass_name*.

    Tokens go with the first pass only.  Records stand in the order by number, so the
    same plan gives the same bytes whenever it is asked.
    """
    real = encoder.encode(persons, department, (pass_name,))
    count = int((order == DUMMY).sum())
    fake = dummies.batch(encoder, real, range(count), (pass_name,))
    where = order.astype(np.int64)
    where[order == DUMMY] = real.rows + np.arange(count)
    chosen = where if handles is None else where[handles]
    joined = concatenate([real, fake])
    if pass_name != encoder.schema.passes[0].name:
        joined = replace(joined, tokens={})
    sent = np.arange(len(order), dtype=np.uint32) if handles is None else handles
    return Outgoing(joined.take(chosen), sent, len(chosen))
