from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodes.errors import MappingError
from nodes.ingest.department import ColumnMapping, FactMapping, Source
from nodes.ingest.facts import FactTable, read_facts
from nodes.ingest.kinds import ImportKind
from nodes.ingest.period import parse_period
from privacy.errors import BadInputError
from privacy.governance.catalogue import read_catalogue

CATALOGUE = read_catalogue(
    """
- id: D-07
  name_ja: 出欠
  name_en: Attendance
  holder: school
  population: pupils
  frequency: monthly
  sensitivity: ordinary
  class: screen
  retention_days: 365
  source: test
  variables:
    - {name: absent, type: integer, range: [0, 31]}
    - {name: late_early, type: integer, range: [0, 62]}
    - {name: receives, type: boolean}
    - {name: grade, type: category, values: [小1, 小2]}
    - {name: since, type: date}
"""
)
IDS = frozenset({"1", "2", "=3"})


def read(
    tmp_path: Path, text: str, period: str = "年月", **columns: str | tuple[str, ...]
) -> FactTable:
    path = tmp_path / "出欠.csv"
    path.write_text(text, encoding="cp932")
    mapping = FactMapping(
        item="D-07",
        source=Source(path=path, id_column="ID"),
        period_column=period,
        columns=tuple(
            ColumnMapping(name, (value,) if isinstance(value, str) else value)
            for name, value in columns.items()
        ),
    )
    return read_facts(mapping, CATALOGUE, IDS)


def test_facts_become_one_long_table_with_typed_columns(tmp_path: Path) -> None:
    table = read(
        tmp_path,
        "ID,年月,欠席,遅刻,早退,手当,学年,開始\n"
        "1,2026/4,３,1,2,有,小１,R8.4.1\n"
        "=3,2026年5月,,,4,×,,\n",
        absent="欠席",
        late_early=("遅刻", "早退"),
        receives="手当",
        grade="学年",
        since="開始",
    )

    frame = table.frame
    assert list(frame.columns) == [
        "row_id", "period", "absent", "late_early", "receives", "grade", "since"
    ]  # fmt: skip
    assert frame["row_id"].tolist() == ["1", "=3"]
    assert frame["period"].tolist() == ["2026-04", "2026-05"]
    assert frame["absent"].tolist()[0] == 3.0
    assert math.isnan(frame["absent"].tolist()[1])
    assert frame["late_early"].tolist() == [3.0, 4.0]
    assert frame["receives"].tolist() == [1.0, 0.0]
    assert frame["grade"].tolist() == ["小1", ""]
    assert frame["since"].tolist() == ["2026-04-01", ""]
    assert table.problems == ()
    assert (table.summary.rows, table.summary.used) == (2, 2)


def test_rows_and_values_that_do_not_fit_are_reported_and_not_used(tmp_path: Path) -> None:
    table = read(
        tmp_path,
        "ID,年月,欠席\n1,2026-04,x\n1,2026-05,40\n1,2026-05,2\n9,2026-04,1\n,2026-04,1\n2,春,1\n2,,1\n",
        absent="欠席",
    )

    assert [(p.line, p.kind) for p in table.problems] == [
        (2, ImportKind.FACT_VALUE_UNREADABLE),
        (3, ImportKind.FACT_OUT_OF_RANGE),
        (4, ImportKind.FACT_REPEATED),
        (5, ImportKind.FACT_ROW_UNKNOWN),
        (6, ImportKind.ROW_ID_MISSING),
        (7, ImportKind.FACT_PERIOD_UNREADABLE),
        (8, ImportKind.FACT_PERIOD_UNREADABLE),
    ]
    assert table.summary.used == 2
    assert table.frame["absent"].isna().all()


def test_a_month_without_events_is_an_empty_table_with_its_columns(tmp_path: Path) -> None:
    table = read(tmp_path, "ID,年月,欠席\n", absent="欠席")

    assert list(table.frame.columns) == ["row_id", "period", "absent"]
    assert (table.summary.rows, len(table.frame)) == (0, 0)


def test_a_variable_that_the_catalogue_lacks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="no `abent`"):
        read(tmp_path, "ID,年月,欠席\n1,2026-04,1\n", abent="欠席")


def test_an_item_that_the_catalogue_lacks_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ID,x\n1,1\n")
    mapping = FactMapping(
        item="D-99",
        source=Source(path=tmp_path / "a.csv", id_column="ID"),
        columns=(ColumnMapping("absent", ("x",)),),
    )

    with pytest.raises(BadInputError, match="D-99"):
        read_facts(mapping, CATALOGUE, IDS)


def test_a_category_is_one_column(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="cannot be summed"):
        read(tmp_path, "ID,年月,a,b\n1,2026-04,小1,小2\n", grade=("a", "b"))


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("", ""),
        ("2026-04", "2026-04"),
        ("2026/4/5", "2026-04-05"),
        ("2026年4月", "2026-04"),
        ("２０２６年４月５日", "2026-04-05"),
        ("202604", "2026-04"),
        ("20260405", "2026-04-05"),
        ("令和8年4月", "2026-04"),
        ("令和元年5月", "2019-05"),
        ("R8.4.5", "2026-04-05"),
        ("h31.4", "2019-04"),
        ("2026-13", None),
        ("2026-02-30", None),
        ("4月", None),
    ],
)
def test_periods_are_read_as_departments_write_them(text: str, period: str | None) -> None:
    assert parse_period(text) == period


@given(st.dates())
def test_iso_days_and_months_are_their_own_period(day: dt.date) -> None:
    assert parse_period(day.isoformat()) == day.isoformat()
    assert parse_period(day.isoformat()[:7]) == day.isoformat()[:7]
