"""Plans: canonical bytes, digest, signature, time window, refusals."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from privacy.canonical import canonical_bytes
from privacy.errors import BadInputError, ProtocolError, RefusedError
from privacy.plan import Plan, PlanKind
from tests.privacy.members import NODES, NOW, identity, screening_plan, statistics_plan

VECTOR = json.loads(
    (Path(__file__).parents[1] / "vectors" / "plan" / "run.json").read_text("utf-8")
)
COORDINATOR = identity("coordinator")


def _bytes(**entries: Any) -> bytes:
    return canonical_bytes(json.loads(screening_plan().to_bytes()) | entries)


@pytest.mark.parametrize(
    ("kind", "plan"), [("screening", screening_plan()), ("statistics", statistics_plan())]
)
def test_plans_have_their_vectors(kind: str, plan: Plan) -> None:
    assert plan.to_bytes() == VECTOR[kind].encode()
    assert plan.digest.hex() == VECTOR[f"{kind}_digest"]
    assert Plan.from_bytes(VECTOR[kind].encode()) == plan


def test_the_recorded_signature_holds() -> None:
    signature = bytes.fromhex(VECTOR["screening_signature"])
    screening_plan().check_signature(signature, COORDINATOR.public, "coordinator")


def test_every_entry_changes_the_digest_and_breaks_the_signature() -> None:
    plan = screening_plan()
    signature = plan.sign(COORDINATOR)
    for changed in (
        replace(plan, purpose="another"),
        replace(plan, legal_basis=()),
        replace(plan, items={"school": ("D-07", "D-08"), "welfare": ("D-39",)}),
        replace(plan, nodes=NODES[1:], items={"school": ("D-07",)}),
        replace(plan, roster_digest=b"x" * 32),
        replace(plan, link_epoch=8),
        replace(plan, schema_digest=b"x" * 32),
        replace(plan, expires=plan.expires + timedelta(seconds=1)),
        replace(plan, created=plan.created - timedelta(seconds=1)),
        replace(plan, slot_table=4),
        replace(plan, dealer="coordinator"),
        replace(plan, receiver="welfare"),
        replace(plan, definition={"name": "長期欠席", "cut": 1}),
        replace(plan, digits=[]),
        replace(plan, tables=[[0, 1, 1, 1]]),
    ):
        assert changed.digest != plan.digest
        with pytest.raises(ProtocolError, match="signature of coordinator is wrong"):
            changed.check_signature(signature, COORDINATOR.public, "coordinator")


def test_a_signature_by_another_or_without_the_label_is_refused() -> None:
    plan = screening_plan()
    for signature in (plan.sign(identity("school")), COORDINATOR.sign(plan.digest), b""):
        with pytest.raises(ProtocolError):
            plan.check_signature(signature, COORDINATOR.public, "coordinator")


def test_a_plan_runs_from_its_making_to_its_expiry() -> None:
    plan = screening_plan()
    plan.check_current(NOW)
    plan.check_current(plan.created)
    with pytest.raises(RefusedError, match="expired at 2026-07-12T09:00:00Z"):
        plan.check_current(plan.expires)
    with pytest.raises(ProtocolError, match="dated in the future"):
        plan.check_current(plan.created - timedelta(seconds=1))


def _wrong() -> dict[str, bytes]:
    plain = json.loads(screening_plan().to_bytes())
    return {
        "empty": b"",
        "no entries": b"{}",
        "list": b"[]",
        "not UTF-8": b"\xff",
        "deep": b"[" * 100_000,
        "trailing space": screening_plan().to_bytes() + b" ",
        "not canonical": json.dumps(plain).encode(),
        "float": json.dumps(plain | {"rho_nano": 0.5}).encode(),
        "unknown entry": _bytes(admin="yes"),
        "version": _bytes(version=2),
        "kind": _bytes(kind="delete"),
        "negative": _bytes(link_epoch=-1),
        "boolean": _bytes(link_epoch=True),
        "time": _bytes(created="2026-07-05 08:00"),
        "short digest": _bytes(roster_digest="ab"),
        "upper case": _bytes(roster_digest=screening_plan().roster_digest.hex().upper()),
        "table digest": _bytes(table_digest="00" * 32),
        "no nodes": _bytes(nodes=[]),
        "order": _bytes(nodes=list(reversed(NODES))),
        "receiver": _bytes(receiver="clubs"),
        "items": _bytes(items={"clubs": ["D-01"]}),
        "purpose": _bytes(purpose=""),
        "expiry": _bytes(expires="2026-07-05T08:00:00Z"),
        "text for a list": _bytes(nodes="school"),
    }


@pytest.mark.parametrize("what", list(_wrong()))
def test_what_is_no_canonical_plan_is_refused(what: str) -> None:
    with pytest.raises(BadInputError, match="plan is wrong"):
        Plan.from_bytes(_wrong()[what])


def test_kinds_need_what_they_use_and_nothing_else() -> None:
    screening, statistics = screening_plan(), statistics_plan()
    for plan, changes in (
        (screening, {"receiver": ""}),
        (screening, {"dealer": ""}),
        (screening, {"slot_table": 0}),
        (screening, {"rho_nano": 1}),
        (statistics, {"rho_nano": 0}),
        (statistics, {"anchor": ""}),
        (statistics, {"receiver": "school"}),
        (statistics, {"dealer": ""}),
        (screening, {"created": datetime(2026, 7, 5, 9)}),  # noqa: DTZ001 - the fault tested
    ):
        with pytest.raises(BadInputError, match="plan is wrong"):
            replace(plan, **changes)
    alone = {"residents": ("D-01",)}
    assert replace(statistics, dealer="", items=alone).kind is PlanKind.STATISTICS
    link = replace(screening, kind=PlanKind.LINK, receiver="", dealer="", slot_table=0)
    assert Plan.from_bytes(link.to_bytes()) == link


def test_only_a_link_plan_asks_for_households_and_others_read_as_before() -> None:
    link = replace(
        screening_plan(), kind=PlanKind.LINK, receiver="", dealer="", slot_table=0, households=True
    )

    assert Plan.from_bytes(link.to_bytes()) == link
    assert link.digest != replace(link, households=False).digest
    assert b"households" not in screening_plan().to_bytes()
    with pytest.raises(BadInputError, match="only a link plan asks for households"):
        replace(screening_plan(), households=True)
    for wrong in (_bytes(households=False), _bytes(households=1), _bytes(households="yes")):
        with pytest.raises(BadInputError, match="plan is wrong"):
            Plan.from_bytes(wrong)
