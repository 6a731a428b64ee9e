"""Where links come from and what stopped others: counts by department, pair and kind.

Counts of rows and of pairs of rows across departments; nothing here is of one record.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from privacy.canonical import Json
from privacy.linkage.evidence import Number
from privacy.linkage.linker import Linker
from privacy.linkage.unlinkable import own_histograms


class Conflict(StrEnum):
    """Why likely pairs stayed apart, and what linked pairs have against them."""

    NUMBERS_DIFFER = "numbers_differ"
    """Kept apart: the two rows' resident numbers differ."""
    CLUSTER_NUMBERS_DIFFER = "cluster_numbers_differ"
    """Kept apart: numbers of other rows, already joined to the two, differ."""
    DEPARTMENT_TAKEN = "department_taken"
    """Kept apart: a department would be in the cluster twice, or people parted them."""
    NUMBER_WITHOUT_DATE = "number_without_date"
    """Kept apart though the number is equal: the birth date is not."""
    LINKED_WITHOUT_DATE = "linked_without_date"
    """Linked with an equal number and another birth date, or none."""
    LINKED_AGAINST_NUMBER = "linked_against_number"
    """Linked, through other rows or overruled, though the numbers differ."""


@dataclass(frozen=True, slots=True)
class LinkedBy:
    """Pairs of rows across departments in one cluster, by what joined them.

    ``token``: an equal token; ``similarity``: views alone; ``review``: people's answers;
    ``others``: no evidence of their own, only other rows of the cluster.
    """

    token: int
    similarity: int
    review: int
    others: int

    def to_json(self) -> Json:
        """Return the counts as canonical JSON takes them."""
        return {
            "token": self.token,
            "similarity": self.similarity,
            "review": self.review,
            "others": self.others,
        }


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
    own_weights: tuple[int, ...] = ()
    """Rows by the whole weight they would have against themselves (`unlinkable.py`)."""
    linked_by_review: int = 0
    """Rows that people's answers linked; in none of the two counts before."""

    def to_json(self) -> Json:
        """Return the counts as canonical JSON takes them."""
        return {
            "department": self.department,
            "rows": self.rows,
            "linked_by_token": self.linked_by_token,
            "linked_by_similarity": self.linked_by_similarity,
            "linked_by_review": self.linked_by_review,
            "unlinked": self.unlinked,
            "unlinkable": self.unlinkable,
            "own_weights": list(self.own_weights),
        }


@dataclass(frozen=True, slots=True)
class PairQuality:
    """Pairs of rows between two departments."""

    departments: tuple[str, str]
    linked_by: LinkedBy
    to_review: int
    conflicts: int

    def to_json(self) -> Json:
        """Return the counts as canonical JSON takes them."""
        return {
            "departments": list(self.departments),
            "linked_by": self.linked_by.to_json(),
            "to_review": self.to_review,
            "conflicts": self.conflicts,
        }


def by_token(linker: Linker) -> NDArray[np.bool_]:
    """Tell which linked pairs a token joined, without people; False for other pairs."""
    linked = linker.linked
    shown = linked.shown
    equal = shown.exact | np.isin(shown.number, (Number.EQUAL, Number.CONFLICT))
    return np.asarray(linked_pairs(linker) & equal & ~by_review(linker))


def by_review(linker: Linker) -> NDArray[np.bool_]:
    """Tell which pairs people's answers joined."""
    confirmed = np.zeros(len(linker.linked.pairs), dtype=np.bool_)
    confirmed[linker.linked.solution.confirmed] = True
    return confirmed


def linked_pairs(linker: Linker) -> NDArray[np.bool_]:
    """Tell of each candidate pair whether its rows share a cluster."""
    together = np.zeros(len(linker.linked.pairs), dtype=np.bool_)
    together[linker.linked.solution.linked] = True
    return together


def departments(linker: Linker) -> tuple[DepartmentQuality, ...]:
    """Return how the rows of each department were linked."""
    linked, stacked = linker.linked, linker.stack
    tokened = by_token(linker)
    token, person = (np.zeros(stacked.rows, dtype=np.bool_) for _ in range(2))
    for rows in (linked.pairs.left, linked.pairs.right):
        token[rows[tokened]] = True
        person[rows[linked.solution.confirmed]] = True
    cluster = linked.solution.cluster
    any_link = np.bincount(cluster)[cluster] > 1 if stacked.rows else token
    silent = np.ones(stacked.rows, dtype=np.bool_)
    for codes in stacked.views.values():
        silent &= ~codes.any(axis=1)
    for ids in stacked.tokens.values():
        silent &= ids < 0
    result = []
    for index, (name, own) in enumerate(
        zip(stacked.departments, own_histograms(linker), strict=True)
    ):
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
                own_weights=own,
                linked_by_review=int(person[here].sum()),
            )
        )
    return tuple(result)


def department_pairs(linker: Linker) -> tuple[PairQuality, ...]:
    """Return how rows of each two departments were linked, in the departments' order."""
    linked, stacked = linker.linked, linker.stack
    count = len(stacked.departments)
    key = stacked.department[linked.pairs.left] * count + stacked.department[linked.pairs.right]
    tokened, asked = by_token(linker), by_review(linker)
    similar = linked_pairs(linker) & ~tokened & ~asked

    def counted(chosen: NDArray[np.bool_] | NDArray[np.int64]) -> NDArray[np.int64]:
        return np.bincount(key[chosen], minlength=count * count).astype(np.int64)

    ways = [counted(chosen) for chosen in (tokened, similar, asked)]
    review, conflict = counted(linked.solution.review), counted(linked.solution.conflicts)
    everyone = _both_in_cluster(linker)
    result = []
    for one in range(count):
        for two in range(one + 1, count):
            at = one * count + two
            token, alike, people = (int(way[at]) for way in ways)
            others = int(everyone[one, two]) - token - alike - people
            result.append(
                PairQuality(
                    (stacked.departments[one], stacked.departments[two]),
                    LinkedBy(token, alike, people, others),
                    int(review[at]),
                    int(conflict[at]),
                )
            )
    return tuple(result)


def _both_in_cluster(linker: Linker) -> NDArray[np.int64]:
    """Return for each two departments how many clusters hold rows of both."""
    stacked, solution = linker.stack, linker.linked.solution
    held = np.zeros((solution.count, len(stacked.departments)), dtype=np.float32)
    held[solution.cluster, stacked.department] = 1
    return np.asarray(np.rint(held.T @ held), dtype=np.int64)


def cluster_sizes(linker: Linker) -> tuple[int, ...]:
    """Return how many clusters have rows in one department, in two, and so on."""
    stacked, solution = linker.stack, linker.linked.solution
    size = np.bincount(solution.cluster, minlength=solution.count)
    counts = np.bincount(size, minlength=len(stacked.departments) + 1)
    return tuple(counts[1:].tolist())


def conflicts(linker: Linker) -> dict[Conflict, int]:
    """Return the number of pairs of each kind of conflict."""
    linked = linker.linked
    number, together = linked.shown.number, linked_pairs(linker)
    stopped = np.zeros(len(linked.pairs), dtype=np.bool_)
    stopped[linked.solution.conflicts] = True
    differ = number == Number.DIFFERENT
    undated = number == Number.CONFLICT
    likely = linked.probability >= linker.thresholds.link
    kinds = {
        Conflict.NUMBERS_DIFFER: stopped & differ,
        Conflict.CLUSTER_NUMBERS_DIFFER: stopped & ~differ,
        Conflict.DEPARTMENT_TAKEN: likely & ~together & ~stopped,
        Conflict.NUMBER_WITHOUT_DATE: undated & ~together,
        Conflict.LINKED_WITHOUT_DATE: undated & together,
        Conflict.LINKED_AGAINST_NUMBER: differ & together,
    }
    return {kind: int(pairs.sum()) for kind, pairs in kinds.items()}
