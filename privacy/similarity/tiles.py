"""An all-pairs comparison as tasks: pure descriptions that an executor runs, anywhere.

A comparison is cut into tiles, rectangles of rows against codes.  A tile's task needs
its two parts of the codes and nothing else, and gives the same pairs wherever it runs;
so neither the executor, nor the size of tiles, nor their order changes what is found.
Who runs a task sees codes and which of them are similar, as who compares them here does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from privacy.similarity.folding import fold
from privacy.similarity.kernels import EVERYWHERE, Hits, Scan, Words, blocks_of, default_scan

SIDE = 65536
"""Rows and codes of a tile: seconds of work against megabytes of codes."""
_STRIPE = 8192
_MOST_PAIRS = 1 << 19


@dataclass(frozen=True, slots=True)
class Found:
    """Pairs that were found: row of the left side, of the right side, Hamming distance."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    distance: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.left)

    def where(self, keep: NDArray[np.bool_]) -> Found:
        """Return the pairs for which *keep* holds."""
        return Found(self.left[keep], self.right[keep], self.distance[keep])

    def moved(self, rows: int, codes: int) -> Found:
        """Return the pairs with *rows* and *codes* added to their numbers."""
        return Found(self.left + rows, self.right + codes, self.distance)


def joined(parts: Iterable[Found]) -> Found:
    """Return *parts* as one, ordered by left, then right: the same for every way of cutting."""
    listed = list(parts) or [_nothing()]
    left, right, distance = (
        np.concatenate([getattr(part, name) for part in listed])
        for name in ("left", "right", "distance")
    )
    order = np.lexsort((right, left))
    return Found(left[order], right[order], distance[order])


@dataclass(frozen=True, slots=True)
class Tile:
    """A rectangle of a comparison: the first row and code, and how many of each."""

    row: int
    code: int
    rows: int
    codes: int

    def halves(self) -> tuple[Tile, Tile]:
        """Cut the longer side in two."""
        if self.rows >= self.codes:
            low = self.rows // 2
            return (
                Tile(self.row, self.code, low, self.codes),
                Tile(self.row + low, self.code, self.rows - low, self.codes),
            )
        low = self.codes // 2
        return (
            Tile(self.row, self.code, self.rows, low),
            Tile(self.row, self.code + low, self.rows, self.codes - low),
        )


@dataclass(frozen=True, slots=True)
class Terms:
    """What all tiles of a comparison share.

    ``limit``: the largest Hamming distance.  ``width``: words to fold to before the scan.
    ``upper``: only pairs whose row is below its code, of one set with itself.
    """

    limit: int
    width: int
    upper: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """All rows of *left* (n x words) with all of *right* (m x words), on *terms*."""

    left: Words = field(repr=False)
    right: Words = field(repr=False)
    terms: Terms

    @property
    def pairs(self) -> int:
        """Return how many pairs are compared."""
        count = len(self.left) * len(self.right)
        return (count - len(self.left)) // 2 if self.terms.upper else count

    def tiles(self, side: int = SIDE) -> Iterator[Tile]:
        """Yield tiles of at most *side* rows and codes that cover the comparison."""
        for row in range(0, len(self.left), side):
            rows = min(side, len(self.left) - row)
            for code in range(0, len(self.right), side):
                codes = min(side, len(self.right) - code)
                if not self.terms.upper or row < code + codes - 1:
                    yield Tile(row, code, rows, codes)


class TileExecutor(Protocol):
    """Runs the tiles of a comparison."""

    def __call__(self, comparison: Comparison) -> Iterator[Found]:
        """Yield what the tiles find, each pair once, in any order.

        What is yielded at a time is bounded, whatever the number of pairs.
        """


def compare_tile(
    tile: Tile, rows: Words, codes: Words, terms: Terms, scan: Scan
) -> Iterator[Found]:
    """Run one task: yield the pairs of *tile*, numbered as in the whole comparison.

    Args:
        tile: what is compared.
        rows: the tile's rows of the left side, tile.rows x words.
        codes: the tile's codes of the right side, tile.codes x words.
        terms: of the comparison.
        scan: the kernel.
    """
    narrow = terms.width < codes.shape[1]
    blocks = blocks_of(fold(codes, terms.width) if narrow else codes)
    lanes = blocks.shape[2]
    # Above the diagonal a row of number i meets codes from i + 1 on.
    below = tile.row - tile.code + 1 if terms.upper else EVERYWHERE
    last = min(tile.rows, tile.codes - below)
    for first in range(0, last, _STRIPE):
        some = rows[first : min(last, first + _STRIPE)]
        skip = max(0, first + below) // lanes * lanes
        folded = np.ascontiguousarray(fold(some, terms.width) if narrow else some)
        for low, (row, code, distance) in _halving(
            scan, folded, blocks[skip // lanes :], terms.limit, first + below - skip
        ):
            found = Found(row + low + first, code + skip, distance)
            found = found.where(found.right < len(codes))
            if narrow:
                exact = distances(rows, codes, found.left, found.right)
                found = Found(found.left, found.right, exact)
                found = found.where(exact <= terms.limit)
            yield found.moved(tile.row, tile.code)


def distances(
    left: Words, right: Words, rows: NDArray[np.int64], others: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the Hamming distances of given pairs (one per entry of *rows* and *others*)."""
    result = np.empty(len(rows), dtype=np.int64)
    step = 1 << 16
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        difference = left[rows[part]] ^ right[others[part]]
        result[part] = np.bitwise_count(difference).sum(axis=1, dtype=np.int64)
    return result


@dataclass(frozen=True, slots=True)
class Here:
    """The executor that runs every tile in this process, on the kernel's own threads."""

    scan: Scan | None = None
    """None: the compiled kernel, or NumPy's where numba is missing."""
    side: int = SIDE

    def __call__(self, comparison: Comparison) -> Iterator[Found]:
        """Run the tiles one after the other."""
        scan = self.scan or default_scan()
        for tile in comparison.tiles(self.side):
            rows = comparison.left[tile.row : tile.row + tile.rows]
            codes = comparison.right[tile.code : tile.code + tile.codes]
            yield from compare_tile(tile, rows, codes, comparison.terms, scan)


HERE = Here()


def _halving(
    scan: Scan, rows: Words, blocks: Words, limit: int, below: int
) -> Iterator[tuple[int, Hits]]:
    """Yield (first row, hits), cutting the rows in halves while a scan finds too many."""
    todo = [(0, len(rows))]
    while todo:
        low, high = todo.pop()
        most = _MOST_PAIRS if high - low > 1 else 16 * blocks.shape[0] * blocks.shape[2]
        hits = scan(rows[low:high], blocks, limit, most, low + below)
        if hits is None:
            middle = (low + high) // 2
            todo += [(middle, high), (low, middle)]
        else:
            yield low, hits


def _nothing() -> Found:
    empty = np.zeros(0, dtype=np.int64)
    return Found(empty, empty, empty)
