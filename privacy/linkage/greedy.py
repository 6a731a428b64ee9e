"""Greedy joining under rules, pair by pair: the reference, and the seam to the compiled one.

One pass over pairs from the surest down, as in anonlink's greedy solvers; a cluster is
its root row.  Memory is a few words a row, whatever the number of pairs.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from privacy.linkage.stack import Ids


class Greedy(Protocol):
    """Joins rows in the order of the pairs given; see `greedy_python`."""

    def __call__(
        self, left: Ids, right: Ids, firm: NDArray[np.bool_], department: Ids, number: Ids
    ) -> tuple[Ids, NDArray[np.bool_]]:
        """Return the root row of each row, and for each pair whether numbers stopped it."""


def greedy_python(
    left: Ids, right: Ids, firm: NDArray[np.bool_], department: Ids, number: Ids
) -> tuple[Ids, NDArray[np.bool_]]:
    """Join the clusters of *left* and *right*, pair after pair, where two rules allow it.

    No department may be in a cluster twice (``department``: its index, below 63), and no
    two different resident numbers (``number``: an id a row, -1 where missing), unless the
    pair is *firm*.
    """
    roots = list(range(len(department)))
    masks = [1 << index for index in department.tolist()]
    numbers = number.tolist()
    stopped = np.zeros(len(left), dtype=np.bool_)
    for index, (row, other) in enumerate(zip(left.tolist(), right.tolist(), strict=True)):
        one, two = _root(roots, row), _root(roots, other)
        if one == two or masks[one] & masks[two]:
            continue
        contradict = numbers[one] >= 0 and numbers[two] >= 0 and numbers[one] != numbers[two]
        if contradict and not firm[index]:
            stopped[index] = True
            continue
        low, high = min(one, two), max(one, two)
        roots[high] = low
        masks[low] |= masks[high]
        numbers[low] = numbers[low] if numbers[low] >= 0 else numbers[high]
    return np.array([_root(roots, row) for row in range(len(roots))], dtype=np.int64), stopped


def _root(roots: list[int], row: int) -> int:
    while roots[row] != row:
        roots[row] = roots[roots[row]]
        row = roots[row]
    return row


def default_greedy() -> Greedy:
    """Return the compiled joining where numba is installed, else the plain one."""
    try:
        from privacy.linkage.compiled import greedy_numba  # noqa: PLC0415  # numba is slow to import
    except ImportError:
        return greedy_python
    return greedy_numba
