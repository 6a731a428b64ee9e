"""Periods of facts: a month, a day, or none, as departments write them."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import Final

_ERAS: Final = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988}
_ERA: Final = re.compile(r"^(令和|平成|R|H)(元|\d{1,2})[年.\-/](.*)$")
_PARTS: Final = re.compile(r"^(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})?日?)?(?: 00:00:00)?$")
_SOLID: Final = re.compile(r"^(\d{4})(\d{2})(\d{2})?$")


def parse_period(text: str) -> str | None:
    """Return *text* as ``YYYY-MM``, ``YYYY-MM-DD`` or empty; None when it is none of these."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain:
        return ""
    if era := _ERA.match(plain.upper()):
        name, year, rest = era.groups()
        plain = f"{_ERAS[name] + (1 if year == '元' else int(year))}-{rest}"
    found = _PARTS.match(plain) or _SOLID.match(plain)
    if found is None:
        return None
    year, month, day = (int(part) if part else None for part in found.groups())
    try:
        moment = dt.date(year or 0, month or 0, day or 1)
    except ValueError:
        return None
    return moment.isoformat() if day else moment.isoformat()[:7]
