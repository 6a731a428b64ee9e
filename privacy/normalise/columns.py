"""The name columns of one row, written and kana, read into parts."""

from __future__ import annotations

from privacy.normalise.characters import GAIJI, JAPANESE
from privacy.normalise.kana import has_foreign_letters
from privacy.normalise.latin import is_latin
from privacy.normalise.name import NameParts, fold_part, parse_kana, parse_name
from privacy.normalise.person import Problem, ProblemKind, RawPerson


def _japanese_record(raw: RawPerson) -> bool:
    """Return whether any column of the row holds Japanese: it orders Latin full names."""
    columns = (raw.full_name, raw.full_name_kana, raw.family_name_kana, raw.address, raw.sex)
    more = (raw.birth_date, raw.alias, raw.given_name, raw.given_name_kana)
    return any(JAPANESE.search(text) for text in (*columns, *more) if not text.isascii())


def kana_columns(raw: RawPerson, problems: list[Problem]) -> NameParts:
    """Read the kana columns; what is not kana in them is reported and dropped."""
    for column in ("full_name_kana", "family_name_kana", "given_name_kana"):
        text = getattr(raw, column)
        if text and has_foreign_letters(text):
            problems.append(Problem(column, ProblemKind.KANA_UNREADABLE))
        if text and parse_kana(text).gaiji:
            problems.append(Problem(column, ProblemKind.GAIJI))
    parts = parse_kana(raw.full_name_kana) if raw.full_name_kana else NameParts()
    if raw.family_name_kana:
        own = parse_kana(raw.family_name_kana)
        parts = parts._replace(family=own.whole or own.family + own.given)
    if raw.given_name_kana:
        own = parse_kana(raw.given_name_kana)
        middle = own.given + own.middle or parts.middle
        parts = parts._replace(given=own.whole or own.family, middle=middle)
    return parts


def _two_columns(raw: RawPerson, parts: NameParts) -> NameParts:
    """Put the family and given name columns over what the full name gave."""
    family = parse_name(raw.family_name) if raw.family_name else NameParts()
    given = parse_name(raw.given_name, family_first=True) if raw.given_name else NameParts()
    if raw.family_name and not raw.given_name and family.given and not parts.family:
        return family
    joined = family.whole.replace(GAIJI, "") or family.family + family.given + family.middle
    first = given.whole.replace(GAIJI, "") or given.family
    return parts._replace(
        family=joined or parts.family,
        given=first or parts.given,
        middle=given.given + given.middle or parts.middle,
        whole="" if joined and first else parts.whole,
        former=parts.former or family.former or given.former,
        alias=parts.alias or family.alias or given.alias,
        gaiji=parts.gaiji or family.gaiji or given.gaiji,
    )


def written_columns(raw: RawPerson, problems: list[Problem]) -> NameParts:
    """Read the written name columns."""
    parts = NameParts()
    if raw.full_name:
        latin = is_latin(raw.full_name)
        parts = parse_name(raw.full_name, not latin or _japanese_record(raw))
    if raw.family_name or raw.given_name:
        parts = _two_columns(raw, parts)
    if raw.middle_name:
        parts = parts._replace(middle=fold_part(raw.middle_name))
    if parts.gaiji:
        column = "full_name" if raw.full_name else "family_name"
        problems.append(Problem(column, ProblemKind.GAIJI))
    return parts
