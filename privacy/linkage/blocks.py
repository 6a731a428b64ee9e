"""Comparing inside blocks: where rows carry labels, only rows of one block are compared.

A row's block in a pass is a number from 1; 0 means that it has none and is in no pair.
Results are those pairs of `privacy.similarity.search` whose rows share a block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from privacy.encoding.batch import Codes, Labels
from privacy.linkage.stack import Ids
from privacy.similarity.search import pairs_among, pairs_within
from privacy.similarity.tiles import HERE, Found, TileExecutor


@dataclass(frozen=True, slots=True)
class Blocks:
    """Rows of one side that hold a code and a block, ordered by block.

    ``names``: the blocks, ascending; block b's rows are ``rows[starts[b] : starts[b + 1]]``,
    ascending.
    """

    rows: Ids = field(repr=False)
    names: Labels = field(repr=False)
    starts: Ids = field(repr=False)

    @classmethod
    def of(cls, codes: Codes, labels: Labels) -> Blocks:
        """Group the rows of *codes* (n x words) by *labels* (n)."""
        there = np.flatnonzero(codes.any(axis=1) & (labels != 0))
        rows = there[np.argsort(labels[there], kind="stable")]
        names, counts = np.unique(labels[rows], return_counts=True)
        return cls(rows, names, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))

    @property
    def sizes(self) -> Ids:
        """Return the number of rows of each block."""
        return np.diff(self.starts)

    def of_block(self, at: int) -> Ids:
        """Return the rows of block number *at*."""
        return self.rows[self.starts[at] : self.starts[at + 1]]

    @property
    def pairs(self) -> int:
        """Return the number of pairs i < j of one block."""
        return int((self.sizes * (self.sizes - 1) // 2).sum())

    def shared(self, other: Blocks) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the places, here and in *other*, of the blocks that both have."""
        return np.intersect1d(self.names, other.names, assume_unique=True, return_indices=True)[1:]

    def pairs_with(self, other: Blocks) -> int:
        """Return the number of pairs of a row here and a row of *other* in one block."""
        mine, theirs = self.shared(other)
        return int((self.sizes[mine] * other.sizes[theirs]).sum())


def among(
    codes: Codes, blocks: Blocks, limit: int, executor: TileExecutor = HERE
) -> Iterator[Found]:
    """Yield the pairs i < j of one block whose *codes* are at most *limit* bits apart."""
    for at in range(len(blocks.names)):
        rows = blocks.of_block(at)
        for found in pairs_among(codes[rows], limit, executor=executor):
            yield Found(rows[found.left], rows[found.right], found.distance)


def between(
    left: Codes, right: Codes, one: Blocks, other: Blocks, limit: int, executor: TileExecutor = HERE
) -> Iterator[Found]:
    """Yield the pairs of one block, a row of each side, at most *limit* bits apart."""
    for mine, theirs in zip(*(places.tolist() for places in one.shared(other)), strict=True):
        rows, others = one.of_block(mine), other.of_block(theirs)
        for found in pairs_within(left[rows], right[others], limit, executor=executor):
            yield Found(rows[found.left], others[found.right], found.distance)
