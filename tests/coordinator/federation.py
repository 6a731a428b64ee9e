"""A coordinator with simulated nodes, joined, in a roster that all have signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from coordinator.driver import Driver
from coordinator.process import CoordinatorProcess
from coordinator.store.members import JoinCode, MemberRole, MemberState, Registered
from coordinator.verbs.roster import build_roster
from privacy.canonical import canonical_bytes
from privacy.normalise.person import Person
from privacy.roster import Mode
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
    """Register *nodes* as joined and put a signed roster with a city secret in force."""
    for node in nodes:
        member = Registered(
            member_id=node.member_id,
            role=MemberRole.NODE,
            name_ja=node.member_id,
            name_en=node.member_id,
            address="127.0.0.1:1",
            sealed=node.mode is Mode.SEALED,
        )
        code = JoinCode(node.member_id.encode(), node.member_id, process.clock())
        process.members.invite(member, code)
        joined = replace(
            member,
            state=MemberState.JOINED,
            identity_public=node.identity.public,
            static_public=node.static.public,
        )
        process.members.join(joined, code.code_hash, b"digest")
    roster = build_roster(process, 1)
    process.rosters.propose(1, roster.digest, canonical_bytes(roster.to_json()))
    process.rosters.accept(1)
    process.rosters.confirm_city(process.rosters.new_city_epoch(roster.digest, at_least=1))
    return Federation(process, SimulatedPeers(nodes), [], [])


def three_departments(count: int = 60) -> list[SimulatedNode]:
    """Return two open departments and a sealed one that overlap."""
    everyone = people(count)
    return [
        SimulatedNode("residents", everyone),
        SimulatedNode("school", everyone[: count * 3 // 4][::-1]),
        SimulatedNode("welfare", everyone[::5], Mode.SEALED),
    ]
