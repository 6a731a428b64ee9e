"""Governance folders for the demo: the samples, approved by a body that does not exist.

The samples are drafts; a city's own bodies approve them.  Here an openly fictional board
does, and every date is set around today, so that the demo does not age.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from importlib import resources
from pathlib import Path

SAMPLES = resources.files("deploy").joinpath("samples")
DEFINITION = "sos.yaml"
STAFF_ACCOUNT = "ssw1"
"""The member of staff who opens an alert: a school social worker for all schools."""

_FILES = ("catalogue.yaml", "purposes.yaml", "bases.yaml", "staff.yaml")
_EXPIRED_ACCOUNT = "expired1"
AS_OF = date(2026, 7, 5)
"""The town's day of observation; approvals are older than it and than today."""
_YEAR, _MONTH = timedelta(days=365), timedelta(days=30)
_DAY = r"\d{4}-\d{2}-\d{2}"


def write_governance(folder: Path, today: date) -> None:
    """Write a department's governance folder: four files and the definitions."""
    (folder / "definitions").mkdir(parents=True)
    for name in _FILES:
        text = SAMPLES.joinpath(name).read_text(encoding="utf-8")
        (folder / name).write_text(approved(text, today), encoding="utf-8")
    write_definition(folder / "definitions" / DEFINITION, today)


def write_definition(path: Path, today: date) -> None:
    """Write the screening definition, approved and valid for a year from *today*."""
    text = SAMPLES.joinpath("definitions", DEFINITION).read_text(encoding="utf-8")
    path.write_text(approved(text, today), encoding="utf-8")


def approved(text: str, today: date) -> str:
    """Return a sample file as the fictional board approved it a year before, until next year."""
    start, end = (min(today, AS_OF) - _YEAR).isoformat(), (today + _YEAR).isoformat()
    text = re.sub(r"案（([^）]*答申[^）]*)）", "デモ第1号（架空）", text)
    text = re.sub(r"案（([^）]*)）", r"\1（デモの架空機関）", text)
    text = text.replace("（案）", "（デモ・架空）")
    text = re.sub(rf"((?:approved_on|valid_from): ){_DAY}", rf"\g<1>{start}", text)
    text = re.sub(rf"((?:valid_until|training_valid_until|expires): ){_DAY}", rf"\g<1>{end}", text)
    past = (today - _MONTH).isoformat()
    return re.sub(
        rf"(id: {_EXPIRED_ACCOUNT}\b.*?training_valid_until: ){_DAY}", rf"\g<1>{past}", text
    )
