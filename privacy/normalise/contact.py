"""Postcode, telephone number and e-mail address in normal form."""

from __future__ import annotations

import re
from functools import lru_cache

from privacy.normalise.characters import HYPHENS, clean
from privacy.normalise.person import ProblemKind

_POSTCODE_FILLING = re.compile(r"[\s\-〒.ー]")
_POSTCODE = re.compile(r"(?=.*\d)[A-Z0-9]{3,10}")
_ZIP_PLUS_FOUR = re.compile(r"(\d{5})-\d{4}")
_EXTENSION = re.compile(r"(?:内線|EXT|X).*")
_NOT_DIGIT = re.compile(r"\D")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@lru_cache(maxsize=1 << 14)
def parse_postcode(text: str) -> tuple[str, ProblemKind | None]:
    """Return the postcode's digits and capitals without filling; ZIP+4 as its five digits."""
    value = HYPHENS.sub("-", clean(text)).upper().removesuffix(".0")
    if (zip_code := _ZIP_PLUS_FOUR.fullmatch(value)) is not None:
        return zip_code[1], None
    value = _POSTCODE_FILLING.sub("", value)
    if not value:
        return "", None
    if _POSTCODE.fullmatch(value) is None:
        return "", ProblemKind.POSTCODE_UNREADABLE
    return value, None


@lru_cache(maxsize=1 << 14)
def parse_phone(text: str) -> str:
    """Return the telephone number's digits, national form, no extension; empty if too short."""
    value = _EXTENSION.sub("", clean(text).upper())
    national = value.replace("(0)", "").removeprefix("+81")
    digits = _NOT_DIGIT.sub("", national)
    if national != value.replace("(0)", "") and not digits.startswith("0"):
        digits = "0" + digits
    return digits if 6 <= len(digits) <= 15 else ""  # noqa: PLR2004 -- E.164's longest number


@lru_cache(maxsize=1 << 14)
def parse_email(text: str) -> str:
    """Return the e-mail address in lower case; empty where it is none."""
    value = clean(text).lower().removeprefix("mailto:")
    return value if _EMAIL.fullmatch(value) else ""
