"""The labels of a node's rows in the dimensions of a statistic: its own values, as it holds them.

They stay here: what leaves is a packed digit a slot, masked.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from nodes.own_rows import OwnRows, read_facts
from nodes.store import Tables
from privacy.errors import RefusedError, Text
from privacy.linkage.subgroups import MOVED_IN, MOVED_IN_FACT, asked, moved_in, subgroup
from privacy.screening.population import grade_code

LISTED = "alerts.listed"
"""The dimension of a statistic that counts this node's own alerts."""
GRADE = "D-02.grade"
"""The dimension whose values are written in many ways and released in the catalogue's."""


def labels(tables: Tables, rows: OwnRows, dimension: str, on: date) -> list[str]:
    """Return each row's label in *dimension*, on the day *on*.

    The newest value of ``<item>.<variable>``; this node's alerts; or how a record's names
    are written and what it lacks (``linkage.*``), from the node's own record.

    Raises:
        RefusedError: the item was not imported.
    """
    kind = asked(dimension)
    if kind is not None:
        persons = tables.records.persons()
        return [subgroup(kind, persons[record], on) for record in rows.records.tolist()]
    if dimension == LISTED:
        listed = {alert.record for alert in tables.alerts.newest()}
        return ["1" if record in listed else "0" for record in rows.records.tolist()]
    if dimension == MOVED_IN:
        return [moved_in(day, on) for day in labels(tables, rows, MOVED_IN_FACT, on)]
    item, _, variable = dimension.partition(".")
    facts = read_facts(tables, [item]).get(item)
    if facts is None or variable not in facts.columns:
        raise RefusedError(
            Text(f"区分 {dimension} のデータがありません。", f"There is no data for {dimension}."),
            Text("項目を取り込むか、計画を断ってください。", "Import it or refuse the plan."),
        )
    newest = facts.dropna(subset=[variable]).sort_values("period", kind="stable")
    last = newest.drop_duplicates("row_id", keep="last").set_index("row_id")
    if dimension == GRADE and "school" in last.columns:
        grades, schools = last[variable], last["school"]
        return [
            grade_code(_label(grades.get(row_id)), _label(schools.get(row_id)))
            for row_id in rows.row_ids
        ]
    return [_label(last[variable].get(row_id)) for row_id in rows.row_ids]


def _label(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    if isinstance(value, float):
        return str(int(value)) if value == int(value) else str(value)
    return str(value)
