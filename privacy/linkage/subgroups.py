"""Kinds of children whose records are harder to link, as a record of theirs shows them.

Pure and coarse: each dimension has few public values, so that a group can be released as
noisy counts (`enishi coordinator release`) or counted in a rehearsal.  A row's groups are
computed where the row is held, from the department's own record; they never leave a node
but masked (PROTOCOL 5).  Groups describe how names are written and what is missing, for
the quality of linkage only; they are no attribute of a child to act on.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum

from privacy.errors import Text
from privacy.normalise.characters import is_kana
from privacy.normalise.person import Person

UNKNOWN = "unknown"
_SHORT, _LONG = 5, 8
"""Signs of a full name in kana below and above which it is short or long."""
_APRIL = 4
_ENTERS_AT, _PRIMARY, _SECONDARY = 6, 6, 3


class Subgroup(StrEnum):
    """A dimension by which linkage is judged."""

    NAME_LENGTH = "name_length"
    """Signs of the full name in kana: little text carries little evidence."""
    NAME_SCRIPT = "name_script"
    """How the name is written: a foreign name is in Latin letters or in katakana."""
    KANA = "kana"
    """Whether both names are there in kana."""
    ADDRESS = "address"
    """Whether town and block are there."""
    OTHER_NAME = "other_name"
    """Whether the record knows a former family name or an alias."""
    SEX = "sex"
    GRADE = "grade"
    """By birth date, on a stated day: an official grade is a school's fact."""


VALUES: Mapping[Subgroup, tuple[str, ...]] = {
    Subgroup.NAME_LENGTH: ("short", "medium", "long", UNKNOWN),
    Subgroup.NAME_SCRIPT: ("kanji", "kana", "latin", UNKNOWN),
    Subgroup.KANA: ("held", "missing"),
    Subgroup.ADDRESS: ("held", "missing"),
    Subgroup.OTHER_NAME: ("held", "none"),
    Subgroup.SEX: ("male", "female", UNKNOWN),
    Subgroup.GRADE: (
        "younger",
        *(f"P{year}" for year in range(1, 7)),
        *(f"J{year}" for year in range(1, 4)),
        "older",
        UNKNOWN,
    ),
}
"""The public domain of each dimension: complete, in the order of display."""

PREFIX = "linkage."
"""Before a dimension's name in a statistics query: ``linkage.name_length``."""
IDENTITY_ITEM, REGISTER_ITEM = "D-01", "D-06"
"""Catalogue items: names, birth date and sex; the resident register with its addresses."""
MOVED_IN = f"{PREFIX}moved_in"
"""The dimension of when a child moved in, by the register's own fact (D-06.moved_in)."""
MOVED_IN_FACT = "D-06.moved_in"
MOVED_IN_VALUES = ("recent", "earlier", UNKNOWN)
_RECENT_DAYS = 365
IDENTITY_ITEMS = frozenset({IDENTITY_ITEM, REGISTER_ITEM})
"""What every record in use consists of, facts or not."""

WORDS: Mapping[Subgroup, Text] = {
    Subgroup.NAME_LENGTH: Text("氏名の長さ", "name length"),
    Subgroup.NAME_SCRIPT: Text("氏名の文字", "script of the name"),
    Subgroup.KANA: Text("カナ氏名", "name in kana"),
    Subgroup.ADDRESS: Text("住所", "address"),
    Subgroup.OTHER_NAME: Text("旧姓・通称", "former name or alias"),
    Subgroup.SEX: Text("性別", "sex"),
    Subgroup.GRADE: Text("学年(生年月日から)", "grade (by birth date)"),
}
VALUE_WORDS: Mapping[str, Text] = {
    "short": Text("短い(カナ5字以下)", "short (5 kana or fewer)"),
    "medium": Text("ふつう(6〜8字)", "medium (6 to 8)"),
    "long": Text("長い(9字以上)", "long (9 or more)"),
    "kanji": Text("漢字", "kanji"),
    "kana": Text("かな・カナのみ", "kana only"),
    "latin": Text("ローマ字", "Latin letters"),
    "held": Text("あり", "held"),
    "missing": Text("なし", "missing"),
    "none": Text("なし", "none"),
    "male": Text("男", "male"),
    "female": Text("女", "female"),
    "recent": Text("一年以内", "within a year"),
    "earlier": Text("それより前", "earlier"),
    "younger": Text("就学前", "before school"),
    "older": Text("中学卒業後", "after lower secondary"),
    UNKNOWN: Text("不明", "unknown"),
}


def moved_in(day: str, on: date) -> str:
    """Return the value of `MOVED_IN` of a child who moved in on *day* (ISO), as of *on*."""
    try:
        days = (on - date.fromisoformat(day[:10])).days
    except ValueError:
        return UNKNOWN
    return "recent" if 0 <= days <= _RECENT_DAYS else "earlier"


def domain(dimension: str) -> tuple[str, ...]:
    """Return the public domain of a dimension of linkage; empty where there is no such one."""
    if dimension == MOVED_IN:
        return MOVED_IN_VALUES
    kind = asked(dimension)
    return () if kind is None else VALUES[kind]


def asked(dimension: str) -> Subgroup | None:
    """Return the dimension of linkage that a query names, or None where it names another."""
    name = dimension.removeprefix(PREFIX)
    known = dimension.startswith(PREFIX) and name in {kind.value for kind in Subgroup}
    return Subgroup(name) if known else None


def item_of(dimension: str) -> str:
    """Return the catalogue item that a query's *dimension* is computed from."""
    kind = asked(dimension)
    if dimension == MOVED_IN or kind is Subgroup.ADDRESS:
        return REGISTER_ITEM
    return dimension.partition(".")[0] if kind is None else IDENTITY_ITEM


def subgroup(kind: Subgroup, person: Person, on: date) -> str:
    """Return the value of *person* in the dimension *kind*; *on* decides the school year."""
    if kind is Subgroup.GRADE:
        return _grade(person.birth_date, on)
    return _RULES[kind](person)


def _length(person: Person) -> str:
    signs = len(person.family_kana + person.given_kana)
    if not (person.family_kana and person.given_kana):
        return UNKNOWN
    if signs <= _SHORT:
        return "short"
    return "medium" if signs <= _LONG else "long"


def _script(name: str) -> str:
    if not name:
        return UNKNOWN
    if any(unicodedata.name(sign, "").startswith("CJK") for sign in name):
        return "kanji"
    return "kana" if is_kana(name) else "latin"


def _grade(birth_date: str, on: date) -> str:
    """Return the school year: who is born from 2 April enters six years later."""
    try:
        born = date.fromisoformat(birth_date)
    except ValueError:
        return UNKNOWN
    early = (born.month, born.day) < (_APRIL, 2)
    year = on.year - (on.month < _APRIL)
    grade = year - (born.year - early) - _ENTERS_AT
    if grade < 1:
        return "younger"
    if grade <= _PRIMARY:
        return f"P{grade}"
    return f"J{grade - _PRIMARY}" if grade <= _PRIMARY + _SECONDARY else "older"


def _other_name(person: Person) -> str:
    others = (person.former_family, person.alias_family, person.alias_given)
    return "held" if any(others) else "none"


_RULES: Mapping[Subgroup, Callable[[Person], str]] = {
    Subgroup.NAME_LENGTH: _length,
    Subgroup.NAME_SCRIPT: lambda person: _script(person.family + person.given),
    Subgroup.KANA: lambda p: "held" if p.family_kana and p.given_kana else "missing",
    Subgroup.ADDRESS: lambda p: "held" if p.town and p.block else "missing",
    Subgroup.OTHER_NAME: _other_name,
    Subgroup.SEX: lambda person: {"1": "male", "2": "female"}.get(person.sex, UNKNOWN),
}
