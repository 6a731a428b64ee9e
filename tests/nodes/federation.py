"""Three nodes and a dealer in one process: real stores, keys and drivers, no network."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from nodes.config import NodeConfig, PolicyConfig, StandingApproval
from nodes.driver.context import IDENTITY, STATIC, NodeContext
from nodes.driver.enrolment import Enrolment
from nodes.driver.plans import Decision, Plans
from nodes.driver.slots import keep_slot_table
from nodes.messages import SlotPiece
from nodes.store import Store
from nodes.store.people import StoredRow
from privacy.encoding.schema import default_schema
from privacy.errors import Text
from privacy.identity import AgreementKey, IdentityKey
from privacy.normalise.person import Person
from privacy.plan import Plan, PlanKind
from privacy.roster import Member, Mode, Role, Roster
from protos.keystore import Keystore
from tests.self_tests import tested

NODES = ("school", "survey", "welfare")
NOW = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
SAMPLES = Path(__file__).resolve().parents[2] / "deploy" / "samples"
PURPOSES = ("linkage", "sos_support", "school_karte")
CHILDREN = 150


@dataclass
class Clock:
    """A clock that tests move."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


def approved_governance(folder: Path) -> None:
    """Write the samples with approvers filled in: a fictional board has approved them."""
    folder.mkdir()
    for name in ("catalogue", "purposes", "bases", "staff"):
        text = (SAMPLES / f"{name}.yaml").read_text(encoding="utf-8")
        (folder / f"{name}.yaml").write_text(
            text.replace("案（", "架空（").replace("（案）", "（架空）"), encoding="utf-8"
        )


@dataclass
class Federation:
    """Nodes that share a roster, a city key and a slot table."""

    contexts: dict[str, NodeContext]
    roster: Roster
    coordinator: IdentityKey
    dealer: AgreementKey
    clock: Clock

    def plan(self, kind: PlanKind, **values: object) -> Plan:
        """Return a plan of *kind* on the federation's roster and newest slot table."""
        defaults: dict[str, object] = {
            "kind": kind,
            "purpose": "linkage" if kind is PlanKind.LINK else "sos_support",
            "legal_basis": (),
            "items": {},
            "nodes": NODES,
            "roster_digest": self.roster.digest,
            "link_epoch": 1,
            "schema_digest": default_schema().digest,
            "created": NOW - timedelta(minutes=1),
            "expires": NOW + timedelta(days=7),
        }
        if kind is not PlanKind.LINK:
            defaults |= {"slot_table": 1, "dealer": "dealer"}
        made = {**defaults, **values}
        if kind is PlanKind.LINK:
            made["definition"] = tested(made["schema_digest"], made.get("definition"))
        return Plan(**made)  # type: ignore[arg-type]

    def approve(self, plan: Plan) -> None:
        """Have every node review *plan*; standing approvals decide."""
        signature = plan.sign(self.coordinator)
        for context in self.contexts.values():
            review = Plans(context).review(plan, "coordinator", signature)
            assert review.decision is Decision.APPROVED, review.error


def make_federation(
    folder: Path, *, city_key: bool = True, slots: bool = True, sealed: Sequence[str] = ()
) -> Federation:
    """Make three nodes with 150 children each, all the same ones, in another order."""
    clock = Clock()
    contexts = {node: _context(folder / node, node, clock, sealed=node in sealed) for node in NODES}
    coordinator, dealer = IdentityKey.generate(), AgreementKey.generate()
    members = [
        Member(
            node,
            Role.NODE,
            Text(node, node),
            context.identity.public,
            context.static.public,
            Mode.SEALED if node in sealed else Mode.OPEN,
        )
        for node, context in contexts.items()
    ]
    other = (IdentityKey.generate().public, AgreementKey.generate().public)
    members.append(
        Member("coordinator", Role.COORDINATOR, Text("統括", "C"), coordinator.public, other[1])
    )
    members.append(Member("dealer", Role.DEALER, Text("配布", "D"), other[0], dealer.public))
    roster = Roster("112241", 1, tuple(sorted(members, key=lambda m: m.node_id)))
    federation = Federation(contexts, roster, coordinator, dealer, clock)
    sign_roster(federation)
    if city_key:
        make_city_key(federation)
    if slots:
        _give_slots(federation)
    return federation


def _context(home: Path, node: str, clock: Clock, *, sealed: bool) -> NodeContext:
    home.mkdir(parents=True)
    approved_governance(home / "governance")
    until = date(2027, 3, 31)
    approvals = tuple(
        StandingApproval(kind=kind, purpose=purpose, until=until, approved_by="approver1")
        for kind in ("link", "screen", "statistics")
        for purpose in PURPOSES
    )
    config = NodeConfig(
        node=node,
        city="112241",
        name_ja=node,
        name_en=node,
        sealed=sealed,
        policy=PolicyConfig(purposes=PURPOSES),
        standing_approvals=approvals,
        home=home,
    )
    keys = Keystore(home / "keys")
    keys.write(IDENTITY, IdentityKey.generate().seed)
    keys.write(STATIC, AgreementKey.generate().private)
    context = NodeContext(config, Store.open(home), keys, clock)
    rows = [StoredRow(f"{node}-{number}", number) for number in range(CHILDREN)]
    with context.store.transaction() as tables:
        tables.records.replace(rows, [child(number) for number in range(CHILDREN)])
    return context


def child(number: int) -> Person:
    """Return one fictional child, distinct for each number."""
    family = ("サトウ", "スズキ", "タカハシ", "タナカ", "イトウ")[number % 5]
    given = ("ハルト", "ユイ", "ソウタ", "アオイ", "リク", "ヒナ")[number // 5 % 6]
    return Person(
        family=f"姓{number % 5}",
        given=f"名{number // 5 % 6}",
        family_kana=family,
        given_kana=given,
        family_phonetic=family,
        given_phonetic=given,
        birth_date=f"20{10 + number % 7}-{1 + number % 12:02}-{1 + number % 28:02}",
        sex=str(1 + number % 2),
        town=f"町{number % 9}",
        block=f"{number % 30}-{number}",
        resident_number=f"{1000 + number}",
    )


def sign_roster(federation: Federation) -> None:
    """Sign the federation's roster by all members and have every node accept it."""
    # The dealer's signature comes from a key that only this function sees.
    dealer = IdentityKey.generate()
    members = tuple(
        replace(m, identity_public=dealer.public) if m.node_id == "dealer" else m
        for m in federation.roster.members
    )
    federation.roster = Roster(federation.roster.city, federation.roster.city_epoch, members)
    roster = federation.roster
    signatures = {
        "coordinator": roster.sign(federation.coordinator),
        "dealer": roster.sign(dealer),
    }
    for node, context in federation.contexts.items():
        enrolment = Enrolment(context)
        assert enrolment.propose(roster) is None
        enrolment.sign(roster.digest.hex())
        signature = enrolment.propose(roster)
        assert signature is not None
        signatures[node] = signature
    for context in federation.contexts.values():
        Enrolment(context).accept(roster, signatures)


def make_city_key(federation: Federation) -> None:
    """Run the contribution protocol, relaying as the coordinator does."""
    digest = federation.roster.digest
    nodes = {node: Enrolment(context) for node, context in federation.contexts.items()}
    commitments = {node: one.commit(digest) for node, one in nodes.items()}
    sent = {node: one.contributions(digest, commitments) for node, one in nodes.items()}
    tags = {
        node: one.receive(
            digest, {sender: boxes[node] for sender, boxes in sent.items() if sender != node}
        )
        for node, one in nodes.items()
    }
    for one in nodes.values():
        one.confirm(digest, tags)


def _give_slots(federation: Federation) -> None:
    """Give record number k of every node the same slot, as a perfect linkage would."""
    slot_of = np.argsort(np.frombuffer(secrets.token_bytes(8 * CHILDREN), dtype="<u8"))
    plan = federation.plan(PlanKind.LINK)
    federation.approve(plan)
    told = SlotPiece(1, b"t" * 32, CHILDREN, CHILDREN, 0, np.zeros(0, dtype=np.uint32))
    for context in federation.contexts.values():
        records = np.arange(CHILDREN, dtype=np.uint32)
        keep_slot_table(context, plan, told, records, slot_of.astype(np.uint32))
