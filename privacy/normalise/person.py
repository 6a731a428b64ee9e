"""The person as a department writes it, and as every department's encoder sees it.

Field names follow GIF's Person and Address items in English.  Text fields that a
department does not hold are empty strings: missing is never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class DateOrder(StrEnum):
    """The order of the parts in a date of three bare numbers."""

    YMD = "YMD"
    MDY = "MDY"
    DMY = "DMY"


@dataclass(frozen=True, slots=True, kw_only=True)
class RawPerson:
    """Identity fields of one row, as text, before normalisation."""

    full_name: str = field(default="", repr=False)
    family_name: str = field(default="", repr=False)
    given_name: str = field(default="", repr=False)
    middle_name: str = field(default="", repr=False)
    full_name_kana: str = field(default="", repr=False)
    family_name_kana: str = field(default="", repr=False)
    given_name_kana: str = field(default="", repr=False)
    former_family_name: str = field(default="", repr=False)
    alias: str = field(default="", repr=False)
    household_head_name: str = field(default="", repr=False)
    household_head_kana: str = field(default="", repr=False)
    birth_date: str = field(default="", repr=False)
    sex: str = field(default="", repr=False)
    address: str = field(default="", repr=False)
    postcode: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    resident_number: str = field(default="", repr=False)
    household_number: str = field(default="", repr=False)


class ProblemKind(StrEnum):
    """What normalisation could not use in a row; the value itself is never kept."""

    NAME_MISSING = "name_missing"
    """Neither a name nor its kana can be read: the row cannot be linked."""
    NAME_UNSPLIT = "name_unsplit"
    """A full name without a separator that could not be split."""
    KANA_UNREADABLE = "kana_unreadable"
    """The kana column holds something other than kana."""
    GAIJI = "gaiji"
    """A character that the source could not write (〓, ?, private use)."""
    DATE_MISSING = "date_missing"
    DATE_UNREADABLE = "date_unreadable"
    DATE_IMPOSSIBLE = "date_impossible"
    """A date that no calendar has, or one outside the plausible range."""
    SEX_UNREADABLE = "sex_unreadable"
    ADDRESS_UNREADABLE = "address_unreadable"
    POSTCODE_UNREADABLE = "postcode_unreadable"
    NUMBER_UNREADABLE = "number_unreadable"
    """The resident number has another length, or letters, or a wrong check digit."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One field of one row that normalisation set aside."""

    field: str
    kind: ProblemKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Identity fields in normal form (normalisation v1); empty text means missing.

    ``family``, ``given``, ``middle``: kanji variants folded, or upper-case Latin
    letters.  ``*_kana``: full-width katakana, folded.  ``*_phonetic``: the coarser
    key (voiced marks, small kana and long vowels dropped).  ``birth_date``: ISO
    ``YYYY-MM-DD``.  ``sex``: ``1`` male, ``2`` female.  ``town`` and ``block``: the
    address to the house number, without the building.  ``household_number``: the
    department's own 世帯番号; only a link round that asks for households uses it.
    """

    family: str = field(default="", repr=False)
    given: str = field(default="", repr=False)
    middle: str = field(default="", repr=False)
    family_kana: str = field(default="", repr=False)
    given_kana: str = field(default="", repr=False)
    family_phonetic: str = field(default="", repr=False)
    given_phonetic: str = field(default="", repr=False)
    former_family: str = field(default="", repr=False)
    alias_family: str = field(default="", repr=False)
    alias_given: str = field(default="", repr=False)
    birth_date: str = field(default="", repr=False)
    sex: str = field(default="", repr=False)
    town: str = field(default="", repr=False)
    block: str = field(default="", repr=False)
    building: str = field(default="", repr=False)
    postcode: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    resident_number: str = field(default="", repr=False)
    household_number: str = field(default="", repr=False)
    problems: tuple[Problem, ...] = ()

    @property
    def known_family(self) -> str:
        """Return the family name that others may know: the alias's, a former one, or the name."""
        return self.alias_family or self.former_family or self.family

    @property
    def known_given(self) -> str:
        """Return the given name that others may know: the alias's, or the name."""
        return self.alias_given or self.given

    @property
    def family_initial(self) -> str:
        """Return the first character of the family name, of its kana where there is one."""
        return (self.family_kana or self.family)[:1]

    @property
    def given_initial(self) -> str:
        """Return the first character of the given name, of its kana where there is one."""
        return (self.given_kana or self.given)[:1]
