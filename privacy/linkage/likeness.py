"""How alike a pair is, field by field, in four words: what clerical review may be told.

Codes and similarities never leave the coordinator (PROTOCOL 2); a review question needs
a hint of what to check.  So the views of a pair are folded into one `Level` for each of
five groups of fields, as far as salts and views can tell them apart: a view that rises
out of the noise shows that its salt is equal; one that is all but identical shows that
all its fields are.  What this reveals to a holder: for its own row, that some row
elsewhere (or, for a decoy, none) is alike in these groups; never a value of the other side.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from privacy.encoding.schema import Schema
from privacy.linkage.evidence import Evidence, Number

NAMES = frozenset({"family", "given", "middle", "family_kana", "given_kana"})
_WHOLE_NAMES = (frozenset({"family", "given"}), frozenset({"family_kana", "given_kana"}))
ADDRESS = frozenset({"town", "block", "postcode"})
_IDENTICAL = 0.9
"""Similarity from which a sharpened code stands for the same fields."""
_RISEN = 0.17
"""Similarity that chance seldom reaches: 3.8 standard deviations at 512 bits, once in 14,000
views."""
_FAINT = 0.12
"""What the best view of a pair needs to count as risen: a pair in doubt has been chosen for
it among few rows, where chance reaches less high (`candidates.remaining_candidates`)."""


class Level(IntEnum):
    """How a group of fields compares."""

    UNKNOWN = 0
    """A side holds none of it, or the codes cannot tell."""
    AGREE = 1
    PARTLY = 2
    DIFFER = 3
    """Differs at least in part."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """One pair, group by group; symmetric: both holders are told the same."""

    names: Level = Level.UNKNOWN
    birth_date: Level = Level.UNKNOWN
    sex: Level = Level.UNKNOWN
    address: Level = Level.UNKNOWN
    number: Level = Level.UNKNOWN

    def levels(self) -> dict[str, Level]:
        """Return group -> level, in the order in which people read them."""
        return {name: getattr(self, name) for name in GROUPS}


GROUPS = tuple(Likeness.__dataclass_fields__)

_NUMBERS = {
    Number.MISSING: Level.UNKNOWN,
    Number.EQUAL: Level.AGREE,
    Number.CONFLICT: Level.AGREE,
    Number.DIFFERENT: Level.DIFFER,
}


def likenesses(shown: Evidence, schema: Schema) -> tuple[Likeness, ...]:
    """Return the likeness of each pair of *shown*, by the fields that *schema* names."""
    contents = {
        f"{salt_pass.name}/{view.name}": (frozenset(salt_pass.salt), frozenset(view.fields))
        for salt_pass in schema.passes
        for view in salt_pass.views
    }
    known = [(at, *contents[view]) for at, view in enumerate(shown.views) if view in contents]
    return tuple(_likeness(shown, index, known) for index in range(len(shown.number)))


def _likeness(
    shown: Evidence, index: int, known: Iterable[tuple[int, frozenset[str], frozenset[str]]]
) -> Likeness:
    same: set[str] = set()
    near: set[str] = set()
    held: set[str] = set()
    best = float(np.nanmax(np.append(shown.similarity[index], -1.0)))
    risen = min(_RISEN, max(best, _FAINT))
    for at, salt, fields in known:
        similarity = shown.similarity[index, at]
        if np.isnan(similarity):
            continue
        held |= salt | fields
        if similarity >= risen:
            same |= salt
            near |= salt | fields
        if similarity >= _IDENTICAL:
            same |= fields
    if shown.exact[index]:
        same |= {"family_kana", "given_kana", "birth_date", "sex"}
    names = _names(same, near, held)
    dated = Level.AGREE if "birth_date" in same else _unlike("birth_date" in held)
    return Likeness(
        names=names,
        birth_date=dated,
        sex=Level.AGREE if "sex" in same else Level.UNKNOWN,
        address=_address(same, near, held, settled=names is dated is Level.AGREE),
        number=_NUMBERS[Number(int(shown.number[index]))],
    )


def _names(same: set[str], near: set[str], held: set[str]) -> Level:
    if any(whole <= same for whole in _WHOLE_NAMES):
        return Level.AGREE
    return Level.PARTLY if near & NAMES else _unlike(bool(held & NAMES))


def _address(same: set[str], near: set[str], held: set[str], *, settled: bool) -> Level:
    """Return how addresses compare; *settled*: nothing else is left that could differ."""
    if "block" in same:
        return Level.AGREE
    return Level.PARTLY if near & ADDRESS and not settled else _unlike(bool(held & ADDRESS))


def _unlike(held: bool) -> Level:
    return Level.DIFFER if held else Level.UNKNOWN
