"""The written name and its kana put together: cut where unseparated, unswapped where swapped."""

from __future__ import annotations

from privacy.normalise.kana import unvoiced
from privacy.normalise.name import NameParts
from privacy.normalise.split import (
    Split,
    split_both,
    split_kana,
    split_kana_alone,
    split_written,
)
from privacy.normalise.surnames import is_listed, known_surnames, reads_as


def split_parts(written: NameParts, kana: NameParts) -> Split:
    """Cut whatever has no separator, each side helped by the other."""
    if written.whole and not written.family and not written.given and not written.whole.isascii():
        if kana.family or not kana.whole:
            return split_written(written.whole, kana.family, kana.given)
        return split_both(written.whole, kana.whole)
    latin = written.whole.isascii()
    family = written.family or (written.whole if latin else "")
    names = Split(family, written.given, kana.family, kana.given, known=True)
    if kana.whole and not kana.family and not kana.given:
        return _cut_kana(names, kana.whole)
    return names


def _cut_kana(names: Split, whole: str) -> Split:
    """Cut the kana *whole* beside a written name that needs no cut."""
    family, given = names.family, names.given
    if given and not family:
        return names._replace(given_kana=whole)
    if family and not given and not family.isascii():
        return names._replace(family_kana=whole)
    if family and given and not family.isascii():
        return split_kana(whole, family, given)
    return split_kana_alone(whole)._replace(family=family, given=given)


def unswapped(names: Split) -> Split:
    """Undo swapped columns where a listed surname and its reading prove the swap."""
    family, given, family_kana, given_kana, known = names
    if not (family and given and family_kana and given_kana) or family.isascii():
        return names
    front, back = unvoiced(family_kana), unvoiced(given_kana)
    if reads_as(family, front):
        return names
    if len(given) > 1 and is_listed(given, back) and family not in known_surnames():
        return Split(given, family, given_kana, family_kana, known)
    if is_listed(family, back):
        return Split(family, given, given_kana, family_kana, known)
    if is_listed(given, front):
        return Split(given, family, family_kana, given_kana, known)
    return names
