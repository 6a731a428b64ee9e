"""Sealed messages open in their own context and nowhere else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.envelope import (
    Context,
    hpke_info,
    hpke_open,
    hpke_receiver,
    hpke_seal,
    seal,
    unseal,
)
from privacy.errors import ProtocolError
from privacy.identity import AgreementKey
from privacy.keys import RunKeys
from tests.privacy.members import ephemeral, seed, static

VECTORS = Path(__file__).parents[1] / "vectors" / "keys"
VECTOR = json.loads((VECTORS / "sealed.json").read_text("utf-8"))
TRANSCRIPT = seed("transcript")
CONTEXT = Context("school", "health", "step-1", TRANSCRIPT)
KEY = (
    RunKeys("school", ephemeral("school"), static("school"))
    .pair_secret("health", ephemeral("health").public, static("health").public, TRANSCRIPT)
    .aead("school", "health", "step-1")
)
INFO = hpke_info("contribution", b"r" * 32)


def test_sealed_messages_have_their_vectors() -> None:
    for entry in VECTOR["envelope"]:
        message, sealed = bytes.fromhex(entry["message"]), bytes.fromhex(entry["sealed"])
        assert seal(KEY, CONTEXT, entry["counter"], message) == sealed
        assert unseal(KEY, CONTEXT, entry["counter"], sealed) == message


def test_a_recorded_hpke_message_opens() -> None:
    sealed = bytes.fromhex(VECTOR["hpke"])
    assert hpke_open(static("health"), static("school").public, INFO, sealed) == b"contribution"


def test_hpke_follows_rfc_9180_a_2_3() -> None:
    published = json.loads((VECTORS / "rfc9180_a_2_3.json").read_text("utf-8"))
    info, sender, enc = (bytes.fromhex(published[name]) for name in ("info", "pkSm", "enc"))
    receiver = AgreementKey(bytes.fromhex(published["skRm"]))
    cipher = hpke_receiver(receiver, sender, info, enc)
    for number, sealed in enumerate(published["ct"]):
        opened = cipher.unseal(bytes.fromhex(sealed), f"Count-{number}".encode())
        assert opened.hex() == published["pt"]
    for context, secret in published["exported"].items():
        assert cipher.export(bytes.fromhex(context), 32).hex() == secret


@given(st.binary(max_size=200), st.integers(0, 2**63))
def test_what_is_sealed_can_be_opened(message: bytes, counter: int) -> None:
    assert unseal(KEY, CONTEXT, counter, seal(KEY, CONTEXT, counter, message)) == message


@pytest.mark.parametrize(
    "context",
    [
        replace(CONTEXT, sender="welfare"),
        replace(CONTEXT, receiver="welfare"),
        Context("health", "school", "step-1", TRANSCRIPT),
        replace(CONTEXT, step="step-2"),
        replace(CONTEXT, transcript=seed("another")),
        Context("schoolh", "ealth", "step-1", TRANSCRIPT),
    ],
    ids=["sender", "receiver", "direction", "step", "transcript", "framing"],
)
def test_another_context_does_not_open_it(context: Context) -> None:
    with pytest.raises(ProtocolError, match="cannot be opened"):
        unseal(KEY, context, 0, seal(KEY, CONTEXT, 0, b"y shares"))


def test_messages_cannot_be_reordered_or_changed_or_opened_with_another_key() -> None:
    first, second = (seal(KEY, CONTEXT, counter, b"y shares") for counter in (0, 1))
    assert first != second
    for counter, sealed in ((0, second), (1, first), (0, first[:-1]), (0, b""), (0, first + b"\0")):
        with pytest.raises(ProtocolError, match="cannot be opened"):
            unseal(KEY, CONTEXT, counter, sealed)
    changed = bytes([first[0] ^ 1]) + first[1:]
    with pytest.raises(ProtocolError):
        unseal(KEY, CONTEXT, 0, changed)
    with pytest.raises(ProtocolError):
        unseal(bytes(32), CONTEXT, 0, first)


def test_hpke_messages_open_for_their_receiver_and_show_their_sender() -> None:
    sealed = hpke_seal(static("health").public, static("school"), INFO, b"contribution")
    assert hpke_open(static("health"), static("school").public, INFO, sealed) == b"contribution"
    assert sealed != hpke_seal(static("health").public, static("school"), INFO, b"contribution")


@pytest.mark.parametrize("what", ["receiver", "sender", "info", "enc", "box", "short", "empty"])
def test_hpke_messages_do_not_open_elsewhere(what: str) -> None:
    sealed = hpke_seal(static("health").public, static("school"), INFO, b"contribution")
    receiver = static("welfare") if what == "receiver" else static("health")
    sender = static("welfare").public if what == "sender" else static("school").public
    info = hpke_info("contribution", b"q" * 32) if what == "info" else INFO
    changed = {
        "enc": bytes([sealed[0] ^ 1]) + sealed[1:],
        "box": sealed[:-1] + bytes([sealed[-1] ^ 1]),
        "short": sealed[:40],
        "empty": b"",
    }.get(what, sealed)
    with pytest.raises(ProtocolError):
        hpke_open(receiver, sender, info, changed)


def test_an_unusable_receiver_key_is_refused() -> None:
    with pytest.raises(ProtocolError, match="public key cannot be used"):
        hpke_seal(b"short", static("school"), INFO, b"contribution")
    with pytest.raises(ProtocolError):
        hpke_seal(bytes(32), static("school"), INFO, b"contribution")
