"""Holds that the town's paper asks for: an objection, and an address kept from a violent kin."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass

from deploy.demo.stage import Seat, Stage

_OBJECTIONS = "利用停止申出.csv"
_PROTECTION = "支援措置"


@dataclass(frozen=True, slots=True)
class Holds:
    """How many rows were held, by kind."""

    objections: int
    protected: int


def file_holds(stage: Stage) -> Holds:
    """File the objections of the welfare desk, and the registers' protected addresses."""
    welfare, residents = stage.seat("welfare"), stage.seat("residents")
    objections = _rows(welfare, _OBJECTIONS)
    id_column = _mapping(welfare)["id"]
    for row in objections:
        stage.node(welfare, "hold", row[id_column], "--kind", "objection")
    register = _rows(residents, _mapping(residents)["file"])
    id_column = _mapping(residents)["id"]
    protected = [row[id_column] for row in register if row.get(_PROTECTION)]
    for row_id in protected:
        stage.node(residents, "hold", row_id, "--kind", "protected")
    return Holds(len(objections), len(protected))


def _mapping(seat: Seat) -> dict[str, str]:
    text = (seat.extracts / "department.toml").read_text(encoding="utf-8")
    mapping: dict[str, str] = tomllib.loads(text)
    return mapping


def _rows(seat: Seat, file: str) -> list[dict[str, str]]:
    encoding = _mapping(seat)["encoding"]
    with (seat.extracts / file).open(encoding=encoding, newline="") as opened:
        return list(csv.DictReader(opened))
