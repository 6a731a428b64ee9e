"""The node's own rows, facts and holds, as a run takes them from the store."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nodes.store import Tables
from privacy.errors import RefusedError, Text
from privacy.plan import Plan

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class OwnRows:
    """The node's rows in use: ids, records, and the slot of each record that has one."""

    row_ids: tuple[str, ...] = field(repr=False)
    records: NDArray[np.int64] = field(repr=False)
    slots: NDArray[np.int64] = field(repr=False)
    total: int

    @classmethod
    def read(cls, tables: Tables, slot_table: int) -> OwnRows:
        """Read the rows, with slots of table *slot_table*; rows without a slot are left out.

        Raises:
            RefusedError: the slot table is not here.
        """
        table = tables.links.slot_table(slot_table)
        if table is None:
            raise RefusedError(Text("スロット表がありません。", "The slot table is not here."))
        slot_of = dict(zip(table.records.tolist(), table.slots.tolist(), strict=True))
        kept = [row for row in tables.records.rows() if row.record in slot_of]
        return cls(
            tuple(row.row_id for row in kept),
            np.array([row.record for row in kept], dtype=np.int64),
            np.array([slot_of[row.record] for row in kept], dtype=np.int64),
            table.total,
        )


def read_facts(tables: Tables, items: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return the node's facts of *items* that it holds, one table an item."""
    import pandas as pd  # noqa: PLC0415  # a node that only links never pays for it

    found = {}
    for item in items:
        packed = tables.facts.table_csv(item)
        if packed is not None:
            texts = {"row_id": str, "period": str}
            found[item] = pd.read_csv(
                io.BytesIO(packed), dtype=texts, keep_default_na=False, na_values=[""]
            ).fillna({"period": ""})
    return found


def held_rows(tables: Tables, rows: OwnRows, plan: Plan, node: str, on: date) -> NDArray[np.bool_]:
    """Return which rows this node holds back: objection, suspension, correction, harm.

    A hold on one row of a child holds all of the child's rows.
    """
    names = tables.restrictions.held(plan.purpose, plan.items.get(node, ()), on)
    named = np.array([row_id in names for row_id in rows.row_ids], dtype=np.bool_)
    return np.isin(rows.slots, rows.slots[named])
