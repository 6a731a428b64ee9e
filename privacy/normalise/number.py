"""The resident number (宛名番号): its normal form, and an optional check digit.

Municipalities issue it with different lengths and check digits, so the normal form
checks neither; a department whose numbers carry a known check digit calls
``mod11_check_digit`` itself.
"""

from __future__ import annotations

import re
from functools import lru_cache

from privacy.normalise.characters import HYPHENS, clean
from privacy.normalise.person import ProblemKind

MAX_DIGITS = 15
_FILLING = re.compile(r"[\s\-_,'’]")
_UNKNOWN = frozenset({"", "不明", "なし", "無", "NULL", "NONE", "NAN", "NA", "N/A"})


@lru_cache(maxsize=1 << 16)
def parse_number(text: str) -> tuple[str, ProblemKind | None]:
    """Return the number's digits without leading zeros, or the problem.

    Leading zeros go because spreadsheets drop them: 0001234567 and 1234567 are one number.
    """
    value = HYPHENS.sub("-", clean(text)).upper().removesuffix(".0")
    digits = _FILLING.sub("", value)
    if digits in _UNKNOWN:
        return "", None
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > MAX_DIGITS:
        return "", ProblemKind.NUMBER_UNREADABLE
    return digits.lstrip("0"), None


def mod11_check_digit(body: str) -> int:
    """Return the check digit of *body*: weights 2 to 7 from the right, modulus 11.

    A remainder of 0 or 1 gives 0.  This is the rule of the resident-record code and of
    many 宛名番号; *body* is the number without its last digit.

    Raises:
        ValueError: *body* is not digits.
    """
    if not (body.isascii() and body.isdecimal()):
        raise ValueError("the body of a number with a check digit is digits only")
    weighted = sum(int(char) * (2 + place % 6) for place, char in enumerate(reversed(body)))
    remainder = weighted % 11
    return 0 if remainder <= 1 else 11 - remainder
