"""All pairs of codes within a distance or above a Dice threshold, streamed.

The scan runs tile by tile and yields what each tile finds, so memory depends on the
tile and not on the number of pairs.  A tile that finds too many is halved.  Results
are exact and equal those of anonlink on the same filters (`reference.py`).

Whoever calls this holds both sides' codes and learns which pairs are similar.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from privacy.similarity.folding import choose_width, fold
from privacy.similarity.kernels import Hits, Scan, Words, blocks_of, default_scan

_TILE_ROWS = 8192
_TILE_CODES = 65536
_MOST_PAIRS = 1 << 19


@dataclass(frozen=True, slots=True)
class Found:
    """Pairs that one tile found: row of the left side, of the right side, Hamming distance."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    distance: NDArray[np.int64]

    def where(self, keep: NDArray[np.bool_]) -> Found:
        """Return the pairs for which *keep* holds."""
        return Found(self.left[keep], self.right[keep], self.distance[keep])


def _halving(scan: Scan, rows: Words, blocks: Words, limit: int) -> Iterator[tuple[int, Hits]]:
    """Yield (first row, hits), cutting the rows in halves while a scan finds too many."""
    todo = [(0, len(rows))]
    while todo:
        low, high = todo.pop()
        most = _MOST_PAIRS if high - low > 1 else 16 * blocks.shape[0] * blocks.shape[2]
        hits = scan(rows[low:high], blocks, limit, most)
        if hits is None:
            middle = (low + high) // 2
            todo += [(middle, high), (low, middle)]
        else:
            yield low, hits


def _tiles(left: Words, right: Words, limit: int, *, upper: bool, scan: Scan) -> Iterator[Found]:
    width = choose_width(left, right, limit)
    narrow = width < left.shape[1]
    for first_code in range(0, len(right), _TILE_CODES):
        codes = right[first_code : first_code + _TILE_CODES]
        blocks = blocks_of(fold(codes, width) if narrow else codes)
        last_row = min(len(left), first_code + _TILE_CODES) if upper else len(left)
        for first_row in range(0, last_row, _TILE_ROWS):
            rows = left[first_row : min(last_row, first_row + _TILE_ROWS)]
            # Blocks that lie wholly below the diagonal hold no pair i < j.
            skip = max(0, first_row - first_code) // blocks.shape[2] if upper else 0
            tile = np.ascontiguousarray(fold(rows, width) if narrow else rows)
            for low, (row, code, distance) in _halving(scan, tile, blocks[skip:], limit):
                found = Found(
                    row + low + first_row,
                    code + skip * blocks.shape[2] + first_code,
                    distance,
                )
                found = found.where(found.right < len(right))
                if upper:
                    found = found.where(found.left < found.right)
                if narrow:
                    found = _verified(left, right, found)
                    found = found.where(found.distance <= limit)
                yield found


def _verified(left: Words, right: Words, found: Found) -> Found:
    return Found(
        found.left,
        found.right,
        distances(left, right, found.left, found.right),
    )


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


def present(codes: Words) -> NDArray[np.int64]:
    """Return the indexes of the rows that hold a code; an all-zero row is missing."""
    return np.flatnonzero(codes.any(axis=1))


def pairs_within(
    left: Words, right: Words, limit: int, *, scan: Scan | None = None
) -> Iterator[Found]:
    """Yield all pairs of *left* (n x words) and *right* (m x words) at most *limit* bits apart.

    Missing (all-zero) rows are in no pair.
    """
    rows, codes = present(left), present(right)
    tiles = _tiles(left[rows], right[codes], limit, upper=False, scan=scan or default_scan())
    for found in tiles:
        yield Found(rows[found.left], codes[found.right], found.distance)


def pairs_among(codes: Words, limit: int, *, scan: Scan | None = None) -> Iterator[Found]:
    """Yield all pairs i < j of *codes* (n x words) at most *limit* bits apart.

    Missing (all-zero) rows are in no pair.
    """
    rows = present(codes)
    dense = codes[rows]
    for found in _tiles(dense, dense, limit, upper=True, scan=scan or default_scan()):
        yield Found(rows[found.left], rows[found.right], found.distance)


def dice_pairs(
    left: Words, right: Words, threshold: float, *, scan: Scan | None = None
) -> Iterator[tuple[Found, NDArray[np.float64]]]:
    """Yield all pairs whose Dice coefficient reaches *threshold*, with their coefficients.

    With h bits of difference and s bits set in sum, Dice = (s - h) / s: the largest s
    bounds the distance, then each pair is decided by its own s, in doubles as anonlink does.
    """
    if not 0 < threshold <= 1:
        raise ValueError("a Dice threshold lies above 0 and at most at 1")
    left_bits = np.bitwise_count(left).sum(axis=1, dtype=np.int64)
    right_bits = np.bitwise_count(right).sum(axis=1, dtype=np.int64)
    most = int(left_bits.max(initial=0) + right_bits.max(initial=0))
    limit = int((1 - threshold) * most) + 1
    for found in pairs_within(left, right, limit, scan=scan):
        bits = left_bits[found.left] + right_bits[found.right]
        dice = (bits - found.distance) / bits
        keep = dice >= threshold
        yield found.where(keep), dice[keep]
