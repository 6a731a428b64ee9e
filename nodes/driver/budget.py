"""The node's own privacy ledger: checked in Ready, charged when all Readys are seen.

Charge, fsync, then draw noise; nothing is refunded (PROTOCOL 6).
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from nodes.contributions import read_query
from nodes.driver.context import NodeContext
from nodes.store import Tables
from privacy.audit import EntryKind
from privacy.canonical import canonical_bytes
from privacy.dp.ledger import Account, Ledger, Limits, entry_from
from privacy.dp.loss import Rho
from privacy.errors import ProtocolError, Text
from privacy.plan import Plan, PlanKind
from privacy.transcript import Ready


def load_ledger(context: NodeContext, tables: Tables) -> Ledger:
    """Return this node's ledger with its own limit."""
    entries = tuple(entry_from(json.loads(line)) for line in tables.ledger.lines())
    return Ledger(Limits(Rho(context.config.policy.rho_nano_per_year)), entries)


def ledger_total(context: NodeContext, tables: Tables, plan: Plan) -> int:
    """Return what the plan's population has spent here this year, in nano-rho."""
    if plan.kind is not PlanKind.STATISTICS:
        return 0
    return load_ledger(context, tables).spent(_account(plan)).nano


def check_budget(context: NodeContext, tables: Tables, plan: Plan) -> None:
    """Check that the plan's charge fits, and is what its noise costs; nothing is spent.

    Raises:
        BudgetExhaustedError: over this node's limit.
        ProtocolError: the plan states another charge than its noise has.
    """
    if plan.kind is not PlanKind.STATISTICS:
        return
    load_ledger(context, tables).check(_account(plan), Rho(plan.rho_nano))
    noise = read_query(plan).noise(Rho(plan.rho_nano))
    if noise.charge.nano > plan.rho_nano:
        raise ProtocolError(
            Text("計画の費用が雑音と合いません。", "The plan's charge is not its noise's."),
        )


def charge(
    context: NodeContext, tables: Tables, plan: Plan, transcript: bytes, readys: Sequence[Ready]
) -> None:
    """Charge the plan once a transcript; the larger of all ledgers' totals counts.

    Raises:
        BudgetExhaustedError: over the limit after the comparison.
    """
    if plan.kind is not PlanKind.STATISTICS:
        return
    account, before = _account(plan), load_ledger(context, tables)
    reported = {ready.node_id: Rho(ready.ledger_total_nano) for ready in readys}
    after = before.compare(account, reported).charge(
        account, read_query(plan).release_id, transcript.hex(), Rho(plan.rho_nano)
    )
    for entry in after.entries[len(before.entries) :]:
        tables.ledger.append(context.stamp(), canonical_bytes(entry.canonical()).decode())
    context.log(
        tables,
        EntryKind.CHARGED,
        "release",
        plan=plan.digest.hex(),
        transcript=transcript.hex(),
        rho_nano=plan.rho_nano,
    )


def settle(context: NodeContext, tables: Tables, transcript: str, *, answered: bool) -> None:
    """Close an attempt in the ledger: released, or dead with its charge standing."""
    before = load_ledger(context, tables)
    if not any(entry.transcript == transcript for entry in before.entries):
        return
    after = before.released(transcript) if answered else before.dead(transcript)
    for entry in after.entries[len(before.entries) :]:
        tables.ledger.append(context.stamp(), canonical_bytes(entry.canonical()).decode())


def _account(plan: Plan) -> Account:
    return read_query(plan).account
