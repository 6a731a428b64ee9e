"""Plans: what the operator asks becomes the signed, canonical description of one run."""

from __future__ import annotations

from datetime import datetime, timedelta

from coordinator.kinds import kind_of
from coordinator.linkage import VERSION
from coordinator.process import CoordinatorProcess
from coordinator.rosters import roster_in_force
from coordinator.store.rounds import StoredRound
from privacy.audit import EntryKind
from privacy.encoding.schema import default_schema
from privacy.plan import Plan, PlanKind

LINK_PURPOSE = "linkage"


def plan_link(process: CoordinatorProcess, purpose: str = LINK_PURPOSE) -> Plan:
    """Return the plan of a full link round, in a link epoch of its own.

    Raises:
        RosterMissingError: there is no roster in force.
    """
    roster = roster_in_force(process)
    created, expires = _window(process)
    return Plan(
        kind=PlanKind.LINK,
        purpose=purpose,
        legal_basis=(),
        items={},
        nodes=roster.nodes,
        roster_digest=roster.digest,
        link_epoch=process.rounds.link_rounds() + 1,
        schema_digest=default_schema().digest,
        created=created,
        expires=expires,
    )


def store_plan(process: CoordinatorProcess, plan: Plan) -> StoredRound:
    """Sign *plan* and store the round that it opens, with its audit entry."""
    round_id, now = plan.digest.hex(), process.clock()
    stored = StoredRound(
        round_id=round_id,
        kind=str(plan.kind),
        state=str(kind_of(str(plan.kind)).machine.first),
        plan=plan.to_bytes(),
        plan_signature=plan.sign(process.keys.identity),
        created=plan.created,
        updated=now,
        expires=plan.expires,
    )
    values = {VERSION: str(plan.link_epoch).encode()} if plan.kind is PlanKind.LINK else {}
    process.rounds.add(stored, values)
    process.audit.note(EntryKind.ASKED, now, {"round": round_id, "kind": str(plan.kind)})
    return process.rounds.get(round_id)


def _window(process: CoordinatorProcess) -> tuple[datetime, datetime]:
    created = process.clock().replace(microsecond=0)
    return created, created + timedelta(days=process.config.plan_days)
