"""Rows of an extract -> raw persons, by the department's mapping."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from nodes.ingest.department import ColumnMapping, DepartmentMapping
from nodes.ingest.my_number import refuse_my_numbers
from nodes.ingest.reader import Table, read_table
from nodes.ingest.report import Fill
from privacy.normalise.person import RawPerson

_MISSING: Final = frozenset({"NULL", "null", "\\N", "NaN", "nan", "#N/A", "None", "<NA>"})
"""How databases, spreadsheets and scripts write an empty cell into a CSV."""

_WITHOUT_PLACE: Final = dict.fromkeys(
    ("address", "postcode", "phone", "email", "household_number"), ""
)

UNMARKED: Final = frozenset(
    {"", "0", "n", "no", "false", "f", "無", "なし", "無し", "いいえ", "×", "✕", "-", "非該当"}
)
"""Cells that say that a mark is not set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRows:
    """All rows of a department's extract, in file order; parallel tuples.

    ``row_ids`` are as in the file, to the last space: they are handed back to it.
    """

    mapping: DepartmentMapping
    encoding: str
    lines: tuple[int, ...]
    row_ids: tuple[str, ...] = field(repr=False)
    persons: tuple[RawPerson, ...] = field(repr=False)
    protected: tuple[bool, ...] = field(repr=False)
    """Rows of people under a protection measure; their whereabouts were not even read on."""
    fills: tuple[Fill, ...]


def read_rows(mapping: DepartmentMapping) -> RawRows:
    """Read the department's extract and map every row; nothing leaves the process.

    Raises:
        UnreadableFileError, MappingError, MyNumberError: as `read_table` and
            `refuse_my_numbers` say; then nothing of the file is used.
    """
    source = mapping.source
    marked = (mapping.protected_column,) if mapping.protected_column else ()
    mapped = (name for field in mapping.fields for name in field.columns)
    wanted = (source.id_column, *marked, *mapped)
    table = read_table(
        source.path,
        wanted=wanted,
        encoding=source.encoding,
        sheet=source.sheet,
        needed_by=mapping.department,
    )
    refuse_my_numbers(table)
    values = {field.name: joined(table, field) for field in mapping.fields}
    names = tuple(values)
    persons = tuple(
        RawPerson(**dict(zip(names, row, strict=True)))
        for row in zip(*values.values(), strict=True)
    )
    protected = tuple(_protected(table, mapping))
    persons = tuple(
        dataclasses.replace(person, **_WITHOUT_PLACE) if marked else person
        for person, marked in zip(persons, protected, strict=True)
    )
    return RawRows(
        mapping=mapping,
        encoding=table.encoding,
        lines=table.lines,
        row_ids=tuple(table.columns[source.id_column]),
        persons=persons,
        protected=protected,
        fills=tuple(
            Fill(column.name, column.label, sum(map(bool, values[column.name])), table.rows)
            for column in mapping.fields
        ),
    )


def _protected(table: Table, mapping: DepartmentMapping) -> Iterator[bool]:
    """Yield, row by row, whether the person is marked as protected; a doubt counts as yes."""
    if not mapping.protected_column:
        yield from (False for _ in table.lines)
        return
    for cell in table.columns[mapping.protected_column]:
        yield present(cell).lower() not in UNMARKED


def joined(table: Table, mapped: ColumnMapping) -> Sequence[str]:
    """Return the mapped columns of every row as one text, its parts separated by a space."""
    columns = [[present(cell) for cell in table.columns[name]] for name in mapped.columns]
    if len(columns) == 1:
        return columns[0]
    return [" ".join(filter(None, parts)) for parts in zip(*columns, strict=True)]


def present(cell: str) -> str:
    """Return *cell* without surrounding space, empty where it only says that it is empty."""
    text = cell.strip()
    return "" if text in _MISSING else text
