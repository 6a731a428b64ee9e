"""The name columns of one row together: split, completed from the household head, unswapped."""

from __future__ import annotations

from dataclasses import dataclass, replace

from privacy.normalise.characters import GAIJI, JAPANESE, clean, is_kana
from privacy.normalise.kana import fold_kana, has_foreign_letters, phonetic
from privacy.normalise.latin import is_latin
from privacy.normalise.name import NameParts, fold_part, parse_kana, parse_name
from privacy.normalise.person import Problem, ProblemKind, RawPerson
from privacy.normalise.split import Split, split_both, split_kana, split_written
from privacy.normalise.surnames import is_listed, known_surnames, reads_as

_GIVEN_ONLY_LONGEST = 3


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


def _japanese_record(raw: RawPerson) -> bool:
    """Return whether any column of the row holds Japanese: it orders Latin full names."""
    columns = (raw.full_name, raw.full_name_kana, raw.family_name_kana, raw.address, raw.sex)
    more = (raw.birth_date, raw.alias, raw.given_name, raw.given_name_kana)
    return any(JAPANESE.search(text) for text in (*columns, *more) if not text.isascii())


def _kana_columns(raw: RawPerson, problems: list[Problem]) -> NameParts:
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


def _written_columns(raw: RawPerson, problems: list[Problem]) -> NameParts:
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


def _from_head(written: NameParts, kana: NameParts, raw: RawPerson) -> tuple[NameParts, NameParts]:
    """Complete a row that has only a given name from the household head's name and kana."""
    if not raw.household_head_name and not raw.household_head_kana:
        return written, kana
    head = split_parts(parse_name(raw.household_head_name), parse_kana(raw.household_head_kana))
    whole = written.whole
    if whole and not written.family:
        if head.family and whole.startswith(head.family) and len(whole) > len(head.family):
            rest = whole[len(head.family) :]
            written = written._replace(family=head.family, given=rest, whole="")
        elif not raw.family_name and _only_given(whole, kana.whole):
            written = written._replace(given=whole, whole="")
    if written.given and not written.family:
        written = written._replace(family=head.family)
        if kana.whole and not kana.family:
            kana = _kana_of_given(kana, head.family_kana)
        if kana.given and not kana.family:
            kana = kana._replace(family=head.family_kana)
        if not kana.given and not kana.family and not is_kana(written.given):
            kana = kana._replace(family=head.family_kana)
    elif kana.given and not kana.family and written.family in {"", head.family}:
        kana = kana._replace(family=head.family_kana)
    elif written.family == head.family and not (kana.family or kana.whole):
        kana = kana._replace(family=head.family_kana)
    return written, kana


def _only_given(whole: str, kana: str) -> bool:
    """Return whether a name without a separator is a given name alone."""
    if is_kana(whole):
        return True
    return len(whole) <= _GIVEN_ONLY_LONGEST and not split_both(whole, kana).known


def _kana_of_given(kana: NameParts, family_kana: str) -> NameParts:
    """Take a kana column without a separator as the given name's, after the head's family."""
    whole = kana.whole
    if family_kana and whole.startswith(family_kana) and len(whole) > len(family_kana) + 1:
        return kana._replace(family=family_kana, given=whole[len(family_kana) :], whole="")
    return kana._replace(given=whole, whole="")


def split_parts(written: NameParts, kana: NameParts) -> Split:
    """Cut whatever has no separator, each side helped by the other."""
    family, given = written.family, written.given
    family_kana, given_kana = kana.family, kana.given
    latin = written.whole.isascii()
    if written.whole and not family and not given and not latin:
        if family_kana or not kana.whole:
            return split_written(written.whole, family_kana, given_kana)
        return split_both(written.whole, kana.whole)
    if written.whole and latin:
        family = family or written.whole
    if kana.whole and not family_kana and not given_kana:
        if given and not family:
            return Split(family, given, "", kana.whole, known=True)
        if family and not given and not latin:
            return Split(family, given, kana.whole, "", known=True)
        if family and given and not family.isascii():
            return split_kana(kana.whole, family, given)
        return split_both("", kana.whole)._replace(family=family, given=given)
    return Split(family, given, family_kana, given_kana, known=True)


def _unswapped(names: Split) -> Split:
    """Undo swapped columns where a listed surname and its reading prove the swap."""
    family, given, family_kana, given_kana, known = names
    if not (family and given and family_kana and given_kana) or family.isascii():
        return names
    front, back = phonetic(family_kana), phonetic(given_kana)
    if reads_as(family, front):
        return names
    if len(given) > 1 and is_listed(given, back) and family not in known_surnames():
        return Split(given, family, given_kana, family_kana, known)
    if is_listed(family, back):
        return Split(family, given, given_kana, family_kana, known)
    if is_listed(given, front):
        return Split(given, family, family_kana, given_kana, known)
    return names


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
    kana = _kana_columns(raw, problems)
    written = _written_columns(raw, problems)
    if written.kana and not (kana.family or kana.given or kana.whole):
        kana = parse_kana(written.kana)
    written, kana = _from_head(written, kana, raw)
    split = _unswapped(split_parts(written, kana))
    if not split.known:
        column = "full_name" if written.whole else "full_name_kana"
        problems.append(Problem(column, ProblemKind.NAME_UNSPLIT))
    family, given = _part(split.family), _part(split.given)
    family_kana = split.family_kana or (family if is_kana(family) else "")
    given_kana = split.given_kana or (given if is_kana(given) else "")
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
    if not any((family, given, family_kana, given_kana)):
        problems.append(Problem("full_name", ProblemKind.NAME_MISSING))
    return names, problems
