"""What one department's encoder hands to linkage: arrays, no text, no keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint64]
"""Codes of one view: n x (bits / 64) words, row order as sent; an all-zero row is missing."""

Tokens = NDArray[np.uint8]
"""Tokens of one kind: n x 32 bytes, row order as sent; an all-zero row is missing."""

Labels = NDArray[np.uint64]
"""Block labels of one pass: n words, row order as sent; 0 is missing."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Encodings of one department's rows, in the random order in which they left it.

    Who holds it can test equality of tokens and similarity of views; without the
    link keys it names nobody.  ``labels`` is empty but in the labelled variant.
    """

    department: str
    rows: int
    tokens: dict[str, Tokens] = field(repr=False)
    views: dict[str, Codes] = field(repr=False)
    labels: dict[str, Labels] = field(default_factory=dict, repr=False)

    def take(self, rows: NDArray[np.int64]) -> Batch:
        """Return the batch of the chosen *rows*, in their order (to shuffle or to select)."""
        return Batch(
            self.department,
            len(rows),
            {kind: values[rows] for kind, values in self.tokens.items()},
            {view: codes[rows] for view, codes in self.views.items()},
            {name: values[rows] for name, values in self.labels.items()},
        )


def concatenate(batches: Sequence[Batch]) -> Batch:
    """Return the rows of *batches* of one department in one, in the order given.

    The batches hold the same tokens, views and labels.
    """
    first = batches[0]
    return Batch(
        first.department,
        sum(batch.rows for batch in batches),
        {kind: np.concatenate([b.tokens[kind] for b in batches]) for kind in first.tokens},
        {view: np.concatenate([b.views[view] for b in batches]) for view in first.views},
        {name: np.concatenate([b.labels[name] for b in batches]) for name in first.labels},
    )
