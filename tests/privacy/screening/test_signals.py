"""Planted histories raise exactly the named signals; missing, stale and short are said."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.errors import BadInputError
from privacy.screening.signals import SignalState, SignalTable, compute
from tests.privacy.screening.samples import (
    AS_OF,
    MONTHS,
    catalogue,
    monthly,
    read,
    roll,
    sos_text,
    survey,
)

SCHOOL = ("abs10", "surge", "late", "nurse")


def _signals(
    facts: dict[str, pd.DataFrame], rows: list[str], as_of: dt.date = AS_OF
) -> SignalTable:
    return compute(read(sos_text()), facts, rows, as_of, catalogue())


def _fired(table: SignalTable, row: str) -> set[str]:
    place = table.row_ids.index(row)
    return {name for name, hit in zip(table.signal_ids, table.fired[place], strict=True) if hit}


def _state(table: SignalTable, row: str, signal: str) -> SignalState:
    return SignalState(table.states[table.row_ids.index(row), table.signal_ids.index(signal)])


def test_a_surge_of_absence_raises_surge_alone() -> None:
    facts = {"D-07": monthly("absent", {"a": [0, 1, 0, 6, 7, 5], "b": [6, 7, 5, 6, 7, 5]})}
    table = _signals(facts, ["a", "b"])
    assert _fired(table, "a") == {"surge"}
    assert _fired(table, "b") == set()
    assert table.days[0, table.signal_ids.index("surge")] == np.datetime64("2026-06-30")


def test_ten_days_count_in_the_latest_complete_month_only() -> None:
    facts = {"D-09": monthly("absent_days_month", {"now": [0, 0, 10], "before": [0, 12, 9]})}
    table = _signals(facts, ["now", "before"])
    assert _fired(table, "now") == {"abs10"}
    assert _fired(table, "before") == set()


def test_late_and_nurse_surges_are_told_apart() -> None:
    history = [1] * 12
    facts = {
        "D-07": monthly("late_early", {"late": [*history, 5, 4, 6], "nurse": [*history, 1, 1, 1]}),
        "D-08": monthly("visits", {"late": [*history, 1, 1, 1], "nurse": [*history, 4, 4, 5]}),
    }
    table = _signals(facts, ["late", "nurse"])
    assert _fired(table, "late") == {"late"}
    assert _fired(table, "nurse") == {"nurse"}


def test_a_short_history_yields_no_surge_and_says_so() -> None:
    facts = {"D-07": monthly("absent", {"first_year": [9, 9, 9], "moved_in": [9, 9]})}
    table = _signals(facts, ["first_year", "moved_in"])
    assert _fired(table, "first_year") == _fired(table, "moved_in") == set()
    assert _state(table, "first_year", "surge") is SignalState.SHORT_HISTORY
    assert _state(table, "moved_in", "surge") is SignalState.SHORT_HISTORY


def test_a_hole_in_the_last_three_months_gives_no_mean() -> None:
    facts = {"D-07": monthly("absent", {"a": [*[0] * 12, 9, None, 9]})}
    table = _signals(facts, ["a"])
    assert _fired(table, "a") == set()
    assert not table.known[0, table.signal_ids.index("surge")]


def test_survey_answers_fire_and_non_response_is_missing() -> None:
    facts = {
        "D-10": survey("2026-05", row_id=["a", "b"], talk_home=[4, None]),
        "D-11": survey("2026-06", row_id=["a", "b"], q_understand=[1, None], q_fun=[4, 1]),
        "D-12": survey(
            "2026-05", row_id=["a", "b"], no_teacher=[True, True], no_friend=[True, False]
        ),
    }
    table = _signals(facts, ["a", "b", "c"])
    assert _fired(table, "a") == {"home", "lesson", "noone"}
    assert _fired(table, "b") == _fired(table, "c") == set()
    assert _state(table, "b", "home") is SignalState.MISSING
    assert list(table.fresh) == [True, True, False]


def test_a_record_older_than_its_limit_is_stale_and_not_counted() -> None:
    facts = {"D-10": survey("2025-05", row_id=["a"], talk_home=[4])}
    table = _signals(facts, ["a"])
    assert _fired(table, "a") == set()
    assert _state(table, "a", "home") is SignalState.STALE
    assert not table.fresh[0]


def test_later_records_are_not_looked_at() -> None:
    facts = {
        "D-10": survey("2026-07-06", row_id=["a"], talk_home=[4]),
        "D-09": survey("2026-07", row_id=["a"], absent_days_month=[20]),
    }
    table = _signals(facts, ["a"])
    assert _fired(table, "a") == set()


def test_the_school_year_boundary_is_no_boundary_for_a_history() -> None:
    months = [f"2025-{month:02d}" for month in range(4, 13)] + ["2026-01", "2026-02", "2026-03"]
    assert MONTHS[:12] == tuple(months)
    as_of = dt.date(2026, 4, 2)
    rows = [{"row_id": "a", "period": period, "absent": 0} for period in months[:9]]
    rows += [{"row_id": "a", "period": period, "absent": 8} for period in months[9:]]
    table = _signals({"D-07": pd.DataFrame(rows)}, ["a"], as_of)
    assert _fired(table, "a") == {"surge"}


def _big_school(quiet: bool) -> dict[str, pd.DataFrame]:
    rows = [f"q{place}" for place in range(25)] + [f"n{place}" for place in range(25)]
    visits = {row: [0 if row.startswith("q") and quiet else 1] * 15 for row in rows}
    visits["n0"] = [1] * 12 + [6, 6, 6]
    schools = ["quiet" if row.startswith("q") else "noting" for row in rows]
    return {"D-02": roll(rows, schools), "D-08": monthly("visits", visits)}


def test_a_school_that_records_no_visits_is_missing_and_named() -> None:
    facts = _big_school(quiet=True)
    rows = list(facts["D-02"]["row_id"])
    table = _signals(facts, rows)
    assert _fired(table, "n0") == {"nurse"}
    assert _state(table, "q0", "nurse") is SignalState.UNRECORDED
    assert not table.fresh[table.row_ids.index("q0")]
    assert [(each.item, each.school) for each in table.unrecorded] == [("D-08", "quiet")]
    assert _signals(_big_school(quiet=False), rows).unrecorded == ()


def test_a_month_without_school_is_left_out() -> None:
    as_of = dt.date(2025, 9, 20)
    rows = [f"r{place}" for place in range(30)]
    records = []
    for row in rows:
        for month in ["2025-01", "2025-02", "2025-03", "2025-04", "2025-05", "2025-06", "2025-07"]:
            surge = row == "r0" and month in {"2025-06", "2025-07"}
            records.append({"row_id": row, "period": month, "absent": 9 if surge else 1})
        records.append({"row_id": row, "period": "2025-08", "absent": 0})
    table = _signals({"D-07": pd.DataFrame(records)}, rows, as_of)
    assert _fired(table, "r0") == {"surge"}
    assert _fired(table, "r1") == set()


def test_supported_rolls_are_read_as_of_the_day() -> None:
    facts = {
        "D-19": survey("2026-03-01", row_id=["a"], used=[1]),
        "D-20": survey("2025-01-01", row_id=["b"], used=[1]),
        "D-39": pd.DataFrame(
            [
                {"row_id": "c", "period": "2026-05-01", "supported": 1},
                {"row_id": "d", "period": "2026-05-01", "supported": 1},
                {"row_id": "d", "period": "2026-06-01", "supported": 0},
            ]
        ),
    }
    table = _signals(facts, list("abcd"))
    assert list(table.supported) == [True, False, True, False]


def test_grades_decide_the_population() -> None:
    facts = {"D-02": pd.concat([roll(["a"], grade="小5"), roll(["b"], grade="年長")])}
    assert list(_signals(facts, ["a", "b", "c"]).population) == [True, False, False]


def test_a_table_without_its_columns_is_refused() -> None:
    with pytest.raises(BadInputError, match="row_id"):
        _signals({"D-07": pd.DataFrame({"period": [], "absent": []})}, ["a"])


values = st.lists(st.one_of(st.none(), st.integers(0, 20)), min_size=15, max_size=15)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(values, values, values), min_size=1, max_size=4))
def test_deleting_a_source_never_adds_and_renaming_schools_changes_nothing(
    children: list[tuple[list[int | None], list[int | None], list[int | None]]],
) -> None:
    rows = [f"r{place}" for place in range(len(children))]
    schools = [f"S{place % 2}" for place in range(len(children))]
    facts = {
        "D-02": roll(rows, schools),
        "D-07": monthly(
            "absent", {row: child[0] for row, child in zip(rows, children, strict=True)}
        ),
        "D-08": monthly(
            "visits", {row: child[1] for row, child in zip(rows, children, strict=True)}
        ),
        "D-09": monthly(
            "absent_days_month", {row: child[2] for row, child in zip(rows, children, strict=True)}
        ),
    }
    whole = _signals(facts, rows)
    for item in ("D-07", "D-08", "D-09"):
        for rest in (
            {**facts, item: facts[item].iloc[:0]},
            {k: v for k, v in facts.items() if k != item},
        ):
            fewer = _signals(rest, rows)
            for row in rows:
                assert _fired(fewer, row) <= _fired(whole, row)
    renamed = {**facts, "D-02": roll(rows, [{"S0": "Z9", "S1": "A1"}[name] for name in schools])}
    again = _signals(renamed, rows)
    assert np.array_equal(again.fired, whole.fired)
    assert np.array_equal(again.known, whole.known)
