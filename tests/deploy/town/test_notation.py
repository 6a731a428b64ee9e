"""Kana, dates, addresses and codes as offices write them."""

import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.town.city import CITY_CODE, block, build_city, check_digit
from deploy.town.errors import birth_typo, kana_typo, kanji_typo
from deploy.town.kana import (
    DateStyle,
    to_half_width,
    to_hiragana,
    without_small_kana,
    write_date,
)
from deploy.town.people import Address, grade_of

KATAKANA = st.text(st.sampled_from("アカサタナハマヤラワガパンシツ"), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("number", "digit"), [("11224", 1), ("13101", 6), ("27100", 4), ("01100", 2)]
)
def test_the_check_digit_is_that_of_known_codes(number: str, digit: int) -> None:
    assert check_digit(number) == digit


def test_the_city_code_carries_its_check_digit() -> None:
    assert int(CITY_CODE[-1]) == check_digit(CITY_CODE[:-1])


@pytest.mark.parametrize(
    ("day", "style", "text"),
    [
        (date(2016, 5, 3), DateStyle.ERA_DOT, "H28.5.3"),
        (date(2016, 5, 3), DateStyle.ERA_PADDED, "H28.05.03"),
        (date(2019, 4, 30), DateStyle.ERA_KANJI, "平成31年4月30日"),
        (date(2019, 5, 1), DateStyle.ERA_KANJI, "令和元年5月1日"),
        (date(2016, 5, 3), DateStyle.ERA_SEVEN, "4280503"),
        (date(2021, 12, 9), DateStyle.ERA_SEVEN, "5031209"),
        (date(2016, 5, 3), DateStyle.DIGITS, "20160503"),
        (date(2016, 5, 3), DateStyle.SLASH, "2016/5/3"),
    ],
)
def test_dates_are_written_in_each_notation(day: date, style: DateStyle, text: str) -> None:
    assert write_date(day, style) == text


def test_kana_are_written_in_each_width() -> None:
    assert to_half_width("ヤマザキ　ショウタ") == "ﾔﾏｻﾞｷ ｼｮｳﾀ"
    assert to_hiragana("ヴァン・ユヅキ") == "ゔぁん・ゆづき"
    assert without_small_kana("ショウッタ") == "シヨウツタ"


@pytest.mark.parametrize(
    ("birth", "grade"),
    [(date(2014, 4, 1), 7), (date(2014, 4, 2), 6), (date(2020, 4, 1), 1), (date(2020, 4, 2), 0)],
)
def test_the_school_year_begins_on_the_second_of_april(birth: date, grade: int) -> None:
    assert grade_of(birth, 2026) == grade


def test_one_address_has_six_notations() -> None:
    city = build_city(11690, random.Random(0))
    texts = [block(city, Address(0, 2, 3, 4), style) for style in range(6)]
    assert texts == [
        "本町二丁目３番４号",
        "本町2-3-4",
        "本町２－３－４",
        "本町2丁目3-4",
        "本町2丁目3番4号",
        "本町二丁目3番地の4",
    ]


def test_a_city_of_11690_pupils_has_12_and_6_schools() -> None:
    schools = build_city(11690, random.Random(0)).schools
    assert sum(school.primary for school in schools) == 12
    assert len(schools) == 18


@given(KATAKANA, st.integers(0, 10_000))
def test_a_kana_typo_is_one_step_away(kana: str, seed: int) -> None:
    written = kana_typo(kana, random.Random(seed))
    assert abs(len(written) - len(kana)) <= 1


@given(st.dates(date(2010, 4, 2), date(2026, 6, 1)), st.integers(0, 10_000))
def test_a_mistyped_birth_date_is_another_date(day: date, seed: int) -> None:
    assert birth_typo(day, random.Random(seed)) != day


@given(st.text(st.sampled_from("翔太美咲真央"), min_size=1, max_size=3), st.integers(0, 10_000))
def test_a_mistyped_name_is_another_name(kanji: str, seed: int) -> None:
    assert kanji_typo(kanji, random.Random(seed)) != kanji
