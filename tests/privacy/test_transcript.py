"""Readys and the transcript: bound to everything, checked by everyone; who may be missing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.errors import ProtocolError, RefusedError
from privacy.transcript import (
    Ready,
    RoleKey,
    check_missing,
    check_readys,
    transcript,
)
from tests.privacy.members import (
    NODES,
    NOW,
    identity,
    ready,
    readys,
    roster,
    screening_plan,
    seed,
    statistics_plan,
)

VECTOR = json.loads(
    (Path(__file__).parents[1] / "vectors" / "plan" / "run.json").read_text("utf-8")
)
PLAN = screening_plan()
READYS = readys(PLAN)
TRANSCRIPT = transcript(PLAN.digest, "dealer", READYS)
STALE = RoleKey(seed("role"), "school-support", int(NOW.timestamp()))


def _with(changed: Ready, *, sign: bool = True) -> list[Ready]:
    """The Readys with one replaced."""
    final = changed.signed(identity(changed.node_id)) if sign else changed
    return [final if r.node_id == final.node_id else r for r in READYS]


def test_readys_and_transcript_have_their_vectors() -> None:
    for one in READYS:
        assert one.body().hex() == VECTOR["readys"][one.node_id]["body"]
        assert one.signature.hex() == VECTOR["readys"][one.node_id]["signature"]
    assert TRANSCRIPT.hex() == VECTOR["transcript"]


@given(st.permutations(READYS))
def test_the_transcript_does_not_depend_on_the_order_of_arrival(order: Sequence[Ready]) -> None:
    assert transcript(PLAN.digest, "dealer", order) == TRANSCRIPT
    check_readys(PLAN, roster(), order, NOW)


def test_everything_said_changes_the_transcript() -> None:
    base = ready("health", PLAN)
    variants = [
        replace(base, nonce=b"n" * 32),
        replace(base, ephemeral_public=b"e" * 32),
        replace(base, policy_digest=b"q" * 32),
        replace(base, slot_table_digest=b"u" * 32),
        replace(base, roster_digest=b"r" * 32),
        replace(base, plan_digest=b"d" * 32),
        replace(base, ledger_total_nano=6),
        replace(base, role_key=STALE),
    ]
    digests = {transcript(PLAN.digest, "dealer", _with(v)) for v in variants}
    digests |= {
        TRANSCRIPT,
        transcript(PLAN.digest, "coordinator", READYS),
        transcript(b"x" * 32, "dealer", READYS),
        transcript(PLAN.digest, "dealer", READYS[1:]),
    }
    assert len(digests) == len(variants) + 4


def test_a_signature_cannot_be_moved_to_a_changed_ready() -> None:
    for changed in (
        replace(READYS[0], ledger_total_nano=0),
        replace(READYS[0], nonce=b"n" * 32),
        replace(READYS[0], signature=READYS[1].signature),
        replace(READYS[0], signature=b""),
    ):
        with pytest.raises(ProtocolError, match="signature of health is wrong"):
            check_readys(PLAN, roster(), _with(changed, sign=False), NOW)


@pytest.mark.parametrize(
    ("node_id", "changes", "said"),
    [
        ("health", {"plan_digest": b"d" * 32}, "another plan or roster"),
        ("health", {"roster_digest": b"d" * 32}, "another plan or roster"),
        ("survey", {"slot_table_digest": b"d" * 32}, "slot table differs"),
        ("survey", {"nonce": b"short"}, "another size"),
        ("survey", {"ephemeral_public": b""}, "another size"),
        ("survey", {"nonce": seed("nonce health")}, "key or nonce of another node"),
        ("survey", {"ephemeral_public": READYS[0].ephemeral_public}, "key or nonce of another"),
        ("survey", {"role_key": STALE}, "receiver alone"),
        ("school", {"role_key": None}, "receiver alone"),
        ("school", {"role_key": STALE}, "wrong or expired"),
    ],
)
def test_a_ready_that_does_not_belong_here_names_its_node(
    node_id: str, changes: dict[str, object], said: str
) -> None:
    changed = replace(ready(node_id, PLAN), **changes)  # type: ignore[arg-type] # by name
    with pytest.raises(ProtocolError, match=f"Ready of {node_id} cannot be used: .*{said}"):
        check_readys(PLAN, roster(), _with(changed), NOW)


def test_strangers_doubles_and_other_rosters_are_refused() -> None:
    with pytest.raises(ProtocolError, match="two Readys of one node"):
        check_readys(PLAN, roster(), [*READYS, READYS[0]], NOW)
    stranger = replace(READYS[0], node_id="dealer").signed(identity("dealer"))
    with pytest.raises(ProtocolError, match="does not name this node"):
        check_readys(PLAN, roster(), [*READYS, stranger], NOW)
    with pytest.raises(ProtocolError, match="another roster"):
        check_readys(PLAN, replace(roster(), city_epoch=2), READYS, NOW)


def test_a_node_of_the_roster_cannot_deal() -> None:
    plan = replace(PLAN, dealer="welfare")
    with pytest.raises(ProtocolError, match="node cannot be the dealer"):
        check_readys(plan, roster(), readys(plan), NOW)


def test_missing_nodes_that_the_plan_does_not_use_are_named() -> None:
    uses = {n: n in {"school", "welfare"} for n in NODES}
    assert check_missing(PLAN, NODES, uses, 3) == ()
    assert check_missing(PLAN, ("residents", "school", "welfare"), uses, 3) == ("health", "survey")


@pytest.mark.parametrize("gone", ["school", "welfare"])
def test_the_receiver_and_every_contributing_node_must_stay(gone: str) -> None:
    uses = {n: n == "welfare" for n in NODES}
    with pytest.raises(RefusedError, match=f"missing: {gone}"):
        check_missing(PLAN, [n for n in NODES if n != gone], uses, 3)


def test_the_anchor_must_stay_and_unknown_use_counts_as_use() -> None:
    uses = dict.fromkeys(NODES, False)
    plan = statistics_plan()
    with pytest.raises(RefusedError, match="missing: residents"):
        check_missing(plan, [n for n in NODES if n != "residents"], uses, 3)
    with pytest.raises(RefusedError, match="missing: survey"):
        check_missing(plan, [n for n in NODES if n != "survey"], {}, 3)


def test_three_nodes_or_the_policys_minimum_must_stay() -> None:
    uses = dict.fromkeys(NODES, False)
    with pytest.raises(RefusedError, match="2 nodes are there; the least is 3"):
        check_missing(PLAN, ("school", "welfare"), uses, 1)
    with pytest.raises(RefusedError, match="4 nodes are there; the least is 5"):
        check_missing(PLAN, NODES[1:], uses, 5)
    with pytest.raises(RefusedError, match="2 nodes are there"):
        check_missing(PLAN, ("school", "welfare", "stranger"), uses, 3)
