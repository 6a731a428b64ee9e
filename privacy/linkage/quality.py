"""How good a linkage is: estimated without truth, and measured where truth is known.

The estimates rest on calibrated match probabilities and on what resident numbers show
of matches that encodings hide (`estimates.py`).  The report holds counts and shares
only, of no single record.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from privacy.canonical import Json
from privacy.linkage.estimates import Range, precision_range, recall_range
from privacy.linkage.evidence import Number
from privacy.linkage.linker import Linker
from privacy.linkage.stack import Ids

_PPM = 1_000_000
_LOWEST_WEIGHT, _HIGHEST_WEIGHT = -20, 20


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share with its 95 % interval, in millionths."""

    value: int
    low: int
    high: int

    def to_json(self) -> Json:
        """Return the estimate as canonical JSON takes it."""
        return {"value": self.value, "low": self.low, "high": self.high}


@dataclass(frozen=True, slots=True)
class DepartmentQuality:
    """Rows of one department: linked by a token, by similarity only, by people, or not at all."""

    department: str
    rows: int
    linked_by_token: int
    linked_by_similarity: int
    unlinked: int
    unlinkable: int
    """Rows without any view or token: nothing to compare."""
    linked_by_review: int = 0
    """Rows that people's answers linked; in none of the two counts before."""

    def to_json(self) -> Json:
        """Return the counts as canonical JSON takes them."""
        return {
            "department": self.department,
            "rows": self.rows,
            "linked_by_token": self.linked_by_token,
            "linked_by_similarity": self.linked_by_similarity,
            "unlinked": self.unlinked,
            "unlinkable": self.unlinkable,
            "linked_by_review": self.linked_by_review,
        }


@dataclass(frozen=True, slots=True)
class QualityReport:
    """Quality of a linkage without truth; ``histogram`` counts pairs by whole match weight.

    Bin i of ``histogram`` holds weights from ``lowest_weight + i`` to one more; the outer
    bins hold what lies beyond.
    """

    clusters: int
    departments: tuple[DepartmentQuality, ...]
    linked_pairs: int
    review_pairs: int
    number_conflicts: int
    precision: Estimate
    recall: Estimate
    lowest_weight: int
    histogram: tuple[int, ...]
    linked_histogram: tuple[int, ...]

    def to_json(self) -> Json:
        """Return the report as canonical JSON takes it: integers, shares in millionths."""
        return {
            "clusters": self.clusters,
            "departments": [department.to_json() for department in self.departments],
            "linked_pairs": self.linked_pairs,
            "review_pairs": self.review_pairs,
            "number_conflicts": self.number_conflicts,
            "precision": self.precision.to_json(),
            "recall": self.recall.to_json(),
            "lowest_weight": self.lowest_weight,
            "histogram": list(self.histogram),
            "linked_histogram": list(self.linked_histogram),
        }


def quality_report(linker: Linker) -> QualityReport:
    """Return the quality report of *linker*'s clusters."""
    linked = linker.linked
    together = np.zeros(len(linked.pairs), dtype=np.bool_)
    together[linked.solution.linked] = True
    whole = np.clip(np.floor(linked.weight), _LOWEST_WEIGHT, _HIGHEST_WEIGHT - 1).astype(np.int64)
    bins = _HIGHEST_WEIGHT - _LOWEST_WEIGHT
    return QualityReport(
        clusters=linked.solution.count,
        departments=_departments(linker, together),
        linked_pairs=int(together.sum()),
        review_pairs=len(linked.solution.review),
        number_conflicts=len(linked.solution.conflicts),
        precision=_estimate(precision_range(linker)),
        recall=_estimate(recall_range(linker)),
        lowest_weight=_LOWEST_WEIGHT,
        histogram=tuple(np.bincount(whole - _LOWEST_WEIGHT, minlength=bins).tolist()),
        linked_histogram=tuple(
            np.bincount(whole[together] - _LOWEST_WEIGHT, minlength=bins).tolist()
        ),
    )


def _estimate(found: Range) -> Estimate:
    return Estimate(*(round(share * _PPM) for share in (found.value, found.low, found.high)))


def _departments(linker: Linker, together: NDArray[np.bool_]) -> tuple[DepartmentQuality, ...]:
    linked, stacked = linker.linked, linker.stack
    by_token = together & (
        linked.shown.exact | np.isin(linked.shown.number, (Number.EQUAL, Number.CONFLICT))
    )
    token, any_link, person = (np.zeros(stacked.rows, dtype=np.bool_) for _ in range(3))
    for rows in (linked.pairs.left, linked.pairs.right):
        token[rows[by_token]] = True
        person[rows[linked.solution.confirmed]] = True
    cluster = linked.solution.cluster
    any_link = np.bincount(cluster)[cluster] > 1 if stacked.rows else any_link
    silent = np.ones(stacked.rows, dtype=np.bool_)
    for codes in stacked.views.values():
        silent &= ~codes.any(axis=1)
    for ids in stacked.tokens.values():
        silent &= ids < 0
    result = []
    for index, name in enumerate(stacked.departments):
        here = stacked.of(index)
        with_token = token[here] & any_link[here] & ~person[here]
        result.append(
            DepartmentQuality(
                department=name,
                rows=len(cluster[here]),
                linked_by_token=int(with_token.sum()),
                linked_by_similarity=int((any_link[here] & ~with_token & ~person[here]).sum()),
                unlinked=int((~any_link[here]).sum()),
                unlinkable=int(silent[here].sum()),
                linked_by_review=int(person[here].sum()),
            )
        )
    return tuple(result)


@dataclass(frozen=True, slots=True)
class Score:
    """Pairs against the truth: found and true, found, true."""

    correct: int
    found: int
    true: int

    @property
    def precision(self) -> float:
        """Return the share of found pairs that are true; 1 where nothing was found."""
        return self.correct / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Return the share of true pairs that were found; 1 where there are none."""
        return self.correct / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """Return the harmonic mean of precision and recall."""
        both = self.found + self.true
        return 2 * self.correct / both if both else 1.0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores over pairs of different departments, and over all pairs, duplicates included."""

    across: Score
    everything: Score


def evaluate(cluster: Ids, truth: Ids, department: Ids) -> Evaluation:
    """Compare clusters with the truth: one entry a row in each of the three arrays.

    Rows that were dropped and so carry no cluster id stand with an id of their own.
    """
    everything = Score(_pairs(cluster, truth), _pairs(cluster), _pairs(truth))
    inside = Score(
        _pairs(cluster, truth, department), _pairs(cluster, department), _pairs(truth, department)
    )
    across = Score(
        everything.correct - inside.correct,
        everything.found - inside.found,
        everything.true - inside.true,
    )
    return Evaluation(across, everything)


def _pairs(*keys: Ids) -> int:
    """Return the number of pairs of rows that agree in all *keys*."""
    counts = np.unique(np.stack(keys, axis=1), axis=0, return_counts=True)[1]
    return int((counts * (counts - 1) // 2).sum())
