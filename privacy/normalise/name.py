"""One name column read into parts: separators, brackets, honorifics, Latin order, aliases.

Japanese names stand family first; a name in Latin letters stands family first too in a
Japanese record (as on residence cards) and given first elsewhere, unless a comma says
otherwise.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from privacy.normalise.characters import GAIJI, JAPANESE, clean, is_kana, mark_gaiji
from privacy.normalise.kana import fold_kana
from privacy.normalise.kanji import fold_kanji
from privacy.normalise.latin import is_latin, latin_words

_BRACKETS = re.compile(r"[(\[【〔<「{](?P<inner>[^)\]】〕>」}]*)[)\]】〕>」}]")
_FORMER = re.compile(r"^(?:旧姓|旧氏|旧|NÉE|NEE|FORMERLY)\s*[::]?\s*", re.IGNORECASE)
_ALIAS = re.compile(r"^(?:通称名?|通名|別名|本名|AKA|A\.K\.A\.)\s*[::]?\s*", re.IGNORECASE)
_BARE_ALIAS = re.compile(r"[\s,、]+(?:通称名?|通名|旧姓|旧氏)\s*[::]?\s*.+$")
_HONORIFIC = re.compile(r"(?:様|殿|さま)$|(?<=\s)(?:さん|くん|ちゃん|君|氏|サン|クン|チャン)$")
_SPACES = re.compile(r"[\s_/|、､]+")
_MIDDLE_DOTS = re.compile(r"[・·･=＝•.]+")
_MINOR_SIGNS = re.compile(r"[^\w々〆ヶヵーヽヾ〓]|_")
# Words that belong to the family name after them; LE and VAN DER's VAN are also surnames
# or middle names in Vietnam, so LE is left out and VAN counts only beside the family name.
_PARTICLES = frozenset("DE DEL DELA DELOS DOS DA DI LA VAN VON DER DEN EL AL BIN IBN".split())  # noqa: SIM905 -- words


class NameParts(NamedTuple):
    """A name column in parts, folded; ``whole`` is set where no separator was found."""

    family: str = ""
    given: str = ""
    middle: str = ""
    whole: str = ""
    former: str = ""
    alias: str = ""
    kana: str = ""
    gaiji: bool = False


@lru_cache(maxsize=1 << 16)
def fold_part(text: str) -> str:
    """Return one part of a name in normal form, without spaces and signs.

    Kanji: variants folded.  Kana alone: folded katakana.  Latin: joined capital words.
    """
    value = clean(text)
    if JAPANESE.search(value) is None and is_latin(value):
        return "".join(latin_words(value))
    if is_kana(value):
        return fold_kana(value)
    value = _MINOR_SIGNS.sub("", fold_kanji(value))
    return value.replace("ヶ", "ケ").replace("ヵ", "ケ")


def _tokens(text: str) -> list[str]:
    """Split a Japanese name at spaces, or where there are none at middle dots."""
    tokens = [token for token in _SPACES.split(text.replace(",", " ")) if token]
    if len(tokens) > 2 and all(len(token) == 1 for token in tokens):  # noqa: PLR2004 -- 山 田 太 郎
        return ["".join(tokens)]
    if len(tokens) == 1:
        tokens = [token for token in _MIDDLE_DOTS.split(text) if token]
    elif len(tokens) == 2:  # noqa: PLR2004 -- family, given・middle
        tokens = [tokens[0], *(token for token in _MIDDLE_DOTS.split(tokens[1]) if token)]
    return tokens


def _japanese(text: str) -> NameParts:
    tokens = _tokens(text)
    if len(tokens) < 2:  # noqa: PLR2004 -- no separator
        return NameParts(whole=fold_part(text))
    family, given, *others = (fold_part(token).replace(GAIJI, "") for token in tokens)
    return NameParts(family, given, "".join(others))


def _latin(text: str, family_first: bool) -> NameParts:
    before, comma, after = text.partition(",")
    rest = latin_words(after)
    if comma and rest:
        return NameParts("".join(latin_words(before)), rest[0], "".join(rest[1:]))
    words = latin_words(before)
    if len(words) < 2:  # noqa: PLR2004 -- one word is a whole name
        return NameParts(whole="".join(words))
    if family_first:
        end = 1 + _leading_particles(words)
        return NameParts("".join(words[:end]), words[end], "".join(words[end + 1 :]))
    start = len(words) - 1
    while start > 1 and words[start - 1] in _PARTICLES:
        start -= 1
    return NameParts("".join(words[start:]), words[0], "".join(words[1:start]))


def _leading_particles(words: tuple[str, ...]) -> int:
    """Return how many words in front belong to the family name: DE LA CRUZ, VAN BERG."""
    count = 0
    while count < len(words) - 2 and words[count] in _PARTICLES:
        count += 1
    return count


def _brackets(text: str) -> tuple[str, str, str, str]:
    """Take brackets out of a cleaned name: (rest, former family name, alias, kana)."""
    former = alias = kana = ""
    for found in _BRACKETS.finditer(text):
        inner = found["inner"].strip()
        inside = bool(text[: found.start()].strip() and text[found.end() :].strip())
        if _FORMER.match(inner):
            former = _FORMER.sub("", inner)
        elif _ALIAS.match(inner):
            alias = _ALIAS.sub("", inner)
        elif is_kana(inner) and not is_kana(_BRACKETS.sub("", text)) and not is_latin(text):
            kana = inner
        elif inside:
            former = inner
        else:
            alias = inner
    rest = _BRACKETS.sub(" ", text)
    bare = _BARE_ALIAS.search(rest)
    if bare is not None:
        note = bare[0].strip(" ,、")
        rest = rest[: bare.start()]
        former = _FORMER.sub("", note) if _FORMER.match(note) else former
        alias = _ALIAS.sub("", note) if _ALIAS.match(note) else alias
    return rest.strip(), former, alias, kana


@lru_cache(maxsize=1 << 16)
def parse_name(text: str, family_first: bool = True) -> NameParts:
    """Read one name column; a gaiji keeps its place, as 〓, only in ``whole``.

    Args:
        text: A full name, or one part of a name.
        family_first: Whether a name in Latin letters without a comma begins with the
            family name.

    Returns:
        The parts; ``whole`` instead of them where the name has no separator.
    """
    value = mark_gaiji(clean(text))
    gaiji = GAIJI in value
    rest, former, alias, kana = _brackets(value)
    rest = _HONORIFIC.sub("", rest).strip()
    if JAPANESE.search(rest) is None and is_latin(rest):
        parts = _latin(rest, family_first)
    else:
        parts = _japanese(rest)
    former = fold_part(_SPACES.split(former)[0]).replace(GAIJI, "") if former else ""
    return parts._replace(former=former, alias=alias, kana=kana, gaiji=gaiji)


@lru_cache(maxsize=1 << 16)
def parse_kana(text: str) -> NameParts:
    """Read one kana column: folded parts, ``whole`` where there is no separator."""
    value = mark_gaiji(clean(text))
    gaiji = GAIJI in value
    rest = _HONORIFIC.sub("", _brackets(value)[0]).strip()
    tokens = [folded for token in _tokens(rest) if (folded := fold_kana(token))]
    if len(tokens) < 2:  # noqa: PLR2004 -- no separator
        return NameParts(whole="".join(tokens), gaiji=gaiji)
    return NameParts(tokens[0], tokens[1], "".join(tokens[2:]), gaiji=gaiji)
