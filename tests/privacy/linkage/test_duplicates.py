from dataclasses import replace

import numpy as np
import pytest

from privacy.linkage.duplicates import duplicate_groups, representatives, same_person
from privacy.normalise.person import Person

CHILD = Person(
    family="山田",
    given="陽翔",
    family_kana="ヤマダ",
    given_kana="ハルト",
    given_phonetic="ハルト",
    birth_date="2016-05-03",
    sex="1",
    town="本町",
    block="1-2-3",
    resident_number="1234567890",
)
TWIN = replace(CHILD, given="悠翔", given_kana="ユウト", given_phonetic="ユト", resident_number="")


@pytest.mark.parametrize(
    "other",
    [
        CHILD,
        replace(CHILD, given="陽斗"),
        replace(CHILD, given_kana="ヒナト", given_phonetic="ヒナト"),
        replace(CHILD, family="佐藤", family_kana="サトウ"),
        replace(CHILD, family="佐藤", family_kana="サトウ", town="", resident_number=""),
        replace(CHILD, birth_date="2016-05-08"),
        replace(CHILD, birth_date="2016-03-05", resident_number=""),
        replace(CHILD, birth_date="", resident_number=""),
        replace(CHILD, town="緑町", block="9"),
        replace(CHILD, family="", given="", resident_number=""),
        replace(CHILD, resident_number="9999999999"),
        replace(CHILD, sex="2"),
    ],
)
def test_one_person_written_twice_is_recognised(other: Person) -> None:
    known = replace(CHILD, former_family="佐藤")

    assert same_person(known, other)
    assert duplicate_groups([known, other]).tolist() == [0, 0]


@pytest.mark.parametrize(
    "other",
    [
        TWIN,
        replace(TWIN, resident_number=CHILD.resident_number),
        replace(TWIN, given_kana="ハルキ", given_phonetic="ハルキ"),
        replace(TWIN, given=""),
        replace(TWIN, given_kana=""),
        replace(CHILD, given="", given_kana=""),
        replace(CHILD, family="鈴木", family_kana="スズキ", town="緑町", resident_number=""),
        replace(CHILD, birth_date="2014-05-21", resident_number=""),
        replace(CHILD, birth_date="2016-05-08", town="緑町", resident_number=""),
        replace(CHILD, town="緑町", resident_number="9999999999"),
    ],
)
def test_another_child_is_never_merged(other: Person) -> None:
    assert not same_person(CHILD, other)
    assert duplicate_groups([CHILD, other]).tolist() == [0, 1]


def test_a_row_that_resembles_both_twins_does_not_join_them() -> None:
    between = replace(CHILD, given="陽翔", given_kana="ユウト", given_phonetic="ユト")

    groups = duplicate_groups([CHILD, TWIN, between])

    assert groups[0] != groups[1]


def test_groups_are_numbered_by_their_first_row() -> None:
    assert duplicate_groups([TWIN, CHILD, CHILD]).tolist() == [0, 1, 1]
    assert duplicate_groups([]).tolist() == []


def test_a_common_name_without_dates_is_not_merged() -> None:
    nameless = [replace(CHILD, birth_date="", town="", resident_number="")] * 5

    assert len(set(duplicate_groups(nameless).tolist())) == 5


def test_a_representative_takes_the_fullest_spelling_and_the_commonest_value() -> None:
    rows = [
        replace(CHILD, given="", birth_date="2016-05-08"),
        CHILD,
        replace(CHILD, town="", block=""),
    ]

    (person,) = representatives(rows, np.zeros(3, dtype=np.int64))

    assert (person.family, person.given) == ("山田", "陽翔")
    assert person.birth_date == "2016-05-03"
    assert (person.town, person.block) == ("本町", "1-2-3")


def _register(family: int, given: int) -> list[Person]:
    """Return 900 people on 300 days; so many bear CHILD's family and given name."""
    return [
        Person(
            family=CHILD.family if at < family else f"姓{at}",
            given=CHILD.given if family <= at < family + given else f"名{at}",
            birth_date=CHILD.birth_date if at % 300 == 299 else f"2015-01-{at % 300}",
            sex="1",
        )
        for at in range(900)
    ]


def test_two_numbers_of_one_rare_name_and_birth_date_are_one_person_without_a_number() -> None:
    moved = replace(CHILD, town="緑町", resident_number="9999999999")
    people = [CHILD, moved, *_register(2, 2)]

    groups = duplicate_groups(people)

    assert groups[0] == groups[1]
    assert representatives(people, groups)[0].resident_number == ""


def test_two_numbers_of_a_common_name_and_one_birth_date_stay_two_people() -> None:
    moved = replace(CHILD, town="緑町", resident_number="9999999999")

    groups = duplicate_groups([CHILD, moved, *_register(15, 8)])

    assert groups[0] != groups[1]


def test_too_few_people_say_nothing_of_how_rare_a_name_is() -> None:
    moved = replace(CHILD, town="緑町", resident_number="9999999999")

    assert len(set(duplicate_groups([CHILD, moved]).tolist())) == 2


def test_namesakes_of_a_common_name_with_no_shared_address_or_number_stay_two_people() -> None:
    one = replace(CHILD, resident_number="")

    common = duplicate_groups([one, replace(one, town="緑町"), *_register(15, 8)])
    rare = duplicate_groups([one, replace(one, town="緑町"), *_register(1, 1)])

    assert common[0] != common[1]
    assert rare[0] == rare[1]
