"""Where found pairs are kept while a search runs: in memory, or wherever the caller decides.

A sink takes pairs as they come and gives them back once, in order.  What it holds are row
numbers; whoever reads them learns which rows are similar, and no code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]


class PairSink(Protocol):
    """Takes pairs of rows in any order and any number of times."""

    def add(self, left: Ids, right: Ids) -> None:
        """Keep pairs; *left* and *right* have one entry a pair."""

    def take(self) -> tuple[Ids, Ids]:
        """Return left and right of all pairs, each once, ordered by left, then right.

        The sink is done then.  The arrays may be memory-mapped.
        """


def distinct(keys: Ids) -> Ids:
    """Sort *keys* in place and return each once; many times faster than numpy's hashing."""
    keys.sort()
    fresh = np.ones(len(keys), dtype=np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=fresh[1:])
    return keys[fresh]


Sinks = Callable[[int], PairSink]
"""Makes a sink for pairs of rows that number below the given count."""


class MemorySink:
    """Keeps pairs in memory."""

    def __init__(self, rows: int) -> None:
        """Take pairs of rows 0 .. *rows* - 1."""
        self._rows = max(rows, 1)
        self._keys: list[Ids] = []

    def add(self, left: Ids, right: Ids) -> None:
        """Keep pairs."""
        self._keys.append(left * self._rows + right)

    def take(self) -> tuple[Ids, Ids]:
        """Return all pairs, each once, in order."""
        keys = distinct(np.concatenate([*self._keys, np.zeros(0, dtype=np.int64)]))
        self._keys.clear()
        return keys // self._rows, keys % self._rows
