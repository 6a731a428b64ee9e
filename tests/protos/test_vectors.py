"""The messages of the contract, byte for byte: a change of them must be meant."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from privacy.audit import EntryKind, Head, SignedHead
from privacy.errors import EnishiError
from privacy.identity import IdentityKey
from protos import common_pb2
from protos.values import (
    audit_entry_line,
    audit_entry_message,
    head_message,
    head_value,
    plan_message,
    plan_value,
    ready_message,
    ready_value,
    roster_message,
    roster_value,
)
from tests.privacy import members

FILE = Path(__file__).resolve().parents[1] / "vectors" / "protos" / "common.json"
VECTORS: dict[str, str] = json.loads(FILE.read_text(encoding="utf-8"))


def messages() -> dict[str, bytes]:
    """Return each message of fixed values, serialised; `VECTORS` holds what they must be."""
    roster = members.roster()
    key = IdentityKey(members.seed("identity coordinator"))
    plan = members.screening_plan()
    line, head = Head.empty("school").append(
        EntryKind.SENT, "2026-07-05T09:00:00+00:00", {"action": "encodings", "rows": 12}
    )
    alert = common_pb2.Alert(
        plan_digest=plan.digest,
        transcript=b"t" * 32,
        listed=[common_pb2.ListedPosition(position=7, boxes={"survey": b"b", "school": b"a"})],
        outer_keys=common_pb2.Sealed(
            sender="dealer", receiver="school", step="outer-keys", box=b"k"
        ),
        expires="2026-09-05T00:00:00+00:00",
        signature=common_pb2.Signature(signer="coordinator", value=b"s" * 64),
        card_encapsulated={"survey": b"e"},
    )
    made = {
        "roster": roster_message(roster, {"coordinator": roster.sign(key)}),
        "plan": plan_message(plan, "coordinator", plan.sign(key)),
        "ready": ready_message(members.readys(plan)[0]),
        "audit_entry": audit_entry_message(line),
        "audit_head": head_message(SignedHead.of(head, key.sign)),
        "alert": alert,
    }
    return {name: m.SerializeToString(deterministic=True) for name, m in made.items()}


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_a_message_has_the_bytes_of_its_vector(name: str) -> None:
    assert messages()[name].hex() == VECTORS[name]


def test_every_vector_reads_back_to_its_value() -> None:
    raw = {name: bytes.fromhex(octets) for name, octets in VECTORS.items()}

    assert roster_value(common_pb2.Roster.FromString(raw["roster"]))[0] == members.roster()
    assert plan_value(common_pb2.Plan.FromString(raw["plan"]))[0] == members.screening_plan()
    ready = ready_value(common_pb2.Ready.FromString(raw["ready"]))
    assert ready == members.readys(members.screening_plan())[0]
    assert head_value(common_pb2.AuditHead.FromString(raw["audit_head"])).head.number == 1
    entry = common_pb2.AuditEntry.FromString(raw["audit_entry"])
    assert b'"rows":12' in audit_entry_line(entry)
    assert common_pb2.Alert.FromString(raw["alert"]).listed[0].position == 7


@pytest.mark.parametrize("name", ["roster", "plan", "ready", "audit_head", "audit_entry"])
def test_a_vector_with_a_part_cut_out_is_refused(name: str) -> None:
    kinds: dict[str, tuple[Any, Callable[[Any], object], str]] = {
        "roster": (common_pb2.Roster, roster_value, "members"),
        "plan": (common_pb2.Plan, plan_value, "canonical_json"),
        "ready": (common_pb2.Ready, ready_value, "nonce"),
        "audit_head": (common_pb2.AuditHead, head_value, "digest"),
        "audit_entry": (common_pb2.AuditEntry, audit_entry_line, "counter"),
    }
    kind, read, part = kinds[name]
    message = kind.FromString(bytes.fromhex(VECTORS[name]))
    message.ClearField(part)

    with pytest.raises(EnishiError):
        read(message)
