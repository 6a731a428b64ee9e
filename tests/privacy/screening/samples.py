"""The shipped samples and a small school, as the screening tests use them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import pandas as pd

from privacy.governance.catalogue import Catalogue, read_catalogue
from privacy.governance.purpose import Purposes, read_purposes
from privacy.screening import history
from privacy.screening.definition import Definition
from privacy.screening.reading import read_definition

SAMPLES = Path(__file__).parents[3] / "deploy" / "samples"
AS_OF = dt.date(2026, 7, 5)
MONTHS = history.complete_months(AS_OF)
NODES = ("residents", "school", "survey", "welfare", "health")


@cache
def catalogue() -> Catalogue:
    return read_catalogue((SAMPLES / "catalogue.yaml").read_text("utf-8"))


@cache
def purposes() -> Purposes:
    return read_purposes((SAMPLES / "purposes.yaml").read_text("utf-8"))


def sos_text() -> str:
    return (SAMPLES / "definitions" / "sos.yaml").read_text("utf-8")


def read(text: str, today: dt.date = AS_OF) -> Definition:
    return read_definition(text, catalogue=catalogue(), purposes=purposes(), today=today)


def shipped_holders() -> dict[str, str]:
    return {item.id: item.holder for item in catalogue().items if item.holder in NODES}


def holders() -> dict[str, str]:
    """Return holders of a city whose school office itself keeps the absence survey."""
    return {**shipped_holders(), "D-09": "school", "D-20": "survey"}


def definition(
    signals: str, rule: str, *, exclude: bool = False, min_sources: int = 1
) -> Definition:
    """Return a definition with these signal lines and this rule."""
    excluded = "exclude: already_supported, " if exclude else ""
    return read(
        f"""
id: test
purpose: sos_support
ethics_ref: AB-1
expires: 2027-03-31
timepoints: ["07-05"]
population: {{grades: [P1, P2, P3, P4, P5, P6, J1, J2, J3], schools: municipal}}
signals:
{signals}
list: {{rule: "{rule}", {excluded}order: due_date}}
missing: {{non_response: show, min_sources: {min_sources}}}
"""
    )


def monthly(variable: str, rows: Mapping[str, Sequence[float | None]]) -> pd.DataFrame:
    """Return a long table whose values end in the latest complete month; None is no row."""
    records = [
        {"row_id": row, "period": month, variable: value}
        for row, values in rows.items()
        for month, value in zip(MONTHS[-len(values) :], values, strict=True)
        if value is not None
    ]
    return pd.DataFrame(records, columns=["row_id", "period", variable])


def roll(
    rows: Sequence[str], schools: Sequence[str] | None = None, grade: str = "P5"
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "row_id": list(rows),
            "period": "",
            "school": list(schools) if schools else "S01",
            "grade": grade,
        }
    )


def survey(period: str, **columns: Sequence[object]) -> pd.DataFrame:
    return pd.DataFrame({**columns, "period": period})
