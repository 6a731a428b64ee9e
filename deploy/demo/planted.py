"""The town's planted cases that this much of the product can show, each against its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from deploy.demo.outcome import UNLINKED, Links

Rows = Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Case:
    """One planted case: what a correct system makes of it, and whether this run did."""

    case: str
    expected: str
    found: str
    good: bool

    def to_json(self) -> dict[str, Any]:
        """Return the case for the summary."""
        return asdict(self)


def check_planted(
    planted: Mapping[str, Rows], links: Links, kinds: Mapping[str, str], receiver: str
) -> list[Case]:
    """Compare each case that linkage or screening decides with its expected result.

    Args:
        planted: The manifest's cases.
        links: Every row's slot.
        kinds: The receiver's rows that have an alert, and of which kind.
        receiver: The node of the alerts.
    """
    return [
        _JUDGES[rows[0]["expected"]](case, rows, links, _kind(rows, kinds, receiver))
        for case, rows in sorted(planted.items())
        if rows[0]["expected"] in _JUDGES
    ]


def _kind(rows: Rows, kinds: Mapping[str, str], receiver: str) -> str:
    """Return the kind of the child's alert, or nothing where it has none."""
    found = {kinds.get(row["row"], "") for row in rows if row["department"] == receiver}
    return max(found, default="")


def _one_person(case: str, rows: Rows, links: Links, _kind: str) -> Case:
    surely = [row for row in rows if row["expected"] == "one_person"]
    slots = {links.slot(row["department"], row["row"]) for row in surely}
    good = len(slots) == 1 and UNLINKED not in slots
    return Case(case, "one_person", "one_person" if good else f"{len(slots)} slots", good)


def _two_persons(case: str, rows: Rows, links: Links, _kind: str) -> Case:
    """Judge that no slot holds rows of both; how whole each is, recall tells."""
    by_person: dict[str, set[int]] = {}
    for row in rows:
        slot = links.slot(row["department"], row["row"])
        by_person.setdefault(row["person"], set()).add(slot)
    first, *others = (slots - {UNLINKED} for slots in by_person.values())
    good = bool(first) and all(slots and not slots & first for slots in others)
    return Case(case, "two_persons", "two_persons" if good else "one slot for both", good)


def _on_list(case: str, rows: Rows, _links: Links, kind: str) -> Case:
    return Case(case, rows[0]["expected"], _shown(kind), bool(kind))


def _off_list(case: str, rows: Rows, _links: Links, kind: str) -> Case:
    return Case(case, rows[0]["expected"], _shown(kind), not kind)


def _withdrawn(case: str, rows: Rows, _links: Links, kind: str) -> Case:
    """Judge that departments' records were not brought together for the child.

    What the receiver's own records suffice for is a local alert, which another
    department's objection does not reach, or its absence would betray it (PROTOCOL 4).
    """
    return Case(case, rows[0]["expected"], _shown(kind), kind != "lookup")


def _shown(kind: str) -> str:
    return {"": "not listed", "local": "local alert"}.get(kind, "listed")


_JUDGES: Mapping[str, Callable[[str, Rows, Links, str], Case]] = {
    "one_person": _one_person,
    "two_persons": _two_persons,
    "listed": _on_list,
    "not_listed_but_counted": _off_list,
    "not_listed_shown_as_unknown": _off_list,
    "removed_everywhere": _withdrawn,
}
