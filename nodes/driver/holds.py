"""Holds on a row of this node: objection, suspension, correction, protection (DOMAIN 1.3)."""

from __future__ import annotations

from datetime import date

from nodes.driver.context import NodeContext
from privacy.audit import EntryKind
from privacy.errors import BadInputError, Text
from privacy.governance.consent import Restriction, RestrictionKind


def add_hold(context: NodeContext, row_id: str, kind: str, until: date | None) -> None:
    """Hold the row *row_id* back from now on, up to and including *until*.

    Raises:
        BadInputError: no such row is in use, or an unknown kind.
    """
    known = ", ".join(each.value for each in RestrictionKind)
    if kind not in {each.value for each in RestrictionKind}:
        raise BadInputError(
            Text(f"止める種類は {known} のどれかです。", f"The kind is one of {known}."),
        )
    with context.store.transaction() as tables:
        if tables.records.record_of(row_id) is None:
            raise BadInputError(
                Text("その番号の行は使われていません。", "No row of this id is in use."),
                Text("取り込んだファイルの番号を確かめてください。", "Check the id in the file."),
            )
        today = context.now().date()
        tables.restrictions.add(Restriction(row_id, RestrictionKind(kind), today, until))
        context.log(tables, EntryKind.CHANGED, "hold", restriction=kind)
