"""The dealer: what it checks, what it repeats, what it destroys."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from coordinator.config import DealerConfig
from coordinator.dealer import Dealer
from coordinator.dealing import DealRequest, RunSeeds, pack_seeds, unpack_seeds
from coordinator.messages import RunId
from coordinator.planning import store_plan
from coordinator.process import CoordinatorProcess
from privacy.errors import ProtocolError, RefusedError
from privacy.plan import Plan
from privacy.transcript import Ready, transcript
from tests.coordinator.conftest import TurnedClock
from tests.coordinator.federation import (
    SLOTS,
    Federation,
    linked,
    screening_plan,
    three_departments,
)


def _request(process: CoordinatorProcess, federation: Federation, plan: Plan) -> DealRequest:
    stored = store_plan(process, plan)
    readys = asyncio.run(_readys(federation, plan))
    run = RunId(plan.digest, transcript(plan.digest, "dealer", readys))
    return DealRequest(plan, "coordinator", stored.plan_signature, run, tuple(readys), SLOTS)


async def _readys(federation: Federation, plan: Plan) -> Sequence[Ready]:
    for node in federation.peers.nodes.values():
        node.knows(plan)
    return [await federation.peers.nodes[n].make_ready(plan.digest) for n in plan.nodes]


@pytest.fixture
def federation(process: CoordinatorProcess) -> Federation:
    return linked(process, three_departments(8), SLOTS)


@pytest.fixture
def dealer(federation: Federation) -> Dealer:
    assert federation.peers.one_dealer is not None
    return federation.peers.one_dealer.dealer


@pytest.fixture
def request_(process: CoordinatorProcess, federation: Federation) -> DealRequest:
    return _request(process, federation, screening_plan(process))


def test_the_same_request_gets_the_same_bytes(dealer: Dealer, request_: DealRequest) -> None:
    assert list(dealer.deal(request_)) == list(dealer.deal(request_))


def test_every_node_gets_its_seeds_and_one_the_correction(
    dealer: Dealer, request_: DealRequest
) -> None:
    parts = list(dealer.deal(request_))

    assert [p.receiver for p in parts if p.seeds] == ["residents", "school", "welfare"]
    assert len({p.receiver for p in parts if p.correction}) == 1


def test_another_request_in_the_same_run_is_refused(dealer: Dealer, request_: DealRequest) -> None:
    list(dealer.deal(request_))

    with pytest.raises(ProtocolError, match="Another request"):
        list(dealer.deal(replace(request_, slots=SLOTS + 1)))


def test_a_wrong_signature_is_refused(dealer: Dealer, request_: DealRequest) -> None:
    with pytest.raises(ProtocolError, match="signature"):
        list(dealer.deal(replace(request_, signature=bytes(64))))


def test_a_missing_ready_changes_the_transcript_and_is_refused(
    dealer: Dealer, request_: DealRequest
) -> None:
    with pytest.raises(ProtocolError, match="transcript"):
        list(dealer.deal(replace(request_, readys=request_.readys[:2])))


def test_a_foreign_ready_is_refused(dealer: Dealer, request_: DealRequest) -> None:
    forged = replace(request_.readys[0], nonce=bytes(32))

    with pytest.raises(ProtocolError, match="signature"):
        list(dealer.deal(replace(request_, readys=(forged, *request_.readys[1:]))))


def test_an_expired_plan_is_refused(
    dealer: Dealer, request_: DealRequest, clock: TurnedClock
) -> None:
    clock.turn(days=15)

    with pytest.raises(RefusedError, match="expired"):
        list(dealer.deal(request_))


@pytest.mark.parametrize("slots", [0, 1_000_001])
def test_a_run_of_another_size_than_the_dealer_deals_for_is_refused(
    dealer: Dealer, request_: DealRequest, slots: int
) -> None:
    with pytest.raises(RefusedError, match="slots"):
        list(dealer.deal(replace(request_, slots=slots)))


def test_cards_are_opened_once_for_one_list(dealer: Dealer, request_: DealRequest) -> None:
    list(dealer.deal(request_))

    first = dealer.open_cards(request_.run, (1, 2))

    assert dealer.open_cards(request_.run, (1, 2)) == first
    assert first.receiver == "school"
    with pytest.raises(ProtocolError, match="Another request"):
        dealer.open_cards(request_.run, (3,))


def test_more_cards_than_the_plan_allows_are_refused(dealer: Dealer, request_: DealRequest) -> None:
    list(dealer.deal(request_))

    with pytest.raises(RefusedError, match="cap"):
        dealer.open_cards(request_.run, tuple(range(75)))


@pytest.mark.parametrize("positions", [(2, 1), (1, 1), (SLOTS + 64,)])
def test_positions_outside_the_run_are_refused(
    dealer: Dealer, request_: DealRequest, positions: tuple[int, ...]
) -> None:
    list(dealer.deal(request_))

    with pytest.raises(ProtocolError, match="positions"):
        dealer.open_cards(request_.run, positions)


def test_cards_of_an_unknown_run_are_refused(dealer: Dealer, request_: DealRequest) -> None:
    with pytest.raises(ProtocolError, match="not here"):
        dealer.open_cards(request_.run, (1,))


def test_an_ended_run_is_dealt_for_no_more(
    dealer: Dealer, request_: DealRequest, process: CoordinatorProcess
) -> None:
    list(dealer.deal(request_))

    dealer.end_run(request_.run)
    dealer.end_run(request_.run)

    assert not list((process.config.home.parent / "dealer" / "keys" / "runs").glob("*"))
    with pytest.raises(ProtocolError, match="ended"):
        list(dealer.deal(request_))
    with pytest.raises(ProtocolError, match="not here"):
        dealer.open_cards(request_.run, (1,))


def test_the_seeds_of_a_run_that_nobody_ends_go_with_its_plan(
    dealer: Dealer, request_: DealRequest, clock: TurnedClock
) -> None:
    list(dealer.deal(request_))
    assert dealer._keys.keystore.names("runs")
    clock.now = request_.plan.expires

    dealer.end_overdue()

    assert dealer._keys.keystore.names("runs") == []
    with pytest.raises(ProtocolError):
        list(dealer.deal(request_))


def test_the_dealer_s_log_verifies(
    dealer: Dealer, request_: DealRequest, federation: Federation
) -> None:
    list(dealer.deal(request_))
    head = dealer.membership.head("run")
    keys = {m.node_id: m.identity_public for m in dealer.membership.roster().members}

    head.check(keys)

    assert head.head.number >= 3
    assert federation.process.config.city == "toda"


def test_a_rewritten_log_is_not_countersigned(
    dealer: Dealer, federation: Federation, request_: DealRequest
) -> None:
    node = federation.peers.nodes["school"]
    signed = asyncio.run(node.exchange_heads(request_.run))
    dealer.membership.countersign([signed])
    forged = replace(signed.head, digest="00" * 32)
    rewritten = type(signed).of(forged, node.identity.sign)

    with pytest.raises(ProtocolError, match="rewritten"):
        dealer.membership.countersign([rewritten])


def test_a_log_that_became_shorter_is_not_countersigned(
    dealer: Dealer, federation: Federation, request_: DealRequest
) -> None:
    node = federation.peers.nodes["school"]
    signed = asyncio.run(node.exchange_heads(request_.run))
    longer = type(signed).of(
        replace(signed.head, number=signed.head.number + 2), node.identity.sign
    )
    dealer.membership.countersign([longer])

    with pytest.raises(ProtocolError, match="rewritten"):
        dealer.membership.countersign([signed])


def test_seeds_do_not_print() -> None:
    seeds = RunSeeds(b"s" * 32, b"c" * 32)

    assert "sss" not in repr(seeds)
    assert unpack_seeds(pack_seeds({"a": seeds, "b": seeds})) == {"a": seeds, "b": seeds}


def test_a_dealer_needs_its_roster(
    process: CoordinatorProcess, federation: Federation, dealer: Dealer
) -> None:
    roster = dealer.membership.roster()
    other = replace(roster, city_epoch=roster.city_epoch + 1)

    assert dealer.membership.propose(other) is None
    assert federation.peers.one_dealer is not None
    everyone = [*federation.peers.nodes.values(), federation.peers.one_dealer]
    signatures = {m.member_id: other.sign(m.identity) for m in everyone}
    signatures["coordinator"] = other.sign(process.keys.identity)
    with pytest.raises(RefusedError, match="not signed"):
        dealer.membership.accept(other, signatures)


def test_a_roster_with_other_keys_of_the_dealer_is_refused(
    dealer: Dealer, federation: Federation
) -> None:
    roster = dealer.membership.roster()
    wrong = tuple(
        replace(m, static_public=bytes(31) + b"\x09") if m.node_id == "dealer" else m
        for m in roster.members
    )

    with pytest.raises(ProtocolError, match="other keys"):
        dealer.membership.propose(replace(roster, members=wrong, city_epoch=9))
    assert DealerConfig(city="toda").dealer == "dealer"
    assert federation.events == []


def test_the_dealer_signs_only_the_roster_that_was_compared(dealer: Dealer) -> None:
    proposed = dealer.membership.proposed()
    assert proposed is not None

    with pytest.raises(RefusedError, match="No roster of this digest"):
        dealer.membership.sign("00" * 32)

    assert dealer.membership.sign(proposed.digest.hex()) == proposed
