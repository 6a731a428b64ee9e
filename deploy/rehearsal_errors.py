"""What a linkage with a known truth got wrong, by kind, and how far another cut would go.

Only a rehearsal can say it: it holds records, clusters and truth in one process.  The
counts hold no value and no id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deploy.rehearsal_rows import entities
from deploy.truth import RowKey
from nodes.intake import Intake
from privacy.errors import Text
from privacy.linkage.linker import Linker
from privacy.normalise.person import Person

_CUTS: Final = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)


class Missed(StrEnum):
    """Why two rows of one person may not have met; a pair counts in each kind that holds."""

    DROPPED = "dropped"
    NUMBER = "number_differs"
    BIRTH_DATE = "birth_date_differs"
    NO_BIRTH_DATE = "birth_date_missing"
    FAMILY = "family_name_differs"
    GIVEN = "given_name_differs"
    ADDRESS = "address_differs"
    ALIKE = "nothing_differs"


class Wrong(StrEnum):
    """What two rows of different people have in common; the first that holds."""

    NAMESAKES = "same_name_and_birth_date"
    TWINS = "same_birth_date_and_family_name"
    SIBLINGS = "same_family_name_and_address"
    BIRTH_DATE = "same_birth_date"
    FAMILY = "same_family_name"
    STRANGERS = "little_in_common"


WORDS: Final = {
    Missed.DROPPED: Text("除外された行", "a row was dropped"),
    Missed.NUMBER: Text("宛名番号が違う", "resident numbers differ"),
    Missed.BIRTH_DATE: Text("生年月日が違う", "birth dates differ"),
    Missed.NO_BIRTH_DATE: Text("生年月日がない", "a birth date is missing"),
    Missed.FAMILY: Text("姓が違う", "family names differ"),
    Missed.GIVEN: Text("名が違う", "given names differ"),
    Missed.ADDRESS: Text("住所が違う", "addresses differ"),
    Missed.ALIKE: Text("違いはない", "nothing differs"),
    Wrong.NAMESAKES: Text("同姓同名で同じ生年月日", "same name and birth date"),
    Wrong.TWINS: Text("同じ姓と生年月日（双子など）", "same family name and birth date (twins)"),
    Wrong.SIBLINGS: Text("同じ姓と住所（きょうだいなど）", "same family name, same address"),
    Wrong.BIRTH_DATE: Text("同じ生年月日", "same birth date"),
    Wrong.FAMILY: Text("同じ姓", "same family name"),
    Wrong.STRANGERS: Text("共通点がほとんどない", "little in common"),
}


@dataclass(frozen=True, slots=True)
class Point:
    """Pairs of records at least this probable: how many are right, how many true ones are there."""

    cut: float
    found: int
    correct: int
    true: int

    @property
    def precision(self) -> float:
        """Return the share of found pairs that are true; 1 where nothing was found."""
        return self.correct / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Return the share of true pairs that were found; 1 where there are none."""
        return self.correct / self.true if self.true else 1.0


@dataclass(frozen=True, slots=True)
class Errors:
    """Pairs across departments by kind, and the curve over the cut on probability."""

    missed: Counter[Missed] = field(default_factory=Counter)
    wrong: Counter[Wrong] = field(default_factory=Counter)
    curve: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class _Row:
    department: int
    person: Person | None
    cluster: int
    entity: str


def find_errors(
    intakes: Sequence[Intake],
    clusters: Sequence[Sequence[int]],
    linker: Linker,
    truth: dict[RowKey, str],
) -> Errors:
    """Return the missed and the wrong pairs by kind, over rows that *truth* knows.

    Args:
        intakes: the departments, in the linker's order.
        clusters: of each department, the cluster of each row, below 1 where it was dropped.
        linker: the finished linkage.
        truth: entity of (department, row id).
    """
    rows = list(_rows(intakes, clusters, truth))
    missed: Counter[Missed] = Counter()
    for one, two in _pairs(rows, [row.entity for row in rows]):
        if one.cluster != two.cluster or one.cluster < 1:
            missed.update(_missed(one.person, two.person))
    wrong: Counter[Wrong] = Counter()
    linked = [row for row in rows if row.cluster > 0]
    for one, two in _pairs(linked, [str(row.cluster) for row in linked]):
        if one.entity != two.entity and one.person and two.person:
            wrong[_wrong(one.person, two.person)] += 1
    return Errors(missed, wrong, _curve(intakes, linker, truth))


def _rows(
    intakes: Sequence[Intake], clusters: Sequence[Sequence[int]], truth: dict[RowKey, str]
) -> Iterator[_Row]:
    for at, (intake, found) in enumerate(zip(intakes, clusters, strict=True)):
        records = intake.records
        for row_id, record, cluster in zip(
            records.row_ids, records.record_of_row, found, strict=True
        ):
            entity = truth.get((records.department, row_id))
            if entity is not None:
                person = records.persons[record] if record >= 0 else None
                yield _Row(at, person, cluster, entity)


def _pairs(rows: Sequence[_Row], groups: Sequence[str]) -> Iterator[tuple[_Row, _Row]]:
    """Yield the pairs of different departments in each group."""
    members: dict[str, list[_Row]] = {}
    for row, group in zip(rows, groups, strict=True):
        members.setdefault(group, []).append(row)
    for together in members.values():
        for one, two in combinations(together, 2):
            if one.department != two.department:
                yield one, two


def _missed(one: Person | None, two: Person | None) -> list[Missed]:
    if one is None or two is None:
        return [Missed.DROPPED]
    kinds = {
        Missed.NUMBER: _differ(one, two, "resident_number"),
        Missed.BIRTH_DATE: _differ(one, two, "birth_date"),
        Missed.NO_BIRTH_DATE: not (one.birth_date and two.birth_date),
        Missed.FAMILY: _differ(one, two, "family", "family_kana"),
        Missed.GIVEN: _differ(one, two, "given", "given_kana"),
        Missed.ADDRESS: _differ(one, two, "town", "block"),
    }
    return [kind for kind, holds in kinds.items() if holds] or [Missed.ALIKE]


def _wrong(one: Person, two: Person) -> Wrong:
    born = bool(one.birth_date) and one.birth_date == two.birth_date
    family = _agree(one, two, "family", "family_kana")
    given = _agree(one, two, "given", "given_kana")
    home = one.town == two.town and one.block == two.block and bool(one.town)
    kinds = {
        Wrong.NAMESAKES: born and family and given,
        Wrong.TWINS: born and family,
        Wrong.SIBLINGS: family and home,
        Wrong.BIRTH_DATE: born,
        Wrong.FAMILY: family,
    }
    return next((kind for kind, holds in kinds.items() if holds), Wrong.STRANGERS)


def _differ(one: Person, two: Person, *names: str) -> bool:
    """Tell whether both sides hold one of the fields and none that both hold agrees."""
    held = [(getattr(one, name), getattr(two, name)) for name in names]
    held = [(left, right) for left, right in held if left and right]
    return bool(held) and all(left != right for left, right in held)


def _agree(one: Person, two: Person, *names: str) -> bool:
    return any(getattr(one, name) and getattr(one, name) == getattr(two, name) for name in names)


def _curve(
    intakes: Sequence[Intake], linker: Linker, truth: dict[RowKey, str]
) -> tuple[Point, ...]:
    """Return precision and recall of pairs of records by the cut on their probability alone."""
    entity = entities(intakes, linker, truth)
    left, right = entity[linker.linked.pairs.left], entity[linker.linked.pairs.right]
    known_pairs = (left >= 0) & (right >= 0)
    same, probability = (left == right)[known_pairs], linker.linked.probability[known_pairs]
    total = _true_pairs(entity, linker.stack.department)
    points = []
    for cut in _CUTS:
        chosen = probability >= cut
        points.append(Point(cut, int(chosen.sum()), int(same[chosen].sum()), total))
    return tuple(points)


def _true_pairs(entity: NDArray[np.int64], department: NDArray[np.int64]) -> int:
    known = entity >= 0
    sizes = np.bincount(entity[known])
    width = int(department.max(initial=0)) + 1
    inside = np.unique(entity[known] * width + department[known], return_counts=True)[1]
    return int((sizes * (sizes - 1) // 2).sum() - (inside * (inside - 1) // 2).sum())
