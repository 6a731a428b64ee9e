"""A small federation with fixed keys: roster, plans and Readys for tests."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from privacy.errors import Text
from privacy.identity import AgreementKey, IdentityKey
from privacy.plan import Plan, PlanKind
from privacy.roster import Member, Mode, Role, Roster
from privacy.transcript import Ready, RoleKey

NOW = datetime(2026, 7, 5, 9, 0, tzinfo=UTC)
NODES = ("health", "residents", "school", "survey", "welfare")
SLOT_TABLE = b"t" * 32


def seed(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def identity(node_id: str) -> IdentityKey:
    return IdentityKey(seed(f"identity {node_id}"))


def static(node_id: str) -> AgreementKey:
    return AgreementKey(seed(f"static {node_id}"))


def ephemeral(node_id: str) -> AgreementKey:
    return AgreementKey(seed(f"ephemeral {node_id}"))


def roster() -> Roster:
    roles = dict.fromkeys(NODES, Role.NODE) | {
        "coordinator": Role.COORDINATOR,
        "dealer": Role.DEALER,
    }
    members = (
        Member(
            node_id,
            roles[node_id],
            Text(f"{node_id} 課", f"{node_id} office"),
            identity(node_id).public,
            static(node_id).public,
            Mode.SEALED if node_id == "welfare" else Mode.OPEN,
        )
        for node_id in sorted(roles)
    )
    return Roster("見本市", 1, tuple(members))


def screening_plan() -> Plan:
    return Plan(
        kind=PlanKind.SCREEN,
        purpose="support-for-children",
        legal_basis=("ordinance-12",),
        items={"school": ("D-07",), "welfare": ("D-39",)},
        nodes=NODES,
        roster_digest=roster().digest,
        link_epoch=7,
        schema_digest=b"s" * 32,
        created=NOW - timedelta(hours=1),
        expires=NOW + timedelta(days=7),
        slot_table=3,
        dealer="dealer",
        receiver="school",
        definition={"name": "長期欠席", "cut": 2},
        digits=[{"name": "mine", "radix": 3}, {"name": "hold", "radix": 6}],
        tables=[[0, 1, 0, 1]],
    )


def statistics_plan() -> Plan:
    return replace(
        screening_plan(), kind=PlanKind.STATISTICS, receiver="", anchor="residents", rho_nano=10**8
    )


def ready(node_id: str, plan: Plan) -> Ready:
    role = RoleKey(seed("role"), "school-support", int(NOW.timestamp()) + 86_400)
    return Ready(
        node_id=node_id,
        plan_digest=plan.digest,
        roster_digest=roster().digest,
        slot_table_digest=SLOT_TABLE,
        nonce=seed(f"nonce {node_id}"),
        ephemeral_public=ephemeral(node_id).public,
        policy_digest=b"p" * 32,
        ledger_total_nano=5,
        role_key=role if node_id == plan.receiver else None,
    ).signed(identity(node_id))


def readys(plan: Plan) -> list[Ready]:
    return [ready(node_id, plan) for node_id in plan.nodes]
