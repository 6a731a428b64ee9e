"""Messages of `common.proto` to values of `privacy` and back; sizes checked at the door.

What arrives is not trusted: a missing or over-long part is refused before it is used.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from privacy.audit import Entry, Head, SignedHead
from privacy.errors import ProtocolError, Text
from privacy.plan import Plan
from privacy.roster import Member, Mode, Role, Roster
from privacy.transcript import Ready, RoleKey
from protos import common_pb2

MOST_ID = 40
MOST_PLAN_BYTES = 3 * 1024 * 1024
DIGEST_BYTES = 32
MOST_TEXT = 2_000
"""Characters of a text of another member that are shown."""
SIGNATURE_BYTES = 64

_ROLES = {
    Role.NODE: common_pb2.ROLE_NODE,
    Role.COORDINATOR: common_pb2.ROLE_COORDINATOR,
    Role.DEALER: common_pb2.ROLE_DEALER,
}


def malformed(what: str) -> ProtocolError:
    """Return the error for a message whose part *what* is missing or of a wrong size."""
    return ProtocolError(
        Text(
            f"メッセージの {what} が欠けているか、長さが正しくありません。",
            f"In a message, {what} is missing or has a wrong size.",
        ),
        Text("両側の版を揃えてください。", "Bring both sides to the same version."),
    )


def sized(value: bytes, size: int, what: str) -> bytes:
    """Return *value* after checking that it has exactly *size* bytes.

    Raises:
        ProtocolError: it has not.
    """
    if len(value) != size:
        raise malformed(what)
    return value


def blocks_bytes(labels: Mapping[str, NDArray[np.uint64]]) -> dict[str, bytes]:
    """Return block labels, by pass one number a row, as little-endian uint32."""
    return {name: blocks.astype("<u4").tobytes() for name, blocks in labels.items()}


def blocks_value(data: bytes, rows: int) -> NDArray[np.uint64]:
    """Return the block labels of *rows* rows from little-endian uint32.

    Raises:
        ProtocolError: it has not one for each row.
    """
    return np.frombuffer(sized(data, 4 * rows, "labels"), dtype="<u4").astype(np.uint64)


def member_id(value: str, what: str = "id") -> str:
    """Return a member's id after checking its size.

    Raises:
        ProtocolError: it is empty or over-long.
    """
    if not 0 < len(value) <= MOST_ID:
        raise malformed(what)
    return value


def member_message(member: Member) -> common_pb2.Member:
    """Return *member* as a message."""
    return common_pb2.Member(
        id=member.node_id,
        role=_ROLES[member.role],
        name_ja=member.name.ja,
        name_en=member.name.en,
        identity_public=member.identity_public,
        static_public=member.static_public,
        sealed=member.mode is Mode.SEALED,
    )


def member_value(message: common_pb2.Member) -> Member:
    """Return the member in *message*.

    Raises:
        ProtocolError: a part is missing or of a wrong size.
    """
    roles = [role for role, number in _ROLES.items() if number == message.role]
    if not roles:
        raise malformed("role")
    return Member(
        member_id(message.id),
        roles[0],
        Text(message.name_ja[:200], message.name_en[:200]),
        sized(message.identity_public, 32, "identity_public"),
        sized(message.static_public, 32, "static_public"),
        Mode.SEALED if message.sealed else Mode.OPEN,
    )


def roster_message(roster: Roster, signatures: Mapping[str, bytes]) -> common_pb2.Roster:
    """Return *roster* with the *signatures* that are there."""
    return common_pb2.Roster(
        city=roster.city,
        city_epoch=roster.city_epoch,
        members=[member_message(member) for member in roster.members],
        signatures=[
            common_pb2.Signature(signer=signer, value=value)
            for signer, value in sorted(signatures.items())
        ],
    )


def roster_value(message: common_pb2.Roster) -> tuple[Roster, dict[str, bytes]]:
    """Return the roster in *message* and its signatures, which are not verified here.

    Raises:
        ProtocolError: a part is missing or of a wrong size.
        BadInputError: the roster breaks a rule of rosters.
    """
    members = tuple(member_value(member) for member in message.members)
    signatures = {
        member_id(one.signer, "signer"): sized(one.value, SIGNATURE_BYTES, "signature")
        for one in message.signatures
    }
    return Roster(message.city, message.city_epoch, members), signatures


def plan_message(plan: Plan, signer: str, signature: bytes) -> common_pb2.Plan:
    """Return *plan* with the coordinator's detached signature."""
    signed = common_pb2.Signature(signer=signer, value=signature)
    return common_pb2.Plan(canonical_json=plan.to_bytes(), signature=signed)


def plan_value(message: common_pb2.Plan) -> tuple[Plan, str, bytes]:
    """Return the plan in *message*, its signer and signature, which is not verified here.

    Raises:
        ProtocolError: a part is missing or of a wrong size.
        BadInputError: it is not a plan in canonical form.
    """
    if not 0 < len(message.canonical_json) <= MOST_PLAN_BYTES:
        raise malformed("canonical_json")
    signature = sized(message.signature.value, SIGNATURE_BYTES, "signature")
    signer = member_id(message.signature.signer, "signer")
    return Plan.from_bytes(message.canonical_json), signer, signature


def ready_message(ready: Ready) -> common_pb2.Ready:
    """Return *ready* as a message."""
    role = ready.role_key
    return common_pb2.Ready(
        node=ready.node_id,
        plan_digest=ready.plan_digest,
        roster_digest=ready.roster_digest,
        slot_table_digest=ready.slot_table_digest,
        nonce=ready.nonce,
        ephemeral_public=ready.ephemeral_public,
        policy_digest=ready.policy_digest,
        ledger_total_nano=ready.ledger_total_nano,
        role_key=None
        if role is None
        else common_pb2.RoleKey(public=role.public, role=role.role_id, expires_s=role.expires_s),
        signature=ready.signature,
    )


def ready_value(message: common_pb2.Ready) -> Ready:
    """Return the Ready in *message*; `privacy.transcript.check_readys` verifies it.

    Raises:
        ProtocolError: a part is missing or of a wrong size.
    """
    role = None
    if message.HasField("role_key"):
        key = message.role_key
        role = RoleKey(
            sized(key.public, 32, "role_key"), member_id(key.role, "role"), key.expires_s
        )
    return Ready(
        node_id=member_id(message.node, "node"),
        plan_digest=sized(message.plan_digest, DIGEST_BYTES, "plan_digest"),
        roster_digest=sized(message.roster_digest, DIGEST_BYTES, "roster_digest"),
        slot_table_digest=sized(message.slot_table_digest, DIGEST_BYTES, "slot_table_digest"),
        nonce=sized(message.nonce, 32, "nonce"),
        ephemeral_public=sized(message.ephemeral_public, 32, "ephemeral_public"),
        policy_digest=sized(message.policy_digest, DIGEST_BYTES, "policy_digest"),
        ledger_total_nano=message.ledger_total_nano,
        role_key=role,
        signature=sized(message.signature, SIGNATURE_BYTES, "signature"),
    )


def head_message(signed: SignedHead) -> common_pb2.AuditHead:
    """Return the signed head of a log as a message."""
    return common_pb2.AuditHead(
        log=signed.head.log,
        counter=signed.head.number,
        digest=bytes.fromhex(signed.head.digest),
        signature=common_pb2.Signature(signer=signed.head.log, value=signed.signature),
        countersignatures=[
            common_pb2.Signature(signer=who, value=value) for who, value in signed.witnesses
        ],
    )


def head_value(message: common_pb2.AuditHead) -> SignedHead:
    """Return the signed head in *message*; `SignedHead.check` verifies it.

    Raises:
        ProtocolError: a part is missing or of a wrong size.
    """
    digest = sized(message.digest, DIGEST_BYTES, "digest")
    head = Head(member_id(message.log, "log"), message.counter, digest.hex())
    signature = sized(message.signature.value, SIGNATURE_BYTES, "signature")
    witnesses = tuple(
        (member_id(one.signer, "signer"), sized(one.value, SIGNATURE_BYTES, "countersignature"))
        for one in message.countersignatures
    )
    return SignedHead(head, signature, witnesses)


def audit_entry_message(line: bytes) -> common_pb2.AuditEntry:
    """Return one line of an audit log as a message.

    Raises:
        BadInputError: it is not the canonical form of an entry.
    """
    entry = Entry.parse(line)
    return common_pb2.AuditEntry(
        counter=entry.number, previous=bytes.fromhex(entry.previous), canonical_json=line
    )


def audit_entry_line(message: common_pb2.AuditEntry) -> bytes:
    """Return the line in *message*, after checking that number and digest are the line's.

    Raises:
        ProtocolError: they are not.
        BadInputError: the line is not the canonical form of an entry.
    """
    line = message.canonical_json
    if audit_entry_message(line) != message:
        raise malformed("audit entry")
    return line
