"""The greedy joining of `greedy.py`, compiled by numba; the only importer of numba here.

Ten million pairs over eight million rows take seconds; `default_greedy` imports it late.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from privacy.linkage.greedy import NOBODY, Apart
from privacy.linkage.stack import Ids


@numba.njit(cache=True, nogil=True)
def _root(roots: Any, row: int) -> Any:  # noqa: ANN401 - numba's untyped protocol
    while roots[row] != row:
        roots[row] = roots[roots[row]]
        row = roots[row]
    return row


@numba.njit(cache=True, nogil=True)
def _meet(roots: Any, first: Any, second: Any, one: int, two: int) -> Any:  # noqa: ANN401
    for index in range(len(first)):
        a, b = _root(roots, first[index]), _root(roots, second[index])
        if (a == one and b == two) or (a == two and b == one):
            return True
    return False


@numba.njit(cache=True, nogil=True)
def _join(
    left: Any,  # noqa: ANN401
    right: Any,  # noqa: ANN401
    firm: Any,  # noqa: ANN401
    department: Any,  # noqa: ANN401
    numbers: Any,  # noqa: ANN401
    first: Any,  # noqa: ANN401
    second: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    roots = np.arange(len(department))
    masks = np.empty(len(department), np.int64)
    for row in range(len(department)):
        masks[row] = np.int64(1) << department[row]
    stopped = np.zeros(len(left), np.bool_)
    wary = np.zeros(len(department), np.bool_)
    for index in range(len(first)):
        wary[first[index]] = wary[second[index]] = True
    for index in range(len(left)):
        one, two = _root(roots, left[index]), _root(roots, right[index])
        if one == two or masks[one] & masks[two]:
            continue
        if wary[one] and wary[two] and _meet(roots, first, second, one, two):
            continue
        contradict = numbers[one] >= 0 and numbers[two] >= 0 and numbers[one] != numbers[two]
        if contradict and not firm[index]:
            stopped[index] = True
            continue
        low, high = min(one, two), max(one, two)
        roots[high] = low
        masks[low] |= masks[high]
        wary[low] |= wary[high]
        numbers[low] = numbers[low] if numbers[low] >= 0 else numbers[high]
    for row in range(len(roots)):
        roots[row] = _root(roots, row)
    return roots, stopped


def greedy_numba(
    left: Ids,
    right: Ids,
    firm: NDArray[np.bool_],
    department: Ids,
    number: Ids,
    apart: Apart = NOBODY,
) -> tuple[Ids, NDArray[np.bool_]]:
    """Join as `greedy.greedy_python` does, with the same result."""
    return _join(left, right, firm, department, number.copy(), *apart)  # type: ignore[no-any-return]
