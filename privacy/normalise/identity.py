"""The name columns of one row together: split, completed from the household head, unswapped."""

from __future__ import annotations

from dataclasses import dataclass, replace

from privacy.normalise.characters import GAIJI, clean, is_kana
from privacy.normalise.columns import kana_columns, written_columns
from privacy.normalise.household import from_head
from privacy.normalise.kana import fold_kana
from privacy.normalise.name import parse_kana, parse_name
from privacy.normalise.pairing import split_parts, unswapped
from privacy.normalise.person import Problem, ProblemKind, RawPerson
from privacy.normalise.split import split_written


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Every name of one row in normal form; empty text means missing."""

    family: str = ""
    given: str = ""
    middle: str = ""
    family_kana: str = ""
    given_kana: str = ""
    former: str = ""
    alias_family: str = ""
    alias_given: str = ""


def _alias(text: str) -> tuple[str, str]:
    """Return the family and given name of an alias (通称)."""
    parts = parse_name(text)
    if parts.whole and not parts.whole.isascii():
        split = split_written(parts.whole)
        return _part(split.family), _part(split.given)
    return parts.family or parts.whole.replace(GAIJI, ""), parts.given


def _part(text: str) -> str:
    """Return one part of a split name without gaiji; kana alone is folded."""
    value = text.replace(GAIJI, "")
    return fold_kana(value) if is_kana(value) else value


def read_names(raw: RawPerson) -> tuple[Names, list[Problem]]:
    """Return the names of one row, and what in its name columns could not be used."""
    problems: list[Problem] = []
    kana = kana_columns(raw, problems)
    written = written_columns(raw, problems)
    if written.kana and not (kana.family or kana.given or kana.whole):
        kana = parse_kana(written.kana)
    written, kana = from_head(written, kana, raw)
    split = unswapped(split_parts(written, kana))
    family, given = _part(split.family), _part(split.given)
    family_kana = split.family_kana or (family if is_kana(family) else "")
    given_kana = split.given_kana or (given if is_kana(given) else "")
    if is_kana(given) and written.middle and given_kana == given + written.middle:
        given_kana = given
    readable = any((family, given, family_kana, given_kana))
    if not split.known and readable:
        column = "full_name" if written.whole else "full_name_kana"
        problems.append(Problem(column, ProblemKind.NAME_UNSPLIT))
    names = Names(
        family=family,
        given=given,
        middle=written.middle or kana.middle,
        family_kana=family_kana,
        given_kana=given_kana,
        former=written.former,
    )
    if raw.former_family_name:
        former = parse_name(raw.former_family_name)
        names = replace(names, former=former.family or former.whole.replace(GAIJI, ""))
    alias = clean(raw.alias) or written.alias
    if alias:
        alias_family, alias_given = _alias(alias)
        names = replace(names, alias_family=alias_family, alias_given=alias_given)
    if not readable:
        problems.append(Problem("full_name", ProblemKind.NAME_MISSING))
    return names, problems
