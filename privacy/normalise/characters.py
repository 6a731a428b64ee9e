"""The first step of every field: NFKC, no variation selectors, plain spaces, no gaiji."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff"
    "\U000e0100-\U000e01ef]"
)
_SPACES = re.compile(r"\s+")
# Geta, white and black squares, the replacement character, question marks, private use.
GAIJI = "〓"
_GAIJI = re.compile("[〓■□◆\ufffd?？*＊\ue000-\uf8ff\U000f0000-\U0010fffd]")
# Every dash that systems write, the minus sign and box drawing among them.
HYPHENS = re.compile("[\u2010-\u2015\u2212\u2500\u2501\ufe58\ufe63\uff0d\u30fb\u02d7]")

HIRAGANA_TO_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)} | {
    0x309D: "ヽ",
    0x309E: "ヾ",
}
KANA = re.compile("[ァ-ヺーヽヾ]+")
"""A text of katakana only, after hiragana has been turned into katakana."""
JAPANESE = re.compile(
    "[々ぁ-ゖァ-ヺｦ-ﾟ\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]"
)


@lru_cache(maxsize=1 << 17)
def clean(text: str) -> str:
    """Return *text* in NFKC, without invisible characters, white space as single spaces.

    Variation selectors are taken away after NFKC, so that an ideographic variation
    sequence becomes its base character.
    """
    if text.isascii() and text.isalnum():
        return text
    normal = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return _SPACES.sub(" ", normal).strip()


def drop_gaiji(text: str) -> str:
    """Return *text* without marks for characters that a source could not write."""
    return _GAIJI.sub("", text)


def mark_gaiji(text: str) -> str:
    """Return *text* with each of those marks as one 〓, which still holds its place."""
    return _GAIJI.sub(GAIJI, text)


def to_katakana(text: str) -> str:
    """Return *text* with hiragana written as katakana."""
    return text.translate(HIRAGANA_TO_KATAKANA)


def is_kana(text: str) -> bool:
    """Return whether *text* is kana and nothing else (spaces apart)."""
    return KANA.fullmatch(to_katakana(text).replace(" ", "")) is not None
