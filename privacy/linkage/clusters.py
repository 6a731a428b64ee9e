"""Solving: from weighted pairs to clusters with at most one record a department.

Pairs are taken from the surest down, as in anonlink's greedy solvers; two clusters
join when no department would be in the result twice (so two rows of one department,
twins included, never meet), when their numbers do not contradict, and when the pairs
between them agree on the whole.  Pairs that came near, or that a rule stopped, go to
clerical review.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from privacy.linkage.candidates import Pairs
from privacy.linkage.stack import Ids, Stack
from privacy.linkage.weights import Floats

MOST_DEPARTMENTS = 63
"""A cluster's departments are the bits of one signed word."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Cuts on match probability; none is tuned on truth."""

    link: float = 0.5
    """Even odds: below it, a link costs more errors than it saves."""
    conflict: float = 0.995
    """What different resident numbers need to be overruled."""
    review: float = 0.1
    """Above it, a pair that is not linked is worth a person's look."""
    sure: float = 0.9
    """Below it, a pair that is linked is worth a look too."""


@dataclass(frozen=True, slots=True)
class Solution:
    """The cluster of each stacked row (0..count-1), and pairs by their fate.

    ``linked``: indexes of pairs whose rows share a cluster; ``review``: pairs near the
    threshold; ``conflicts``: likely pairs that contradicting numbers kept apart.
    """

    cluster: Ids = field(repr=False)
    linked: Ids = field(repr=False)
    review: Ids = field(repr=False)
    conflicts: Ids = field(repr=False)

    @property
    def count(self) -> int:
        """Return the number of clusters, singletons included."""
        return int(self.cluster.max(initial=-1)) + 1


def solve(
    stack: Stack, pairs: Pairs, probability: Floats, thresholds: Thresholds | None = None
) -> Solution:
    """Cluster the rows of *stack* by *pairs* across departments and their *probability*.

    Raises:
        ValueError: more departments than a party mask holds.
    """
    if len(stack.departments) > MOST_DEPARTMENTS:
        raise ValueError(f"at most {MOST_DEPARTMENTS} departments can be linked")
    cuts = thresholds or Thresholds()
    parent, stopped = _greedy(stack, pairs, probability, cuts)
    cluster = np.unique(parent, return_inverse=True)[1].astype(np.int64)
    together = cluster[pairs.left] == cluster[pairs.right]
    near = (~together & (probability >= cuts.review)) | (together & (probability < cuts.sure))
    conflict = np.zeros(len(pairs), dtype=np.bool_)
    conflict[stopped] = True
    conflict &= ~together
    return Solution(
        cluster,
        np.flatnonzero(together),
        np.flatnonzero(near & ~conflict),
        np.flatnonzero(conflict),
    )


def _greedy(
    stack: Stack, pairs: Pairs, probability: Floats, cuts: Thresholds
) -> tuple[Ids, list[int]]:
    """Return the root row of each row, and the pairs that contradicting numbers stopped."""
    parent = np.arange(stack.rows)
    mask: NDArray[np.int64] = np.left_shift(np.int64(1), stack.department.astype(np.int64))
    number = stack.token("A").copy()
    stopped: list[int] = []
    likely = np.flatnonzero(probability >= cuts.link)
    order = likely[np.argsort(-probability[likely], kind="stable")]
    roots, masks, numbers = parent.tolist(), mask.tolist(), number.tolist()
    left, right = pairs.left.tolist(), pairs.right.tolist()
    for index in order.tolist():
        one, two = _root(roots, left[index]), _root(roots, right[index])
        if one == two or masks[one] & masks[two]:
            continue
        contradict = numbers[one] >= 0 and numbers[two] >= 0 and numbers[one] != numbers[two]
        if contradict and probability[index] < cuts.conflict:
            stopped.append(index)
            continue
        low, high = min(one, two), max(one, two)
        roots[high] = low
        masks[low] |= masks[high]
        numbers[low] = numbers[low] if numbers[low] >= 0 else numbers[high]
    return np.array([_root(roots, row) for row in range(stack.rows)], dtype=np.int64), stopped


def _root(roots: list[int], row: int) -> int:
    while roots[row] != row:
        roots[row] = roots[roots[row]]
        row = roots[row]
    return row
