from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.normalise.date import ERAS, parse_date
from privacy.normalise.person import DateOrder, ProblemKind

DAYS = st.dates(min_value=date(1930, 1, 1), max_value=date(2026, 12, 31))
NAMES = {"M": "明治", "T": "大正", "S": "昭和", "H": "平成", "R": "令和"}


def era_of(day: date) -> tuple[str, int]:
    letter = next(letter for letter, (_, first, last) in ERAS.items() if first <= day <= last)
    return letter, day.year - ERAS[letter][0] + 1


@given(DAYS)
def test_every_notation_of_a_day_gives_its_iso_form(day: date) -> None:
    letter, year = era_of(day)
    month, number = day.month, day.day
    notations = [
        day.isoformat(),
        f"{day:%Y/%m/%d}",
        f"{day:%Y%m%d}",
        f"{day.year}年{month}月{number}日",
        f"{letter}{year}.{month}.{number}",
        f"{letter}{year:02}{month:02}{number:02}",
        f"{list(ERAS).index(letter) + 1}{year:02}{month:02}{number:02}",
        f"{NAMES[letter]}{'元' if year == 1 else year}年{month}月{number}日",
        f"{day.year} {month} {number}",
        f"{day.isoformat()} 00:00:00",
        str((day - date(1899, 12, 30)).days),
        f"{day:%d-%b-%Y}",
    ]

    assert {parse_date(notation) for notation in notations} == {(day.isoformat(), None)}


@given(DAYS)
def test_a_stated_order_reads_three_bare_numbers(day: date) -> None:
    us = f"{day.month}/{day.day}/{day.year}"
    uk = f"{day.day}/{day.month}/{day.year}"

    assert parse_date(us, DateOrder.MDY) == (day.isoformat(), None)
    assert parse_date(uk, DateOrder.DMY) == (day.isoformat(), None)


@given(DAYS)
def test_an_open_order_is_never_guessed(day: date) -> None:
    value, problem = parse_date(f"{day.month}/{day.day}/{day.year}")

    if day.day <= 12 and day.day != day.month:
        assert problem is ProblemKind.DATE_UNREADABLE
    else:
        assert value == day.isoformat()


@pytest.mark.parametrize("letter", ERAS)
def test_an_era_ends_with_its_last_day(letter: str) -> None:
    first_year, first, last = ERAS[letter]

    def written(day: date, shift: int) -> str:
        return f"{letter}{day.year - first_year + 1}.{day.month}.{day.day + shift}"

    assert parse_date(written(last, 0)) == (last.isoformat(), None)
    if first.day > 1:
        assert parse_date(written(first, -1)) == ("", ProblemKind.DATE_IMPOSSIBLE)
    assert parse_date(f"{letter}99.1.1")[1] is ProblemKind.DATE_IMPOSSIBLE
    assert parse_date(f"{letter}0.1.1")[1] is ProblemKind.DATE_IMPOSSIBLE


@given(st.text(max_size=24), st.sampled_from([None, *DateOrder]))
def test_any_text_gives_a_day_or_a_problem(text: str, order: DateOrder | None) -> None:
    value, problem = parse_date(text, order)

    assert (value == "") is (problem is not None)
    assert value == "" or date.fromisoformat(value).isoformat() == value
