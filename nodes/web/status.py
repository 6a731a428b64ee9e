"""What the status page shows: counts, dates, field names and bytes; never a record."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from nodes.config import NodeConfig
from nodes.epoch_words import epoch_line
from nodes.governance import Governance
from nodes.store import Store, Tables
from nodes.store.journal import SentRow
from nodes.store.people import left_out_name
from nodes.store.rounds import StoredPlan, StoredSlotTable
from privacy.dp.ledger import Account, Ledger, Limits, entry_from
from privacy.errors import EnishiError, Text
from privacy.linkage.asking import Answer

POPULATION = "children"
"""The population whose privacy budget is kept (PROTOCOL 6)."""


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """The state of a node as its operator sees it."""

    name_ja: str
    name_en: str
    sealed: bool
    rows: int
    used: int
    imported_at: str
    items: dict[str, tuple[str, int]]
    slot_table: int
    linked_rows: int
    epoch: Text
    """The link epoch in force, its age, and what the coordinator holds of it."""
    left_out: Text | None
    """Why the newest slot table has no row of this department, where a round went on without it."""
    alerts_waiting: int
    reviews_waiting: int
    rho_nano_spent: int
    rho_nano_limit: int
    plans: tuple[StoredPlan, ...]
    sent: tuple[SentRow, ...]
    bytes_sent: int
    log_entries: int

    @property
    def waiting(self) -> tuple[StoredPlan, ...]:
        """Plans that wait for the operator's word."""
        return tuple(plan for plan in self.plans if plan.decision == "pending")


def fiscal_year(moment: datetime) -> int:
    """Return the Japanese fiscal year (April to March) of *moment*."""
    return moment.year if moment.month >= 4 else moment.year - 1  # noqa: PLR2004  # April


def read_status(config: NodeConfig, store: Store, now: datetime) -> NodeStatus:
    """Read the node's state at the moment *now* from its database, as one snapshot."""
    with store.reading() as tables:
        rows, used, _ = tables.records.count()
        imports = tables.imports.all()
        table = tables.links.slot_table()
        sent = tables.sent.all()
        alerts = tables.alerts.all()
        return NodeStatus(
            name_ja=config.name_ja,
            name_en=config.name_en,
            sealed=config.sealed,
            rows=rows,
            used=used,
            imported_at=imports[0].at if imports else "",
            items=tables.facts.items(),
            slot_table=table.version if table else 0,
            linked_rows=len(table.slots) if table else 0,
            epoch=_epoch(config, tables, table, now),
            left_out=_left_out(tables, table.version if table else 0),
            alerts_waiting=sum(alert.state == "sealed" for alert in alerts),
            reviews_waiting=sum(each.answer is Answer.OPEN for each in tables.reviews.shown()),
            rho_nano_spent=_spent(tables.ledger.lines(), fiscal_year(now)),
            rho_nano_limit=config.policy.rho_nano_per_year,
            plans=tuple(tables.plans.all()),
            sent=tuple(sent),
            bytes_sent=sum(row.bytes for row in sent),
            log_entries=tables.audit.count(),
        )


def _epoch(
    config: NodeConfig, tables: Tables, table: StoredSlotTable | None, now: datetime
) -> Text:
    rows = None if table is None else tables.epochs.rows(table.plan_digest)
    held = 0 if rows is None else len(rows)
    newest = tables.epochs.newest_in_force()
    return epoch_line(newest, held, now.date(), sealed=config.sealed)


def _left_out(tables: Tables, version: int) -> Text | None:
    body = tables.documents.get(left_out_name(version))
    return None if body is None else Text(*json.loads(body))


def _spent(lines: list[str], year: int) -> int:
    entries = tuple(entry_from(json.loads(line)) for line in lines)
    return Ledger(Limits(), entries).spent(Account(POPULATION, year)).nano


def purpose_names(config: NodeConfig) -> Callable[[str], Text]:
    """Return a function from a purpose's id to its name; an unknown one keeps its id."""
    try:
        purposes = Governance.load(config.governance_folder).purposes.purposes
    except EnishiError:
        purposes = ()
    names = {purpose.id: purpose.name for purpose in purposes}
    return lambda code: names.get(code, Text(code, code))
