"""Objections, suspensions, corrections and holds on a child's data at one node.

A restriction names a row of the node's own table; it never says why beyond its kind and never
where it came from.  What follows from each kind is the gate's and the hold digit's matter.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class RestrictionKind(StrEnum):
    """What stands against showing or using a row."""

    OBJECTION = "objection"
    SUSPENSION = "suspension"
    CORRECTION = "correction"
    HARM = "harm"  # 69(2) proviso: a harm to rights that no basis outweighs (F-07).
    PROTECTED = "protected"  # DV等支援措置.
    DISCLOSURE_CONFLICT = "disclosure_conflict"
    DO_NOT_TELL = "do_not_tell"  # The child asked that guardians are not told.


WITHDRAWING = frozenset(
    {
        RestrictionKind.OBJECTION,
        RestrictionKind.SUSPENSION,
        RestrictionKind.CORRECTION,
        RestrictionKind.HARM,
    }
)
"""Kinds that take an item out of use while they last; they set the hold digit."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """One restriction; an empty `item` or `purpose` means every one; `until` is its last day."""

    row_id: str = field(repr=False)
    kind: RestrictionKind
    since: dt.date
    until: dt.date | None = None
    item: str = ""
    purpose: str = ""

    def applies(self, purpose: str, items: Iterable[str], on: dt.date) -> bool:
        """Tell whether it stands against using any of *items* for *purpose* on a day."""
        in_time = self.since <= on and (self.until is None or on <= self.until)
        return in_time and self.purpose in {"", purpose} and (not self.item or self.item in items)


def held(
    restrictions: Iterable[Restriction], purpose: str, items: Iterable[str], on: dt.date
) -> frozenset[str]:
    """Return the row ids that a node must hold back from a run on *items* (the hold digit)."""
    used = tuple(items)
    return frozenset(
        each.row_id
        for each in restrictions
        if each.kind in WITHDRAWING and each.applies(purpose, used, on)
    )
