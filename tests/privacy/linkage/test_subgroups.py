"""Groups of records: complete public domains, and nothing of a value."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.linkage.subgroups import VALUE_WORDS, VALUES, WORDS, Subgroup, subgroup
from privacy.normalise.person import Person

ON = date(2026, 7, 5)


@pytest.mark.parametrize(
    ("kind", "person", "value"),
    [
        (Subgroup.NAME_LENGTH, Person(family_kana="モリ", given_kana="アイ"), "short"),
        (Subgroup.NAME_LENGTH, Person(family_kana="サトウ", given_kana="ハルト"), "medium"),
        (Subgroup.NAME_LENGTH, Person(family_kana="タカハシ", given_kana="ケンタロウ"), "long"),
        (Subgroup.NAME_LENGTH, Person(family_kana="サトウ"), "unknown"),
        (Subgroup.NAME_SCRIPT, Person(family="佐々木", given="ひな"), "kanji"),
        (Subgroup.NAME_SCRIPT, Person(family="グエン", given="アイン"), "kana"),
        (Subgroup.NAME_SCRIPT, Person(family="NGUYEN", given="ANH"), "latin"),
        (Subgroup.NAME_SCRIPT, Person(family_kana="サトウ"), "unknown"),
        (Subgroup.KANA, Person(family_kana="サトウ"), "missing"),
        (Subgroup.ADDRESS, Person(town="本町", block="1-2"), "held"),
        (Subgroup.OTHER_NAME, Person(former_family="田中"), "held"),
        (Subgroup.OTHER_NAME, Person(), "none"),
        (Subgroup.SEX, Person(sex="2"), "female"),
        (Subgroup.GRADE, Person(birth_date="2020-04-01"), "P1"),
        (Subgroup.GRADE, Person(birth_date="2020-04-02"), "younger"),
        (Subgroup.GRADE, Person(birth_date="2011-04-02"), "J3"),
        (Subgroup.GRADE, Person(birth_date="2011-04-01"), "older"),
        (Subgroup.GRADE, Person(), "unknown"),
    ],
)
def test_a_record_shows_its_group(kind: Subgroup, person: Person, value: str) -> None:
    assert subgroup(kind, person, ON) == value


texts = st.text(max_size=8)


@settings(max_examples=40, deadline=None)
@given(
    st.builds(
        Person,
        family=texts,
        given=texts,
        family_kana=texts,
        given_kana=texts,
        sex=texts,
        birth_date=st.one_of(texts, st.dates().map(date.isoformat)),
        town=texts,
        alias_given=texts,
    ),
    st.dates(min_value=date(2000, 1, 1)),
)
def test_every_record_is_in_one_public_group_of_each_dimension(person: Person, on: date) -> None:
    for kind in Subgroup:
        assert subgroup(kind, person, on) in VALUES[kind]


def test_every_dimension_and_value_has_words() -> None:
    assert set(WORDS) == set(VALUES) == set(Subgroup)
    named = {value for values in VALUES.values() for value in values}
    assert {value for value in named - set(VALUE_WORDS) if value[0] not in "PJ"} == set()
