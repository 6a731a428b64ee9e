"""The shipped governance samples, parsed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from privacy.governance.basis import Bases, read_bases
from privacy.governance.catalogue import Catalogue, read_catalogue
from privacy.governance.purpose import Purposes, read_purposes
from privacy.governance.staff import Staff, read_staff
from privacy.governance.statute import shipped_law

SAMPLES = Path(__file__).parents[3] / "deploy" / "samples"


def text(name: str) -> str:
    return (SAMPLES / name).read_text("utf-8")


@cache
def catalogue() -> Catalogue:
    return read_catalogue(text("catalogue.yaml"))


@cache
def purposes() -> Purposes:
    return read_purposes(text("purposes.yaml"))


@cache
def bases() -> Bases:
    return read_bases(text("bases.yaml"), shipped_law())


@cache
def staff() -> Staff:
    return read_staff(text("staff.yaml"))
