"""A coordinator's database with one round of each fate, as the pages find it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from coordinator.store.audit import AuditLog
from coordinator.store.engine import Database
from coordinator.store.members import JoinCode, MemberRole, MemberState, MemberStore, Registered
from coordinator.store.releases import StoredRelease, add_release
from coordinator.store.rounds import RoundStore, SlotTable, StoredRound, add_slot_table
from privacy.audit import EntryKind
from privacy.canonical import Json, canonical_bytes
from privacy.errors import Text
from privacy.linkage.breakdown import Conflict, DepartmentQuality, LinkedBy, PairQuality
from privacy.linkage.explain import Explanation, Step
from privacy.linkage.quality import Cuts, Estimate, QualityReport
from privacy.linkage.sample import Kind, SampledPair
from privacy.linkage.verdicts import Outcome, Reviewer
from privacy.plan import Plan, PlanKind

NOW = datetime(2026, 7, 6, 1, 30, tzinfo=UTC)
NODES = ("residents", "school", "welfare")
NAMES = {
    "residents": Text("住民記録", "Resident records"),
    "school": Text("学校", "School affairs"),
    "welfare": Text("福祉", "Welfare"),
    "dealer": Text("ディーラー", "Dealer"),
}
OWN = (*[0] * 14, 12, *[0] * 8, 40, *[0] * 6, 300, *[0] * 9)
REVIEW = Outcome(
    pairs=20,
    both=16,
    agreed=12,
    joined=3,
    parted=1,
    lone=1,
    departments=(
        Reviewer("residents", 20, 18, 4, 5, 5, 4, 4),
        Reviewer("school", 20, 16, 2, 5, 4, 4, 1),
    ),
    questions=15,
)
QUALITY = QualityReport(
    review=REVIEW,
    clusters=1_893,
    departments=(
        DepartmentQuality("residents", 1_830, 1_604, 88, 138, 2, OWN),
        DepartmentQuality("school", 1_310, 1_102, 131, 77, 0, OWN),
    ),
    linked_pairs=1_671,
    review_pairs=23,
    number_conflicts=3,
    precision=Estimate(997_200, 994_100, 999_000),
    recall=Estimate(985_400, 979_900, 990_300),
    lowest_weight=-20,
    histogram=(
        *(2_804, *[0] * 8, 3, 9, 21, 64, 41, 33, 18, 12, 9, 4, 3),
        *(5, 8, 9, 14, 22, 31, 40, 66, 90, 120, 160, *[0] * 8, 1_086),
    ),
    linked_histogram=(*[0] * 20, 4, 8, 9, 14, 22, 31, 40, 66, 90, 120, 160, *[0] * 8, 1_086),
    department_pairs=(PairQuality(("residents", "school"), LinkedBy(1_204, 431, 0, 36), 23, 3),),
    cluster_sizes=(222, 1_671),
    conflicts={Conflict.NUMBERS_DIFFER: 3, Conflict.DEPARTMENT_TAKEN: 5},
    threshold=Cuts(500_000, 100_000, 900_000, True),
    sample=(
        SampledPair(
            1,
            Kind.NEAR,
            ("residents", "school"),
            True,
            Explanation(
                (
                    Step("prior", "prior", None, -7_100_000),
                    Step("view", "first/all", 612, 5_400_000),
                    Step("view", "first/kana", None, 1_200_000),
                    Step("view", "first/kanji", 45, -400_000),
                    Step("token", "T1", 0, 0),
                    Step("token", "number", 0, 0),
                    Step("identity", "identity", None, 0),
                    Step("rivals", "rivals", None, -200_000),
                ),
                -900_000,
                249_740,
            ),
        ),
    ),
)


def make_plan(kind: PlanKind) -> Plan:
    return Plan(
        kind=kind,
        purpose="child-support",
        legal_basis=("ordinance-12",),
        items={} if kind is PlanKind.LINK else {"school": ("D-02", "D-07"), "welfare": ("D-39",)},
        nodes=NODES,
        roster_digest=b"r" * 32,
        link_epoch=1,
        schema_digest=b"s" * 32,
        created=NOW - timedelta(hours=2),
        expires=NOW + timedelta(days=14),
        slot_table=0 if kind is PlanKind.LINK else 1,
        dealer="" if kind is PlanKind.LINK else "dealer",
        receiver="school" if kind is PlanKind.SCREEN else "",
        anchor="residents" if kind is PlanKind.STATISTICS else "",
        rho_nano=25_000_000 if kind is PlanKind.STATISTICS else 0,
        definition=None if kind is PlanKind.LINK else {"name": "d"},
        digits=None if kind is PlanKind.LINK else [],
        tables=None if kind is PlanKind.LINK else [],
    )


def stored(plan: Plan, state: str, reason: Text | None = None) -> StoredRound:
    why = reason or Text("", "")
    return StoredRound(
        round_id=plan.digest.hex(),
        kind=plan.kind.value,
        state=state,
        plan=plan.to_bytes(),
        plan_signature=b"",
        created=plan.created,
        updated=plan.created + timedelta(minutes=5),
        expires=plan.expires,
        reason_ja=why.ja,
        reason_en=why.en,
    )


def add_members(database: Database) -> None:
    registry = MemberStore(database)
    for number, (member_id, name) in enumerate(NAMES.items()):
        member = Registered(
            member_id=member_id,
            role=MemberRole.DEALER if member_id == "dealer" else MemberRole.NODE,
            name_ja=name.ja,
            name_en=name.en,
            address=f"127.0.0.1:{50_051 + number}",
            sealed=member_id == "welfare",
        )
        code = bytes([number]) * 32
        registry.invite(member, JoinCode(code, member_id, NOW + timedelta(hours=72)))
        if member_id != "dealer":
            ends = (NOW + timedelta(days=397)).isoformat()
            joined = replace(member, state=MemberState.JOINED, certificate_ends=ends)
            registry.join(joined, code, b"d" * 32)


def fill(database: Database) -> dict[str, str]:
    """Fill *database*; return round ids: a link done, a screen waiting, a statistic refused."""
    add_members(database)
    rounds = RoundStore(database)
    link = stored(make_plan(PlanKind.LINK), "done")
    screen = stored(make_plan(PlanKind.SCREEN), "proposed")
    refusal = Text("福祉: 目的が許されていません。", "welfare: the purpose is not allowed.")
    statistics = stored(make_plan(PlanKind.STATISTICS), "refused")
    for one in (link, screen, statistics):
        rounds.add(one, {"quality": canonical_bytes(QUALITY.to_json())} if one is link else {})
    waiting = Text("担当者の承認を待っています。", "Its operator has not approved the plan yet.")
    rounds.wait(screen.round_id, {"welfare": waiting}, NOW)
    with database.write() as connection:
        here = replace(statistics, state="refused")
        rounds.move(
            here, state="refused", now=NOW, reason=refusal, values={}, connection=connection
        )
        add_slot_table(connection, SlotTable(1, link.round_id, b"t" * 32, 1_893, NOW.isoformat()))
        add_release(
            connection, StoredRelease("ab" * 32, statistics.round_id, 1, release_body(), NOW)
        )
    log = AuditLog(database, "coordinator")
    about = {"round": link.round_id, "kind": "link", "state": "approved"}
    log.note(EntryKind.COMPUTED, link.created + timedelta(minutes=2), about)
    return {"link": link.round_id, "screen": screen.round_id, "statistics": statistics.round_id}


def release_body() -> bytes:
    counts = {("7", "A小"): 61, ("7", "B小"): 48, ("8", "A小"): 55, ("8", ""): -3}
    cells: list[Json] = [
        {"labels": list(labels), "value": value, "half_width": 11}
        for labels, value in counts.items()
    ]
    query: Json = {
        "kind": "count",
        "population": "children",
        "fiscal_year": 2026,
        "slot_table": "1",
        "nodes": list(NODES),
        "anchor": "residents",
        "dimensions": [],
    }
    return canonical_bytes(
        {
            "query": query,
            "dimensions": ["学年", "学校"],
            "cells": cells,
            "nano_rho": 25_000_000,
            "epsilon_millionths": 1_180_000,
            "coverage_millionths": 950_000,
        }
    )
