from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodes.errors import MappingError
from nodes.ingest.department import ColumnMapping, DepartmentMapping, Source
from nodes.ingest.kinds import ImportKind, Severity
from nodes.ingest.mapping import RawRows
from nodes.records import merge, resolve_records
from privacy.errors import Text
from privacy.normalise.person import DateOrder, Person, Problem, ProblemKind, RawPerson

MAPPING = DepartmentMapping(
    department="school",
    name=Text("学校", "School"),
    source=Source(path=Path("a.csv"), id_column="番号"),
    fields=(ColumnMapping("full_name", ("氏名",)), ColumnMapping("birth_date", ("生年月日",))),
)


def raw_rows(*rows: tuple[str, str, str]) -> RawRows:
    return RawRows(
        mapping=MAPPING,
        encoding="cp932",
        lines=tuple(range(2, len(rows) + 2)),
        row_ids=tuple(row[0] for row in rows),
        persons=tuple(RawPerson(full_name=row[1], birth_date=row[2]) for row in rows),
        fills=(),
    )


def normalise(raw: RawPerson, *, date_order: DateOrder | None = None) -> Person:
    assert date_order is None
    family, _, given_name = raw.full_name.partition(" ")
    if raw.birth_date == "bad":
        problems = (Problem("birth_date", ProblemKind.DATE_IMPOSSIBLE),)
        return Person(family=family, given=given_name, problems=problems)
    return Person(family=family, given=given_name, birth_date=raw.birth_date)


def same_name(persons: Sequence[Person]) -> list[list[int]]:
    groups: dict[str, list[int]] = {}
    for index, person in enumerate(persons):
        groups.setdefault(person.family, []).append(index)
    return list(groups.values())


def nobody(persons: Sequence[Person]) -> list[list[int]]:
    assert persons is not None
    return []


def test_every_row_has_its_own_record_when_nothing_is_wrong() -> None:
    records = resolve_records(raw_rows(("1", "A B", "x"), ("2", "C D", "y")), normalise, nobody)

    assert records.record_of_row == (0, 1)
    assert records.used == 2
    assert (records.dropped, records.problems, records.duplicate_groups) == ((), (), ())


def test_own_duplicates_share_a_record() -> None:
    raw = raw_rows(("1", "A B", ""), ("2", "C D", "y"), ("3", "A B", "x"))

    records = resolve_records(raw, normalise, same_name)

    assert records.record_of_row == (0, 1, 0)
    assert records.duplicate_groups == ((0, 2),)
    assert records.persons[0] == Person(family="A", given="B", birth_date="x")


def test_rows_without_id_or_identity_are_dropped_with_their_reason() -> None:
    raw = raw_rows(("", "A B", "x"), ("2", "", "x"), ("3", "A", ""), ("4", "A", "x"))

    records = resolve_records(raw, normalise, nobody)

    assert [(d.row, d.kind) for d in records.dropped] == [
        (0, ImportKind.ROW_ID_MISSING),
        (1, ProblemKind.NAME_MISSING),
        (2, ImportKind.IDENTITY_INSUFFICIENT),
    ]
    assert records.record_of_row == (-1, -1, -1, 0)
    assert [(p.line, p.severity) for p in records.problems] == [
        (line, Severity.ROW_DROPPED) for line in (2, 3, 4)
    ]


def test_rows_that_share_an_id_but_differ_are_dropped_all() -> None:
    raw = raw_rows(("1", "A B", "x"), ("1", "A C", "x"), ("2", "C D", "y"))

    records = resolve_records(raw, normalise, nobody)

    assert {d.kind for d in records.dropped} == {ImportKind.ROW_ID_CONFLICT}
    assert records.record_of_row == (-1, -1, 0)
    assert records.problems[0].column == "番号"


def test_a_row_that_repeats_another_counts_once() -> None:
    raw = raw_rows(("1", "A B", "x"), ("2", "C D", "y"), ("1", "A B", "x"))

    records = resolve_records(raw, normalise, nobody)

    assert records.record_of_row == (0, 1, 0)
    assert records.dropped == ()
    assert [(p.line, p.kind) for p in records.problems] == [(4, ImportKind.ROW_ID_REPEATED)]


def test_a_repeat_of_a_dropped_row_is_dropped_for_the_same_reason() -> None:
    records = resolve_records(raw_rows(("1", "", "x"), ("1", "", "x")), normalise, nobody)

    assert [d.kind for d in records.dropped] == [ProblemKind.NAME_MISSING] * 2
    assert records.persons == ()


def test_an_id_column_that_rows_share_is_refused() -> None:
    raw = raw_rows(*((str(n % 5), f"A{n} B", "x") for n in range(40)))

    with pytest.raises(MappingError) as caught:
        resolve_records(raw, normalise, nobody)

    assert "40 rows share 5 values" in caught.value.render("en")
    assert "番号" in caught.value.render("ja")


def test_a_field_that_cannot_be_used_is_reported_by_column_and_kind_without_its_value() -> None:
    records = resolve_records(raw_rows(("1", "A B", "bad")), normalise, nobody)

    (problem,) = records.problems
    assert problem.column == "生年月日"
    assert problem.severity is Severity.FIELD_IGNORED
    for language in ("ja", "en"):
        assert "bad" not in problem.render(language)
    assert "暦にない日付" in problem.render("ja")
    assert "Latin letters" in problem.render("en")


def test_the_fullest_row_wins_and_others_fill_its_gaps_whole() -> None:
    best = Person(family="A", given="B", birth_date="x", town="上町")
    other = Person(family="C", given="D", sex="1", town="下町", block="1-2", postcode="1")

    merged = merge([best, other])

    assert merged == Person(
        family="C", given="D", birth_date="x", sex="1", town="下町", block="1-2", postcode="1"
    )


rows = st.lists(
    st.tuples(
        st.sampled_from(["", "1", "2", "3", "=4"]),
        st.sampled_from(["", "A", "A B", "C D", "E F"]),
        st.sampled_from(["", "x", "y", "bad"]),
    ),
    max_size=15,
)


@given(rows)
def test_every_row_is_either_dropped_once_or_has_a_record(
    listed: list[tuple[str, str, str]],
) -> None:
    records = resolve_records(raw_rows(*listed), normalise, same_name)

    dropped = [d.row for d in records.dropped]
    assert sorted({*dropped}) == dropped
    assert [row for row, record in enumerate(records.record_of_row) if record < 0] == dropped
    assert {*records.record_of_row} - {-1} == set(range(len(records.persons)))
