"""Children's birth dates, in every notation of the town's offices, found in any text or bytes.

`deploy.demo.scan` looks for what stands in the extracts as whole tokens of digits; dates
with slashes, dots, eras and the seven-digit era code need a search of their own, and so do
keys in base64.
"""

from __future__ import annotations

import base64
import csv
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from deploy.town.kana import DateStyle, write_date

_DATE = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"[0-9]{4}[/.][0-9]{1,2}[/.][0-9]{1,2}|[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}"
    r"|[MTSHR][0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{1,2}"
    r"|(?:明治|大正|昭和|平成|令和)(?:[0-9]{1,2}|元)年[0-9]{1,2}月[0-9]{1,2}日"
    r"|[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日|[345][0-9]{6}|[0-9]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r")(?![0-9A-Za-z])"
)
_LEAST_SECRET = 16


def birth_dates(town: Path, before: date) -> frozenset[str]:
    """Return all notations of the birth dates before *before*; later ones may be anyone's."""
    with (town / "truth" / "persons.csv").open(encoding="utf-8", newline="") as file:
        days = {date.fromisoformat(row["birth_date"]) for row in csv.DictReader(file)}
    return frozenset(
        written
        for day in days
        if day < before
        for written in (
            *(write_date(day, style) for style in DateStyle),
            f"{day.year}/{day.month}/{day.day}",
            f"{day:%m/%d/%Y}",
            f"{day.year}年{day.month}月{day.day}日",
        )
    )


def dates_in(body: bytes, known: frozenset[str]) -> set[str]:
    """Return which of *known* stand in *body*, read as UTF-8 and as cp932."""
    found: set[str] = set()
    for encoding in ("utf-8", "cp932"):
        found.update(_DATE.findall(body.decode(encoding, errors="replace")))
    return found & known


def secrets_in(body: bytes, key_folders: Iterable[Path]) -> list[str]:
    """Return the names of keys whose bytes stand in *body*: raw, hexadecimal or in base64."""
    found = []
    for folder in key_folders:
        for path in sorted(folder.rglob("*")):
            secret = path.read_bytes() if path.is_file() else b""
            if len(secret) < _LEAST_SECRET or secret.startswith(b"-----BEGIN CERTIFICATE"):
                continue
            codes = (secret, secret.hex().encode(), base64.b64encode(secret)[:-4])
            if any(code in body for code in codes):
                found.append(str(path))
    return found
