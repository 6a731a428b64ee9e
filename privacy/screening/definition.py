"""A screening definition as values: whom it is for, its signals, its rule, its limits.

What people write is the YAML of `reading`; what they approve is the sentences of
`wording`; what all nodes agree on is the digest below.  A definition lists children for
a human assessment and says nothing about how likely anything is: there is no number of
a child anywhere in it, and the only order of a list is the due date.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from privacy.canonical import Json, canonical_digest
from privacy.errors import RefusedError, Text
from privacy.screening.expression import Expression
from privacy.screening.terms import Term

ALL_SIGNALS = "signals"
DEFAULT_FRESH_DAYS = 190
GRADES = ("P1", "P2", "P3", "P4", "P5", "P6", "J1", "J2", "J3")


class SignalGroup(StrEnum):
    """The family that a signal belongs to: causes (F-64), and Minoo's categories (F-65)."""

    SCHOOL = "school"
    HOME = "home"
    SELF = "self"
    ECONOMIC = "economic"
    CAREGIVING = "caregiving"


@dataclass(frozen=True, slots=True)
class Signal:
    """One condition over one catalogue item.

    `when_text` is as written; `fresh_days` is how old the newest record may be.
    """

    id: str
    group: SignalGroup
    item: str
    when_text: str
    when: Expression
    terms: tuple[Term, ...]
    fresh_days: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """A named part of the rule, made of signals and other judgements."""

    id: str
    rule_text: str


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many children people can meet; kept with the definition, not part of the table.

    `total` chooses the cut once counts are known; `per_school_week` is a release
    calendar at the receiving node.
    """

    total: int
    per_school_week: int | None


@dataclass(frozen=True, slots=True)
class Example:
    """A made-up child of the definition's own tests: records in, fired signals out.

    `months` holds a variable's monthly values, oldest first, ending in the latest
    complete month; `levels` a variable's latest answer.  Nothing else is known of it.
    """

    months: tuple[tuple[str, tuple[int, ...]], ...]
    levels: tuple[tuple[str, int], ...]
    expect: frozenset[str]
    listed: bool | None


@dataclass(frozen=True, slots=True)
class Definition:
    """A whole screening definition; `rule` has its judgements already put in."""

    id: str
    purpose: str
    ethics_ref: str
    expires: dt.date
    timepoints: tuple[str, ...]
    grades: tuple[str, ...]
    schools: str
    signals: tuple[Signal, ...]
    judgements: tuple[Judgement, ...]
    rule_text: str
    rule: Expression
    exclude_supported: bool
    capacity: Capacity | None
    min_sources: int
    examples: tuple[Example, ...]

    def members(self) -> dict[str, tuple[str, ...]]:
        """Return the signal ids of each group that `count` knows; `signals` is all of them."""
        found = {ALL_SIGNALS: tuple(signal.id for signal in self.signals)}
        for group in SignalGroup:
            ids = tuple(signal.id for signal in self.signals if signal.group is group)
            if ids:
                found[group.value] = ids
        return found

    @property
    def items(self) -> tuple[str, ...]:
        """Return the catalogue items that its signals read, each once, sorted."""
        return tuple(sorted({signal.item for signal in self.signals}))

    @property
    def digest(self) -> bytes:
        """Return the canonical digest (32 bytes) of everything but the examples' wording."""
        return canonical_digest(_plain(self))

    def check_current(self, today: dt.date) -> None:
        """Let the definition pass while it is valid.

        Raises:
            RefusedError: it has expired (F-23: it must be evaluated and approved again).
        """
        if today > self.expires:
            raise RefusedError(
                Text(
                    f"定義「{self.id}」は {self.expires.isoformat()} で期限切れです（F-23）。",
                    f"The definition '{self.id}' expired on {self.expires.isoformat()} (F-23).",
                ),
                Text(
                    "評価と倫理審査をやり直し、新しい期限を書いてください。",
                    "Evaluate it, have the ethics board approve it again and write the new date.",
                ),
            )


def _plain(definition: Definition) -> Json:
    capacity = definition.capacity
    return {
        "id": definition.id,
        "purpose": definition.purpose,
        "ethics_ref": definition.ethics_ref,
        "expires": definition.expires.isoformat(),
        "timepoints": list(definition.timepoints),
        "grades": list(definition.grades),
        "schools": definition.schools,
        "signals": [
            [each.id, each.group.value, each.item, each.when_text, each.fresh_days]
            for each in definition.signals
        ],
        "judgements": [[each.id, each.rule_text] for each in definition.judgements],
        "rule": definition.rule_text,
        "exclude_supported": definition.exclude_supported,
        "capacity": None if capacity is None else [capacity.total, capacity.per_school_week],
        "min_sources": definition.min_sources,
        "examples": [
            {
                "months": [[name, list(values)] for name, values in each.months],
                "levels": [[name, value] for name, value in each.levels],
                "expect": sorted(each.expect),
                "listed": each.listed,
            }
            for each in definition.examples
        ],
    }
