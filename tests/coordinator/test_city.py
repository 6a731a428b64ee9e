"""Roster and city secret: signatures, contributions, restarts."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from coordinator.city import collect_signatures, hand_over_roster, make_city_secret
from coordinator.errors import RosterMissingError
from coordinator.messages import HpkeSealed
from coordinator.process import CoordinatorProcess
from coordinator.rosters import roster_in_force
from coordinator.verbs.roster import advance, answer, build_roster, current_roster
from privacy.errors import EnishiError, ProtocolError, Text, UnreachableError
from tests.coordinator.federation import Federation, federate, three_departments
from tests.simulator import SimulatedNode


@pytest.fixture
def federation(process: CoordinatorProcess) -> Federation:
    return federate(process, three_departments(8))


def _nodes(federation: Federation) -> list[SimulatedNode]:
    return list(federation.peers.nodes.values())


def test_a_member_that_has_not_signed_is_waited_for(federation: Federation) -> None:
    roster = build_roster(federation.process, 1)
    federation.peers.nodes["school"].signs_roster = False

    signing = asyncio.run(collect_signatures(roster, {}, _nodes(federation)))

    assert set(signing.signatures) == {"residents", "welfare"}
    assert set(signing.waiting) == {"school"}


def test_a_member_that_is_down_is_waited_for(federation: Federation) -> None:
    roster = build_roster(federation.process, 1)
    federation.peers.nodes["school"].script.down_for = 1

    signing = asyncio.run(collect_signatures(roster, {}, _nodes(federation)))

    assert set(signing.waiting) == {"school"}


def test_a_signature_by_another_key_is_refused_by_name(federation: Federation) -> None:
    roster = build_roster(federation.process, 1)
    school = federation.peers.nodes["school"]
    school.identity = federation.peers.nodes["welfare"].identity

    with pytest.raises(ProtocolError, match="school"):
        asyncio.run(collect_signatures(roster, {}, [school]))


def test_a_roster_without_all_signatures_is_not_handed_over(federation: Federation) -> None:
    roster = build_roster(federation.process, 1)

    with pytest.raises(ProtocolError, match="Not all have signed"):
        asyncio.run(hand_over_roster(roster, {}, _nodes(federation)))

    assert not any(node.roster_accepted for node in _nodes(federation))


def test_contributions_reach_every_node_and_are_confirmed(federation: Federation) -> None:
    roster = build_roster(federation.process, 1)

    asyncio.run(make_city_secret(roster, 1, _nodes(federation)))

    assert all(node.calls["confirm_city"] == 1 for node in _nodes(federation))


def test_a_share_to_a_wrong_receiver_is_refused(federation: Federation) -> None:
    roster = build_roster(federation.process, 1)
    school = federation.peers.nodes["school"]

    async def wrong(*_: object) -> tuple[HpkeSealed, ...]:
        return (HpkeSealed("school", "school", bytes(32), b"x"),)

    school.send_contributions = wrong  # type: ignore[assignment,method-assign]  # scripted

    with pytest.raises(ProtocolError, match="school"):
        asyncio.run(make_city_secret(roster, 1, _nodes(federation)))


def test_the_roster_verb_ends_with_a_city_secret(federation: Federation) -> None:
    step = asyncio.run(advance(federation.process, federation.peers))

    assert step.waiting == {}
    assert step.city_epoch == 1
    assert set(answer(step).values["fingerprints"]) == {
        "coordinator",
        "dealer",
        "residents",
        "school",
        "welfare",
    }


def test_a_failed_contribution_starts_again_in_a_fresh_epoch(
    process: CoordinatorProcess, federation: Federation
) -> None:
    process.members.revoke("welfare")
    error: EnishiError = UnreachableError(Text("止", "down"))
    federation.peers.nodes["school"].script.fails = {"receive_contributions": [error]}
    assert federation.peers.one_dealer is not None
    _, roster = current_roster(process)
    membership = federation.peers.one_dealer.dealer.membership
    membership.propose(roster)
    membership.sign()

    step = asyncio.run(advance(process, federation.peers))

    assert step.roster.nodes == ("residents", "school")
    assert step.roster.city_epoch == 2
    assert step.city_epoch == 3


def test_a_changed_registry_makes_a_new_roster(
    process: CoordinatorProcess, federation: Federation
) -> None:
    before = roster_in_force(process)
    process.members.revoke("welfare")

    _, roster = current_roster(process)

    assert roster.city_epoch > before.city_epoch
    with pytest.raises(RosterMissingError):
        roster_in_force(process)
    assert replace(roster, city_epoch=1) != before
    assert federation.pauses == []
