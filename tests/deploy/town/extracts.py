"""Reads a generated town as its departments' own software would."""

import tomllib
from pathlib import Path
from typing import Any

import pandas as pd


def mapping(town: Path, department: str) -> dict[str, Any]:
    with (town / department / "department.toml").open("rb") as file:
        return tomllib.load(file)


def read(town: Path, department: str, file: str | None = None) -> pd.DataFrame:
    settings = mapping(town, department)
    path = town / department / (file or settings["file"])
    frame = pd.read_csv(path, encoding=settings["encoding"], dtype=str, keep_default_na=False)
    return frame.set_index(settings["id"])


def truth(town: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(town / "truth" / f"{name}.csv", dtype=str, keep_default_na=False)


def entities(town: Path, department: str) -> dict[str, str]:
    rows = truth(town, "rows")
    mine = rows[rows.department == department]
    return dict(zip(mine.row_id, mine.entity_id, strict=True))
