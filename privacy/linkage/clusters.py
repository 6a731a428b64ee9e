"""Solving: from weighted pairs to clusters with at most one record a department.

Pairs are taken from the surest down, as in anonlink's greedy solvers; two clusters
join when no department would be in the result twice (so two rows of one department,
twins included, never meet) and when their numbers do not contradict.  Contradicting
resident numbers are not overruled by similarity: namesakes born on one day are two
people, and which of two numbers is wrong is for a person to decide.  Only where the
data show that the numbers are no register's (`numbers_bind`) are they evidence like
any other.  Pairs that came near, or that a rule stopped, go to clerical review.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from privacy.linkage.candidates import Pairs
from privacy.linkage.features import Floats
from privacy.linkage.greedy import default_greedy
from privacy.linkage.stack import Ids, Stack

MOST_DEPARTMENTS = 63
"""A cluster's departments are the bits of one signed word."""
_WRONG_IN_REGISTERS = 0.06
"""Share of differing numbers among sure matches that registers do not reach."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Cuts on match probability; none is tuned on truth."""

    link: float = 0.5
    """Even odds: below it, a link costs more errors than it saves."""
    conflict: float = 0.995
    """What different numbers need to be overruled, where numbers do not bind."""
    review: float = 0.1
    """Above it, a pair that is not linked is worth a person's look."""
    sure: float = 0.9
    """Below it, a pair that is linked is worth a look too."""


def _no_pairs() -> Pairs:
    return Pairs(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What people found in clerical review, as pairs of stacked rows (`review.py`).

    ``same``: joined before all others, whatever their numbers, which count as one person's
    from then on; they stand among the pairs that are solved.  ``different``: never in one
    cluster.
    """

    same: Pairs = field(default_factory=_no_pairs, repr=False)
    different: Pairs = field(default_factory=_no_pairs, repr=False)


@dataclass(frozen=True, slots=True)
class Solution:
    """The cluster of each stacked row (0..count-1), and pairs by their fate.

    ``linked``: indexes of pairs whose rows share a cluster; ``review``: pairs near the
    threshold; ``conflicts``: likely pairs that contradicting numbers kept apart;
    ``confirmed``: pairs that people's verdicts joined.
    """

    cluster: Ids = field(repr=False)
    linked: Ids = field(repr=False)
    review: Ids = field(repr=False)
    conflicts: Ids = field(repr=False)
    confirmed: Ids = field(default_factory=lambda: np.zeros(0, dtype=np.int64), repr=False)

    @property
    def count(self) -> int:
        """Return the number of clusters, singletons included."""
        return int(self.cluster.max(initial=-1)) + 1


def numbers_bind(equal: int, different: int) -> bool:
    """Tell whether resident numbers are to be obeyed, from how sure matches' numbers compare.

    A register's numbers differ between two departments for a few in a hundred of the
    people who are the same by everything else.  Numbers that, beyond doubt (three
    standard errors), differ for more than `_WRONG_IN_REGISTERS` were never checked
    against a register.
    """
    total = equal + different
    if total == 0:
        return True
    share = different / total
    error = ((share * (1 - share) + 2.25 / total) / total) ** 0.5
    return bool(share - 3 * error <= _WRONG_IN_REGISTERS)


def solve(
    stack: Stack,
    pairs: Pairs,
    probability: Floats,
    thresholds: Thresholds | None = None,
    *,
    binding: bool = True,
    verdicts: Verdicts | None = None,
) -> Solution:
    """Cluster the rows of *stack* by *pairs* across departments and their *probability*.

    *binding*: different resident numbers keep rows apart whatever the probability.
    *verdicts*: what people decided; none by default.

    Raises:
        ValueError: more departments than a party mask holds.
    """
    if len(stack.departments) > MOST_DEPARTMENTS:
        raise ValueError(f"at most {MOST_DEPARTMENTS} departments can be linked")
    cuts = thresholds or Thresholds()
    found = verdicts or Verdicts()
    same = _among(pairs, found.same, stack.rows)
    likely = np.flatnonzero((probability >= cuts.link) | same)
    number = _one_person(stack.token("A"), found.same)
    left, right = pairs.left[likely], pairs.right[likely]
    doubtful = _doubtful(number, left, right)
    # Rows with a doubtful number join last, and lose their own links rather than others'.
    late = (doubtful[left] | doubtful[right]) & binding
    order = np.lexsort((-probability[likely], late, ~same[likely]))
    firm = (probability[likely[order]] >= cuts.conflict) & (not binding)
    apart = (found.different.left, found.different.right)
    join = default_greedy()
    parent, stopped = join(left[order], right[order], firm, stack.department, number, apart)
    cluster = np.unique(parent, return_inverse=True)[1].astype(np.int64)
    together = cluster[pairs.left] == cluster[pairs.right]
    near = (~together & (probability >= cuts.review)) | (together & (probability < cuts.sure))
    conflict = np.zeros(len(pairs), dtype=np.bool_)
    conflict[likely[order[stopped]]] = True
    decided = same | _among(pairs, found.different, stack.rows)
    conflict &= ~together & ~decided
    return Solution(
        cluster,
        np.flatnonzero(together),
        np.flatnonzero(near & ~conflict & ~decided),
        np.flatnonzero(conflict),
        np.flatnonzero(together & same),
    )


def _among(pairs: Pairs, wanted: Pairs, rows: int) -> NDArray[np.bool_]:
    """Tell which of *pairs* are *wanted*."""
    if not len(wanted):
        return np.zeros(len(pairs), dtype=np.bool_)
    return np.isin(pairs.left * rows + pairs.right, wanted.left * rows + wanted.right)


def _one_person(number: Ids, same: Pairs) -> Ids:
    """Return the numbers with those of rows that are the same person made one.

    A child who moved out and back may have two; whoever else holds either of them is
    then no contradiction.
    """
    if not len(same):
        return number
    merged = number.copy()
    for row, other in zip(same.left.tolist(), same.right.tolist(), strict=True):
        one, two = merged[row], merged[other]
        if one >= 0 and two >= 0 and one != two:
            merged[merged == max(one, two)] = min(one, two)
    return merged


def _doubtful(number: Ids, left: Ids, right: Ids) -> NDArray[np.bool_]:
    """Tell which rows' numbers more likely pairs contradict than confirm."""
    held = (number[left] >= 0) & (number[right] >= 0)
    equal = number[left] == number[right]
    votes = np.zeros(len(number))
    for rows in (left, right):
        votes += np.bincount(rows[held & equal], minlength=len(number))
        votes -= np.bincount(rows[held & ~equal], minlength=len(number))
    return np.asarray(votes < 0)
