"""What a comparison finds, computed pair by pair, and whether two findings are equal."""

import numpy as np

from privacy.similarity.kernels import Words
from privacy.similarity.tiles import Found, distances


def plain_pairs(left: Words, right: Words, limit: int, *, upper: bool = False) -> Found:
    """Return all pairs of rows that hold a code, at most *limit* bits apart, in order."""
    row, code = (each.ravel() for each in np.indices((len(left), len(right))))
    found = Found(row, code, distances(left, right, row, code))
    there = np.asarray(left.any(axis=1))[row] & np.asarray(right.any(axis=1))[code]
    found = found.where(there & (found.distance <= limit))
    return found.where(found.left < found.right) if upper else found


def assert_same(one: Found, two: Found) -> None:
    """Fail unless both are the same pairs in the same order."""
    np.testing.assert_array_equal(one.left, two.left)
    np.testing.assert_array_equal(one.right, two.right)
    np.testing.assert_array_equal(one.distance, two.distance)
