"""Equal codes compared once: rows that carry the same code, as one entry.

Records that agree in a view's fields have one code in every department, so a view of a
city holds far fewer codes than rows, and the comparisons grow with the square.  What a
representative finds is found for all its rows; nothing is lost, and nothing new is seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from privacy.similarity.kernels import Words
from privacy.similarity.tiles import Found

Ids = NDArray[np.int64]

_MOST_PAIRS = 1 << 19
"""Pairs that are written out at a time."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows grouped by equal codes.

    ``codes``: one for each group.  ``rows``: all rows, group by group; ``starts``: where each
    group begins in them, and the end.
    """

    codes: Words = field(repr=False)
    rows: Ids = field(repr=False)
    starts: Ids = field(repr=False)

    @property
    def sizes(self) -> Ids:
        """Return the number of rows of each group."""
        return np.diff(self.starts)

    @property
    def single(self) -> bool:
        """Tell whether every group is one row."""
        return len(self.codes) == len(self.rows)


def each_alone(codes: Words, rows: Ids) -> Groups:
    """Return *rows* of *codes* (n x words) as groups of one, in order."""
    return Groups(codes[rows], rows, np.arange(len(rows) + 1))


def grouped(codes: Words, rows: Ids) -> Groups:
    """Return *rows* of *codes* (n x words), grouped where their codes are equal.

    Sorted by a sum of their words; should two codes share it, some rows stay apart, which
    costs comparisons and no pair.
    """
    here = codes[rows]
    factors = (np.arange(here.shape[1], dtype=np.uint64) * np.uint64(2) + np.uint64(1)) * _ODD
    order = np.argsort((here * factors).sum(axis=1, dtype=np.uint64), kind="stable")
    here, rows = here[order], rows[order]
    fresh = np.ones(len(rows), dtype=np.bool_)
    fresh[1:] = (here[1:] != here[:-1]).any(axis=1)
    starts = np.append(np.flatnonzero(fresh), len(rows))
    return Groups(here[fresh], rows, starts)


_ODD = np.uint64(0x9E3779B97F4A7C15)


def of_rows(found: Found, left: Groups, right: Groups) -> Iterator[Found]:
    """Yield what *found*, pairs of groups, says of rows; so many pairs at a time at most."""
    if left.single and right.single:
        if len(found):
            yield Found(left.rows[found.left], right.rows[found.right], found.distance)
        return
    wide = right.sizes[found.right]
    ends = np.cumsum(left.sizes[found.left] * wide)
    for first in range(0, int(ends[-1]) if len(ends) else 0, _MOST_PAIRS):
        flat = np.arange(first, min(first + _MOST_PAIRS, int(ends[-1])))
        pair = np.searchsorted(ends, flat, side="right")
        place = flat - (ends[pair] - left.sizes[found.left[pair]] * wide[pair])
        row = left.starts[found.left[pair]] + place // wide[pair]
        code = right.starts[found.right[pair]] + place % wide[pair]
        yield Found(left.rows[row], right.rows[code], found.distance[pair])


def inside(groups: Groups) -> Iterator[Found]:
    """Yield the pairs i < j of rows that share a code."""
    many = np.flatnonzero(groups.sizes > 1)
    for found in of_rows(Found(many, many, np.zeros_like(many)), groups, groups):
        yield found.where(found.left < found.right)


def ordered(found: Found) -> Found:
    """Return pairs of one set of rows with the lower row on the left."""
    low, high = np.minimum(found.left, found.right), np.maximum(found.left, found.right)
    return Found(low, high, found.distance)
