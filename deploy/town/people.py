"""The people of the synthetic town as they really are, before any clerk writes them down.

Everything here is made up: names are drawn from public lists of common names and from
their parts, addresses lie in a city that does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

LAST_PRIMARY = 6
"""Grades 1-6 are primary, 7-9 lower secondary; 0 and below have not entered school."""
LAST_GRADE = 9
MALE = 1
FEMALE = 2


class Standing(StrEnum):
    """Where a child stands towards the city on the as-of date."""

    MUNICIPAL = "municipal"
    """A pupil of one of the city's schools."""
    PRIVATE = "private"
    """Lives here, goes to a private school or to one of another city."""
    YOUNGER = "younger"
    """Lives here and has not entered school."""
    LEFT = "left"
    """Has moved away, and stays in old registers."""


@dataclass(frozen=True, slots=True)
class Surname:
    """A family name: the plain form, the registry's form, the reading and a second one."""

    kanji: str
    registry: str
    kana: str
    other_kana: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """A given name, its reading, and a second reading of the same characters."""

    kanji: str
    kana: str
    other_kana: str = ""
    registry: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """The parts of a foreign family's name that its children share, and their own."""

    origin: str
    family: str
    family_kana: str
    family_kanji: str = ""
    family_on_kana: str = ""
    given: str = ""
    given_kana: str = ""
    given_kanji: str = ""
    given_on_kana: str = ""
    middle: str = ""
    middle_kana: str = ""
    family_last: bool = False
    """The given name is written first in Latin letters (NGUYEN comes first, SILVA last)."""

    @property
    def latin(self) -> str:
        """The full name in Latin letters, as the resident register writes it."""
        if self.family_last:
            parts = (self.family, self.given, self.middle)
        else:
            parts = (self.family, self.middle, self.given)
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Address:
    """One address: town, chome (0: none), block numbers and a flat."""

    town: int
    chome: int
    ban: int
    go: int
    building: str = ""
    room: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """What the children of one household share."""

    index: int
    surname: Surname
    former: Surname | None
    changed_on: date | None
    address: Address
    infancy_address: Address
    previous_address: Address | None
    arrived_on: date | None
    """When the family moved in from another city; None: the children were born here."""
    left_on: date | None
    head: Given
    head_foreign: Foreign | None
    head_is_mother: bool
    phone: str
    foreign: Foreign | None
    alias: Surname | None
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One child."""

    index: int
    household: Household
    birth: date
    sex: int
    given: Given
    order: str
    """The relation to the head of the household: 長男, 二女."""
    grade: int
    standing: Standing
    school: int
    """The index of the municipal school, or of the one that the address belongs to."""
    number: str
    """宛名番号."""
    twin: bool
    foreign: Foreign | None
    alias_given: Given | None

    @property
    def person_id(self) -> str:
        """The name of this child in the truth files."""
        return f"K{self.index + 1:06d}"


def grade_of(birth: date, fiscal_year: int) -> int:
    """Return the grade in *fiscal_year* of a child born on *birth*.

    The school year runs from 2 April to 1 April (学校教育法 17 条 with the law on
    counting ages): a child born on 1 April belongs to the year before.
    """
    starts_in = birth.year if (birth.month, birth.day) >= (4, 2) else birth.year - 1
    return fiscal_year - 6 - starts_in
