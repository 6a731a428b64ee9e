"""A department's own attributes, one long table per catalogue item; they never leave the node.

Columns: ``row_id``, ``period`` (``YYYY-MM``, ``YYYY-MM-DD`` or empty) and one per
catalogue variable: float64 for integers and booleans (NaN where missing), text for
categories, dates and free text (empty where missing).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from nodes.errors import MappingError
from nodes.ingest.department import ColumnMapping, FactMapping, refuse_unknown
from nodes.ingest.kinds import ImportKind, Severity, value_kind
from nodes.ingest.mapping import UNMARKED, joined, present
from nodes.ingest.my_number import refuse_my_numbers
from nodes.ingest.period import parse_period
from nodes.ingest.reader import Table, read_table
from nodes.ingest.report import FactSummary, RowProblem
from privacy.errors import Text
from privacy.governance.catalogue import Catalogue, Item, Variable, VariableType

_TRUE: Final = frozenset(
    ["1", "y", "yes", "true", "t", "有", "あり", "有り", "はい", "○", "〇", "該当", "利用", "受給"]
)
_FALSE: Final = UNMARKED - {""} | {"未利用"}
_INTEGER: Final = re.compile(r"[+-]?\d{1,15}(?:\.0+)?")
_UNREADABLE: Final = math.inf  # No cell parses to it; told apart from NaN, which is missing.


@dataclass(frozen=True, slots=True, kw_only=True)
class FactTable:
    """One catalogue item's facts, and what was set aside on the way."""

    item: str
    frame: pd.DataFrame = field(repr=False)
    summary: FactSummary
    problems: tuple[RowProblem, ...]


def read_facts(mapping: FactMapping, catalogue: Catalogue, row_ids: Collection[str]) -> FactTable:
    """Read one fact file against the catalogue and the department's roster.

    Args:
        mapping: one ``[[facts]]`` of department.toml.
        catalogue: fixes the variables, their types, ranges and values.
        row_ids: the roster's ids; facts of others are dropped and reported.

    Raises:
        MappingError: a variable that the item does not have, or a missing column.
        BadInputError: the catalogue lacks the item, or the file cannot be read.
    """
    item = catalogue.item(mapping.item, str(mapping.source.path))
    place = f"{mapping.source.path} [[facts]] {mapping.item}"
    refuse_unknown(place, [m.name for m in mapping.columns], [v.name for v in item.variables])
    source = mapping.source
    period = (mapping.period_column,) if mapping.period_column else ()
    wanted = (source.id_column, *period, *(name for m in mapping.columns for name in m.columns))
    table = read_table(
        source.path,
        wanted=wanted,
        encoding=source.encoding,
        sheet=source.sheet,
        needed_by=mapping.item,
        needs_rows=False,
    )
    refuse_my_numbers(table)
    problems = _Problems(table, [])
    values = {m.name: _variable(table, m, item, problems) for m in mapping.columns}
    keys, keep = _keys(table, mapping, frozenset(row_ids), problems)
    columns: dict[str, list[str] | list[float]] = {
        "row_id": [keys[row][0] for row in keep],
        "period": [keys[row][1] for row in keep],
    }
    for name, column in values.items():
        columns[name] = [column[row] for row in keep]  # type: ignore[assignment] # one type each
    summary = FactSummary(
        item=mapping.item,
        file=source.path.name,
        encoding=table.encoding,
        rows=table.rows,
        used=len(keep),
    )
    frame = pd.DataFrame(columns)
    return FactTable(
        item=mapping.item, frame=frame, summary=summary, problems=tuple(problems.found)
    )


@dataclass(frozen=True, slots=True)
class _Problems:
    table: Table
    found: list[RowProblem]

    def add(
        self, row: int, column: str, kind: ImportKind, severity: Severity, value: str = ""
    ) -> None:
        self.found.append(
            RowProblem(
                file=self.table.path.name,
                line=self.table.lines[row],
                column=column,
                kind=kind,
                severity=severity,
                value_kind=value_kind(value),
            )
        )


def _keys(
    table: Table, mapping: FactMapping, row_ids: frozenset[str], problems: _Problems
) -> tuple[list[tuple[str, str]], list[int]]:
    """Return (row id, period) of every row, and which rows are kept."""
    id_column, period_column = mapping.source.id_column, mapping.period_column
    ids = table.columns[id_column]
    texts = table.columns[period_column] if period_column else [""] * table.rows
    keys: list[tuple[str, str]] = []
    keep: list[int] = []
    seen: set[tuple[str, str]] = set()
    for row, (row_id, text) in enumerate(zip(ids, texts, strict=True)):
        period = parse_period(text)
        key = (row_id, period or "")
        keys.append(key)
        if row_id not in row_ids:
            missing = not row_id.strip()
            kind = ImportKind.ROW_ID_MISSING if missing else ImportKind.FACT_ROW_UNKNOWN
            problems.add(row, id_column, kind, Severity.ROW_DROPPED, row_id)
        elif period is None or (period_column and not period):
            kind = ImportKind.FACT_PERIOD_UNREADABLE
            problems.add(row, period_column, kind, Severity.ROW_DROPPED, text)
        elif key in seen:
            problems.add(row, id_column, ImportKind.FACT_REPEATED, Severity.ROW_DROPPED, row_id)
        else:
            seen.add(key)
            keep.append(row)
    return keys, keep


def _variable(
    table: Table, mapped: ColumnMapping, item: Item, problems: _Problems
) -> Sequence[str] | Sequence[float]:
    variable = item.variable(mapped.name)
    if variable is None:  # `refuse_unknown` has checked it.
        raise KeyError(mapped.name)
    match variable.type:
        case VariableType.INTEGER:
            return _numbers(table, mapped, problems, _integer, (variable.low, variable.high))
        case VariableType.BOOLEAN:
            flags = _numbers(table, mapped, problems, _boolean, (0, None))
            return [flag if math.isnan(flag) else min(flag, 1.0) for flag in flags]
        case VariableType.CATEGORY | VariableType.TEXT | VariableType.DATE:
            return _texts(table, mapped, variable, problems)


def _numbers(
    table: Table,
    mapped: ColumnMapping,
    problems: _Problems,
    parse: Callable[[str], float],
    bounds: tuple[int | None, int | None],
) -> list[float]:
    """Return the sum of the mapped columns of every row; missing plus missing stays missing."""
    total = [math.nan] * table.rows
    for name in mapped.columns:
        parsed: dict[str, float] = {}
        for row, cell in enumerate(table.columns[name]):
            number = parsed.get(cell)
            if number is None:
                number = parsed[cell] = parse(present(cell))
            if number == _UNREADABLE:
                kind = ImportKind.FACT_VALUE_UNREADABLE
                problems.add(row, name, kind, Severity.FIELD_IGNORED, cell)
            elif not math.isnan(number):
                total[row] = number if math.isnan(total[row]) else total[row] + number
    low, high = bounds
    for row, number in enumerate(total):
        if (low is not None and number < low) or (high is not None and number > high):
            kind = ImportKind.FACT_OUT_OF_RANGE
            problems.add(row, mapped.label, kind, Severity.FIELD_IGNORED, str(int(number)))
            total[row] = math.nan
    return total


def _integer(cell: str) -> float:
    text = unicodedata.normalize("NFKC", cell).replace(",", "")
    if not text:
        return math.nan
    return float(text) if _INTEGER.fullmatch(text) else _UNREADABLE


def _boolean(cell: str) -> float:
    text = unicodedata.normalize("NFKC", cell).lower()
    if not text:
        return math.nan
    if text in _TRUE:
        return 1.0
    return 0.0 if text in _FALSE else _UNREADABLE


def _texts(
    table: Table, mapped: ColumnMapping, variable: Variable, problems: _Problems
) -> list[str]:
    if variable.type is not VariableType.TEXT and len(mapped.columns) > 1:
        raise MappingError(
            Text(
                f"{table.path}: 「{variable.name}」は列を足し合わせられません。",
                f"{table.path}: `{variable.name}` cannot be summed from several columns.",
            ),
            Text("列を一つだけ書いてください。", "Name one column."),
        )
    folded = {unicodedata.normalize("NFKC", value): value for value in variable.values}  # noqa: PD011 -- no pandas
    texts = []
    for row, cell in enumerate(joined(table, mapped)):
        text: str | None = cell
        if cell and variable.type is VariableType.CATEGORY and folded:
            text = folded.get(unicodedata.normalize("NFKC", cell))
        elif variable.type is VariableType.DATE:
            text = parse_period(cell)
        if text is None:
            kind = ImportKind.FACT_VALUE_UNREADABLE
            problems.add(row, mapped.label, kind, Severity.FIELD_IGNORED, cell)
        texts.append(text or "")
    return texts
