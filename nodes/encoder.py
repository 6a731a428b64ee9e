"""What leaves a node in a link round: encodings of its records and dummies, in random order.

Rows stand in ascending order of their handles, random numbers that they keep for the link
epoch.  Without the link keys nobody can name a row, and dummies look like rows (PROTOCOL 2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from nodes.epoch_rows import EpochRows
from privacy.encoding.batch import Batch, Labels, Tokens, concatenate
from privacy.encoding.dummies import DummySource, Pads
from privacy.encoding.encoder import Encoder
from privacy.normalise.person import Person

CHUNK_ROWS = 2_000


def _no_handles() -> NDArray[np.uint32]:
    return np.zeros(0, dtype=np.uint32)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Encodings of one pass in ascending order of handles.

    ``handles``: one a row, none for what belongs to no row; ``removed``: handles of rows
    that are gone; ``total``: rows of this stream.
    """

    batch: Batch
    handles: NDArray[np.uint32] = field(repr=False)
    total: int
    removed: NDArray[np.uint32] = field(default_factory=_no_handles, repr=False)

    def chunks(self, size: int = CHUNK_ROWS) -> Iterator[tuple[int, Batch]]:
        """Yield (first row, batch) in pieces of *size* rows; one empty piece of no rows."""
        for first in range(0, max(self.batch.rows, 1), size):
            rows = slice(first, first + size)
            yield first, self.batch.take(np.arange(self.batch.rows)[rows])


def whole(batch: Batch) -> Outgoing:
    """Return *batch* as it stands, for streams that no handle belongs to."""
    return Outgoing(batch, _no_handles(), batch.rows)


@dataclass(frozen=True, slots=True)
class Dummies:
    """A node's dummies of one link epoch; *like* says what they lack (`nodes.blanks`)."""

    source: DummySource
    like: Batch = field(repr=False)
    labels: Labels | None = field(default=None, repr=False)
    """The first-pass block label of each dummy, by number, where labels are sent."""

    def batch(self, encoder: Encoder, numbers: Sequence[int], passes: Sequence[str]) -> Batch:
        """Return the dummies of these *numbers*, the same whenever they are asked for."""
        return self.source.batch(encoder, self.like, numbers, passes, self._pads(encoder, numbers))

    def _pads(self, encoder: Encoder, numbers: Sequence[int]) -> Pads | None:
        if self.labels is None:
            return None
        held = self.like.labels[encoder.schema.passes[0].name]
        return Pads(self.labels[np.asarray(numbers, dtype=np.int64)], np.flatnonzero(held))


def encode_rows(
    encoder: Encoder,
    dummies: Dummies,
    persons: Sequence[Person],
    tokens: Mapping[str, Tokens],
    rows: EpochRows,
    places: NDArray[np.int64],
    pass_name: str,
) -> Batch:
    """Return the encodings under *pass_name* of the rows at *places*, in that order.

    Only these rows are encoded.  *tokens* are those of all persons; they go with the first
    pass only.  No row at *places* is gone.
    """
    department = dummies.like.department
    belongs, real = rows.records[places], rows.real[places]
    records = belongs[real].astype(np.int64)
    own = encoder.views([persons[at] for at in records.tolist()], department, (pass_name,))
    fake = dummies.batch(encoder, rows.dummies[places][~real].tolist(), (pass_name,))
    if pass_name == encoder.schema.passes[0].name:
        own = replace(own, tokens={kind: values[records] for kind, values in tokens.items()})
    else:
        fake = replace(fake, tokens={})
    where = np.empty(len(places), dtype=np.int64)
    where[real] = np.arange(own.rows)
    where[~real] = own.rows + np.arange(fake.rows)
    return concatenate([own, fake]).take(where)
