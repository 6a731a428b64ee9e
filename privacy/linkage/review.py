"""The queue of clerical review: which pairs two holders are asked about, and what they are told.

Real questions are pairs near the threshold and pairs that contradicting resident numbers
kept apart, the most informative first, each row at most once.  Being asked about a row
would tell its holder that another department holds the child, so decoys are mixed in
(PROTOCOL 2): pairs that are one person beyond doubt, and pairs of rows that linkage finds
nowhere else.  A decoy of the second sort borrows the words of another question of the
queue, so that nothing in it shows that there is nobody.

What a holder learns of one question about its own row: its kind and five words
(`likeness.py`), the same for both sides; not who holds the other row, not whether it is a
decoy.  By default about one question in five to four is about a row that linkage finds
nowhere else, under words like the others': so much doubt stays, after being asked, whether
anybody else holds the child.  Dummies of a node may be drawn as decoys; their node knows
them and shows them to nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from privacy.encoding.schema import Schema
from privacy.linkage.asking import Answer, Kind
from privacy.linkage.candidates import Pairs
from privacy.linkage.evidence import Number, evidence
from privacy.linkage.likeness import Level, Likeness, likenesses
from privacy.linkage.linker import Linker
from privacy.linkage.slots import random_permutation
from privacy.linkage.stack import Ids, Stack
from privacy.linkage.verdicts import POSSIBLE, Answered, identical

_STEP = 5
"""Numbers of questions are multiples of it: the exact number of real ones is not told."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is asked at once.

    ``most``: questions a department, decoys included; 0 asks nobody.
    ``decoy_percent``: share of decoys among a department's questions, below 100.
    """

    most: int = 40
    decoy_percent: int = 50

    @property
    def real(self) -> int:
        """Return how many real questions a department is asked at most."""
        return self.most * (100 - self.decoy_percent) // 100

    def decoys(self, real: int) -> int:
        """Return how many decoys hide *real* questions of a department."""
        if real == 0:
            return 0
        share = self.decoy_percent
        whole = -(-real * 100 // (100 - share))
        return max(0, min(-(-whole // _STEP) * _STEP, self.most) - real) if share else 0


@dataclass(frozen=True, slots=True)
class Question:
    """One pair of stacked rows, and what both holders are told of it."""

    left: int = field(repr=False)
    right: int = field(repr=False)
    kind: Kind
    likeness: Likeness


def draw_questions(
    linker: Linker, schema: Schema, seed: bytes, limits: Limits, answered: Answered
) -> tuple[Question, ...]:
    """Return the questions of a linkage in random order.

    Args:
        linker: The linkage, solved.
        schema: Names the fields of its views.
        seed: 32 fresh bytes of operating-system randomness, kept nowhere.
        limits: How many, and how many of them decoys.
        answered: Pairs of earlier rounds: they are not asked again, rows that still wait for
            an answer not at all, and what waits counts among the ``most``.
    """
    drawing = _Drawing(linker, limits, seed, answered)
    real = drawing.real()
    sure, lonely = drawing.decoys()
    pairs = linker.linked.pairs.where(np.array([*real, *sure], dtype=np.int64))
    shown = evidence(linker.stack, pairs, tuple(linker.stack.views))
    ends = zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)
    questions = [
        Question(left, right, kind_of(likeness), likeness)
        for (left, right), likeness in zip(ends, likenesses(shown, schema), strict=True)
    ]
    if questions:
        lender = random_permutation(len(lonely), seed, b"enishi/review/words") % len(questions)
        questions += [
            _borrowed(linker.stack, row, other, questions[at])
            for (row, other), at in zip(lonely, lender.tolist(), strict=True)
        ]
    order = random_permutation(len(questions), seed, b"enishi/review/order")
    return tuple(questions[at] for at in order.tolist())


def in_doubt(linker: Linker) -> Ids:
    """Return the places of all pairs in doubt, the most informative first.

    By turns one near the threshold and one that numbers keep apart, rows whose own numbers
    differ before rows whose clusters' do.
    """
    linked = linker.linked
    near, number = linked.solution.review, linked.solution.conflicts
    near = near[np.argsort(np.abs(linked.probability[near] - 0.5), kind="stable")]
    own = linked.shown.number[number] == Number.DIFFERENT
    number = number[np.lexsort((-linked.probability[number], ~own))]
    turn = np.concatenate([2 * np.arange(len(near)), 2 * np.arange(len(number)) + 1])
    return np.concatenate([near, number])[np.argsort(turn, kind="stable")]


def kind_of(likeness: Likeness) -> Kind:
    """Return what a question is about, as its words show it."""
    return Kind.NUMBER if likeness.number is Level.DIFFER else Kind.NEAR


class _Drawing:
    """Takes pairs while departments have room, each row once."""

    def __init__(self, linker: Linker, limits: Limits, seed: bytes, answered: Answered) -> None:
        self._linker, self._limits, self._seed = linker, limits, seed
        self._department = linker.stack.department
        departments, waiting = len(linker.departments), answered.answers == Answer.OPEN
        count = np.bincount(answered.department[waiting], minlength=departments)
        self._count: list[int] = count.tolist()
        self._fresh = [0] * departments
        self._used = np.zeros(linker.stack.rows, dtype=np.bool_)
        self._keys = _keys(linker.linked.pairs, linker.stack)
        self._asked = frozenset(_keys(answered.pairs, linker.stack).tolist())
        for rows in (answered.pairs.left, answered.pairs.right):
            self._used[rows[waiting.any(axis=1)]] = True

    def real(self) -> list[int]:
        """Return the pairs in doubt that are asked, the most informative first."""
        chosen = []
        for at in in_doubt(self._linker).tolist():
            ends = self._ends(at)
            if int(self._keys[at]) not in self._asked and self._take(*ends, self._limits.real):
                chosen.append(at)
                for row in ends:
                    self._fresh[int(self._department[row])] += 1
        return chosen

    def decoys(self) -> tuple[list[int], list[tuple[int, int]]]:
        """Return decoys, by turns: pairs that are one person, rows found nowhere else."""
        need = [self._limits.decoys(count) for count in self._fresh]
        sure, lonely = self._sure(), self._lonely()
        chosen: list[int] = []
        rows: list[tuple[int, int]] = []
        while any(count > 0 for count in need):
            here = max(range(len(need)), key=need.__getitem__)
            lone_first = len(chosen) > len(rows)
            ends = self._one_lonely(lonely, here, need) if lone_first else None
            pair = self._one_sure(sure[here]) if ends is None else None
            if pair is not None:
                chosen.append(pair)
                taken = self._ends(pair)
            elif (found := ends or self._one_lonely(lonely, here, need)) is not None:
                rows.append(found)
                taken = found
            else:
                need[here] = 0
                continue
            for row in taken:
                need[int(self._department[row])] -= 1
        return chosen, rows

    def _take(self, left: int, right: int, most: int) -> bool:
        ends = (left, right)
        if any(self._used[row] or self._count[self._department[row]] >= most for row in ends):
            return False
        for row in ends:
            self._used[row] = True
            self._count[self._department[row]] += 1
        return True

    def _ends(self, pair: int) -> tuple[int, int]:
        pairs = self._linker.linked.pairs
        return int(pairs.left[pair]), int(pairs.right[pair])

    def _sure(self) -> list[list[int]]:
        """Return for each department, in random order, linked pairs beyond doubt."""
        linked = self._linker.linked
        found = linked.solution.linked[identical(linked)[linked.solution.linked]]
        found = found[~np.isin(self._keys[found], list(self._asked))]
        found = found[random_permutation(len(found), self._seed, b"enishi/review/sure")]
        sides = [self._department[rows[found]] for rows in (linked.pairs.left, linked.pairs.right)]
        return [
            found[(sides[0] == index) | (sides[1] == index)].tolist()
            for index in range(len(self._count))
        ]

    def _one_sure(self, pairs: list[int]) -> int | None:
        while pairs:
            pair = pairs.pop()
            if self._take(*self._ends(pair), self._limits.most):
                return pair
        return None

    def _lonely(self) -> list[list[int]]:
        """Return for each department, in random order, rows that no pair speaks for."""
        linked, stack = self._linker.linked, self._linker.stack
        cluster = linked.solution.cluster
        alone = np.bincount(cluster)[cluster] == 1 if stack.rows else np.zeros(0, dtype=np.bool_)
        possible = linked.probability >= POSSIBLE
        for rows in (linked.pairs.left, linked.pairs.right):
            alone[rows[possible]] = False
        order = random_permutation(stack.rows, self._seed, b"enishi/review/lonely")
        return [
            order[alone[order] & (stack.department[order] == index)].tolist()
            for index in range(len(self._count))
        ]

    def _one_lonely(
        self, lonely: Sequence[list[int]], here: int, need: Sequence[int]
    ) -> tuple[int, int] | None:
        others = sorted(
            (index for index in range(len(need)) if index != here and lonely[index]),
            key=lambda index: -need[index],
        )
        for there in others:
            while lonely[here] and lonely[there]:
                row = lonely[here][-1]
                other = lonely[there].pop()
                if self._take(row, other, self._limits.most):
                    lonely[here].pop()
                    return row, other
                if self._used[row]:
                    lonely[here].pop()
                elif not self._used[other]:
                    break
        return None


def _borrowed(stack: Stack, row: int, other: int, lender: Question) -> Question:
    """Return a decoy with *lender*'s words, but for what one of its rows does not even hold."""
    likeness = lender.likeness
    if not _both(stack.token("A") >= 0, row, other):
        likeness = replace(likeness, number=Level.UNKNOWN)
    if not _both(_held(stack, "first/"), row, other):
        likeness = replace(likeness, birth_date=Level.UNKNOWN)
    if not _both(_held(stack, "first/given_address"), row, other):
        likeness = replace(likeness, address=Level.UNKNOWN)
    return Question(min(row, other), max(row, other), kind_of(likeness), likeness)


def _keys(pairs: Pairs, stack: Stack) -> Ids:
    return pairs.left * stack.rows + pairs.right


def _both(held: NDArray[np.bool_], row: int, other: int) -> bool:
    return bool(held[row] and held[other])


def _held(stack: Stack, views: str) -> NDArray[np.bool_]:
    held = np.zeros(stack.rows, dtype=np.bool_)
    for name, codes in stack.views.items():
        if name.startswith(views):
            held |= codes.any(axis=1)
    return held
