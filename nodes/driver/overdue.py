"""Secrets that nobody ends: runs whose plan has expired, role keys that no alert needs.

A coordinator that dies, or never ends a run, must not leave this node's seeds, ephemeral
keys and frozen inputs behind; a role key goes with its last sealed alert, opened or
expired (PROTOCOL 4, 7).  Looked at when the node starts, and when a run begins or ends.
"""

from __future__ import annotations

from nodes.driver.context import NodeContext
from nodes.driver.epochs import destroy_closed
from nodes.driver.runs import Runs, role_key_name
from nodes.runs import RunState
from privacy.audit import EntryKind
from privacy.plan import Plan


def destroy_overdue(context: NodeContext) -> None:
    """End every expired run and destroy every role key that opens nothing any more.

    Link epochs whose day has passed are closed, and secrets of closed ones destroyed.
    """
    destroy_closed(context)
    with context.store.reading() as tables:
        plans = [Plan.from_bytes(each.canonical) for each in tables.plans.all()]
        runs = {plan.digest: tables.runs.get(plan.digest.hex()) for plan in plans}
    for plan in plans:
        run = runs[plan.digest]
        if run is None or (run.state != RunState.ENDED and context.now() < plan.expires):
            continue
        if run.state != RunState.ENDED:
            Runs(context).end(plan.digest)
        _destroy_role_key(context, plan.digest.hex())


def _destroy_role_key(context: NodeContext, digest: str) -> None:
    name = role_key_name(digest)
    if not context.keys.has(name):
        return
    with context.store.transaction() as tables:
        if tables.alerts.still_sealed(digest, context.stamp()):
            return
        context.log(tables, EntryKind.CHANGED, "role-key-destroyed", plan=digest)
    context.keys.destroy(name)
