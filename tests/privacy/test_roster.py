"""The roster: one digest, everyone's signature, refusals that name the member."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from privacy.canonical import canonical_bytes
from privacy.errors import BadInputError, ProtocolError
from privacy.roster import Mode, Role, Roster
from tests.privacy.members import identity, roster, static

VECTOR = json.loads(
    (Path(__file__).parents[1] / "vectors" / "plan" / "run.json").read_text("utf-8")
)
SIGNATURES = {m.node_id: roster().sign(identity(m.node_id)) for m in roster().members}


def _raw() -> dict[str, Any]:
    raw: dict[str, Any] = json.loads(canonical_bytes(roster().to_json()))
    return raw


def test_the_roster_has_its_vector() -> None:
    read = Roster.from_json(VECTOR["roster"])
    assert read == roster()
    assert read.digest.hex() == VECTOR["roster_digest"]
    read.check_signatures({n: bytes.fromhex(s) for n, s in VECTOR["roster_signatures"].items()})


def test_nodes_are_the_members_with_that_role() -> None:
    assert roster().nodes == ("health", "residents", "school", "survey", "welfare")
    assert roster().member("dealer").role is Role.DEALER
    assert roster().member("welfare").mode is Mode.SEALED
    with pytest.raises(ProtocolError, match="clubs is not in the roster"):
        roster().member("clubs")


def test_who_has_not_signed_is_named_dealer_and_coordinator_too() -> None:
    roster().check_signatures(SIGNATURES)
    some = {n: s for n, s in SIGNATURES.items() if n not in {"dealer", "survey"}}
    with pytest.raises(ProtocolError, match="Not all have signed: dealer, survey"):
        roster().check_signatures(some)


@pytest.mark.parametrize(
    "signatures",
    [
        SIGNATURES | {"school": SIGNATURES["health"]},
        SIGNATURES | {"school": b""},
        SIGNATURES | {"school": identity("school").sign(roster().digest)},
    ],
    ids=["another's", "empty", "without the label"],
)
def test_a_wrong_signature_names_its_member(signatures: Mapping[str, bytes]) -> None:
    with pytest.raises(ProtocolError, match="signature of school is wrong"):
        roster().check_signatures(signatures)


def test_signatures_do_not_carry_over_to_a_changed_roster() -> None:
    for changed in (replace(roster(), city_epoch=2), replace(roster(), city="隣市")):
        assert changed.digest != roster().digest
        with pytest.raises(ProtocolError):
            changed.check_signatures(SIGNATURES)


def test_every_entry_of_a_member_is_in_the_digest() -> None:
    first = roster().members[0]
    for changed in (
        replace(first, name=first.name._replace(ja="別")),
        replace(first, static_public=static("stranger").public),
        replace(first, identity_public=identity("stranger").public),
    ):
        assert replace(roster(), members=(changed, *roster().members[1:])).digest != roster().digest


def test_unusable_rosters_are_refused() -> None:
    members = roster().members
    for wrong in (
        members[::-1],
        (*members, members[-1]),
        tuple(m for m in members if m.role is not Role.COORDINATOR),
        tuple(m for m in members if m.role is not Role.NODE),
        (replace(members[0], static_public=b"short"), *members[1:]),
        (replace(members[0], static_public=members[1].static_public), *members[1:]),
        (replace(members[0], node_id=""), *members[1:]),
        tuple(replace(m, role=Role.DEALER) if m.node_id == "school" else m for m in members),
    ):
        with pytest.raises(BadInputError, match="roster is wrong"):
            replace(roster(), members=wrong)


@pytest.mark.parametrize("what", ["extra", "missing", "epoch", "role", "key", "member"])
def test_json_that_is_no_roster_is_refused(what: str) -> None:
    raw = _raw()
    match what:
        case "extra":
            raw["admin"] = "school"
        case "missing":
            del raw["city"]
        case "epoch":
            raw["city_epoch"] = True
        case "role":
            raw["members"][0]["role"] = "root"
        case "key":
            raw["members"][0]["static_public"] = "zz"
        case "member":
            raw["members"][0]["admin"] = "yes"
    with pytest.raises(BadInputError, match="roster is wrong"):
        Roster.from_json(raw)
