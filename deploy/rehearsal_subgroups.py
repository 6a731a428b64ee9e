"""Linkage by kind of child: shares linked and estimates, and with a truth what was reached.

Only a rehearsal can say it exactly: it holds records and clusters in one process.  Counts,
no value and no id.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from deploy.rehearsal_rows import entities
from deploy.truth import RowKey
from nodes.intake import Intake
from privacy.errors import Text
from privacy.linkage.breakdown import linked_pairs
from privacy.linkage.linker import Linker
from privacy.linkage.quality import Score
from privacy.linkage.subgroups import UNKNOWN, VALUE_WORDS, VALUES, WORDS, Subgroup, subgroup
from privacy.normalise.characters import is_kana

Ids = NDArray[np.int64]
MOVED, FAMILY_NAME = "moved", "family_name"
"""Dimensions that only a truth shows: what one child's records differ in."""
_SAME, _DIFFERS = "same", "differs"
_BY_TRUTH = {
    MOVED: Text("住所(正解から)", "address (by the truth)"),
    FAMILY_NAME: Text("姓(正解から)", "family name (by the truth)"),
}
_TRUTH_VALUES = {
    _SAME: Text("どの部署でも同じ", "the same everywhere"),
    _DIFFERS: Text("部署によって違う", "differs between departments"),
}


@dataclass(frozen=True, slots=True)
class GroupQuality:
    """Records of one group, and pairs across departments with at least one of them.

    ``linked``: records in a cluster with another department.  ``precision`` and ``recall``:
    estimated from the pairs' probabilities, the latter from above (what no candidate shows is
    not in it).  ``score``: against the truth, where there is one.
    """

    kind: str
    value: str
    records: int
    linked: int
    precision: float
    recall: float
    score: Score | None

    def to_json(self) -> dict[str, object]:
        """Return the group for the report's JSON."""
        return {
            "kind": self.kind,
            "value": self.value,
            "records": self.records,
            "linked": self.linked,
            "precision_estimated": round(self.precision, 6),
            "recall_estimated": round(self.recall, 6),
            "truth": None if self.score is None else as_counts(self.score),
        }

    @property
    def words(self) -> tuple[Text, Text]:
        """Return the names of dimension and value."""
        if self.kind in _BY_TRUTH:
            return _BY_TRUTH[self.kind], _TRUTH_VALUES[self.value]
        name = VALUE_WORDS.get(self.value, Text(self.value, self.value))
        return WORDS[Subgroup(self.kind)], name


def by_subgroup(
    intakes: Sequence[Intake], linker: Linker, truth: dict[RowKey, str] | None, on: date
) -> tuple[GroupQuality, ...]:
    """Return the quality of linkage in every group that has a record.

    Args:
        intakes: the departments, in the linker's order.
        linker: the finished linkage.
        truth: entity of (department, row id), or None.
        on: the day on which grades are counted.
    """
    persons = [person for intake in intakes for person in intake.records.persons]
    entity = None if truth is None else entities(intakes, linker, truth)
    counter = _Counter(linker, entity)
    found = []
    for kind in Subgroup:
        of_row = [subgroup(kind, person, on) for person in persons]
        found += [*counter.groups(kind.value, np.array(of_row), VALUES[kind])]
    if entity is not None:
        told = {
            MOVED: [f"{person.town}{person.block}" for person in persons],
            FAMILY_NAME: [person.family_kana or person.family for person in persons],
        }
        for name, texts in told.items():
            differs = np.where(_differs(entity, texts), _DIFFERS, _SAME)
            shown = np.where(entity < 0, UNKNOWN, differs)
            found += [*counter.groups(name, shown, (_SAME, _DIFFERS))]
    return tuple(found)


def _differs(entity: Ids, texts: Sequence[str]) -> NDArray[np.bool_]:
    """Tell of each record whether its child's records show two different *texts*.

    Texts of one script are compared: a name in kana says nothing against one in kanji.
    """
    scripts = [is_kana(text) for text in texts]
    names, place = np.unique(np.array(texts), return_inverse=True)
    known = (names[place] != "") & (entity >= 0)
    result = np.zeros(len(entity), dtype=np.bool_)
    for script in (True, False):
        chosen = known & (np.array(scripts) == script)
        pairs = np.unique(np.stack([entity[chosen], place[chosen]], axis=1), axis=0)
        children, counts = np.unique(pairs[:, 0], return_counts=True)
        result |= np.isin(entity, children[counts > 1])
    return result


class _Counter:
    """Counts of one linkage, group by group."""

    def __init__(self, linker: Linker, entity: Ids | None) -> None:
        linked = linker.linked
        self._pairs, self._probability = linked.pairs, linked.probability
        self._together = linked_pairs(linker)
        self._cluster, self._department = linked.solution.cluster, linker.stack.department
        self._alone = np.bincount(self._cluster)[self._cluster] < 2  # noqa: PLR2004 - no other row
        self._entity = entity

    def groups(
        self, kind: str, of_row: NDArray[np.str_], values: Sequence[str]
    ) -> Iterator[GroupQuality]:
        """Yield the groups that *of_row* (one value a record) shows, in the order of *values*."""
        for value in values:
            inside = of_row == value
            if inside.any():
                yield self._group(kind, value, inside)

    def _group(self, kind: str, value: str, inside: NDArray[np.bool_]) -> GroupQuality:
        touching = inside[self._pairs.left] | inside[self._pairs.right]
        chosen = self._probability[touching]
        together = self._together[touching]
        right, count = float(chosen[together].sum()), int(together.sum())
        missed = float(chosen[~together].sum())
        return GroupQuality(
            kind,
            value,
            int(inside.sum()),
            int((inside & ~self._alone).sum()),
            right / count if count else 1.0,
            right / (right + missed) if right + missed else 1.0,
            self._score(inside),
        )

    def _score(self, inside: NDArray[np.bool_]) -> Score | None:
        """Return the score over pairs with a record *inside*: all pairs but those outside."""
        if self._entity is None:
            return None
        known = self._entity >= 0
        every, outside = (self._counts(rows) for rows in (known, known & ~inside))
        correct, found, true = (one - two for one, two in zip(every, outside, strict=True))
        return Score(correct, found, true)

    def _counts(self, rows: NDArray[np.bool_]) -> tuple[int, int, int]:
        assert self._entity is not None  # noqa: S101 - `_score` asks only then
        cluster, entity = self._cluster[rows], self._entity[rows]
        both = cluster * (int(entity.max(initial=0)) + 1) + entity
        department = self._department[rows]
        return (
            _across(both, department),
            _across(cluster, department),
            _across(entity, department),
        )


def _across(key: Ids, department: Ids) -> int:
    """Return the number of pairs across departments that agree in *key*."""
    width = int(department.max(initial=0)) + 1

    def pairs(of: Ids) -> int:
        counts = np.unique(of, return_counts=True)[1]
        return int((counts * (counts - 1) // 2).sum())

    return pairs(key) - pairs(key * width + department)


def as_counts(counts: Score) -> dict[str, object]:
    """Return a score for the report's JSON."""
    return {
        "pairs_true": counts.true,
        "pairs_found": counts.found,
        "pairs_right": counts.correct,
        "precision": round(counts.precision, 6),
        "recall": round(counts.recall, 6),
        "f1": round(counts.f1, 6),
    }


def subgroup_lines(groups: Sequence[GroupQuality]) -> list[Text]:
    """Return the groups as a table of Markdown."""
    head = Text(
        "| 種類 | 記録 | つながった割合 | 適合率(推定) | 再現率(推定) |",
        "| kind of child | records | share linked | precision, estimated | recall, estimated |",
    )
    scored = any(group.score is not None for group in groups)
    if scored:
        more = Text(" 適合率(正解) | 再現率(正解) |", " precision, truth | recall, truth |")
        head = Text(head.ja + more.ja, head.en + more.en)
    rule = "|---" * (7 if scored else 5) + "|"
    lines = [head, Text(rule, rule)]
    for group in groups:
        kind, value = group.words
        cells = [f"{group.records:,}", f"{100 * group.linked / group.records:.1f} %"]
        cells += [f"{group.precision:.4f}", f"{group.recall:.4f}"]
        if group.score is not None:
            cells += [f"{group.score.precision:.4f}", f"{group.score.recall:.4f}"]
        rest = " | ".join(cells)
        lines.append(
            Text(f"| {kind.ja}: {value.ja} | {rest} |", f"| {kind.en}: {value.en} | {rest} |")
        )
    return lines
