"""Detect a column of My Numbers (個人番号), which must never be read into a node.

The check digit is that of the ordinance for the My Number Act (行政手続における特定の個人を
識別するための番号の利用等に関する法律…省令 第5条): weights 2 to 7 from the right, then 2 to 6,
modulus 11.  A random 12-digit number passes once in eleven times, so a column is judged
by most of its values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from privacy.normalise.characters import HYPHENS, clean
from privacy.normalise.number import mod11_check_digit

DIGITS = 12
_FILLING = re.compile(r"[\s\-_.']")


def is_my_number(text: str) -> bool:
    """Return whether *text* is 12 digits of which the last is the official check digit."""
    digits = _FILLING.sub("", HYPHENS.sub("-", clean(text)).removesuffix(".0"))
    if len(digits) != DIGITS or not (digits.isascii() and digits.isdecimal()):
        return False
    return mod11_check_digit(digits[:-1]) == int(digits[-1])


def looks_like_my_number(values: Iterable[str]) -> bool:
    """Return whether more than half of the values that are not empty are My Numbers."""
    filled = found = 0
    for value in values:
        if value.strip():
            filled += 1
            found += is_my_number(value)
    return filled > 0 and 2 * found > filled
