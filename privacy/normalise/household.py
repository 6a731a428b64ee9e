"""Complete a row that has only a given name from its household head's name and kana."""

from __future__ import annotations

from privacy.normalise.characters import is_kana
from privacy.normalise.name import NameParts, parse_kana, parse_name
from privacy.normalise.pairing import split_parts
from privacy.normalise.person import RawPerson
from privacy.normalise.split import Split, split_both

_GIVEN_ONLY_LONGEST = 3


def from_head(written: NameParts, kana: NameParts, raw: RawPerson) -> tuple[NameParts, NameParts]:
    """Return the parts with the family name and its kana taken from the head where missing.

    A full-name column without a separator is cut after the head's family name, or taken
    as a given name alone where it neither begins with it nor shows a surname of its own.
    """
    if not raw.household_head_name and not raw.household_head_kana:
        return written, kana
    head = split_parts(parse_name(raw.household_head_name), parse_kana(raw.household_head_kana))
    if written.whole and not written.family:
        written = _cut_whole(written, kana, head, raw)
    if written.given and not written.family:
        written = written._replace(family=head.family)
        if kana.whole and not kana.family:
            kana = _kana_of_given(kana, head.family_kana)
        return written, kana if kana.family else kana._replace(family=head.family_kana)
    if not (kana.family or kana.whole or written.whole) and written.family in {"", head.family}:
        kana = kana._replace(family=head.family_kana)
    return written, kana


def _cut_whole(written: NameParts, kana: NameParts, head: Split, raw: RawPerson) -> NameParts:
    """Cut a name without a separator after the head's family name, if it is not all given."""
    whole = written.whole
    if head.family and whole.startswith(head.family) and len(whole) > len(head.family):
        rest = whole[len(head.family) :]
        return written._replace(family=head.family, given=rest, whole="")
    if not raw.family_name and _only_given(whole, kana.whole):
        return written._replace(given=whole, whole="")
    return written


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
