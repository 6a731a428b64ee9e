"""All pairs of codes within a distance or above a Dice threshold, streamed.

An executor runs the tiles and what they find is passed on as it comes, so memory depends
on the tile and not on the number of pairs.  Results are exact and equal those of anonlink
on the same filters (`reference.py`); their order is the executor's.

Whoever calls this holds both sides' codes and learns which pairs are similar.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from privacy.similarity.folding import choose_width
from privacy.similarity.kernels import Words
from privacy.similarity.tiles import HERE, Comparison, Found, Terms, TileExecutor


def present(codes: Words) -> NDArray[np.int64]:
    """Return the indexes of the rows that hold a code; an all-zero row is missing."""
    return np.flatnonzero(codes.any(axis=1))


def pairs_within(
    left: Words, right: Words, limit: int, *, executor: TileExecutor = HERE
) -> Iterator[Found]:
    """Yield all pairs of *left* (n x words) and *right* (m x words) at most *limit* bits apart.

    Missing (all-zero) rows are in no pair.
    """
    rows, codes = present(left), present(right)
    dense, others = left[rows], right[codes]
    terms = Terms(limit, choose_width(dense, others, limit), upper=False)
    for found in executor(Comparison(dense, others, terms)):
        yield Found(rows[found.left], codes[found.right], found.distance)


def pairs_among(codes: Words, limit: int, *, executor: TileExecutor = HERE) -> Iterator[Found]:
    """Yield all pairs i < j of *codes* (n x words) at most *limit* bits apart.

    Missing (all-zero) rows are in no pair.
    """
    rows = present(codes)
    dense = codes[rows]
    terms = Terms(limit, choose_width(dense, dense, limit), upper=True)
    for found in executor(Comparison(dense, dense, terms)):
        yield Found(rows[found.left], rows[found.right], found.distance)


def dice_pairs(
    left: Words, right: Words, threshold: float, *, executor: TileExecutor = HERE
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
    for found in pairs_within(left, right, limit, executor=executor):
        bits = left_bits[found.left] + right_bits[found.right]
        dice = (bits - found.distance) / bits
        keep = dice >= threshold
        yield found.where(keep), dice[keep]
