"""What a clerk writes, and how it goes wrong: old names, typing errors, omissions."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

from deploy.town.people import Address, Child, Foreign, Given, Surname
from deploy.town.rates import Dirt
from deploy.town.variants import TYPING_ERRORS

LIKE_KANA = {
    "シ": "ツ", "ツ": "シ", "ソ": "ン", "ン": "ソ", "ク": "タ", "ワ": "ク", "マ": "ア", "ア": "マ",
    "ス": "ヌ", "チ": "テ", "テ": "チ", "ユ": "コ", "コ": "ユ", "ヒ": "シ", "ナ": "メ", "メ": "ナ",
}  # fmt: skip
THIS_YEAR = 2026
"""Registers take no birth date to come."""
VOICED = dict(
    zip(
        "カキクケコサシスセソタチツテトハヒフヘホ",
        "ガギグゲゴザジズゼゾダヂヅデドバビブベボ",
        strict=True,
    )
)
VOICED |= {marked: plain for plain, marked in VOICED.items()}
SOUND_ALIKE = {"ズ": "ヅ", "ヅ": "ズ", "ジ": "ヂ", "ヂ": "ジ", "オ": "ヲ"}


@dataclass(slots=True, kw_only=True)
class Written:
    """One row's identity before it is put into the department's notation."""

    child: Child
    family: str
    given: str
    middle: str
    family_kana: str
    given_kana: str
    middle_kana: str
    birth: date | None
    sex: int
    address: Address | None
    in_flat: bool
    number: str
    former: str
    latin: bool
    """Foreign name in Latin letters, family name in its place."""


def write_down(
    child: Child, dirt: Dirt, rng: random.Random, as_of: date, *, infancy: bool = False
) -> Written:
    """Return what a clerk of a department with *dirt* writes of *child*.

    With *infancy*, the row was made at a check-up: the address of that time, and the
    family name of that time if it changed since.
    """
    home = child.household
    old_name = home.former is not None and rng.random() < dirt.former_name
    if home.changed_on is not None and (as_of - home.changed_on).days < 60 and dirt.former_name:  # noqa: PLR2004 - days
        old_name = True
    surname = home.former if old_name and home.former is not None else home.surname
    written = _named(child, surname, dirt, rng)
    written.former = "" if old_name or home.former is None else home.former.kanji
    if infancy:
        written.address = home.infancy_address
    elif home.previous_address is not None and rng.random() < dirt.address_old:
        written.address = home.previous_address
    return written


def _named(child: Child, surname: Surname, dirt: Dirt, rng: random.Random) -> Written:
    plain = rng.random() < dirt.kanji_plain
    home = child.household
    written = Written(
        child=child,
        family=surname.kanji if plain else surname.registry,
        given=child.given.kanji if plain else child.given.registry,
        middle="",
        family_kana=_read(surname.kana, surname.other_kana, dirt, rng),
        given_kana=_read(child.given.kana, child.given.other_kana, dirt, rng),
        middle_kana="",
        birth=child.birth,
        sex=child.sex,
        address=home.address,
        in_flat=True,
        number=child.number,
        former="",
        latin=False,
    )
    if child.foreign is not None:
        _write_foreign(written, child.foreign, home.alias, child.alias_given, dirt, rng)
    return written


def _read(kana: str, other: str, dirt: Dirt, rng: random.Random) -> str:
    return other if other and rng.random() < dirt.kana_other_reading else kana


def _write_foreign(
    written: Written, name: Foreign, alias: Surname | None, alias_given: Given | None,
    dirt: Dirt, rng: random.Random,
) -> None:  # fmt: skip
    """Write a foreign name as this office does: alias, characters, katakana or letters."""
    if alias is not None and alias_given is not None and rng.random() < dirt.foreign_alias:
        written.family, written.family_kana = alias.kanji, alias.kana
        written.given, written.given_kana = alias_given.kanji, alias_given.kana
        return
    short = rng.random() < dirt.foreign_short
    written.middle = "" if short else name.middle
    written.middle_kana = "" if short else name.middle_kana
    on_reading = bool(name.family_on_kana) and rng.random() < (
        0.2 if dirt.foreign_alias == 0 else 0.45
    )
    written.family_kana = name.family_on_kana if on_reading else name.family_kana
    written.given_kana = name.given_on_kana if on_reading else name.given_kana
    if name.family_kanji:
        written.family, written.given = name.family_kanji, name.given_kanji
        written.middle = written.middle_kana = ""
        return
    written.latin = dirt.foreign_alias == 0 or rng.random() < 0.35  # noqa: PLR2004 - share of offices with letters
    if written.latin:
        written.family, written.given = name.family, name.given
    else:
        written.family, written.given = name.family_kana, name.given_kana
        written.middle = written.middle_kana


def soil(written: Written, dirt: Dirt, rng: random.Random, siblings: list[Child]) -> None:
    """Make the errors of *dirt* in place."""
    chance = rng.random
    if chance() < dirt.kana_typo:
        if chance() < 1 / 2:
            written.family_kana = kana_typo(written.family_kana, rng)
        else:
            written.given_kana = kana_typo(written.given_kana, rng)
    if chance() < dirt.kana_missing:
        written.family_kana = written.given_kana = written.middle_kana = ""
    if chance() < dirt.kanji_typo:
        if chance() < 0.35:  # noqa: PLR2004 - given names are mistyped more often
            written.family = kanji_typo(written.family, rng)
        else:
            written.given = kanji_typo(written.given, rng)
    _soil_birth(written, dirt, rng)
    if chance() < dirt.sex_missing:
        written.sex = 0
    elif chance() < dirt.sex_wrong:
        written.sex = 3 - written.sex
    if chance() < dirt.address_missing:
        written.address = None
    if chance() < dirt.address_no_flat:
        written.in_flat = False
    _soil_number(written, dirt, rng, siblings)


def _soil_birth(written: Written, dirt: Dirt, rng: random.Random) -> None:
    if written.birth is None:
        return
    if rng.random() < dirt.birth_typo:
        written.birth = birth_typo(written.birth, rng)
    elif rng.random() < dirt.birth_swapped and written.birth.day <= 12:  # noqa: PLR2004 - months
        written.birth = date(written.birth.year, written.birth.day, written.birth.month)
    if rng.random() < dirt.birth_missing:
        written.birth = None


def _soil_number(written: Written, dirt: Dirt, rng: random.Random, siblings: list[Child]) -> None:
    if dirt.number_missing >= 1.0 or rng.random() < dirt.number_missing:
        written.number = ""
    elif rng.random() < dirt.number_wrong:
        if siblings and rng.random() < 1 / 2:
            written.number = rng.choice(siblings).number
        else:
            at = rng.randrange(1, len(written.number))
            digit = str((int(written.number[at]) + rng.randint(1, 9)) % 10)
            written.number = written.number[:at] + digit + written.number[at + 1 :]


def kana_typo(kana: str, rng: random.Random) -> str:  # noqa: PLR0911 - one a notation
    """Return *kana* with one error of reading or typing."""
    if not kana:
        return kana
    at = rng.randrange(len(kana))
    char = kana[at]
    kind = rng.random()
    if kind < 0.3 and char in VOICED:  # noqa: PLR2004 - shares of the kinds
        return kana[:at] + VOICED[char] + kana[at + 1 :]
    if kind < 0.4 and char in SOUND_ALIKE:  # noqa: PLR2004
        return kana[:at] + SOUND_ALIKE[char] + kana[at + 1 :]
    if kind < 0.6 and char in LIKE_KANA:  # noqa: PLR2004
        return kana[:at] + LIKE_KANA[char] + kana[at + 1 :]
    if kind < 0.75 and len(kana) > 2:  # noqa: PLR2004
        return kana[:at] + kana[at + 1 :]
    if kind < 0.85 and at + 1 < len(kana):  # noqa: PLR2004
        return kana[:at] + kana[at + 1] + char + kana[at + 2 :]
    return kana[: at + 1] + rng.choice("ウウイーッン") + kana[at + 1 :]


def kanji_typo(kanji: str, rng: random.Random) -> str:
    """Return *kanji* with one wrong conversion, or a character lost or doubled."""
    places = [at for at, char in enumerate(kanji) if char in TYPING_ERRORS]
    if places and rng.random() < 0.8:  # noqa: PLR2004 - most errors are conversions
        at = rng.choice(places)
        return kanji[:at] + rng.choice(TYPING_ERRORS[kanji[at]]) + kanji[at + 1 :]
    at = rng.randrange(len(kanji)) if kanji else 0
    if len(kanji) > 1 and rng.random() < 1 / 2:
        return kanji[:at] + kanji[at + 1 :]
    return kanji[:at] + kanji[at : at + 1] * 2 + kanji[at + 1 :]


def birth_typo(day: date, rng: random.Random) -> date:
    """Return *day* with one digit of the day, the month or the year wrong."""
    kind = rng.random()
    if kind < 0.25:  # noqa: PLR2004 - share of wrong years
        year = day.year + (rng.choice((-1, 1)) if day.year < THIS_YEAR - 1 else -1)
        return day.replace(year=year, day=min(day.day, 28))
    if kind < 0.5:  # noqa: PLR2004 - share of wrong months
        return day.replace(month=day.month % 12 + 1, day=min(day.day, 28))
    if kind < 0.75 and day.day <= 18:  # noqa: PLR2004 - tens of the day
        return day + timedelta(days=10)
    return day + timedelta(days=rng.choice((-1, 1)))
