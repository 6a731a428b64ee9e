"""Grades as departments write them -> P1..P6, J1..J3."""

from __future__ import annotations

import re
import unicodedata

from privacy.screening.definition import GRADES

_KANJI = str.maketrans("一二三四五六七八九", "123456789")
_WRITTEN = re.compile(r"(小学校?|小|中学校?|中|p|j)?第?([1-9])(学年|年生|年)?\Z")
_PRIMARY_YEARS = 6
_SECONDARY = "中学校"


def grade_code(text: str, school: str = "") -> str:
    """Return the grade of *text*, or "" where it names none that is known.

    Understood: P1, J3, 小1, 小学校一年, 中２年生.  A number without a school's kind is a year of
    the *school*'s kind where its name says 中学校; otherwise 1 to 6 are primary years
    and 7 to 9 the years of lower secondary.
    """
    folded = unicodedata.normalize("NFKC", text).strip().casefold().translate(_KANJI)
    match = _WRITTEN.match(folded)
    if match is None:
        return ""
    kind, year = match.group(1) or "", int(match.group(2))
    if kind.startswith(("中", "j")) or (not kind and _SECONDARY in school):
        code = f"J{year if year <= _PRIMARY_YEARS else year - _PRIMARY_YEARS}"
    elif not kind and year > _PRIMARY_YEARS:
        code = f"J{year - _PRIMARY_YEARS}"
    else:
        code = f"P{year}"
    return code if code in GRADES else ""
