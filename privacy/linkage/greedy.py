"""Greedy joining under rules, pair by pair: the reference, and the seam to the compiled one.

One pass over pairs from the surest down, as in anonlink's greedy solvers; a cluster is
its root row.  Memory is a few words a row, whatever the number of pairs.  Pairs of rows
that people found to be different never meet, directly or through others; they are few,
and looked at only where both clusters hold one of their rows.
"""

from __future__ import annotations

from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from privacy.linkage.stack import Ids

Apart: TypeAlias = tuple[Ids, Ids]
"""Left and right rows of pairs that may never share a cluster."""
NOBODY: Apart = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))


class Greedy(Protocol):
    """Joins rows in the order of the pairs given; see `greedy_python`."""

    def __call__(
        self,
        left: Ids,
        right: Ids,
        firm: NDArray[np.bool_],
        department: Ids,
        number: Ids,
        apart: Apart = NOBODY,
    ) -> tuple[Ids, NDArray[np.bool_]]:
        """Return the root row of each row, and for each pair whether numbers stopped it."""


def greedy_python(
    left: Ids,
    right: Ids,
    firm: NDArray[np.bool_],
    department: Ids,
    number: Ids,
    apart: Apart = NOBODY,
) -> tuple[Ids, NDArray[np.bool_]]:
    """Join the clusters of *left* and *right*, pair after pair, where three rules allow it.

    No department may be in a cluster twice (``department``: its index, below 63), no two
    rows that stand *apart*, and no two different resident numbers (``number``: an id a
    row, -1 where missing), unless the pair is *firm*.
    """
    roots = list(range(len(department)))
    masks = [1 << index for index in department.tolist()]
    numbers = number.tolist()
    stopped = np.zeros(len(left), dtype=np.bool_)
    enemies = list(zip(apart[0].tolist(), apart[1].tolist(), strict=True))
    wary = [False] * len(department)
    for row in (*apart[0].tolist(), *apart[1].tolist()):
        wary[row] = True
    for index, (row, other) in enumerate(zip(left.tolist(), right.tolist(), strict=True)):
        one, two = _root(roots, row), _root(roots, other)
        if one == two or masks[one] & masks[two]:
            continue
        if wary[one] and wary[two] and _meet(roots, enemies, one, two):
            continue
        contradict = numbers[one] >= 0 and numbers[two] >= 0 and numbers[one] != numbers[two]
        if contradict and not firm[index]:
            stopped[index] = True
            continue
        low, high = min(one, two), max(one, two)
        roots[high] = low
        masks[low] |= masks[high]
        wary[low] = wary[low] or wary[high]
        numbers[low] = numbers[low] if numbers[low] >= 0 else numbers[high]
    return np.array([_root(roots, row) for row in range(len(roots))], dtype=np.int64), stopped


def _root(roots: list[int], row: int) -> int:
    while roots[row] != row:
        roots[row] = roots[roots[row]]
        row = roots[row]
    return row


def _meet(roots: list[int], enemies: list[tuple[int, int]], one: int, two: int) -> bool:
    """Tell whether the clusters *one* and *two* hold the two sides of a pair of enemies."""
    return any({_root(roots, a), _root(roots, b)} == {one, two} for a, b in enemies)


def default_greedy() -> Greedy:
    """Return the compiled joining where numba is installed, else the plain one."""
    try:
        from privacy.linkage.compiled import greedy_numba  # noqa: PLC0415  # numba is slow to import
    except ImportError:
        return greedy_python
    return greedy_numba
