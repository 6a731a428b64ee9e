"""Precision and recall of a linkage against a truth file; only a rehearsal has one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nodes.errors import MappingError
from nodes.ingest.reader import read_table
from privacy.errors import Text
from privacy.linkage.quality import Evaluation, evaluate

_COLUMNS: Final = ("department", "row_id", "entity_id")

RowKey = tuple[str, str]
"""A department and a row id in it."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A linkage against its truth.

    ``rows``: rows with a truth; ``unknown``: rows of the truth that no extract has.
    """

    evaluation: Evaluation
    rows: int
    unknown: int


def read_truth(path: Path, departments: Iterable[str]) -> dict[RowKey, str]:
    """Return (department, row id) -> entity id.

    Raises:
        MappingError: a column is missing, or no row names one of *departments*.
        UnreadableFileError: the file cannot be read.
    """
    table = read_table(path, wanted=_COLUMNS, needed_by="--truth")
    columns = (table.columns[name] for name in _COLUMNS)
    truth = {(name, row): entity for name, row, entity in zip(*columns, strict=True)}
    if not {name for name, _ in truth} & set(departments):
        known = ", ".join(departments)
        raise MappingError(
            Text(f"{path}: どの部署の行もありません。", f"{path}: no row names a department."),
            Text(f"department 列は {known} のどれかです。", f"Its departments are {known}."),
        )
    return truth


def score(keys: Sequence[RowKey], clusters: Sequence[int], truth: dict[RowKey, str]) -> Scored:
    """Return how *clusters* (one a row, in the order of *keys*) agree with *truth*."""
    rows = [
        (truth[key], cluster, key[0])
        for key, cluster in zip(keys, clusters, strict=True)
        if key in truth
    ]
    entities, departments = _numbers(row[0] for row in rows), _numbers(row[2] for row in rows)
    found = np.array([row[1] for row in rows], dtype=np.int64)
    return Scored(
        evaluation=evaluate(found, entities, departments),
        rows=len(rows),
        unknown=len(truth.keys() - set(keys)),
    )


def _numbers(names: Iterable[str]) -> NDArray[np.int64]:
    seen: dict[str, int] = {}
    return np.array([seen.setdefault(name, len(seen)) for name in names], dtype=np.int64)
