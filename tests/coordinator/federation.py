"""A coordinator with simulated nodes, joined, in a roster that all have signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coordinator.config import DealerConfig
from coordinator.dealer import Dealer
from coordinator.driver import Driver
from coordinator.planning import plan_link, store_plan
from coordinator.process import CoordinatorProcess
from coordinator.process_keys import ProcessKeys
from coordinator.queries import query_of
from coordinator.rosters import roster_in_force
from coordinator.store.engine import Database
from coordinator.store.members import JoinCode, MemberRole, MemberState, Registered
from coordinator.store.rounds import SlotTable, add_slot_table
from coordinator.verbs.roster import build_roster
from privacy.canonical import canonical_bytes
from privacy.dp.ledger import Account
from privacy.encoding.schema import default_schema
from privacy.errors import NOTHING
from privacy.lookup.digits import Digit, DigitPlan
from privacy.lookup.tables import Table
from privacy.normalise.person import Person
from privacy.plan import Plan, PlanKind
from privacy.roster import Mode
from privacy.statistics.query import CountQuery, Dimension
from tests.self_tests import write_record
from tests.simulated_member import SimulatedMember
from tests.simulated_run import SimulatedDealer
from tests.simulator import SimulatedNode, SimulatedPeers

FAMILIES = ("サトウ", "スズキ", "タカハシ", "タナカ", "イトウ", "ワタナベ", "ヤマモト", "ナカムラ")
GIVEN = ("ハルト", "ユイ", "ソウタ", "アオイ", "リク", "ヒナ", "ユウト", "サクラ", "レン", "ミオ")


def people(count: int) -> list[Person]:
    """Return fictional people, each distinct."""
    made = []
    for number in range(count):
        family = FAMILIES[number % len(FAMILIES)]
        given = GIVEN[(number // len(FAMILIES)) % len(GIVEN)]
        made.append(
            Person(
                family=f"姓{number % len(FAMILIES)}",
                given=f"名{(number // len(FAMILIES)) % len(GIVEN)}",
                family_kana=family,
                given_kana=given,
                family_phonetic=family,
                given_phonetic=given,
                birth_date=f"20{10 + number % 7}-{1 + number % 12:02}-{1 + number % 28:02}",
                sex=str(1 + number % 2),
                town=f"町{number % 9}",
                block=f"{number % 30}-{number % 11}",
                resident_number=f"{number:010}",
            )
        )
    return made


@dataclass
class Federation:
    """A coordinator, its nodes, and what its driver logged."""

    process: CoordinatorProcess
    peers: SimulatedPeers
    events: list[tuple[str, dict[str, Any]]]
    pauses: list[float]

    def driver(self, on_step: Any = None) -> Driver:
        def log(event: str, **values: Any) -> None:
            self.events.append((event, values))

        async def pause(length: float) -> None:
            self.pauses.append(length)

        extra = {} if on_step is None else {"on_step": on_step}
        return Driver(self.process, self.peers, log, pause=pause, **extra)


def federate(process: CoordinatorProcess, nodes: Sequence[SimulatedNode]) -> Federation:
    """Register *nodes* and a dealer as joined; put a signed roster with a secret in force."""
    write_record(process.config.home)
    dealer = _dealer(process)
    for node in nodes:
        _register(process, node, MemberRole.NODE, sealed=node.mode is Mode.SEALED)
    _register(process, dealer, MemberRole.DEALER, sealed=False)
    roster = build_roster(process, 1)
    process.rosters.propose(1, roster.digest, canonical_bytes(roster.to_json()))
    process.rosters.accept(1)
    process.rosters.confirm_city(process.rosters.new_city_epoch(roster.digest, at_least=1))
    signatures = {m.member_id: roster.sign(m.identity) for m in (*nodes, dealer)}
    signatures["coordinator"] = roster.sign(process.keys.identity)
    membership = dealer.dealer.membership
    membership.propose(roster)
    membership.sign()
    membership.accept(roster, signatures)
    for node in nodes:
        node.roster = roster
        node.contribution = partial(contribute, node.member_id)
    return Federation(process, SimulatedPeers(nodes, dealer), [], [])


def _dealer(process: CoordinatorProcess) -> SimulatedDealer:
    home = process.config.home.parent / "dealer"
    home.mkdir()
    config = DealerConfig(city=process.config.city, home=home)
    keys = ProcessKeys(config.keys)
    keys.make()
    dealer = Dealer(config, Database(config.database_url), process.clock)
    return SimulatedDealer(dealer, keys.identity, keys.static)


def _register(
    process: CoordinatorProcess, found: SimulatedMember, role: MemberRole, *, sealed: bool
) -> None:
    member = Registered(
        member_id=found.member_id,
        role=role,
        name_ja=found.member_id,
        name_en=found.member_id,
        address="127.0.0.1:1",
        sealed=sealed,
    )
    code = JoinCode(found.member_id.encode(), found.member_id, process.clock())
    process.members.invite(member, code)
    joined = replace(
        member,
        state=MemberState.JOINED,
        identity_public=found.identity.public,
        static_public=found.static.public,
    )
    process.members.join(joined, code.code_hash, b"digest")


def linked(process: CoordinatorProcess, nodes: Sequence[SimulatedNode], slots: int) -> Federation:
    """Return a federation with a slot table of *slots* slots in force, as if linked."""
    federation = federate(process, nodes)
    digest = bytes(range(32))
    stored = store_plan(process, plan_link(process))
    with process.database.write() as connection:
        table = SlotTable(1, stored.round_id, digest, slots, process.clock().isoformat())
        add_slot_table(connection, table)
        process.rounds.move(
            stored,
            state="done",
            now=process.clock(),
            reason=NOTHING,
            values={},
            connection=connection,
        )
    for node in nodes:
        node.slots_total, node.slot_table_digest = slots, digest
    return federation


def three_departments(count: int = 60) -> list[SimulatedNode]:
    """Return two open departments and a sealed one that overlap."""
    everyone = people(count)
    return [
        SimulatedNode("residents", everyone),
        SimulatedNode("school", everyone[: count * 3 // 4][::-1]),
        SimulatedNode("welfare", everyone[::5], Mode.SEALED),
    ]


SLOTS = 30
MINE = tuple(range(20))
"""Slots of the receiver's own children."""
SIGNALLED = (3, 7, 11, 25)
"""Slots where another department's signal stands; 25 is no child of the receiver."""
HELD = (7,)
DECOYS = 5

DIGITS = DigitPlan(
    (
        Digit.of("signals:welfare", "welfare", 2),
        Digit.flag("hold", ("residents", "school", "welfare")),
        Digit.of("receiver", "school", 3),
    )
)


def screening_plan(process: CoordinatorProcess, most_listed: int = 10) -> Plan:
    """Return a screening: a welfare signal lists the school's children unless held."""
    grid = DIGITS.grid()
    rule = (grid["signals:welfare"] == 1) & (grid["hold"] == 0)
    table = Table.listing(DIGITS, "receiver", rule)
    return _run_plan(
        process,
        PlanKind.SCREEN,
        receiver="school",
        definition={"most_listed": most_listed},
        digits=DIGITS.canonical(),
        tables={"table": table.canonical()},
    )


def statistics_plan(process: CoordinatorProcess, rho_nano: int = 10_000_000) -> Plan:
    """Return a count of the school's children by level, anchored at the register."""
    query = CountQuery(
        Account("children", 2026),
        bytes(range(32)).hex(),
        ("residents", "school", "welfare"),
        "residents",
        (Dimension("D-02.level", "school", ("lower", "upper")),),
    )
    return _run_plan(
        process,
        PlanKind.STATISTICS,
        anchor="residents",
        definition=query.canonical(),
        digits=query.digits.canonical(),
        rho_nano=rho_nano,
    )


def contribute(member_id: str, plan: Plan, places: int) -> NDArray[np.int64]:
    """Return what a simulated node adds at each place."""
    if plan.kind is PlanKind.STATISTICS:
        return _counted(member_id, plan, places)
    values = {"signals:welfare": np.zeros(places, dtype=np.int64)}
    values |= {name: np.zeros(places, dtype=np.int64) for name in ("hold", "receiver")}
    if member_id == "welfare":
        values["signals:welfare"][list(SIGNALLED)] = 1
    if member_id == "residents":
        values["hold"][list(HELD)] = 1
    if member_id == "school":
        values["receiver"][list(MINE)] = 1
        values["receiver"][SLOTS : SLOTS + DECOYS] = 2
    weights = {digit.name: DIGITS.weight(digit.name) for digit in DIGITS.digits}
    return sum((weights[name] * v for name, v in values.items()), np.zeros(places, dtype=np.int64))


def _counted(member_id: str, plan: Plan, places: int) -> NDArray[np.int64]:
    query = query_of(plan)
    if member_id == "welfare":
        return np.zeros(places, dtype=np.int64)
    slots = np.arange(places) if member_id == "residents" else np.array(MINE)
    labels = {
        d.name: ["lower" if s < 12 else "upper" for s in slots] for d in query.held_by(member_id)
    }
    held = np.zeros(len(slots), dtype=np.bool_)
    return query.contribution(member_id, labels, slots, held, places).astype(np.int64)


def _run_plan(process: CoordinatorProcess, kind: PlanKind, **more: Any) -> Plan:
    roster, created = roster_in_force(process), process.clock()
    return Plan(
        kind=kind,
        purpose="sos_support",
        legal_basis=(),
        items={"school": ("D-02",), "welfare": ("D-39",)},
        nodes=roster.nodes,
        roster_digest=roster.digest,
        link_epoch=1,
        schema_digest=default_schema().digest,
        created=created,
        expires=created + timedelta(days=14),
        slot_table=1,
        dealer="dealer",
        **more,
    )
