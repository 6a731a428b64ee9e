"""Birth dates in every notation that departments use, to ISO ``YYYY-MM-DD``.

Nothing is guessed: three bare numbers whose order or century is open are unreadable
unless the department's mapping states a ``date_order``, and a date that no calendar has
is a problem, not the nearest date.  Eras are checked against their first and last day.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache

from privacy.normalise.characters import clean
from privacy.normalise.numerals import NUMERAL, replace_numerals
from privacy.normalise.person import DateOrder, ProblemKind

Result = tuple[str, ProblemKind | None]

FIRST_DAY = date(1868, 1, 25)
LAST_DAY = date(2099, 12, 31)
# Era: first Gregorian year, first day, last day.  Change days belong to both eras
# except in 1989 and 2019, where the new era began at midnight.
ERAS = {
    "M": (1868, date(1868, 1, 25), date(1912, 7, 30)),
    "T": (1912, date(1912, 7, 30), date(1926, 12, 25)),
    "S": (1926, date(1926, 12, 25), date(1989, 1, 7)),
    "H": (1989, date(1989, 1, 8), date(2019, 4, 30)),
    "R": (2019, date(2019, 5, 1), LAST_DAY),
}
_ERA_LETTER = {"明": "M", "大": "T", "昭": "S", "平": "H", "令": "R"} | {
    str(number): letter for number, letter in enumerate(ERAS, 1)
}
_MONTHS = {
    name: str(number)
    for number, name in enumerate(
        "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(),  # noqa: SIM905 -- a list of names
        1,
    )
}
_UNKNOWN = frozenset(
    {"不明", "不詳", "未詳", "-", "--", "UNKNOWN", "NULL", "NONE", "NAN", "NA", "N/A"}
)
_MISSING_PARTS = re.compile("[?？〓■□*＊\ufffd]")

_ERA_NAME = re.compile("明治|大正|昭和|平成|令和")
_TIME = re.compile(r"(?<=\d)(?:T| )\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$")
_NOTE = re.compile(r"[（(][^）)]*[）)]|生まれ?$|生$|[月火水木金土日]曜日?")
_FLOAT_TAIL = re.compile(r"(?<=\d)\.0(?=\s|$)")
_KANJI_DATE = re.compile(f"{NUMERAL}|元")
_ERA_DATE = re.compile(r"([MTSHR明大昭平令])\W*(\d{1,2}|元)\W+(\d{1,2})\W+(\d{1,2})\W*")
_ERA_COMPACT = re.compile(r"([MTSHR明大昭平令1-5])\W?(\d{2})(\d{2})(\d{2})")
_ERA_COLUMNS = re.compile(r"([1-5])\W+(\d{1,2})\W+(\d{1,2})\W+(\d{1,2})\W*")
_THREE = re.compile(r"(\d{1,4})\W+(\d{1,2})\W+(\d{1,4})\W*")
_EIGHT = re.compile(r"\d{8}")
_SERIAL = re.compile(r"([1-7]\d{4})(?:\.0*)?")
_SERIAL_ORIGIN = date(1899, 12, 30)
_ENGLISH = re.compile(r"(\d{1,2})(?:ST|ND|RD|TH)?\W*([A-Z]{3})[A-Z]*\W*(\d{4})\W*")
_ENGLISH_US = re.compile(r"([A-Z]{3})[A-Z]*\W*(\d{1,2})(?:ST|ND|RD|TH)?\W+(\d{4})\W*")

_YEAR_DIGITS = 4
_PART_DIGITS = 2
_ERA_CODE_DIGITS = 7

_IMPOSSIBLE: Result = ("", ProblemKind.DATE_IMPOSSIBLE)
_UNREADABLE: Result = ("", ProblemKind.DATE_UNREADABLE)
_MISSING: Result = ("", ProblemKind.DATE_MISSING)


def _day(year: int, month: int, day: int) -> date | None:
    """Return the date, or None where no calendar has it or it is not plausible."""
    try:
        value = date(year, month, day)
    except ValueError:
        return None
    return value if FIRST_DAY <= value <= LAST_DAY else None


def _result(value: date | None) -> Result:
    return _IMPOSSIBLE if value is None else (value.isoformat(), None)


def _in_era(letter: str, year: str, month: str, day: str) -> Result:
    """Return the date of an era year, checked against the era's bounds."""
    first_year, first, last = ERAS[_ERA_LETTER.get(letter, letter)]
    number = 1 if year == "元" else int(year)
    value = _day(first_year + number - 1, int(month), int(day)) if number else None
    return _result(value if value is not None and first <= value <= last else None)


def _ordered(parts: tuple[str, str, str], order: DateOrder) -> tuple[str, str, str] | None:
    """Return (year, month, day) of *parts* in *order*, or None where the year is short."""
    first, second, third = parts
    year, month, day = {
        DateOrder.YMD: (first, second, third),
        DateOrder.MDY: (third, first, second),
        DateOrder.DMY: (third, second, first),
    }[order]
    if len(year) != _YEAR_DIGITS or max(len(month), len(day)) > _PART_DIGITS:
        return None
    return year, month, day


def _three_numbers(parts: tuple[str, str, str], order: DateOrder | None) -> Result:
    """Read three bare numbers: a leading four-digit year is always year, month, day."""
    if len(parts[0]) == _YEAR_DIGITS:
        readings = [_ordered(parts, DateOrder.YMD)]
    elif order is not None and order is not DateOrder.YMD:
        readings = [_ordered(parts, order)]
    else:
        readings = [_ordered(parts, DateOrder.MDY), _ordered(parts, DateOrder.DMY)]
    known = [reading for reading in readings if reading is not None]
    if not known:
        return _UNREADABLE
    days = {_day(int(year), int(month), int(day)) for year, month, day in known}
    possible = days - {None}
    if len(possible) > 1:
        return _UNREADABLE
    return _result(possible.pop() if possible else None)


def _eight_digits(text: str, order: DateOrder | None) -> Result:
    """Read eight digits: YYYYMMDD, or the stated order."""
    if order in {DateOrder.MDY, DateOrder.DMY}:
        value = _three_numbers((text[:2], text[2:4], text[4:]), order)
        if value[1] is None:
            return value
    if not FIRST_DAY.year <= int(text[:4]) <= LAST_DAY.year and text.strip("0"):
        return _IMPOSSIBLE if order is DateOrder.YMD else _UNREADABLE
    return _result(_day(int(text[:4]), int(text[4:6]), int(text[6:])))


def _digits_only(text: str, order: DateOrder | None) -> Result:
    """Read a run of digits: eight digits, an era code of seven, an Excel serial of five."""
    if _EIGHT.fullmatch(text):
        return _eight_digits(text, order)
    if len(text) == _ERA_CODE_DIGITS and order in {DateOrder.MDY, DateOrder.DMY}:
        return _eight_digits("0" + text, order)
    if (era := _ERA_COMPACT.fullmatch(text)) is not None:
        return _in_era(*era.groups())
    if (serial := _SERIAL.fullmatch(text)) is not None:
        return _result(_SERIAL_ORIGIN + timedelta(days=int(serial[1])))
    return _UNREADABLE


def _english(text: str) -> Result | None:
    """Read a date with an English month name."""
    if (found := _ENGLISH.fullmatch(text)) is not None:
        day, name, year = found.groups()
    elif (found := _ENGLISH_US.fullmatch(text)) is not None:
        name, day, year = found.groups()
    else:
        return None
    month = _MONTHS.get(name)
    return None if month is None else _result(_day(int(year), int(month), int(day)))


def _prepare(text: str) -> str:
    """Return *text* in NFKC capitals, with era names as one character and no time of day."""
    value = _NOTE.sub("", clean(text).upper()).strip()
    value = _ERA_NAME.sub(lambda era: era[0][0], value)
    value = _FLOAT_TAIL.sub("", _TIME.sub("", value))
    if _KANJI_DATE.search(value):
        value = replace_numerals(value.replace("元年", "1年"))
    return value.replace("年", "/").replace("月", "/").replace("日", "").strip()


@lru_cache(maxsize=1 << 16)
def parse_date(text: str, order: DateOrder | None = None) -> Result:
    """Read a birth date.

    Args:
        text: The date as the department wrote it; columns joined with spaces.
        order: The order of three bare numbers, where the department states one.

    Returns:
        ISO ``YYYY-MM-DD`` and None, or empty text and the kind of the problem.
    """
    value = _prepare(text)
    if not clean(text) or value in _UNKNOWN or (value and not value.strip("0 /.-")):
        return _MISSING
    if _MISSING_PARTS.search(value):
        return _UNREADABLE
    if value.isdecimal() or _SERIAL.fullmatch(value):
        return _digits_only(value.removesuffix("."), order)
    for pattern in (_ERA_DATE, _ERA_COMPACT, _ERA_COLUMNS):
        if (found := pattern.fullmatch(value)) is not None:
            return _in_era(*found.groups())
    if (found := _THREE.fullmatch(value)) is not None:
        return _three_numbers((found[1], found[2], found[3]), order)
    return _english(value) or _UNREADABLE
