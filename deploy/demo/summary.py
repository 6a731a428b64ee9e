"""What the demo found, as values: the JSON file and the printed page are made of these."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from deploy.demo.outcome import DepartmentLinks, Links
from deploy.demo.planted import Case
from deploy.demo.scan import Scan
from privacy.errors import Text
from privacy.linkage.quality import Score


@dataclass(frozen=True, slots=True)
class Quality:
    """Precision and recall, in shares."""

    precision: float
    recall: float
    f1: float

    @classmethod
    def of(cls, score: Score) -> Quality:
        """Return the shares of a score, rounded to a hundredth of a per cent."""
        return cls(round(score.precision, 4), round(score.recall, 4), round(score.f1, 4))


@dataclass(frozen=True, slots=True)
class Left:
    """One kind of thing that left a node: to whom, which fields, how much."""

    step: str
    recipient: str
    fields: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentSummary:
    """One department: what came in, what was used, what it was linked to, what left."""

    id: str
    name: Text
    sealed: bool
    web: str
    rows: int
    used: int
    not_used: dict[str, int]
    linked: int
    true: Quality
    left: tuple[Left, ...]

    @property
    def bytes_left(self) -> int:
        """Everything that left, in bytes."""
        return sum(each.bytes for each in self.left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The whole demo."""

    town: dict[str, Any]
    departments: tuple[DepartmentSummary, ...]
    estimated: dict[str, Any]
    true: Quality
    slots: int
    screening: dict[str, Any]
    opened: dict[str, Any] | None
    tables: dict[str, Any]
    coordinator: dict[str, int]
    scans: dict[str, Scan]
    needles: int
    planted: tuple[Case, ...]
    peak_bytes: dict[str, int]
    addresses: dict[str, str]
    seconds: dict[str, float] = field(default_factory=dict)
    wall_s: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the summary as JSON takes it."""
        values = asdict(self)
        for department, own in zip(values["departments"], self.departments, strict=True):
            department["name"] = own.name._asdict()
            department["bytes_left"] = own.bytes_left
        for name, scan in self.scans.items():
            values["scans"][name]["hits"] = scan.hits
        return values

    def write(self, path: Path) -> None:
        """Write the summary as JSON."""
        text = json.dumps(self.to_json(), ensure_ascii=False, indent=1)
        path.write_text(text + "\n", encoding="utf-8")


def summarise_department(
    own: DepartmentLinks,
    links: Links,
    *,
    name: Text,
    sealed: bool,
    web: str,
    status: dict[str, Any],
) -> DepartmentSummary:
    """Put one department's numbers together.

    Args:
        own: Its rows and slots.
        links: All departments', for pairs and the truth.
        name: Of the department.
        sealed: Whether it links by itself.
        web: Where its page is.
        status: What `enishi node status --json` said.
    """
    left = tuple(
        Left(each["step"], each["recipient"], each["fields"], each["rows"], each["bytes"])
        for each in status["sent"]
    )
    return DepartmentSummary(
        id=own.department, name=name, sealed=sealed, web=web,
        rows=own.rows, used=own.used, not_used=own.dropped,
        linked=links.linked(own.department), true=Quality.of(links.of(own.department)), left=left,
    )  # fmt: skip
