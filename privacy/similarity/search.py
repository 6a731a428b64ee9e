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
from privacy.similarity.groups import each_alone, grouped, inside, of_rows, ordered
from privacy.similarity.kernels import FEW_PAIRS, Words
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
    group = each_alone if len(rows) * len(codes) <= FEW_PAIRS else grouped
    one, other = group(left, rows), group(right, codes)
    terms = Terms(limit, choose_width(one.codes, other.codes, limit), upper=False)
    for found in executor(Comparison(one.codes, other.codes, terms)):
        yield from of_rows(found, one, other)


def pairs_among(codes: Words, limit: int, *, executor: TileExecutor = HERE) -> Iterator[Found]:
    """Yield all pairs i < j of *codes* (n x words) at most *limit* bits apart.

    Missing (all-zero) rows are in no pair.
    """
    rows = present(codes)
    group = each_alone if len(rows) ** 2 <= FEW_PAIRS else grouped
    groups = group(codes, rows)
    if limit >= 0:
        yield from inside(groups)
    terms = Terms(limit, choose_width(groups.codes, groups.codes, limit), upper=True)
    for found in executor(Comparison(groups.codes, groups.codes, terms)):
        for pairs in of_rows(found, groups, groups):
            yield ordered(pairs)


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
