from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodes.errors import MappingError
from nodes.ingest.department import ColumnMapping, DepartmentMapping, Source
from nodes.ingest.kinds import ImportKind, Severity
from nodes.ingest.mapping import RawRows
from nodes.records import resolve_records, unusable
from privacy.errors import Text
from privacy.normalise.person import DateOrder, Person, ProblemKind, RawPerson

FIELDS = {"full_name": "氏名", "birth_date": "生年月日", "address": "住所"}
MAPPING = DepartmentMapping(
    department="school",
    name=Text("学校", "School"),
    source=Source(path=Path("a.csv"), id_column="番号"),
    date_order=DateOrder.DMY,
    fields=tuple(ColumnMapping(name, (column,)) for name, column in FIELDS.items()),
)


def raw_rows(*rows: tuple[str, str, str]) -> RawRows:
    return RawRows(
        mapping=MAPPING,
        encoding="cp932",
        lines=tuple(range(2, len(rows) + 2)),
        row_ids=tuple(row[0] for row in rows),
        persons=tuple(RawPerson(full_name=row[1], birth_date=row[2]) for row in rows),
        protected=(False,) * len(rows),
        fills=(),
    )


def test_every_row_has_its_own_record_when_nothing_is_wrong() -> None:
    records = resolve_records(raw_rows(("1", "佐藤 花", "H26.4.2"), ("2", "鈴木 空", "5/3/2014")))

    assert records.record_of_row == (0, 1)
    assert [person.birth_date for person in records.persons] == ["2014-04-02", "2014-03-05"]
    assert records.used == 2
    assert (records.dropped, records.problems, records.duplicate_groups) == ((), (), ())
    assert "佐藤" not in repr(records)


def test_own_duplicates_share_a_record() -> None:
    raw = raw_rows(
        ("1", "渡邊 花", "2014-04-02"), ("2", "鈴木 空", "2014-04-02"), ("3", "渡辺　花", "H26.4.2")
    )

    records = resolve_records(raw)

    assert records.record_of_row == (0, 1, 0)
    assert records.duplicate_groups == ((0, 2),)
    assert len(records.persons) == 2


def test_twins_keep_their_own_records() -> None:
    raw = raw_rows(("1", "佐藤 花", "2014-04-02"), ("2", "佐藤 空", "2014-04-02"))

    assert resolve_records(raw).record_of_row == (0, 1)


def test_rows_without_id_or_identity_are_dropped_with_their_reason() -> None:
    raw = raw_rows(
        ("", "佐藤 花", "2014-04-02"),
        ("2", "", "2014-04-02"),
        ("3", "林", ""),
        ("4", "佐藤 空", ""),
    )

    records = resolve_records(raw)

    assert [(dropped.row, dropped.kind) for dropped in records.dropped] == [
        (0, ImportKind.ROW_ID_MISSING),
        (1, ProblemKind.NAME_MISSING),
        (2, ImportKind.IDENTITY_INSUFFICIENT),
    ]
    assert records.record_of_row == (-1, -1, -1, 0)
    lost = [p.line for p in records.problems if p.severity is Severity.ROW_DROPPED]
    assert lost == [2, 3, 4]


@pytest.mark.parametrize(
    ("person", "kept"),
    [
        (Person(given="空", town="見本町", block="1-2"), True),
        (Person(family_kana="サトウ", postcode="9990001", block="1-2"), True),
        (Person(given="空", town="見本町"), False),
        (Person(birth_date="2014-04-02", town="見本町", block="1-2"), False),
        (Person(birth_date="2014-04-02", resident_number="9000000001"), True),
    ],
)
def test_a_name_and_a_home_are_enough_to_be_linked(person: Person, kept: bool) -> None:
    assert (unusable(person) is None) == kept


def test_rows_that_share_an_id_but_differ_are_dropped_all() -> None:
    raw = raw_rows(
        ("1", "佐藤 花", "2014-04-02"),
        ("1", "佐藤 空", "2014-04-02"),
        ("2", "鈴木 空", "2014-04-02"),
    )

    records = resolve_records(raw)

    assert {dropped.kind for dropped in records.dropped} == {ImportKind.ROW_ID_CONFLICT}
    assert records.record_of_row == (-1, -1, 0)
    assert records.problems[0].column == "番号"


def test_a_row_that_repeats_another_counts_once() -> None:
    raw = raw_rows(
        ("1", "佐藤 花", "2014-04-02"),
        ("2", "鈴木 空", "2014-04-02"),
        ("1", "佐藤 花", "2014-04-02"),
    )

    records = resolve_records(raw)

    assert records.record_of_row == (0, 1, 0)
    assert records.dropped == ()
    assert [(p.line, p.kind) for p in records.problems] == [(4, ImportKind.ROW_ID_REPEATED)]


def test_a_repeat_of_a_dropped_row_is_dropped_for_the_same_reason() -> None:
    records = resolve_records(raw_rows(("1", "", "2014-04-02"), ("1", "", "2014-04-02")))

    assert [dropped.kind for dropped in records.dropped] == [ProblemKind.NAME_MISSING] * 2
    assert records.persons == ()


def test_an_id_column_that_rows_share_is_refused() -> None:
    raw = raw_rows(*((str(n % 5), f"佐藤 花{n}", "2014-04-02") for n in range(40)))

    with pytest.raises(MappingError) as caught:
        resolve_records(raw)

    assert "40 rows share 5 values" in caught.value.render("en")
    assert "番号" in caught.value.render("ja")


@pytest.mark.parametrize("date", ["2014-02-30", "H26.13.1", "令和0年5月1日"])
def test_an_impossible_date_is_reported_without_its_value_and_the_row_kept(date: str) -> None:
    records = resolve_records(raw_rows(("1", "佐藤 花", date)))

    (problem,) = records.problems
    assert (problem.line, problem.column) == (2, "生年月日")
    assert problem.severity is Severity.FIELD_IGNORED
    assert records.record_of_row == (0,)
    for language, said in (("ja", "2行目「生年月日」"), ("en", "line 2, 生年月日")):
        shown = problem.render("ja" if language == "ja" else "en")
        assert said in shown
        assert date not in shown


rows = st.lists(
    st.tuples(
        st.sampled_from(["", "1", "2", "3", "=4"]),
        st.sampled_from(["", "佐藤", "佐藤 花", "鈴木 空", "Smith, Ann"]),
        st.sampled_from(["", "2014-04-02", "2014-04-03", "2014-02-30"]),
    ),
    max_size=15,
)


@given(rows)
def test_every_row_is_either_dropped_once_or_has_a_record(
    listed: list[tuple[str, str, str]],
) -> None:
    records = resolve_records(raw_rows(*listed))

    dropped = [each.row for each in records.dropped]
    assert sorted({*dropped}) == dropped
    assert [row for row, record in enumerate(records.record_of_row) if record < 0] == dropped
    assert {*records.record_of_row} - {-1} == set(range(len(records.persons)))
