"""Split a Japanese name that was written without a separator into family and given name.

Every cut of the kanji and of the kana is judged together: is the front a listed surname,
can it be read as the kana's front, does a given name in kana agree with the kana's end,
how long are surnames and given names.  The best cut is used.  It counts as *known* when a
listed surname or a reading supports it; otherwise it is the likeliest cut by length (two
kanji and the rest), which makes most names comparable, and the row says so.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from privacy.normalise.characters import is_kana
from privacy.normalise.kana import fold_kana, unvoiced
from privacy.normalise.surnames import (
    LONGEST_SURNAME,
    ends_that_read,
    is_listed,
    known_readings,
    known_surnames,
    reads_as,
    surname_ranks,
)

# Log likelihoods of lengths, rounded; from the shape of Japanese names, not from data.
_FAMILY_KANJI = {1: -3.0, 2: 0.0, 3: -1.5, 4: -5.0, 5: -6.0}
_GIVEN_KANJI = {1: -1.0, 2: 0.0, 3: -0.8, 4: -3.0}
_FAMILY_KANA = {1: -6.0, 2: -1.5, 3: -0.3, 4: 0.0, 5: -0.8, 6: -2.0}
_GIVEN_KANA = {1: -5.0, 2: -0.7, 3: 0.0, 4: -0.2, 5: -1.0, 6: -3.0}
_FAR = -8.0
_LONGEST_KANA = 10
_LISTED = 5.0
_READING = 6.0
_COMPOSED = 4.0
_END = 1.5
_KANA_GIVEN = 5.0
# Kanji that end surnames and hardly ever begin a given name.
_SURNAME_ENDS = frozenset(
    "田川山谷沢島崎村口橋原塚井岡坂部辺本上下内寺倉沼池戸屋代浜垣堀館越関目場手敷迫畠畑家宮尾根底石之ノケツ"
)
_LINKING = frozenset("之ノケツ")
_SURNAME_END = -9.0


class Split(NamedTuple):
    """A name in two parts, and whether anything but length supports the cut."""

    family: str
    given: str
    family_kana: str
    given_kana: str
    known: bool


def _written_score(name: str, cut: int) -> tuple[float, bool]:
    """Return the score of a cut of the written name alone, and whether it is supported."""
    family, given = name[:cut], name[cut:]
    score = _FAMILY_KANJI.get(cut, _FAR) + _GIVEN_KANJI.get(len(given), _FAR)
    known = False
    if (given[0] in _SURNAME_ENDS and not is_kana(given)) or family[-1] in _LINKING:
        score += _SURNAME_END
    if family in known_surnames():
        score += _LISTED - 0.3 * math.log1p(surname_ranks()[family])
        known = True
    if len(given) > 1 and is_kana(given) and not is_kana(family[-1]):
        score += _KANA_GIVEN
        known = True
    return score, known


def _kana_score(family: str, given: str, family_kana: str, given_kana: str) -> tuple[float, bool]:
    """Return the score of a cut of the kana beside a cut of the written name."""
    score = _FAMILY_KANA.get(len(family_kana), _FAR) + _GIVEN_KANA.get(len(given_kana), -3.0)
    score -= 0.7 * abs(len(family_kana) - 1.9 * len(family))
    if len(family_kana) < len(family) or 0 < len(given_kana) < len(given):
        score += _FAR
    known = False
    key = unvoiced(family_kana)
    if is_listed(family, key):
        score, known = score + _READING, True
    elif reads_as(family, key):
        score, known = score + _COMPOSED, True
    else:
        score += _END * ends_that_read(family, key)
    if given and is_kana(given):
        agrees = unvoiced(fold_kana(given)) == unvoiced(given_kana)
        score, known = score + (_READING if agrees else -_READING), known or agrees
    return score, known


def _cuts(text: str, longest: int) -> range:
    return range(1, min(longest, len(text) - 1) + 1)


def _kana_cuts(kana: str) -> range:
    return range(1, min(_LONGEST_KANA, len(kana) - 1) + 1)


@lru_cache(maxsize=1 << 16)
def split_written(name: str, family_kana: str = "", given_kana: str = "") -> Split:
    """Split the written *name* (variants folded), helped by kana that is already split."""
    best = Split(name, "", family_kana, given_kana, known=False)
    if name in known_surnames() and not given_kana:
        return best
    best_score = -math.inf
    for cut in _cuts(name, LONGEST_SURNAME):
        score, known = _written_score(name, cut)
        if family_kana:
            more, known_kana = _kana_score(name[:cut], name[cut:], family_kana, given_kana)
            score, known = score + more, known or known_kana
        if score > best_score:
            best_score = score
            best = Split(name[:cut], name[cut:], family_kana, given_kana, known)
    return best


@lru_cache(maxsize=1 << 16)
def split_kana(kana: str, family: str, given: str = "") -> Split:
    """Split folded *kana* beside a written name that is already split."""
    best = Split(family, given, kana, "", known=False)
    best_score = -math.inf
    for cut in _kana_cuts(kana):
        score, known = _kana_score(family, given, kana[:cut], kana[cut:])
        if score > best_score:
            best_score = score
            best = Split(family, given, kana[:cut], kana[cut:], known)
    return best


@lru_cache(maxsize=1 << 16)
def split_kana_alone(kana: str) -> Split:
    """Split folded *kana* with no written name beside it."""
    best = Split("", "", kana, "", known=False)
    if unvoiced(kana) in known_readings():
        return best
    best_score = -math.inf
    for cut in _kana_cuts(kana):
        score = _FAMILY_KANA.get(cut, _FAR) + _GIVEN_KANA.get(len(kana) - cut, -3.0)
        known = unvoiced(kana[:cut]) in known_readings()
        score += _LISTED if known else 0.0
        if score > best_score:
            best_score = score
            best = Split("", "", kana[:cut], kana[cut:], known)
    return best


@lru_cache(maxsize=1 << 16)
def split_both(name: str, kana: str) -> Split:
    """Split the written *name* and its folded *kana*, neither of which has a separator."""
    if not kana:
        return split_written(name)
    if not name:
        return split_kana_alone(kana)
    best = Split(name, "", kana, "", known=False)
    if is_listed(name, unvoiced(kana)):
        return best
    best_score = -math.inf
    for cut in _cuts(name, LONGEST_SURNAME):
        written, supported = _written_score(name, cut)
        if written + _READING + _READING < best_score:
            continue
        for kana_cut in _kana_cuts(kana):
            more, known = _kana_score(name[:cut], name[cut:], kana[:kana_cut], kana[kana_cut:])
            if written + more > best_score:
                best_score = written + more
                best = Split(
                    name[:cut], name[cut:], kana[:kana_cut], kana[kana_cut:], known or supported
                )
    return best
