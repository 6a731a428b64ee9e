"""From rows of extracts to stacked records and back: what a rehearsal's reports share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deploy.truth import RowKey
from nodes.intake import Intake
from privacy.linkage.linker import Linker


def entities(
    intakes: Sequence[Intake], linker: Linker, truth: dict[RowKey, str]
) -> NDArray[np.int64]:
    """Return a number of the entity of each stacked record, -1 where the truth has none.

    Of rows that share a record the last one with a truth counts.
    """
    number: dict[str, int] = {}
    entity = np.full(linker.stack.rows, -1, dtype=np.int64)
    for at, intake in enumerate(intakes):
        records, offset = intake.records, linker.stack.offsets[at]
        for row_id, record in zip(records.row_ids, records.record_of_row, strict=True):
            known = truth.get((records.department, row_id))
            if record >= 0 and known is not None:
                entity[offset + record] = number.setdefault(known, len(number))
    return entity


def first_rows(intakes: Sequence[Intake]) -> list[RowKey]:
    """Return department and row id of each stacked record's first row."""
    found = []
    for intake in intakes:
        records = intake.records
        first: dict[int, str] = {}
        for row_id, record in zip(records.row_ids, records.record_of_row, strict=True):
            if record >= 0:
                first.setdefault(record, row_id)
        found += [(records.department, first[record]) for record in range(len(records.persons))]
    return found
