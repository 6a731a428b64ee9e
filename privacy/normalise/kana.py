"""Kana folded twice: ``fold_kana`` joins spellings, ``phonetic`` joins near sounds.

``fold_kana`` joins ways to *write* one sound: width, hiragana, small kana, ヂ/ジ, ヅ/ズ,
ヲ/オ, ヱ/エ, ヰ/イ, ヴ/ブ, and the notations of a long vowel (オー, オウ, オオ).  The length of
a vowel stays: ユウキ and ユキ are two names, and twins bear such pairs.  ``phonetic`` drops
the length and the voiced marks as well.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from privacy.normalise.characters import clean, to_katakana

_V_SOUNDS = (("ヴァ", "バ"), ("ヴィ", "ビ"), ("ヴェ", "ベ"), ("ヴォ", "ボ"))
_V_LARGE = (("ヴア", "バ"), ("ヴイ", "ビ"), ("ヴエ", "ベ"), ("ヴオ", "ボ"), ("ヴ", "ブ"))
_LARGE = str.maketrans(
    "ァィゥェォッャュョヮヵヶヂヅヲヱヰヷヸヹヺ", "アイウエオツヤユヨワカケジズオエイワイエオ"
)
_ROWS = {
    "ア": "アカサタナハマヤラワガザダバパ",
    "イ": "イキシチニヒミリギジビピ",
    "ウ": "ウクスツヌフムユルグズブプ",
    "エ": "エケセテネヘメレゲゼデベペ",
    "オ": "オコソトノホモヨロゴゾドボポ",
}
_VOWEL = {char: vowel for vowel, row in _ROWS.items() for char in row}
_PLAIN = {
    ord(char): unicodedata.normalize("NFD", char)[0]
    for row in _ROWS.values()
    for char in row
    if len(unicodedata.normalize("NFD", char)) > 1
}
# How the second half of a long vowel is written: オウ for オー and オオ, エイ for エー and エエ.
_LENGTHENER = {"ア": "ア", "イ": "イ", "ウ": "ウ", "エ": "イ", "オ": "ウ"}
# Hyphens stand for the long mark in half-width files; middle dots and spaces separate.
_LONG_MARKS = re.compile("[-\u2010-\u2015\u2212\u2500\uff0d~〜]")
_NOT_KANA = re.compile("[^ァ-ヺーヽヾ]")


def _iterate(text: str) -> str:
    """Write out the iteration marks ヽ and ヾ."""
    chars: list[str] = []
    for char in text:
        if char in "ヽヾ":
            if chars:
                base = unicodedata.normalize("NFD", chars[-1])[0]
                voiced = unicodedata.normalize("NFC", base + "\u3099")
                chars.append(voiced if char == "ヾ" and len(voiced) == 1 else base)
        else:
            chars.append(char)
    return "".join(chars)


def _lengthen(text: str) -> str:
    """Write each long vowel in one way; a long mark after ン or at the start goes."""
    chars: list[str] = []
    for char in text:
        vowel = _VOWEL.get(chars[-1]) if chars else None
        if char == "ー":
            if vowel is not None:
                chars.append(_LENGTHENER[vowel])
        elif vowel is not None and char == vowel and vowel in "エオ":
            chars.append(_LENGTHENER[vowel])
        else:
            chars.append(char)
    return "".join(chars)


@lru_cache(maxsize=1 << 16)
def fold_kana(text: str) -> str:
    """Return the kana of *text* as folded katakana; everything else is dropped."""
    kana = _LONG_MARKS.sub("ー", to_katakana(clean(text)))
    kana = _NOT_KANA.sub("", kana)
    if "ヽ" in kana or "ヾ" in kana:
        kana = _iterate(kana)
    for pair in _V_SOUNDS:
        kana = kana.replace(*pair)
    kana = kana.translate(_LARGE)
    for pair in _V_LARGE:
        kana = kana.replace(*pair)
    return _lengthen(kana)


def unvoiced(folded: str) -> str:
    """Return folded kana without voiced marks; the length of vowels stays."""
    return folded.translate(_PLAIN)


@lru_cache(maxsize=1 << 16)
def phonetic(folded: str) -> str:
    """Return the coarser key of folded kana: no voiced marks, no vowel length."""
    chars: list[str] = []
    for char in folded:
        vowel = _VOWEL.get(chars[-1]) if chars else None
        if vowel is not None and char == _LENGTHENER[vowel]:
            continue
        chars.append(char)
    return unvoiced("".join(chars))


@lru_cache(maxsize=1 << 16)
def has_foreign_letters(text: str) -> bool:
    """Return whether a kana column holds letters other than kana."""
    kana = to_katakana(clean(text))
    return any(char.isalnum() and not ("ァ" <= char <= "ヺ" or char in "ーヽヾ") for char in kana)
