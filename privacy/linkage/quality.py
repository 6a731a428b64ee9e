"""How good a linkage is: estimated without truth, and measured where truth is known.

The estimates rest on calibrated match probabilities and on what resident numbers show
of matches that encodings hide (`estimates.py`).  The report holds counts and shares,
and a sample of pairs, pseudonymous and explained in views (`sample.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from privacy.canonical import Json
from privacy.errors import Text
from privacy.linkage.breakdown import (
    Conflict,
    DepartmentQuality,
    LinkedBy,
    PairQuality,
    cluster_sizes,
    conflicts,
    department_pairs,
    departments,
    linked_pairs,
)
from privacy.linkage.estimates import Range, precision_range, recall_range
from privacy.linkage.linker import Linker
from privacy.linkage.sample import SampledPair, sample_pairs
from privacy.linkage.stack import Ids
from privacy.linkage.unlinkable import LOWEST_WEIGHT, histogram
from privacy.linkage.verdicts import Outcome

_PPM = 1_000_000


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
class Cuts:
    """Where links begin, in millionths of probability, and whether numbers keep rows apart."""

    link: int
    review: int
    sure: int
    numbers_bind: bool

    def to_json(self) -> Json:
        """Return the cuts as canonical JSON takes them, with the reason in words."""
        return {
            "link": self.link,
            "review": self.review,
            "sure": self.sure,
            "numbers_bind": self.numbers_bind,
            "why": {"ja": WHY.ja, "en": WHY.en},
        }


WHY = Text(
    "一致の確率が五分五分(重み0)を超える組をつなぎます。そこより下では、つなぐことで増える"
    "誤りが減る取りこぼしを上回るためです。正解は使わず、確率は部署の中の組(別人)を物差しにして"
    "調整してあります。",
    "Pairs are linked above even odds (weight 0): below, a link costs more errors than it "
    "saves. No truth is used; probabilities are calibrated on pairs inside departments, "
    "which are different people.",
)


@dataclass(frozen=True, slots=True)
class QualityReport:
    """Quality of a linkage without truth; ``histogram`` counts pairs by whole match weight.

    Bin i of ``histogram`` holds weights from ``lowest_weight + i`` to one more; the outer
    bins hold what lies beyond.  ``cluster_sizes``: clusters with rows in 1, 2, ...
    departments.  ``sample``: a few pairs explained in views, by a number of this report.
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
    department_pairs: tuple[PairQuality, ...]
    cluster_sizes: tuple[int, ...]
    conflicts: Mapping[Conflict, int]
    threshold: Cuts
    sample: tuple[SampledPair, ...]
    review: Outcome | None = None
    """What people answered, where they were asked (`verdicts.py`)."""

    @property
    def linked_by(self) -> LinkedBy:
        """Return all pairs in one cluster by what joined them."""
        parts = [pair.linked_by for pair in self.department_pairs]
        return LinkedBy(
            sum(part.token for part in parts),
            sum(part.similarity for part in parts),
            sum(part.review for part in parts),
            sum(part.others for part in parts),
        )

    def to_json(self) -> Json:
        """Return the report as canonical JSON takes it: integers, shares in millionths."""
        return {
            "clusters": self.clusters,
            "departments": [department.to_json() for department in self.departments],
            "department_pairs": [pair.to_json() for pair in self.department_pairs],
            "linked_by": self.linked_by.to_json(),
            "cluster_sizes": list(self.cluster_sizes),
            "linked_pairs": self.linked_pairs,
            "review_pairs": self.review_pairs,
            "number_conflicts": self.number_conflicts,
            "conflicts": {str(kind): count for kind, count in self.conflicts.items()},
            "precision": self.precision.to_json(),
            "recall": self.recall.to_json(),
            "threshold": self.threshold.to_json(),
            "lowest_weight": self.lowest_weight,
            "histogram": list(self.histogram),
            "linked_histogram": list(self.linked_histogram),
            "sample": [pair.to_json() for pair in self.sample],
            "review": None if self.review is None else self.review.to_json(),
        }


def quality_report(
    linker: Linker, seed: bytes = b"", review: Outcome | None = None
) -> QualityReport:
    """Return the quality report of *linker*'s clusters.

    *seed* draws the sample of pairs; *review*: what people's answers came to.
    """
    linked, cuts = linker.linked, linker.thresholds
    together = linked_pairs(linker)
    return QualityReport(
        clusters=linked.solution.count,
        departments=departments(linker),
        linked_pairs=int(together.sum()),
        review_pairs=len(linked.solution.review),
        number_conflicts=len(linked.solution.conflicts),
        precision=_estimate(precision_range(linker)),
        recall=_estimate(recall_range(linker)),
        lowest_weight=LOWEST_WEIGHT,
        histogram=histogram(linked.weight),
        linked_histogram=histogram(linked.weight[together]),
        department_pairs=department_pairs(linker),
        cluster_sizes=cluster_sizes(linker),
        conflicts=conflicts(linker),
        threshold=Cuts(
            round(cuts.link * _PPM),
            round(cuts.review * _PPM),
            round(cuts.sure * _PPM),
            linked.binding,
        ),
        sample=sample_pairs(linker, seed),
        review=review,
    )


def _estimate(found: Range) -> Estimate:
    return Estimate(*(round(share * _PPM) for share in (found.value, found.low, found.high)))


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
    everything = Score(pair_count(cluster, truth), pair_count(cluster), pair_count(truth))
    inside = Score(
        pair_count(cluster, truth, department),
        pair_count(cluster, department),
        pair_count(truth, department),
    )
    across = Score(
        everything.correct - inside.correct,
        everything.found - inside.found,
        everything.true - inside.true,
    )
    return Evaluation(across, everything)


def pair_count(*keys: Ids) -> int:
    """Return the number of pairs of rows that agree in all *keys*."""
    counts = np.unique(np.stack(keys, axis=1), axis=0, return_counts=True)[1]
    return int((counts * (counts - 1) // 2).sum())
