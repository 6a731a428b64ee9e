"""Which signals fire for which of a node's own rows, from its own facts, as of a day.

Runs at the node that holds the facts; nothing of it leaves except what `contribution`
packs into a masked input and what `cards` seals.  A signal fires only when its
condition is *known* to hold on data that is fresh enough; missing, stale, unrecorded
and too short are said, one by one, and never fire.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from privacy.errors import BadInputError, Text
from privacy.governance.catalogue import (
    Catalogue,
    Frequency,
    Item,
    ItemClass,
    VariableType,
    VariableUse,
)
from privacy.screening import history
from privacy.screening.definition import DEFAULT_FRESH_DAYS, Definition, Signal
from privacy.screening.evaluation import Bits, Numbers, Value, evaluate, exact
from privacy.screening.history import Days, Monthly
from privacy.screening.population import grade_code
from privacy.screening.terms import Statistic, Term

ROLL_ITEM = "D-02"

_Kind = TypeVar("_Kind", bound=np.generic)


class SignalState(IntEnum):
    """What is known of one signal for one row; higher ones explain lower ones' absence."""

    KNOWN = 0
    MISSING = 1
    SHORT_HISTORY = 2
    UNRECORDED = 3
    STALE = 4


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """A school that keeps no record of a variable: a matter of data quality, not of children."""

    item: str
    variable: str
    school: str


@dataclass(frozen=True, slots=True)
class SignalTable:
    """One department's signals; rows in the order asked for, columns by `signal_ids`.

    `fired` and `known` are rows x signals; `days` says as of when (NaT unknown);
    `states` holds `SignalState` values.  `fresh`, `supported` and `population` are per
    row: any fresh data, known to be supported already, in the definition's population.
    """

    row_ids: tuple[str, ...]
    signal_ids: tuple[str, ...]
    items: tuple[str, ...]
    fired: Bits
    known: Bits
    days: Days
    states: NDArray[np.uint8]
    fresh: Bits
    supported: Bits
    population: Bits
    unrecorded: tuple[Unrecorded, ...]


def compute(
    definition: Definition,
    facts: Mapping[str, pd.DataFrame],
    rows: Sequence[str],
    as_of: dt.date,
    catalogue: Catalogue,
) -> SignalTable:
    """Return the signals of *rows* as of *as_of*.

    Args:
        definition: the screening definition.
        facts: item id -> table with `row_id`, `period` and a column per variable; items
            that the department does not hold are simply absent.
        rows: the department's row ids, each once.
        as_of: the day of the time-point; later records are not looked at.
        catalogue: for the items' frequency and class.

    Raises:
        BadInputError: a table without the columns it needs.
    """
    index = pd.Index(list(rows), dtype=object)
    roll = _Roll.read(facts.get(ROLL_ITEM), index, as_of)
    held = tuple(signal for signal in definition.signals if signal.item in facts)
    sources = {
        item: _Source(facts[item], item, index, roll, as_of)
        for item in dict.fromkeys(signal.item for signal in held)
    }
    columns = [_Column.of(signal, sources[signal.item], as_of) for signal in held]
    size, bit = len(index), np.dtype(np.bool_)
    fresh = _stack([column.fresh for column in columns], size, bit)
    return SignalTable(
        row_ids=tuple(rows),
        signal_ids=tuple(signal.id for signal in held),
        items=tuple(signal.item for signal in held),
        fired=_stack([column.fired for column in columns], size, bit),
        known=_stack([column.known for column in columns], size, bit),
        days=_stack([column.days for column in columns], size, np.dtype("datetime64[D]")),
        states=_stack([column.states for column in columns], size, np.dtype(np.uint8)),
        fresh=np.logical_or.reduce(fresh, axis=1),
        supported=_supported(facts, index, as_of, catalogue),
        population=np.isin(roll.grades, definition.grades),
        unrecorded=tuple(dict.fromkeys(each for column in columns for each in column.unrecorded)),
    )


def table_of(columns: Mapping[str, Sequence[object]]) -> pd.DataFrame:
    """Return a table of facts from its columns, for callers that know no pandas."""
    return pd.DataFrame(dict(columns))


def _stack(columns: list[NDArray[_Kind]], rows: int, kind: np.dtype[_Kind]) -> NDArray[_Kind]:
    filled = np.empty((rows, len(columns)), dtype=kind)
    for place, column in enumerate(columns):
        filled[:, place] = column
    return filled


@dataclass(frozen=True, slots=True)
class _Roll:
    """Each row's school (as a code and a name) and grade, where the department knows them."""

    schools: NDArray[np.int64]
    names: tuple[str, ...]
    grades: NDArray[np.object_]

    @classmethod
    def read(cls, table: pd.DataFrame | None, index: pd.Index[str], as_of: dt.date) -> _Roll:
        if table is None:
            grades = np.full(len(index), "", dtype=object)
            return cls(np.zeros(len(index), dtype=np.int64), ("",), grades)
        latest = _latest(table, ROLL_ITEM, index, as_of)[0]
        schools = latest.get("school", pd.Series("", index=index)).fillna("").astype(str)
        codes, names = pd.factorize(schools, sort=True)
        raw = latest.get("grade", pd.Series("", index=index)).fillna("").astype(str)
        pairs = list(zip(raw, schools, strict=True))
        spelled = {pair: grade_code(*pair) for pair in dict.fromkeys(pairs)}
        grades = np.array([spelled[pair] for pair in pairs], dtype=object)
        return cls(codes.astype(np.int64), tuple(str(name) for name in names), grades)


def _latest(
    table: pd.DataFrame, item: str, index: pd.Index[str], as_of: dt.date
) -> tuple[pd.DataFrame, Days]:
    """Return each row's newest record up to *as_of* and its day; undated ones are current."""
    _check_columns(table, item)
    periods = table["period"].fillna("").astype(str)
    spelled = {text: _period_day(text, as_of) for text in periods.unique()}
    days = pd.to_datetime(periods.map(spelled))
    kept = table.assign(_day=days.to_numpy()).loc[days.notna().to_numpy()]
    kept = kept.sort_values("_day", kind="stable").drop_duplicates("row_id", keep="last")
    newest = kept.set_index("row_id").reindex(index)
    return newest, newest["_day"].to_numpy().astype("datetime64[D]")


def _period_day(period: str, as_of: dt.date) -> dt.date | None:
    """Return the day that a period speaks of, or None for a later or unreadable one."""
    try:
        match len(period):
            case 0:
                return as_of
            case 7:
                start = dt.date.fromisoformat(f"{period}-01")
                return None if start > as_of else min(history.month_end(period), as_of)
            case _:
                day = dt.date.fromisoformat(period)
                return day if day <= as_of else None
    except ValueError:
        return None


def _check_columns(table: pd.DataFrame, item: str) -> None:
    for name in ("row_id", "period"):
        if name not in table.columns:
            raise BadInputError(
                Text(
                    f"{item} の表に {name} 列がありません。",
                    f"The table of {item} has no column {name}.",
                ),
                Text("取り込みの対応表を確かめてください。", "Check the mapping of the import."),
            )


def _numbers(values: pd.Series) -> Numbers:
    """Return numbers; true and false are 1 and 0, anything unreadable is missing."""
    plain = values.map({True: 1, False: 0}) if values.dtype == bool else values
    return pd.to_numeric(plain, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)


@dataclass(frozen=True, slots=True)
class _Source:
    """One item's table, ready to be asked for months and for the newest record."""

    table: pd.DataFrame
    item: str
    index: pd.Index[str]
    roll: _Roll
    as_of: dt.date
    _monthly: dict[str, Monthly] = field(default_factory=dict)

    def monthly(self, variable: str) -> Monthly:
        """Return the variable by month; days of one month are added up."""
        if variable not in self._monthly:
            self._monthly[variable] = self._by_month(variable)
        return self._monthly[variable]

    def _by_month(self, variable: str) -> Monthly:
        _check_columns(self.table, self.item)
        months = history.complete_months(self.as_of)
        filled = np.full((len(self.index), history.MONTHS), np.nan)
        if variable in self.table.columns:
            periods = self.table["period"].fillna("").astype(str)
            row = self.index.get_indexer(pd.Index(self.table["row_id"], dtype=object))
            column = pd.Index(months).get_indexer(pd.Index(periods.str.slice(0, 7)))
            value = _numbers(self.table[variable])
            kept = (row >= 0) & (column >= 0) & ~np.isnan(value)
            cells = pd.DataFrame({"row": row[kept], "column": column[kept], "value": value[kept]})
            by_day = bool((periods.str.len() > len("YYYY-MM")).any())
            grouped = cells.groupby(["row", "column"], sort=False)["value"]
            joined = (grouped.sum() if by_day else grouped.max()).reset_index()
            filled[joined["row"].to_numpy(), joined["column"].to_numpy()] = joined["value"]
        return Monthly(filled, self.roll.schools, months)

    def statistic(self, term: Term) -> history.Statistic:
        """Return *term* for every row."""
        match term.statistic:
            case Statistic.MEAN_3M:
                return history.recent_mean(self.monthly(term.variable))
            case Statistic.OWN_MEAN_12M | Statistic.OWN_MEDIAN_12M:
                median = term.statistic is Statistic.OWN_MEDIAN_12M
                return history.own_history(self.monthly(term.variable), median=median)
            case Statistic.MONTH:
                return history.latest_month(self.monthly(term.variable))
            case Statistic.LATEST:
                return self._level(term.variable)

    def _level(self, variable: str) -> history.Statistic:
        newest, days = _latest(self.table, self.item, self.index, self.as_of)
        none = np.zeros(len(self.index), dtype=np.bool_)
        if variable not in newest.columns:
            return history.Statistic(np.full(len(none), np.nan), days, none, none)
        return history.Statistic(_numbers(newest[variable]), days, none, none)

    def unrecorded(self, variable: str) -> tuple[Unrecorded, ...]:
        """Return the schools that recorded nothing in any of the months."""
        schools = self.monthly(variable).recorded().any(axis=1)
        return tuple(
            Unrecorded(self.item, variable, self.roll.names[code])
            for code in np.flatnonzero(~schools)
        )


@dataclass(frozen=True, slots=True)
class _Column:
    """One signal for every row."""

    fired: Bits
    known: Bits
    days: Days
    states: NDArray[np.uint8]
    fresh: Bits
    unrecorded: tuple[Unrecorded, ...]

    @classmethod
    def of(cls, signal: Signal, source: _Source, as_of: dt.date) -> _Column:
        rows = len(source.index)
        values: dict[str, Value] = {}
        states = np.zeros(rows, dtype=np.uint8)
        days = np.full(rows, np.datetime64("NaT"), dtype="datetime64[D]")
        fresh = np.zeros(rows, dtype=np.bool_)
        missing: list[Unrecorded] = []
        for term in signal.terms:
            found = source.statistic(term)
            age = (np.datetime64(as_of, "D") - found.days).astype("timedelta64[D]")
            stale = age > np.timedelta64(signal.fresh_days, "D")
            usable = np.where(stale, np.nan, found.values)
            values[term.name] = exact(usable)
            states = np.maximum(states, _states(found, usable, stale))
            days = np.fmax(days, np.where(np.isnan(usable), np.datetime64("NaT"), found.days))
            fresh |= ~np.isnan(usable)
            if term.statistic in {Statistic.MEAN_3M, Statistic.MONTH}:
                missing.extend(source.unrecorded(term.variable))
        truth = evaluate(signal.when, values, {}, rows)
        known = truth.true | truth.false
        states = np.where(known, np.uint8(SignalState.KNOWN), np.maximum(states, 1))
        return cls(truth.true, known, days, states.astype(np.uint8), fresh, tuple(missing))


def _states(found: history.Statistic, usable: Numbers, stale: Bits) -> NDArray[np.uint8]:
    states = np.where(np.isnan(usable), np.uint8(SignalState.MISSING), np.uint8(0))
    states = np.where(found.unrecorded, np.uint8(SignalState.UNRECORDED), states)
    states = np.where(found.short, np.uint8(SignalState.SHORT_HISTORY), states)
    stale_here = stale & ~np.isnan(found.values)
    return np.where(stale_here, np.uint8(SignalState.STALE), states).astype(np.uint8)


def _supported(
    facts: Mapping[str, pd.DataFrame], index: pd.Index[str], as_of: dt.date, catalogue: Catalogue
) -> Bits:
    """Return which rows are known to have support already (items of class `supported`)."""
    found = np.zeros(len(index), dtype=np.bool_)
    for name, table in facts.items():
        item = catalogue.find(name)
        if item is not None and item.item_class is ItemClass.SUPPORTED:
            found |= _marked(table, item, index, as_of)
    return found


def _marked(table: pd.DataFrame, item: Item, index: pd.Index[str], as_of: dt.date) -> Bits:
    """Tell whose roll entry is set: the newest one, or any recent one of a thing that happens."""
    names = [
        variable.name
        for variable in item.variables
        if variable.type is VariableType.BOOLEAN
        and variable.use is VariableUse.AS_ITEM
        and variable.name in table.columns
    ]
    if item.frequency is Frequency.AS_IT_HAPPENS:
        positive = np.zeros(len(table), dtype=np.bool_)
        for name in names:
            positive |= _numbers(table[name]) > 0
        table = table.loc[positive]
    newest, days = _latest(table, item.id, index, as_of)
    fresh = (np.datetime64(as_of, "D") - days) <= np.timedelta64(DEFAULT_FRESH_DAYS, "D")
    marked = np.zeros(len(index), dtype=np.bool_)
    for name in names:
        marked |= _numbers(newest[name]) > 0
    return marked & fresh
