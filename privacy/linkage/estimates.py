"""Precision and recall estimated without truth, as ranges between honest assumptions.

Precision: a linked pair is wrong as its probabilities say.  Rows of a cluster support
each other through third rows; the range runs from the best single route between two rows
(routes all say the same) to all routes together (each is evidence of its own).

Recall: lost are the expected matches among candidates that stay apart, and matches that
no candidate shows.  The latter are counted where they can be seen: among pairs with equal
resident numbers, the share that no view lifts out of the noise; without numbers, as many
as there are linked pairs that only just rose out of it.  Neither is exact: errors
gather in the same rows, and numbers are held for some people rather than others, so
the range allows for a factor of `_DOUBT` either way, and twice that for the matches
that no number shows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from privacy.linkage.evidence import Number
from privacy.linkage.features import Floats
from privacy.linkage.linker import Linker

_Z95 = 1.959964
_DOUBT = 3.0
_FEWEST_NUMBERS = 50
"""Pairs with equal numbers from which the share of invisible matches is taken."""
_NOISE = 3.8
"""Standard deviations of noise that a view must exceed to be seen."""
_CHUNK = 20_000
_HALF_A_PAIR = 0.5
"""Fewer lost pairs than this may as well be none: a range says so."""


@dataclass(frozen=True, slots=True)
class Range:
    """A share: likeliest value, lower and upper bound, each from 0 to 1."""

    value: float
    low: float
    high: float


def precision_range(linker: Linker) -> Range:
    """Return the estimated precision over all pairs of rows that share a cluster."""
    pairs, single, joint = _wrong_pairs(linker)
    if pairs == 0:
        return Range(0.0, 0.0, 1.0)
    most = single + _Z95 * (single + 1.0) ** 0.5
    fewest = joint / _DOUBT**2
    least = max(fewest - _Z95 * (fewest + 1.0) ** 0.5, 0.0)
    value = 1.0 - (single * joint) ** 0.5 / pairs
    return Range(value, max(0.0, 1.0 - most / pairs), 1.0 - least / pairs)


def recall_range(linker: Linker) -> Range:
    """Return the estimated recall over pairs across departments."""
    linked = linker.linked
    together = np.zeros(len(linked.pairs), dtype=np.bool_)
    together[linked.solution.linked] = True
    pairs, single, joint = _wrong_pairs(linker)
    found = pairs - (single * joint) ** 0.5
    if found <= 0:
        return Range(0.0, 0.0, 1.0)
    apart = float(linked.probability[~together].sum())
    unseen, doubt = _unseen(linker, together)
    lost = apart + unseen
    spread = _Z95 * (lost + 1.0) ** 0.5
    most = apart * _DOUBT + unseen * doubt + spread
    least = max(lost / _DOUBT - spread / _DOUBT**0.5, 0.0)
    if least < _HALF_A_PAIR:
        least = 0.0
    return Range(found / (found + lost), found / (found + most), found / (found + least))


def _unseen(linker: Linker, together: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the expected matches that no candidate shows, and the factor of doubt."""
    linked = linker.linked
    highest = linked.shown.highest
    bits = max((64 * codes.shape[1] for codes in linker.stack.views.values()), default=1)
    cut = _NOISE / bits**0.5
    numbered = together & (linked.shown.number == Number.EQUAL)
    others = int((together & ~numbered).sum())
    if numbered.sum() >= _FEWEST_NUMBERS:
        invisible = int((numbered & (highest < cut) & ~linked.shown.exact).sum())
        share = (invisible + 0.5) / (int(numbered.sum()) - invisible + 1.0)
        return others * share, _DOUBT
    return float((together & (highest < 2 * cut)).sum()) + 0.5, 2 * _DOUBT


def _wrong_pairs(linker: Linker) -> tuple[int, float, float]:
    """Return pairs of rows in one cluster, and how many are wrong by best and by all routes."""
    linked, stacked = linker.linked, linker.stack
    chosen = linked.solution.linked
    left, right = linked.pairs.left[chosen], linked.pairs.right[chosen]
    cluster = linked.solution.cluster
    of_pair = cluster[left]
    order = np.argsort(of_pair, kind="stable")
    left, right, of_pair = left[order], right[order], of_pair[order]
    probability = linked.probability[chosen][order]
    used, starts = np.unique(of_pair, return_index=True)
    total, single, joint = 0, 0.0, 0.0
    bounds = np.append(starts, len(of_pair))
    for first in range(0, len(used), _CHUNK):
        last = min(first + _CHUNK, len(used))
        part = slice(bounds[first], bounds[last])
        place = np.searchsorted(used, of_pair[part]) - first
        matrix = np.zeros((last - first, len(stacked.departments), len(stacked.departments)))
        one, two = stacked.department[left[part]], stacked.department[right[part]]
        matrix[place, one, two] = matrix[place, two, one] = probability[part]
        there = np.zeros(matrix.shape[:2], dtype=np.bool_)
        there[place, one] = there[place, two] = True
        wrong = _wrong(matrix, there)
        total, single, joint = total + wrong[0], single + wrong[1], joint + wrong[2]
    return total, single, joint


def _wrong(matrix: Floats, there: NDArray[np.bool_]) -> tuple[int, float, float]:
    """Return the same for clusters as matrices of probabilities, departments x departments."""
    best, doubt = matrix.copy(), 1.0 - matrix
    for middle in range(matrix.shape[1]):
        route = matrix[:, :, middle, None] * matrix[:, None, middle, :]
        best = np.maximum(best, route)
        doubt *= 1.0 - route
    upper = np.triu(np.ones(matrix.shape[1:], dtype=np.bool_), 1)
    pairs = (there[:, :, None] & there[:, None, :]) & upper
    return int(pairs.sum()), float((1.0 - best[pairs]).sum()), float(doubt[pairs].sum())
