"""The manifest: what was planted where, and what a correct system makes of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedRow:
    """One row (or school) of a planted case."""

    department: str
    row: str
    """The department's row id; empty for a school-level case."""
    person: str
    expected: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A town's parameters, counts and planted cases."""

    out: Path
    city: str
    city_code: str
    seed: int
    children: int
    difficulty: str
    departments: tuple[str, ...]
    as_of: str
    first_month: str
    last_month: str
    people: int
    """All children in the truth, leavers and pupils of other schools included."""
    pupils: int
    schools: int
    rows: dict[str, int]
    duplicates: dict[str, int]
    planted: dict[str, tuple[PlantedRow, ...]]

    def write(self) -> None:
        """Write ``manifest.json`` into the town's folder."""
        content = asdict(self)
        del content["out"]
        text = json.dumps(content, ensure_ascii=False, indent=1)
        (self.out / "manifest.json").write_text(text + "\n", encoding="utf-8")
