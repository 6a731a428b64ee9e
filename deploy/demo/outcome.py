"""What the demo, the only one who may see it, reads from the nodes: links against the truth.

No process of the federation can do this.  The demo holds every node's folder and the
town's truth, because it is a test bench with made-up children.
"""

from __future__ import annotations

import csv
import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deploy.demo.stage import Seat
from privacy.linkage.quality import Score

UNLINKED = -1


@dataclass(frozen=True, slots=True)
class DepartmentLinks:
    """The rows of one department, in file order, with the slot of each."""

    department: str
    row_ids: tuple[str, ...] = field(repr=False)
    slots: NDArray[np.int64] = field(repr=False)
    """-1 where the row was dropped or has no slot."""
    dropped: dict[str, int] = field(default_factory=dict)
    """Why rows were not used -> how many."""

    @property
    def rows(self) -> int:
        """Rows in the extract."""
        return len(self.row_ids)

    @property
    def used(self) -> int:
        """Rows that were not dropped."""
        return self.rows - sum(self.dropped.values())


def read_links(seat: Seat) -> DepartmentLinks:
    """Read a node's rows and its newest slot table."""
    with closing(open_read_only(seat.database)) as database:
        stored = database.execute("SELECT row_id, record, dropped FROM rows ORDER BY place")
        rows = stored.fetchall()
        table = database.execute(
            "SELECT slots FROM slot_tables ORDER BY version DESC LIMIT 1"
        ).fetchone()
    pairs = np.frombuffer(table[0] if table else b"", dtype="<u4").reshape(-1, 2)
    slot_of = dict(zip(pairs[:, 0].tolist(), pairs[:, 1].tolist(), strict=True))
    slots = np.array([slot_of.get(row[1], UNLINKED) for row in rows], dtype=np.int64)
    reasons = Counter(row[2] or "dropped" for row in rows if row[1] < 0)
    return DepartmentLinks(
        seat.department, tuple(row[0] for row in rows), slots, dict(sorted(reasons.items()))
    )


def open_read_only(path: Path) -> sqlite3.Connection:
    """Open another process's database without the right to change it."""
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)


@dataclass(frozen=True)
class Links:
    """All departments' links beside the truth."""

    departments: tuple[DepartmentLinks, ...]
    truth: dict[tuple[str, str], str] = field(repr=False)

    @cached_property
    def across(self) -> Score:
        """Pairs of rows of different departments, found and true."""
        return self._score(np.ones(len(self.departments), dtype=np.bool_))

    def of(self, department: str) -> Score:
        """Return the score over the pairs with one end in *department*."""
        others = [one.department != department for one in self.departments]
        whole, rest = self.across, self._score(np.array(others, dtype=np.bool_))
        return Score(whole.correct - rest.correct, whole.found - rest.found, whole.true - rest.true)

    def linked(self, department: str) -> int:
        """Return how many rows of *department* share a slot with another department's."""
        own = next(one for one in self.departments if one.department == department)
        others = [one.slots for one in self.departments if one.department != department]
        elsewhere = np.unique(np.concatenate(others)) if others else np.array([])
        return int((np.isin(own.slots, elsewhere) & (own.slots != UNLINKED)).sum())

    def slot(self, department: str, row_id: str) -> int:
        """Return the slot of one row, or `UNLINKED`."""
        return self._places.get((department, row_id), UNLINKED)

    @cached_property
    def _places(self) -> dict[tuple[str, str], int]:
        return {
            (one.department, row_id): slot
            for one in self.departments
            for row_id, slot in zip(one.row_ids, one.slots.tolist(), strict=True)
        }

    @cached_property
    def _rows(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return slot, person and department of each row with a truth, as small numbers."""
        names = {one.department: place for place, one in enumerate(self.departments)}
        known = [(key, slot) for key, slot in self._places.items() if key in self.truth]
        people: dict[str, int] = {}
        person = [people.setdefault(self.truth[key], len(people)) for key, _ in known]
        slots = np.array([slot for _, slot in known], dtype=np.int64)
        alone = slots == UNLINKED
        slots[alone] = slots.max(initial=0) + 1 + np.arange(alone.sum())
        departments = np.array([names[key[0]] for key, _ in known], dtype=np.int64)
        return slots, np.array(person, dtype=np.int64), departments

    def _score(self, wanted: NDArray[np.bool_]) -> Score:
        """Return the score over pairs of rows of two different *wanted* departments."""
        slots, people, departments = self._rows
        here = wanted[departments]
        slots, people, departments = slots[here], people[here], departments[here]
        both = slots * (people.max(initial=0) + 1) + people
        many = len(self.departments)
        return Score(
            *(_pairs(key) - _pairs(key * many + departments) for key in (both, slots, people))
        )


def _pairs(keys: NDArray[np.int64]) -> int:
    """Return the number of pairs of rows with the same key."""
    counts = np.unique(keys, return_counts=True)[1]
    return int((counts * (counts - 1) // 2).sum())


def read_truth(path: Path) -> dict[tuple[str, str], str]:
    """Return (department, row id) -> person, from the town's truth."""
    with path.open(encoding="utf-8", newline="") as file:
        return {
            (row["department"], row["row_id"]): row["entity_id"] for row in csv.DictReader(file)
        }


def read_all(seats: Iterable[Seat], truth: Path) -> Links:
    """Read every node's links and the truth."""
    return Links(tuple(read_links(seat) for seat in seats), read_truth(truth))
