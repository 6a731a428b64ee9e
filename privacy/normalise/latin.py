"""Names in Latin script: capitals without diacritics, punctuation, titles and suffixes."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from privacy.normalise.characters import clean

_STROKES = str.maketrans(
    {
        "Ø": "O", "Đ": "D", "Ð": "D", "Ł": "L", "Ħ": "H", "Ŧ": "T", "Æ": "AE", "Œ": "OE",
        "Þ": "TH", "ẞ": "SS", "ß": "SS", "I": "I", "ı": "I", "Ə": "E", "Ŋ": "N",
    }
)  # fmt: skip
_TITLES = frozenset(
    "JR SR II III IV DR MR MRS MS MISS MX PROF PHD MD ESQ REV SIR SAMA SAN MASTER".split()  # noqa: SIM905 -- words
)
_JOINED = re.compile(r"['’‘`´ʼ\-‐‑–.]")
_NOT_LETTER = re.compile(r"[^A-Z\s]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")


@lru_cache(maxsize=1 << 16)
def plain_letters(text: str) -> str:
    """Return *text* in capitals with the diacritics taken away."""
    upper = clean(text).upper()
    if upper.isascii():
        return upper
    decomposed = unicodedata.normalize("NFD", upper.translate(_STROKES))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def is_latin(text: str) -> bool:
    """Return whether *text* has Latin letters."""
    return _LATIN.search(text) is not None


@lru_cache(maxsize=1 << 16)
def latin_words(text: str) -> tuple[str, ...]:
    """Return the words of a name: O'Brien -> OBRIEN, Smith-Jones -> SMITHJONES, no titles.

    A title is kept where nothing else would remain.
    """
    plain = _JOINED.sub("", plain_letters(text.replace(". ", " ")))
    words = tuple(_NOT_LETTER.sub(" ", plain).split())
    kept = tuple(word for word in words if word not in _TITLES)
    return kept or words
