"""Signed values to messages and back, the same at every member: rosters, plans, Readys.

What arrives is not trusted: a part that is missing, over-long or of a wrong size is
refused before anything is computed from it; signatures are checked by the caller,
who knows the roster.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from privacy.canonical import canonical_bytes
from privacy.errors import BadInputError, ProtocolError, Text
from privacy.plan import Plan
from privacy.roster import Member, Mode, Role, Roster
from privacy.transcript import Ready, RoleKey
from protos import common_pb2

MOST_ID = 40
MOST_NAME = 200
MOST_MEMBERS = 200
MOST_PLAN_BYTES = 2_000_000
MOST_READY_BYTES = 10_000
DIGEST_BYTES = 32
SIGNATURE_BYTES = 64

_ROLES: dict[Role, common_pb2.Role.ValueType] = {
    Role.NODE: common_pb2.ROLE_NODE,
    Role.COORDINATOR: common_pb2.ROLE_COORDINATOR,
    Role.DEALER: common_pb2.ROLE_DEALER,
}


@dataclass(frozen=True, slots=True)
class SignedPlan:
    """A plan as it travels: exact bytes, who signed, the signature over the plan."""

    plan: Plan
    signer: str
    signature: bytes = field(repr=False)


def malformed(what: str) -> ProtocolError:
    """Return the error for a message whose part *what* is missing or of a wrong size."""
    return ProtocolError(
        Text(
            f"メッセージの {what} が欠けているか、長さが正しくありません。",
            f"In a message, {what} is missing or has a wrong size.",
        ),
        Text("両側の版を揃えてください。", "Bring both sides to the same version."),
    )


def member_id(value: str, what: str = "id") -> str:
    """Return a member's id after checking its size.

    Raises:
        ProtocolError: it is empty or over-long.
    """
    if not 0 < len(value) <= MOST_ID:
        raise malformed(what)
    return value


def sized(value: bytes, size: int, what: str) -> bytes:
    """Return *value* after checking that it has exactly *size* bytes.

    Raises:
        ProtocolError: it has not.
    """
    if len(value) != size:
        raise malformed(what)
    return value


def at_most(value: bytes, size: int, what: str) -> bytes:
    """Return *value* after checking that it is there and has at most *size* bytes.

    Raises:
        ProtocolError: it is empty or larger.
    """
    if not 0 < len(value) <= size:
        raise malformed(what)
    return value


def roster_message(roster: Roster, signatures: Mapping[str, bytes]) -> common_pb2.Roster:
    """Return a roster with the *signatures* that are there, sorted by signer."""
    return common_pb2.Roster(
        version=roster.city_epoch,
        city=roster.city,
        members=[
            common_pb2.Member(
                id=m.node_id,
                role=_ROLES[m.role],
                name_ja=m.name.ja,
                name_en=m.name.en,
                identity_public=m.identity_public,
                static_public=m.static_public,
                sealed=m.mode is Mode.SEALED,
            )
            for m in roster.members
        ],
        signatures=[
            common_pb2.Signature(signer=signer, value=value)
            for signer, value in sorted(signatures.items())
        ],
    )


def roster_from(message: common_pb2.Roster) -> tuple[Roster, dict[str, bytes]]:
    """Return a roster and its signatures by signer; none of them is checked here.

    Raises:
        ProtocolError: a part is missing or of a wrong size, or a signer occurs twice.
        BadInputError: it breaks a rule of rosters.
    """
    if len(message.members) > MOST_MEMBERS or len(message.signatures) > MOST_MEMBERS:
        raise malformed("members")
    members = tuple(_member(m) for m in message.members)
    signatures = {
        member_id(s.signer, "signer"): sized(s.value, SIGNATURE_BYTES, "signature")
        for s in message.signatures
    }
    if len(signatures) != len(message.signatures):
        raise malformed("signatures")
    return Roster(member_id(message.city, "city"), message.version, members), signatures


def _member(message: common_pb2.Member) -> Member:
    roles = [role for role, number in _ROLES.items() if number == message.role]
    if not roles or max(len(message.name_ja), len(message.name_en)) > MOST_NAME:
        raise malformed("member")
    return Member(
        member_id(message.id),
        roles[0],
        Text(message.name_ja, message.name_en),
        sized(message.identity_public, 32, "identity_public"),
        sized(message.static_public, 32, "static_public"),
        Mode.SEALED if message.sealed else Mode.OPEN,
    )


def plan_message(signed: SignedPlan) -> common_pb2.Plan:
    """Return a signed plan as a message."""
    return common_pb2.Plan(
        canonical_json=signed.plan.to_bytes(),
        signature=common_pb2.Signature(signer=signed.signer, value=signed.signature),
    )


def plan_from(message: common_pb2.Plan) -> SignedPlan:
    """Return a signed plan; its signature is not checked here.

    Raises:
        ProtocolError: a part is missing or of a wrong size.
        BadInputError: it is no plan.
    """
    plan = Plan.from_bytes(at_most(message.canonical_json, MOST_PLAN_BYTES, "plan"))
    signer = member_id(message.signature.signer, "signer")
    return SignedPlan(plan, signer, sized(message.signature.value, SIGNATURE_BYTES, "signature"))


def ready_message(ready: Ready) -> common_pb2.Ready:
    """Return a signed Ready as a message."""
    role = ready.role_key
    values = {
        "node_id": ready.node_id,
        "plan_digest": ready.plan_digest.hex(),
        "roster_digest": ready.roster_digest.hex(),
        "slot_table_digest": ready.slot_table_digest.hex(),
        "nonce": ready.nonce.hex(),
        "ephemeral_public": ready.ephemeral_public.hex(),
        "policy_digest": ready.policy_digest.hex(),
        "ledger_total_nano": ready.ledger_total_nano,
        "role_key": None
        if role is None
        else {"public": role.public.hex(), "role_id": role.role_id, "expires_s": role.expires_s},
    }
    return common_pb2.Ready(
        canonical_json=canonical_bytes(values),
        signature=common_pb2.Signature(signer=ready.node_id, value=ready.signature),
    )


def ready_from(message: common_pb2.Ready) -> Ready:
    """Return a Ready; its signature is not checked here.

    Raises:
        ProtocolError: it cannot be read, is not canonical, or a size is wrong.
    """
    data = at_most(message.canonical_json, MOST_READY_BYTES, "ready")
    signature = sized(message.signature.value, SIGNATURE_BYTES, "signature")
    try:
        ready = _ready(json.loads(data), signature)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise malformed("ready") from error
    if ready.node_id != message.signature.signer or _not_canonical(ready, data):
        raise malformed("ready")
    return ready


def _not_canonical(ready: Ready, data: bytes) -> bool:
    try:
        ready.body()
        return ready_message(ready).canonical_json != data
    except (OverflowError, TypeError, AttributeError, BadInputError):
        return True


def _ready(raw: Mapping[str, Any], signature: bytes) -> Ready:
    def digest(name: str) -> bytes:
        return sized(bytes.fromhex(raw[name]), DIGEST_BYTES, name)

    role = raw["role_key"]
    key = role and RoleKey(
        sized(bytes.fromhex(role["public"]), 32, "role key"),
        member_id(role["role_id"], "role"),
        int(role["expires_s"]),
    )
    return Ready(
        node_id=member_id(raw["node_id"]),
        plan_digest=digest("plan_digest"),
        roster_digest=digest("roster_digest"),
        slot_table_digest=digest("slot_table_digest"),
        nonce=digest("nonce"),
        ephemeral_public=digest("ephemeral_public"),
        policy_digest=digest("policy_digest"),
        ledger_total_nano=int(raw["ledger_total_nano"]),
        role_key=key or None,
        signature=signature,
    )
