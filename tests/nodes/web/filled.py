"""A node's database as its pages find it after a few weeks."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from nodes.config import NodeConfig, PolicyConfig
from nodes.store import Store
from nodes.store.alerts import StoredAlert
from nodes.store.journal import SentRow
from nodes.store.people import ImportSummary, StoredRow
from nodes.store.rounds import StoredPlan
from privacy.canonical import canonical_bytes
from privacy.dp.ledger import Account, Entry, EntryState
from privacy.dp.loss import Rho
from privacy.normalise.person import Person

NOW = datetime(2026, 7, 6, 1, 30, tzinfo=UTC)
AT = NOW.isoformat()
CHILD = Person(family="佐藤", given="花子", family_kana="サトウ", birth_date="2015-04-02")
SECRETS = ("佐藤", "花子", "サトウ", "2015-04-02", "row-1", "absent", "欠席")


def config(home: Path, *, sealed: bool = False) -> NodeConfig:
    return NodeConfig(
        node="school",
        city="toda",
        name_ja="学校（校務支援）",
        name_en="School affairs",
        sealed=sealed,
        policy=PolicyConfig(purposes=("child-support",)),
        home=home,
    )


REASON = (
    '{"fix":["直し方。","Mend it."],'
    '"what":["policy.purposes: 目的","policy.purposes: child-support"]}'
)


def plan(kind: str, decision: str, reason: str = "") -> StoredPlan:
    digest = kind.encode().hex().ljust(64, "0")
    by = "policy" if decision != "pending" else ""
    return StoredPlan(digest, kind, b"{}", b"", AT, decision, AT, by, reason)


def fill(store: Store) -> None:
    rho = Rho.of("0.025")
    charge = Entry(Account("children", 2026), "ab" * 32, "cd" * 32, rho, EntryState.CHARGED)
    with store.transaction() as tables:
        tables.records.replace([StoredRow("row-1", 0), StoredRow("row-2", -1, "empty")], [CHILD])
        tables.imports.add(ImportSummary(AT, "児童生徒名簿.csv", "00" * 32, 2, 1, "{}"))
        tables.facts.replace("D-07", AT, 1, b"row_id,period,absent\nrow-1,2026-05,12\n")
        for one in (
            plan("link", "approved"),
            plan("screen", "pending"),
            plan("statistics", "refused", REASON),
        ):
            tables.plans.add(one)
        tables.alerts.add(
            StoredAlert("aa" * 32, "bb" * 32, 0, "row-1", "lookup", AT, AT, 3, b"", "sealed")
        )
        for number in range(10):
            tables.sent.add(
                SentRow(
                    at=AT,
                    plan_digest="6c" * 32,
                    purpose="child-support",
                    step=f"encodings/{number}",
                    recipient="coordinator",
                    fields="views, tokens",
                    rows=1_310,
                    bytes=377_280,
                )
            )
        tables.ledger.append(AT, canonical_bytes(charge.canonical()).decode())
