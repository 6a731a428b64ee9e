"""A compiled screening as values: everyone's part, the digits, the table."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from privacy.canonical import Json, canonical_digest
from privacy.lookup.digits import DigitPlan
from privacy.lookup.tables import Table
from privacy.screening.classes import States
from privacy.screening.definition import Definition

HOLD = "hold"
SUPPORTED = "supported"
SOURCES = "sources"
RECEIVER = "receiver"


@dataclass(frozen=True, slots=True)
class Part:
    """One department's part: which class its signal states have and which digits it adds to.

    `classes` and `local` are by state code; `local` is set only at the receiver.
    `digit` is "" where no class of the department matters.
    """

    states: States
    classes: tuple[int, ...]
    local: tuple[bool, ...]
    digit: str
    counts_as_source: bool


@dataclass(frozen=True, slots=True)
class Compiled:
    """A screening ready for a plan: the definition, everyone's part, the digits, the table."""

    definition: Definition
    as_of: dt.date
    receiver: str
    nodes: tuple[str, ...]
    parts: tuple[Part, ...]
    supporting: tuple[str, ...]
    digits: DigitPlan
    table: Table

    @property
    def support_digit(self) -> str:
        """Return the digit that says "supported already": its own, or that of holds."""
        apart = any(digit.name == SUPPORTED for digit in self.digits.digits)
        return SUPPORTED if apart else HOLD

    def part(self, node: str) -> Part | None:
        """Return *node*'s part, or None where it holds no signal."""
        return next((each for each in self.parts if each.states.node == node), None)

    def canonical(self) -> Json:
        """Return what the plan says of the screening, for canonical JSON."""
        return {
            "definition": self.definition.digest.hex(),
            "as_of": self.as_of.isoformat(),
            "receiver": self.receiver,
            "nodes": list(self.nodes),
            "parts": [
                {
                    "node": each.states.node,
                    "signals": list(each.states.signals),
                    "radices": list(each.states.radices),
                    "classes": list(each.classes),
                    "local": list(each.local),
                    "digit": each.digit,
                    "source": each.counts_as_source,
                }
                for each in self.parts
            ],
            "supporting": list(self.supporting),
            "table": self.table.canonical(),
        }

    @property
    def digest(self) -> bytes:
        """Return SHA-256 over the canonical form; every node compiles again and compares."""
        return canonical_digest(self.canonical())
