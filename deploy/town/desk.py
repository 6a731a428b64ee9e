"""One department at work: where it writes facts, under which row ids, about whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy.town.facts import Facts
from deploy.town.registers import Register, World
from deploy.town.truth import month_text
from deploy.town.write import FactFile, write_csv


@dataclass(frozen=True, slots=True)
class Desk:
    """One department at work: its folder, its rows, the world and the facts."""

    folder: Path
    register: Register
    world: World
    facts: Facts
    first_year: int

    def holders(self) -> Iterator[tuple[int, str]]:
        """Yield (child, row id) of the department's rows, each child once."""
        yield from self.register.first_row.items()

    def month(self, month: int) -> str:
        """Return *month* as the department writes it."""
        return month_text(month, self.first_year)

    def write(
        self, fact: FactFile, header: tuple[str, ...], rows: Iterator[tuple[str, ...]]
    ) -> FactFile:
        """Write one file and return its entry in ``department.toml``."""
        write_csv(self.folder / fact.file, self.register.layout.encoding, header, rows)
        return fact

    @property
    def id_column(self) -> str:
        """The row id's column."""
        return self.register.layout.id_column

    def fact(self, item: str, file: str, period: str, **columns: str | tuple[str, ...]) -> FactFile:
        """Return the entry of a fact file: catalogue variable -> column or columns."""
        pairs = tuple(
            (name, (column,) if isinstance(column, str) else column)
            for name, column in columns.items()
        )
        return FactFile(
            item=item, file=file, id_column=self.id_column, period=period, columns=pairs
        )
