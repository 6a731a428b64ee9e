"""Kanji variants folded to one form, by the committed table ``data/kanji.tsv``.

The table flattens OpenCC's ``t2jp``, a filtered part of ja-itaiji and a hand table per
character (see ``data/NOTICE``); one look-up per character is the whole rule, after NFKC
and the removal of variation selectors.  斎 and 斉 are kept apart on purpose.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files

from privacy.normalise.characters import clean


@cache
def kanji_table() -> dict[int, str]:
    """Return the committed table: code point -> the one form of its variants."""
    text = (files("privacy.normalise") / "data/kanji.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines())
    return {ord(char): folded for char, folded in rows}


@lru_cache(maxsize=1 << 16)
def fold_kanji(text: str) -> str:
    """Return *text* cleaned (``clean``), each variant replaced and 々 written out."""
    folded = clean(text).translate(kanji_table())
    if "々" not in folded:
        return folded
    chars: list[str] = []
    for char in folded:
        chars.append(chars[-1] if char == "々" and chars else char)
    return "".join(chars)
