"""A released table: noisy numbers, each with its error bar, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from privacy.dp.loss import Noise, Rho
from privacy.errors import ProtocolError, Text
from privacy.statistics.query import CountQuery

DELTA = 1e-6
"""Epsilon is stated at this delta."""
COVERAGE = 0.95


@dataclass(frozen=True, slots=True)
class NoisyCell:
    """One number of a released table.

    The exact count lies in ``value - half_width .. value + half_width`` with the stated
    coverage; the value may be negative, since noise is neither cut nor rounded.
    """

    labels: tuple[str, ...]
    value: int
    half_width: int


@dataclass(frozen=True, slots=True)
class CountRelease:
    """A table that may be shown to whoever may ask the question."""

    release_id: str
    dimensions: tuple[str, ...]
    cells: tuple[NoisyCell, ...]
    charge: Rho
    epsilon: float
    coverage: float = COVERAGE
    delta: float = DELTA

    @classmethod
    def of(cls, query: CountQuery, totals: NDArray[np.int64], noise: Noise) -> CountRelease:
        """Return the table of the coordinator's noisy *totals*, in the order of the cells.

        Raises:
            ProtocolError: there is not one total a cell, or the noise is another query's.
        """
        if totals.shape != (len(query.cells),) or noise.cells != len(query.cells):
            what = Text("セルの数が問いと合いません。", "The totals are not those of this query.")
            raise ProtocolError(what)
        width = noise.half_width(COVERAGE)
        cells = tuple(
            NoisyCell(cell.labels, int(total), width)
            for cell, total in zip(query.cells, totals, strict=True)
        )
        names = tuple(dimension.name for dimension in query.dimensions)
        charge = noise.charge
        return cls(query.release_id, names, cells, charge, charge.epsilon(DELTA))

    def margin(self, dimension: str) -> tuple[NoisyCell, ...]:
        """Return the totals over one dimension; free, since it only adds released numbers.

        The error bars grow with the root of the number of cells that are added.

        Raises:
            ProtocolError: the table has no such dimension.
        """
        if dimension not in self.dimensions:
            what = Text(f"区分 {dimension} はありません。", f"There is no dimension {dimension}.")
            raise ProtocolError(what)
        place = self.dimensions.index(dimension)
        groups: dict[str, list[NoisyCell]] = {}
        for cell in self.cells:
            groups.setdefault(cell.labels[place], []).append(cell)
        return tuple(
            NoisyCell(
                (label,),
                sum(cell.value for cell in group),
                int(np.ceil(np.sqrt(sum(cell.half_width**2 for cell in group)))),
            )
            for label, group in groups.items()
        )
