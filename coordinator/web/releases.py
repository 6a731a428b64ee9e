"""Released tables as pages show them: noisy numbers with their error bars, and what they cost."""

from __future__ import annotations

import json
from dataclasses import dataclass

from markupsafe import Markup

from coordinator.store.engine import Database
from coordinator.store.releases import ReleaseStore, StoredRelease
from coordinator.web.status import names
from privacy.errors import Text

_MILLION = 1_000_000
_BILLION = 1_000_000_000
_WIDTH = 260
_MIDDLE = 11


@dataclass(frozen=True, slots=True)
class ReleasedCell:
    """One noisy number: the exact count lies within ``half_width`` with the stated coverage."""

    labels: tuple[str, ...]
    value: int
    half_width: int


@dataclass(frozen=True, slots=True)
class ReleasedTable:
    """One archived release."""

    release_id: str
    round_id: str
    created: str
    slot_table: int
    population: str
    fiscal_year: int
    anchor: Text
    dimensions: tuple[str, ...]
    cells: tuple[ReleasedCell, ...]
    rho: float
    epsilon: float
    coverage: float

    def bar(self, cell: ReleasedCell) -> Markup:
        """Return *cell* as a dot on its error bar, on the common scale of the table."""
        low = min(0, *(c.value - c.half_width for c in self.cells))
        high = max(1, *(c.value + c.half_width for c in self.cells))
        left, value, right, zero = (
            4 + (_WIDTH - 8) * (number - low) / (high - low)
            for number in (
                cell.value - cell.half_width,
                cell.value,
                cell.value + cell.half_width,
                0,
            )
        )
        return Markup(
            '<svg class="chart" xmlns="http://www.w3.org/2000/svg" role="presentation" '
            'width="{0}" height="22" viewBox="0 0 {0} 22">'
            '<path d="M{5:.1f} 1V21" stroke="#b3b3b3"/>'
            '<path d="M{1:.1f} {4}H{2:.1f}M{1:.1f} 6V16M{2:.1f} 6V16" stroke="#0017c1" '
            'stroke-width="2" fill="none"/><circle cx="{3:.1f}" cy="{4}" r="4" fill="#0017c1"/>'
            "</svg>"
        ).format(_WIDTH, left, right, value, _MIDDLE, zero)


def read_releases(database: Database) -> tuple[ReleasedTable, ...]:
    """Return every archived release, the newest first."""
    named = names(database)
    return tuple(_table(stored, named) for stored in ReleaseStore(database).all())


def _table(stored: StoredRelease, named: dict[str, Text]) -> ReleasedTable:
    body = json.loads(stored.body)
    query = body["query"]
    anchor = query["anchor"]
    return ReleasedTable(
        release_id=stored.release_id,
        round_id=stored.round_id,
        created=stored.created.isoformat(),
        slot_table=stored.slot_table,
        population=query["population"],
        fiscal_year=query["fiscal_year"],
        anchor=named.get(anchor, Text(anchor, anchor)),
        dimensions=tuple(body["dimensions"]),
        cells=tuple(
            ReleasedCell(tuple(cell["labels"]), cell["value"], cell["half_width"])
            for cell in body["cells"]
        ),
        rho=body["nano_rho"] / _BILLION,
        epsilon=body["epsilon_millionths"] / _MILLION,
        coverage=body["coverage_millionths"] / _MILLION,
    )
