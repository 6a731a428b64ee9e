"""Monthly statistics of each row over the fifteen complete months before a day.

Pure arrays: rows by months, oldest month first, NaN where nothing is recorded.  Schools
differ in what they write down (trap 4, P-24): a school-month in which nobody of a school
of twenty rows or more has anything is taken as *not recorded*, which is missing and not
zero.  A month in which nobody at all has anything (August) is no school month and is
left out for everyone.  Every rule here errs towards missing, and missing never fires.
"""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from privacy.screening.evaluation import Bits, Numbers

RECENT = 3
BEFORE = 12
MONTHS = RECENT + BEFORE
MIN_RECENT = 2
MIN_HISTORY = 3
MIN_ROWS_TO_JUDGE = 20

Days = NDArray[np.datetime64]


def complete_months(as_of: dt.date) -> tuple[str, ...]:
    """Return the fifteen calendar months that ended before *as_of*, oldest first, as YYYY-MM."""
    last = as_of.year * 12 + as_of.month - 2
    if as_of.day == calendar.monthrange(as_of.year, as_of.month)[1]:
        last += 1
    return tuple(
        f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(last - MONTHS + 1, last + 1)
    )


def month_end(month: str) -> dt.date:
    """Return the last day of a month written YYYY-MM."""
    year, number = int(month[:4]), int(month[5:7])
    return dt.date(year, number, calendar.monthrange(year, number)[1])


@dataclass(frozen=True, slots=True)
class Monthly:
    """One variable: `values` rows x 15 months; `schools` a code 0.. for each row."""

    values: Numbers
    schools: NDArray[np.int64]
    months: tuple[str, ...]

    def school_months(self) -> Bits:
        """Return which months anybody has something in (15); all of them for few rows."""
        if len(self.values) < MIN_ROWS_TO_JUDGE:
            return np.ones(MONTHS, dtype=np.bool_)
        found: Bits = np.logical_or.reduce(self.values > 0, axis=0)
        return found

    def recorded(self) -> Bits:
        """Return which months each school records (schools x 15)."""
        count = int(self.schools.max(initial=-1)) + 1
        found = np.zeros((count, MONTHS), dtype=np.bool_)
        np.logical_or.at(found, self.schools, self.values > 0)
        small = np.bincount(self.schools, minlength=count) < MIN_ROWS_TO_JUDGE
        return found | small[:, None]

    def trusted(self) -> Numbers:
        """Return the values with every month that a school does not record as missing."""
        if not len(self.values):
            return self.values
        return np.where(self.recorded()[self.schools], self.values, np.nan)


@dataclass(frozen=True, slots=True)
class Statistic:
    """A number for each row (NaN missing), the day it speaks of (NaT none), and why not.

    `short` marks rows whose own history is too short; `unrecorded` rows whose school
    keeps no such record.
    """

    values: Numbers
    days: Days
    short: Bits
    unrecorded: Bits


def recent_mean(monthly: Monthly) -> Statistic:
    """Return the monthly mean of the last three complete months.

    All of them must be recorded for the row, months without school left out; with fewer
    than two left there is no mean.
    """
    values, rows = monthly.trusted(), len(monthly.values)
    wanted = np.flatnonzero(monthly.school_months()[BEFORE:]) + BEFORE
    none = np.zeros(rows, dtype=np.bool_)
    if len(wanted) < MIN_RECENT:
        nothing = np.full(rows, np.nan)
        return Statistic(nothing, _day(monthly, rows, None), none, ~none)
    # The sum of a row with a missing month is missing: that is the rule, not an accident.
    mean: Numbers = values[:, wanted].sum(axis=1) / len(wanted)
    unrecorded = ~np.logical_and.reduce(monthly.recorded()[monthly.schools][:, wanted], axis=1)
    missing = np.logical_or.reduce(np.isnan(monthly.values[:, wanted]), axis=1)
    some = np.logical_or.reduce(~np.isnan(monthly.values), axis=1)
    days = _day(monthly, rows, int(wanted[-1]))
    return Statistic(mean, days, missing & some & ~unrecorded, unrecorded)


def own_history(monthly: Monthly, *, median: bool) -> Statistic:
    """Return the row's own monthly mean or median over the twelve months before the last three.

    Taken over the months that are recorded; with fewer than three the history is too
    short and there is none.
    """
    values, rows = monthly.trusted()[:, :BEFORE], len(monthly.values)
    wanted = values[:, monthly.school_months()[:BEFORE]]
    known = ~np.isnan(wanted)
    short = known.sum(axis=1) < MIN_HISTORY
    result = np.full(rows, np.nan)
    enough = ~short
    if enough.any():
        middle = np.nanmedian if median else np.nanmean
        result[enough] = middle(wanted[enough], axis=1)
    days = _day(monthly, rows, MONTHS - 1)
    return Statistic(result, days, short, np.zeros(rows, dtype=np.bool_))


def latest_month(monthly: Monthly) -> Statistic:
    """Return the row's value of the latest month that its school recorded."""
    values, rows = monthly.trusted(), len(monthly.values)
    schools = int(monthly.schools.max(initial=-1)) + 1
    has = np.zeros((schools, MONTHS), dtype=np.bool_)
    np.logical_or.at(has, monthly.schools, ~np.isnan(values))
    latest = MONTHS - 1 - np.argmax(has[:, ::-1], axis=1)
    place = latest[monthly.schools]
    ends = np.array([month_end(month) for month in monthly.months], dtype="datetime64[D]")
    picked = values[np.arange(rows), place]
    unrecorded = ~np.logical_or.reduce(has, axis=1)[monthly.schools]
    return Statistic(picked, ends[place], np.zeros(rows, dtype=np.bool_), unrecorded)


def _day(monthly: Monthly, rows: int, place: int | None) -> Days:
    if place is None:
        return np.full(rows, np.datetime64("NaT"), dtype="datetime64[D]")
    return np.full(rows, month_end(monthly.months[place]), dtype="datetime64[D]")
