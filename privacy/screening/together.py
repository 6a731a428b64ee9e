"""Two tables on the same children: what their difference would tell the receiver.

The receiver knows its own values and sees both answers.  If some pair of answers can
come about only because another department holds the child back, or supports it, then
the pair tells that (PROTOCOL 4).  So: for all own values, collect the pairs of answers
possible with no foreign hold or support, and those possible with one; the second set must
lie in the first.  Exact for signals that both definitions share on one day; signals of another
day may have changed, so a difference between time-points is explained by them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from privacy.errors import Text
from privacy.lookup.tables import MINE
from privacy.screening.checks import MissingAlertError
from privacy.screening.classes import MAX_COMBINATIONS, States
from privacy.screening.compiled import (
    HOLD,
    RECEIVER,
    SOURCES,
    SUPPORTED,
    Compiled,
    Part,
)

_Totals = NDArray[np.int64]
_BOTH = 2


def check_together(new: Compiled, opened: Sequence[Compiled]) -> None:
    """Let *new* pass when no table already opened for the same receiver betrays it.

    Raises:
        MissingAlertError: the two answers together could show a hold or a support.
    """
    for earlier in opened:
        if earlier.receiver != new.receiver or earlier.digest == new.digest:
            continue
        secret = _betrayed(new, earlier)
        if secret:
            raise MissingAlertError(
                Text(
                    f"定義「{new.definition.id}」と、開示済みの「{earlier.definition.id}」"
                    f"（{earlier.as_of.isoformat()}）の差から、他部署の {secret} が分かります。",
                    f"The difference between '{new.definition.id}' and the opened"
                    f" '{earlier.definition.id}' ({earlier.as_of.isoformat()}) would show"
                    f" another department's {secret}.",
                ),
                Text(
                    "除外と保留の扱いを同じにするか、次の時点まで待ってください。",
                    "Treat exclusion alike in both, or wait for the next time-point.",
                ),
            )


@dataclass(frozen=True, slots=True)
class _Ways:
    """Joint ways of one department: packed totals in both tables; `seen` is 0 where local."""

    one: _Totals
    two: _Totals
    seen_one: NDArray[np.bool_]
    seen_two: NDArray[np.bool_]


def _betrayed(one: Compiled, two: Compiled) -> str:
    """Return the digit that a pair of answers would show, or ""."""
    nodes = sorted({part.states.node for part in (*one.parts, *two.parts)} - {one.receiver})
    own = _own_ways(one, two)
    foreign_one, foreign_two = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    for node in nodes:
        ways = _ways(one, two, node)
        foreign_one = (foreign_one[:, None] + ways.one[None, :]).ravel()
        foreign_two = (foreign_two[:, None] + ways.two[None, :]).ravel()
        pairs = np.unique(np.stack([foreign_one, foreign_two]), axis=1)
        foreign_one, foreign_two = pairs[0], pairs[1]
    same_day = one.as_of == two.as_of
    times = [(True, True)] if same_day else [(True, True), (True, False), (False, True)]
    for secret in (HOLD, SUPPORTED):
        extra = [_secret(each, secret) for each in (one, two)]
        for place in range(len(own.one)):
            usual = _answers(one, two, own, place, foreign_one, foreign_two)
            for first, second in times:
                told = _answers(
                    one, two, own, place,
                    foreign_one + (extra[0] if first else 0),
                    foreign_two + (extra[1] if second else 0),
                )  # fmt: skip
                if told - usual:
                    return secret
    return ""


def _secret(compiled: Compiled, name: str) -> int:
    """Return what one foreign node adds to a total by saying this, 0 if none can."""
    if name == HOLD:
        return compiled.digits.weight(HOLD)
    foreign = set(compiled.supporting) - {compiled.receiver}
    return compiled.digits.weight(compiled.support_digit) if foreign else 0


def _answers(
    one: Compiled, two: Compiled, own: _Ways, place: int, first: _Totals, second: _Totals
) -> set[int]:
    answer_one = one.table.array()[own.one[place] + first] * own.seen_one[place]
    answer_two = two.table.array()[own.two[place] + second] * own.seen_two[place]
    return {int(pair) for pair in np.unique(answer_one.astype(int) * _BOTH + answer_two)}


def _own_ways(one: Compiled, two: Compiled) -> _Ways:
    """Return the receiver's own ways, being `MINE` and supported or not by its own data."""
    ways = _ways(one, two, one.receiver)
    found = []
    for first, second in itertools.product((0, 1), repeat=2):
        extra = [
            flag
            * (each.digits.weight(each.support_digit) if each.receiver in each.supporting else 0)
            for flag, each in ((first, one), (second, two))
        ]
        found.append((ways.one + extra[0], ways.two + extra[1]))
    mine_one = MINE * one.digits.weight(RECEIVER)
    mine_two = MINE * two.digits.weight(RECEIVER)
    return _Ways(
        np.concatenate([pair[0] for pair in found]) + mine_one,
        np.concatenate([pair[1] for pair in found]) + mine_two,
        np.tile(ways.seen_one, len(found)),
        np.tile(ways.seen_two, len(found)),
    )


def _ways(one: Compiled, two: Compiled, node: str) -> _Ways:
    """Return every joint way in which *node*'s signals and freshness enter both tables."""
    keys: dict[tuple[object, ...], int] = {}
    sides = [_Side.of(each, node, keys) for each in (one, two)]
    radices = [1] * len(keys)
    for side in sides:
        for key, radix in zip(side.keys, side.radices, strict=True):
            radices[key] = max(radices[key], radix)
    if math.prod(radices) > MAX_COMBINATIONS:
        raise MissingAlertError(
            Text(
                f"{node} のシグナルが多すぎて、開示済みの表との差を確かめられません。",
                f"{node} has too many signals to check the difference from an opened table.",
            ),
            Text("シグナルを減らしてください。", "Use fewer signals."),
        )
    grids = np.indices(radices).reshape(len(radices), -1) if radices else np.zeros((0, 1), int)
    joint: set[tuple[int, int, bool, bool]] = set()
    shared = one.as_of == two.as_of and one.definition.items == two.definition.items
    for fresh in itertools.product((0, 1), repeat=2):
        if shared and fresh[0] != fresh[1]:
            continue
        first = sides[0].totals(one, grids, radices, fresh[0])
        second = sides[1].totals(two, grids, radices, fresh[1])
        possible = first[2] & second[2]
        joint |= set(
            zip(
                first[0][possible].tolist(),
                second[0][possible].tolist(),
                (~first[1])[possible].tolist(),
                (~second[1])[possible].tolist(),
                strict=True,
            )
        )
    ordered = sorted(joint)
    return _Ways(
        np.array([way[0] for way in ordered], dtype=np.int64),
        np.array([way[1] for way in ordered], dtype=np.int64),
        np.array([way[2] for way in ordered], dtype=np.bool_),
        np.array([way[3] for way in ordered], dtype=np.bool_),
    )


@dataclass(frozen=True, slots=True)
class _Side:
    """One compiled screening's part of a department, over the signals of both."""

    part: Part | None
    keys: tuple[int, ...]
    radices: tuple[int, ...]

    @classmethod
    def of(cls, compiled: Compiled, node: str, keys: dict[tuple[object, ...], int]) -> _Side:
        part = compiled.part(node)
        if part is None:
            return cls(None, (), ())
        signals = {signal.id: signal for signal in compiled.definition.signals}
        found = []
        for name in part.states.signals:
            signal = signals[name]
            key = (signal.item, signal.when_text, signal.fresh_days, compiled.as_of)
            found.append(keys.setdefault(key, len(keys)))
        return cls(part, tuple(found), part.states.radices)

    def totals(
        self, compiled: Compiled, grids: _Totals, radices: Sequence[int], fresh: int
    ) -> tuple[_Totals, NDArray[np.bool_], NDArray[np.bool_]]:
        """Return the packed total, whether it is local, and whether it can be, for each way."""
        ways = grids.shape[1]
        none = np.zeros(ways, dtype=np.bool_)
        if self.part is None:
            return np.zeros(ways, dtype=np.int64), none, ~none
        fired = np.zeros((ways, len(self.keys)), dtype=np.bool_)
        known = fired.copy()
        for column, key in enumerate(self.keys):
            fired[:, column] = grids[key] == radices[key] - 1
            known[:, column] = grids[key] > 0
        states: States = self.part.states
        codes = states.codes(fired, known)
        total = np.zeros(ways, dtype=np.int64)
        if self.part.digit:
            total += np.array(self.part.classes)[codes] * compiled.digits.weight(self.part.digit)
        if self.part.counts_as_source:
            total += fresh * compiled.digits.weight(SOURCES)
        local = np.array(self.part.local, dtype=np.bool_)[codes] if self.part.local else none
        possible = np.ones(ways, dtype=np.bool_) if fresh else ~np.logical_or.reduce(known, axis=1)
        return total, local, possible
