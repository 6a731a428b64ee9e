"""pairs.csv: why each pair of rows was linked or not, as the evidence of its views and tokens.

Like clusters.csv it says who is who, so it belongs where the extracts do.  Only a rehearsal
writes it: in the federation nobody holds both row ids and similarities.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deploy.rehearsal_rows import entities, first_rows
from deploy.truth import RowKey
from nodes.intake import Intake
from privacy.linkage.breakdown import linked_pairs
from privacy.linkage.candidates import Pairs
from privacy.linkage.evidence import Evidence
from privacy.linkage.explain import Waterfalls, waterfalls, waterfalls_of
from privacy.linkage.linker import Linker

NAME: Final = "pairs.csv"
MOST: Final = 200_000
"""Pairs that are written; beyond it, linked pairs that nobody doubts are left out."""
_LEAST = 0.01
_SURE = 0.99
_PIECE = 1 << 13
WEIGHT: Final = " weight"
LINKED, APART, REVIEW, CONFLICT = "linked", "apart", "review", "conflict"
TRUTHS: Final = ("different", "same", "")
"""Whether the truth says one child; nothing where there is no truth of a row."""
FIXED: Final = (
    *("department_1", "row_id_1", "department_2", "row_id_2", "fate", "truth"),
    *(
        "probability",
        "weight",
        "prior",
        "T1",
        "T1 weight",
        "number",
        "number weight",
        "identity",
        "rivals",
    ),
)


@dataclass(frozen=True, slots=True)
class PairTable:
    """Pairs of first rows of records, with their fate and what makes up their weight.

    ``left_out``: linked pairs beyond doubt that the table has no room for.
    """

    rows: tuple[tuple[RowKey, RowKey], ...] = field(repr=False)
    fates: tuple[str, ...] = field(repr=False)
    truths: tuple[str, ...] = field(repr=False)
    probability: NDArray[np.float64] = field(repr=False)
    falls: Waterfalls = field(repr=False)
    left_out: int

    def lines(self) -> Iterator[tuple[str | int | float, ...]]:
        """Yield the table's header and lines; weights are natural log odds."""
        views = self.falls.shown.views
        yield (*FIXED, *(f"{view}{part}" for view in views for part in ("", WEIGHT)))
        for first in range(0, len(self.rows), _PIECE):
            piece = slice(first, first + _PIECE)
            ends = (self.rows[piece], self.fates[piece], self.truths[piece])
            numbers = _numbers(self.falls.where(piece), self.probability[piece])
            for (one, two), fate, truth, line in zip(*ends, numbers, strict=True):
                yield (*one, *two, fate, truth, *line)


def _numbers(falls: Waterfalls, probability: NDArray[np.float64]) -> list[list[str]]:
    """Return the columns after the fate as text, a list a pair."""
    shown = falls.shown
    columns = [
        *(probability, falls.weight, falls.prior, shown.exact.astype(np.int64), falls.exact),
        *(shown.number, falls.number, falls.identity, falls.rivals(probability)),
    ]
    for view in range(len(shown.views)):
        columns += [shown.similarity[:, view], falls.by_view[:, view]]
    table = np.stack([np.asarray(column, dtype=np.float64) for column in columns], axis=1)
    return [["" if cell != cell else f"{cell:.6g}" for cell in line] for line in table.tolist()]  # noqa: PLR0124 - NaN: a side lacks the view


def pair_table(
    intakes: Sequence[Intake], linker: Linker, truth: dict[RowKey, str] | None
) -> PairTable:
    """Return the pairs that are linked, likely enough, in conflict, or missed by the truth."""
    linked = linker.linked
    keys = first_rows(intakes)
    fate = _fates(linker)
    chosen = np.flatnonzero((fate != APART) | (linked.probability >= _LEAST))
    doubtful = chosen[(fate[chosen] != LINKED) | (linked.probability[chosen] < _SURE)]
    sure = np.setdiff1d(chosen, doubtful, assume_unique=True)
    room = max(0, MOST - len(doubtful))
    taken = np.sort(np.concatenate([doubtful, sure[:room]]))
    extra = Pairs(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    entity = np.full(linker.stack.rows, -1, dtype=np.int64)
    if truth is not None:
        entity = entities(intakes, linker, truth)
        known, extra = _missed(linker, entity)
        taken = np.union1d(taken, known)
    falls = _followed(waterfalls(linker, taken), waterfalls_of(linker, extra))
    alone = falls.alone[len(taken) :]
    both = linked.pairs.where(taken), extra
    return PairTable(
        tuple(end for pairs in both for end in _ends(pairs, keys)),
        (*fate[taken].tolist(), *([APART] * len(extra))),
        tuple(each for pairs in both for each in _truths(pairs, entity)),
        np.concatenate([linked.probability[taken], alone]),
        falls,
        max(0, len(sure) - room),
    )


def _followed(one: Waterfalls, two: Waterfalls) -> Waterfalls:
    """Return the waterfalls of *one* and then those of *two*."""
    shown = Evidence(
        one.shown.views,
        np.concatenate([one.shown.similarity, two.shown.similarity]),
        np.concatenate([one.shown.number, two.shown.number]),
        np.concatenate([one.shown.exact, two.shown.exact]),
    )
    return Waterfalls(
        shown,
        np.concatenate([one.prior, two.prior]),
        np.concatenate([one.exact, two.exact]),
        np.concatenate([one.number, two.number]),
        np.concatenate([one.by_view, two.by_view]),
        np.concatenate([one.identity, two.identity]),
    )


def _fates(linker: Linker) -> NDArray[np.str_]:
    linked = linker.linked
    fate = np.full(len(linked.pairs), APART, dtype="U8")
    fate[linked_pairs(linker)] = LINKED
    apart = linked.solution.review[~linked_pairs(linker)[linked.solution.review]]
    fate[apart] = REVIEW
    fate[linked.solution.conflicts] = CONFLICT
    return fate


def _missed(linker: Linker, entity: NDArray[np.int64]) -> tuple[NDArray[np.int64], Pairs]:
    """Return true pairs that stayed apart: places of candidates, and those that were none."""
    stacked, cluster = linker.stack, linker.linked.solution.cluster
    rows = np.flatnonzero(entity >= 0)
    rows = rows[np.argsort(entity[rows], kind="stable")]
    found = []
    for shift in range(1, int(np.bincount(entity[rows]).max(initial=0))):
        low, high = rows[:-shift], rows[shift:]
        same = (entity[low] == entity[high]) & (cluster[low] != cluster[high])
        same &= stacked.department[low] != stacked.department[high]
        found.append(np.minimum(low, high)[same] * stacked.rows + np.maximum(low, high)[same])
    wanted = np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)
    known = linker.linked.pairs.left * stacked.rows + linker.linked.pairs.right
    place = np.flatnonzero(np.isin(known, wanted))
    rest = np.setdiff1d(wanted, known)
    return place, Pairs(rest // max(stacked.rows, 1), rest % max(stacked.rows, 1))


def _ends(pairs: Pairs, keys: Sequence[RowKey]) -> list[tuple[RowKey, RowKey]]:
    ends = zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)
    return [(keys[one], keys[two]) for one, two in ends]


def _truths(pairs: Pairs, entity: NDArray[np.int64]) -> list[str]:
    """Return the word of `TRUTHS` for each pair."""
    one, two = entity[pairs.left], entity[pairs.right]
    place = np.where((one >= 0) & (two >= 0), (one == two).astype(np.int64), 2)
    return [TRUTHS[at] for at in place.tolist()]
