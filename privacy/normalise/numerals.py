"""Kanji numerals as digits: 二十八 and 二八 are both 28."""

from __future__ import annotations

import re

DIGITS = {char: value for value, char in enumerate("〇一二三四五六七八九")} | {"零": 0, "元": 1}
_UNITS = {"十": 10, "百": 100, "千": 1000}
NUMERAL = "[〇零一二三四五六七八九十百千]"
_RUN = re.compile(NUMERAL + "+")


def kanji_number(text: str) -> int:
    """Return the value of a run of kanji numerals, positional or with units."""
    total = current = 0
    for char in text:
        unit = _UNITS.get(char)
        if unit is None:
            current = current * 10 + DIGITS[char]
        else:
            total += (current or 1) * unit
            current = 0
    return total + current


def replace_numerals(text: str) -> str:
    """Return *text* with every run of kanji numerals in digits."""
    return _RUN.sub(lambda run: str(kanji_number(run[0])), text)
