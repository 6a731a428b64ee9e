"""What an expression means over many rows at once, with missing kept as missing.

Three-valued after Kleene: a number is an interval, missing is the whole line, a
condition is true, false or neither.  So `not` over something missing stays undecided,
and taking information away can never make a condition true (the metamorphic rule of
DOMAIN 1.4: deleting a source never adds a child).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from privacy.errors import Text
from privacy.screening.expression import (
    All,
    Any,
    Arithmetic,
    Compare,
    Count,
    Expression,
    ExpressionError,
    Name,
    Not,
    Number,
)

Bits = NDArray[np.bool_]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Truth:
    """A three-valued condition over rows; where neither holds, it is undecided."""

    true: Bits
    false: Bits


@dataclass(frozen=True, slots=True)
class Interval:
    """Numbers over rows known to lie between `low` and `high`; missing is (-inf, inf)."""

    low: Numbers
    high: Numbers


Value = Truth | Interval


def exact(values: Numbers) -> Interval:
    """Return *values* as intervals; NaN means missing."""
    missing = np.isnan(values)
    return Interval(np.where(missing, -np.inf, values), np.where(missing, np.inf, values))


def evaluate(
    expression: Expression,
    values: Mapping[str, Value],
    members: Mapping[str, tuple[str, ...]],
    rows: int,
) -> Truth:
    """Return whether *expression* holds, for each row.

    Args:
        expression: a parsed expression.
        values: each name's truth or number over the rows.
        members: the signals that each group of `count` holds.
        rows: the number of rows (every array has this length).

    Raises:
        ExpressionError: a name or group without a value.
    """
    return _truth(_value(expression, values, members, rows))


def _value(  # noqa: C901, PLR0911 -- one case for each kind of expression
    expression: Expression,
    values: Mapping[str, Value],
    members: Mapping[str, tuple[str, ...]],
    rows: int,
) -> Value:
    def below(part: Expression) -> Value:
        return _value(part, values, members, rows)

    match expression:
        case Number(value=value):
            constant = np.full(rows, float(value))
            return Interval(constant, constant)
        case Name(name=name):
            if name not in values:
                raise ExpressionError(
                    Text(f"知らない名前「{name}」です。", f"unknown name '{name}'.")
                )
            return values[name]
        case Count(group=group):
            return _count([_truth(values[name]) for name in members[group]], rows)
        case Arithmetic(op=op, left=left, right=right):
            return _arithmetic(op, _number(below(left)), _number(below(right)))
        case Compare(op=op, left=left, right=right):
            return _compare(op, _number(below(left)), _number(below(right)))
        case Not(part=part):
            inner = _truth(below(part))
            return Truth(inner.false, inner.true)
        case All(parts=parts):
            truths = [_truth(below(part)) for part in parts]
            return Truth(
                np.logical_and.reduce([each.true for each in truths]),
                np.logical_or.reduce([each.false for each in truths]),
            )
        case Any(parts=parts):
            truths = [_truth(below(part)) for part in parts]
            return Truth(
                np.logical_or.reduce([each.true for each in truths]),
                np.logical_and.reduce([each.false for each in truths]),
            )


def _truth(value: Value) -> Truth:
    if isinstance(value, Truth):
        return value
    return Truth((value.low > 0) | (value.high < 0), (value.low == 0) & (value.high == 0))


def _number(value: Value) -> Interval:
    if isinstance(value, Interval):
        return value
    return Interval(value.true.astype(np.float64), (~value.false).astype(np.float64))


def _count(truths: list[Truth], rows: int) -> Interval:
    low, high = np.zeros(rows), np.zeros(rows)
    for truth in truths:
        low += truth.true
        high += ~truth.false
    return Interval(low, high)


def _arithmetic(op: str, left: Interval, right: Interval) -> Interval:
    if op == "+":
        return Interval(left.low + right.low, left.high + right.high)
    if op == "-":
        return Interval(left.low - right.high, left.high - right.low)
    known = np.isfinite(left.low) & np.isfinite(left.high)
    known &= np.isfinite(right.low) & np.isfinite(right.high)
    products = [
        np.multiply(a, b, out=np.zeros_like(a), where=known)
        for a in (left.low, left.high)
        for b in (right.low, right.high)
    ]
    low = np.where(known, np.minimum.reduce(products), -np.inf)
    return Interval(low, np.where(known, np.maximum.reduce(products), np.inf))


def _compare(op: str, left: Interval, right: Interval) -> Truth:
    match op:
        case ">":
            return Truth(left.low > right.high, left.high <= right.low)
        case ">=":
            return Truth(left.low >= right.high, left.high < right.low)
        case "<" | "<=":
            return _compare(op.replace("<", ">"), right, left)
        case _:
            apart = (left.low > right.high) | (left.high < right.low)
            same = (left.low == left.high) & (right.low == right.high) & (left.low == right.low)
            return Truth(same, apart) if op == "==" else Truth(apart, same)
