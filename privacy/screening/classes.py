"""What each department must say of its own signals for the rule to be decided: few classes.

Two combinations of a department's signals are in one class when no combination of all
others tells them apart (Myhill and Nerode's idea, over departments instead of letters).
The class number is the department's digit, so it says no more than the rule needs.
Class 0 is "nothing known or nothing fired".  Where the rule depends only on the sum of
two departments' classes, as counting does, they share one additive digit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from privacy.errors import RefusedError, Text
from privacy.screening.definition import Definition
from privacy.screening.evaluation import Bits, Truth, Value, evaluate
from privacy.screening.expression import where_falsity_matters

MAX_COMBINATIONS = 1 << 18

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class States:
    """How one department's signals make one state code.

    `radices` holds 2 for a signal of which only "fired" counts, 3 where "known not to
    have fired" counts too; the first signal is the least significant.
    """

    node: str
    signals: tuple[str, ...]
    radices: tuple[int, ...]

    @property
    def size(self) -> int:
        """Return the number of state codes."""
        return math.prod(self.radices)

    def codes(self, fired: Bits, known: Bits) -> Codes:
        """Return each row's code from rows x signals arrays in this order of signals."""
        total = np.zeros(len(fired), dtype=np.int64)
        weight = 1
        for place, radix in enumerate(self.radices):
            top = radix - 1
            state = np.where(fired[:, place], top, known[:, place] if top > 1 else 0)
            total += state.astype(np.int64) * weight
            weight *= radix
        return total

    def truths(self, codes: Codes) -> dict[str, Value]:
        """Return what *codes* say of each signal: fired, known not to have, or undecided."""
        found: dict[str, Value] = {}
        rest = codes
        for name, radix in zip(self.signals, self.radices, strict=True):
            rest, state = np.divmod(rest, radix)
            false = state == 1 if radix > 2 else np.zeros(len(state), dtype=np.bool_)  # noqa: PLR2004 -- three states
            found[name] = Truth(state == radix - 1, false)
        return found

    def fired_names(self, code: int) -> frozenset[str]:
        """Return which signals have fired in *code*."""
        truths = self.truths(np.array([code], dtype=np.int64))
        return frozenset(
            name for name, truth in truths.items() if isinstance(truth, Truth) and truth.true[0]
        )


def states_of(definition: Definition, holders: Mapping[str, str]) -> tuple[States, ...]:
    """Return the states of every department that holds a signal's item, sorted by node."""
    three = where_falsity_matters(definition.rule, definition.members())
    nodes = sorted({holders[signal.item] for signal in definition.signals})
    found = []
    for node in nodes:
        ids = tuple(each.id for each in definition.signals if holders[each.item] == node)
        found.append(States(node, ids, tuple(3 if name in three else 2 for name in ids)))
    return tuple(found)


def rule_over(definition: Definition, states: Sequence[States]) -> Bits:
    """Return whether the rule holds for every combination of states (one axis a department).

    Raises:
        RefusedError: too many combinations to compile.
    """
    shape = tuple(each.size for each in states)
    if math.prod(shape) > MAX_COMBINATIONS:
        named = ", ".join(f"{each.node} {len(each.signals)}" for each in states)
        raise RefusedError(
            Text(
                f"シグナルの組合せが多すぎます（{named}）。",
                f"The signals have too many combinations ({named}).",
            ),
            Text(
                "シグナルを減らすか、定義を分けてください。",
                "Use fewer signals or split the definition.",
            ),
        )
    rows = math.prod(shape)
    values: dict[str, Value] = {}
    for each, codes in zip(states, np.unravel_index(np.arange(rows), shape), strict=True):
        values |= each.truths(codes.astype(np.int64))
    return evaluate(definition.rule, values, definition.members(), rows).true.reshape(shape)


def classify(rule: Bits, axis: int) -> tuple[Codes, Bits]:
    """Return the class of each state on *axis*, and *rule* with that axis cut to classes.

    Classes are numbered by how many combinations of the others they list, so that state
    0 is in class 0 and counting signals come out in their natural order.
    """
    lines = np.moveaxis(rule, axis, 0).reshape(rule.shape[axis], -1)
    _, first, classes = np.unique(lines, axis=0, return_index=True, return_inverse=True)
    order = sorted(range(len(first)), key=lambda place: (lines[first[place]].sum(), first[place]))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    kept = [int(first[place]) for place in order]
    return rank[classes.reshape(-1)], np.take(rule, kept, axis=axis)


@dataclass(frozen=True, slots=True)
class Shared:
    """One additive digit: the departments that add their class to it, and its radix."""

    nodes: tuple[str, ...]
    limits: tuple[int, ...]


def share(rule: Bits, nodes: Sequence[str], apart: str) -> tuple[Bits, tuple[Shared, ...]]:
    """Merge axes of *rule* whose classes only matter as a sum; *apart* keeps its own.

    Returns:
        The rule over the merged axes, and what each axis stands for.
    """
    axes = [Shared((node,), (size - 1,)) for node, size in zip(nodes, rule.shape, strict=True)]
    place = 0
    while place < len(axes):
        merged = False
        for other in range(place + 1, len(axes)):
            if apart in axes[place].nodes + axes[other].nodes:
                continue
            summed = _by_sum(rule, place, other)
            if summed is not None:
                rule = summed
                second = axes.pop(other)
                first = axes[place]
                axes[place] = Shared(first.nodes + second.nodes, first.limits + second.limits)
                merged = True
                break
        place += not merged
    return rule, tuple(axes)


def _by_sum(rule: Bits, one: int, two: int) -> Bits | None:
    """Return *rule* with axes *one* and *two* replaced by their sum, where that is enough."""
    moved = np.moveaxis(rule, (one, two), (0, 1))
    lines = []
    for total in range(moved.shape[0] + moved.shape[1] - 1):
        low, high = max(0, total - moved.shape[1] + 1), min(total, moved.shape[0] - 1)
        ways = [moved[value, total - value] for value in range(low, high + 1)]
        if any(not np.array_equal(ways[0], way) for way in ways[1:]):
            return None
        lines.append(ways[0])
    # `two` lies after `one`, so the remaining axes keep their order around `one`.
    return np.moveaxis(np.stack(lines), 0, one)
