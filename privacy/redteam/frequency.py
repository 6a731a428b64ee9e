"""Frequency: values written often give codes seen often, and values go together as people do.

Who knows how often each value occurs names equal codes by rank (Niedermeyer, Steinmetzer,
Kroll and Schnell 2014).  Where a record has several codes, each named one names others:
the code of a given name is seen with the codes of the towns in which children of that
name live.  It is told from nothing but equality of codes, so no hardening that maps
equal filters to equal codes withstands it; salting does, where few share a salt value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from privacy.encoding.batch import Codes
from privacy.encoding.schema import View
from privacy.normalise.person import Person
from privacy.redteam.assignment import Scores, assign

Ids = NDArray[np.int64]

_NOTHING = -1
_ROUNDS = 8
_DISTINCT = 0.9
"""Share of a column's codes that may be distinct for frequencies to say anything."""
_SEPARATOR = "\x1f"


def contents(view: View, persons: Sequence[Person], salt: Sequence[str] = ()) -> list[str]:
    """Return what each person says in *view*, as one text: the value that codes stand for."""
    names = (*view.fields, *salt)
    return [_SEPARATOR.join(getattr(person, name) for name in names) for person in persons]


@dataclass(frozen=True, slots=True)
class Column:
    """One view's codes, and the values that they stand for.

    ``codes``: n x words; ``known``: the value of each known person; ``encoded``: the true
    value of each code, to count.
    """

    codes: Codes = field(repr=False)
    known: Sequence[str] = field(repr=False)
    encoded: Sequence[str] = field(repr=False)


def named_by_frequency(columns: Sequence[Column]) -> list[tuple[int, int]]:
    """Return for each column how many codes are given their value, and how many there are.

    Columns whose codes repeat go on from ranks to which values occur together; a code
    that is seen once says nothing by how often it is seen.

    Args:
        columns: the views of one pass, rows in one order.
    """
    sides = [_Side.of(column) for column in columns]
    named = [side.by_rank() for side in sides]
    repeated = [at for at, side in enumerate(sides) if side.repeats]
    for _ in range(_ROUNDS if len(repeated) > 1 else 0):
        better = list(named)
        for at in repeated:
            better[at] = _by_company(at, repeated, sides, named)
        if all((new == old).all() for new, old in zip(better, named, strict=True)):
            break
        named = better
    return [
        _count(column, side, names)
        for column, side, names in zip(columns, sides, named, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Side:
    """Distinct codes and values of one column, by number.

    ``code_of``: n, -1 where missing; ``value_of``: m, -1 where empty; ``bits``: set bits
    of each distinct code; ``lengths``: characters of each distinct value.
    """

    code_of: Ids
    value_of: Ids
    bits: Ids
    lengths: Ids
    values: tuple[str, ...]

    @classmethod
    def of(cls, column: Column) -> _Side:
        there = np.asarray(column.codes.any(axis=1))
        patterns, number = np.unique(column.codes[there], axis=0, return_inverse=True)
        code_of = np.full(len(there), _NOTHING)
        code_of[there] = number
        full = [value.strip(_SEPARATOR) != "" for value in column.known]
        values = sorted({v for v, there in zip(column.known, full, strict=True) if there})
        place = {value: at for at, value in enumerate(values)}
        value_of = np.array([place.get(value, _NOTHING) for value in column.known], dtype=np.int64)
        lengths = np.array([len(v.replace(_SEPARATOR, "")) for v in values], dtype=np.int64)
        bits = np.bitwise_count(patterns).sum(axis=1).astype(np.int64)
        return cls(code_of, value_of, bits, lengths, tuple(values))

    @property
    def repeats(self) -> bool:
        """Tell whether equal codes are seen often enough to be counted."""
        return 0 < len(self.bits) <= _DISTINCT * int((self.code_of >= 0).sum())

    @property
    def codes(self) -> Ids:
        """Return how often each distinct code is seen."""
        return np.bincount(self.code_of[self.code_of >= 0], minlength=len(self.bits))

    @property
    def counts(self) -> Ids:
        """Return how often each distinct value is known."""
        return np.bincount(self.value_of[self.value_of >= 0], minlength=len(self.values))

    def by_rank(self) -> Ids:
        """Return a value for each distinct code by rank, ties broken by bits and length."""
        named = np.full(len(self.bits), _NOTHING)
        codes = np.lexsort((-self.bits, -self.codes))
        values = np.lexsort((-self.lengths, -self.counts))
        both = min(len(codes), len(values))
        named[codes[:both]] = values[:both]
        return named


def _by_company(at: int, among: Sequence[int], sides: Sequence[_Side], named: Sequence[Ids]) -> Ids:
    """Return a value for each code of one column by what the columns *among* name beside it."""
    own = sides[at]
    scores = _nearness(own.codes[:, None], own.counts[:, None])
    for other in among:
        side, names = sides[other], named[other]
        if other == at:
            continue
        beside = np.where(side.code_of >= 0, names[side.code_of], _NOTHING)
        width = len(side.values)
        seen = _company(own.code_of, beside, len(own.bits), width)
        scores += _nearness(seen, _company(own.value_of, side.value_of, len(own.values), width))
    if len(own.bits) <= len(own.values):
        return assign(scores)
    return np.asarray(scores.argmax(axis=1), dtype=np.int64)


def _company(rows: Ids, beside: Ids, count: int, width: int) -> Ids:
    """Return count x width: how often each of *rows* stands beside each of *beside*."""
    both = (rows >= 0) & (beside >= 0)
    table = np.bincount(rows[both] * width + beside[both], minlength=count * width)
    return table.reshape(count, width)


def _nearness(left: Ids, right: Ids) -> Scores:
    """Return minus the chi-square distance of each row of counts to each of *right*."""
    ours, theirs = left.astype(np.float32), right.astype(np.float32)
    weight = 1 / (theirs + 1)
    product = ours @ (2 * theirs * weight).T - ours**2 @ weight.T
    product -= (theirs**2 * weight).sum(axis=1)
    return np.asarray(product, dtype=np.float32)


def _count(column: Column, side: _Side, named: Ids) -> tuple[int, int]:
    there = np.flatnonzero(side.code_of >= 0)
    guesses = named[side.code_of[there]]
    right = sum(
        guess >= 0 and side.values[guess] == column.encoded[row]
        for row, guess in zip(there.tolist(), guesses.tolist(), strict=True)
    )
    return right, len(there)
