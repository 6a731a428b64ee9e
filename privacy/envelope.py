"""Sealed messages between members, relayed by a coordinator that cannot read them.

Two kinds (PROTOCOL 1): within a run, ChaCha20-Poly1305 under a pair secret's key with a
counter nonce, its context as associated data; outside one (contributions, the card
agreement, dealing seeds), HPKE in Auth mode (RFC 9180: X25519, HKDF-SHA256,
ChaCha20-Poly1305), which also shows who sealed.  What cannot be opened is a
`ProtocolError`; why is not said, because an attacker would learn from it.
"""

from __future__ import annotations

from dataclasses import dataclass

from Crypto.Protocol import HPKE
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from privacy.canonical import framed
from privacy.errors import ProtocolError, Text
from privacy.identity import AgreementKey, agreement_public

TAG_BYTES = 16
ENCAPSULATED_BYTES = 32
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Context:
    """Where a sealed message belongs; both ends know it, so it is not sent."""

    sender: str
    receiver: str
    step: str
    transcript: bytes

    def bound(self, counter: int) -> bytes:
        """Return the associated data of message number *counter*."""
        names = (self.sender.encode(), self.receiver.encode(), self.step.encode())
        return framed(b"enishi/v1/envelope", *names, self.transcript, counter.to_bytes(8, "big"))


def seal(key: bytes, context: Context, counter: int, message: bytes) -> bytes:
    """Return *message* sealed as number *counter* under *key* (`PairSecret.aead`).

    One counter serves one message under a key: a retry sends the stored bytes again and
    never seals other ones.
    """
    nonce = counter.to_bytes(_NONCE_BYTES, "little")
    return ChaCha20Poly1305(key).encrypt(nonce, message, context.bound(counter))


def unseal(key: bytes, context: Context, counter: int, sealed: bytes) -> bytes:
    """Return the message that was sealed as number *counter* in *context*.

    Raises:
        ProtocolError: it was changed, reordered, or meant for another context or key.
    """
    nonce = counter.to_bytes(_NONCE_BYTES, "little")
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, sealed, context.bound(counter))
    except InvalidTag as error:
        raise cannot_open(context.sender, context.step) from error


def hpke_info(label: str, *context: bytes) -> bytes:
    """Return the HPKE info string of one use, framed and labelled."""
    return framed(b"enishi/v1/hpke", label.encode(), *context)


def hpke_sender(receiver_public: bytes, sender: AgreementKey, info: bytes) -> HPKE.HPKE_Cipher:
    """Return a fresh HPKE Auth context to seal to *receiver_public* as *sender*.

    Raises:
        ProtocolError: the receiver's key cannot be used.
    """
    return HPKE.new(
        receiver_key=agreement_public(receiver_public),
        aead_id=HPKE.AEAD.CHACHA20_POLY1305,
        sender_key=sender.key(),
        info=info,
    )


def hpke_receiver(
    receiver: AgreementKey, sender_public: bytes, info: bytes, encapsulated: bytes
) -> HPKE.HPKE_Cipher:
    """Return the HPKE Auth context to open what *sender_public* sealed to *receiver*.

    Raises:
        ProtocolError: the sender's or the encapsulated key cannot be used.
    """
    sender = agreement_public(sender_public)
    try:
        return HPKE.new(
            receiver_key=receiver.key(),
            aead_id=HPKE.AEAD.CHACHA20_POLY1305,
            enc=encapsulated,
            sender_key=sender,
            info=info,
        )
    except ValueError as error:
        raise cannot_open("HPKE", "agreement") from error


def hpke_seal(receiver_public: bytes, sender: AgreementKey, info: bytes, message: bytes) -> bytes:
    """Return *message* sealed to *receiver_public*: encapsulated key (32 bytes), then box.

    Fresh randomness each time: persist the bytes before sending, for the retry.

    Raises:
        ProtocolError: the receiver's key cannot be used.
    """
    cipher = hpke_sender(receiver_public, sender, info)
    return cipher.enc + cipher.seal(message)


def hpke_open(receiver: AgreementKey, sender_public: bytes, info: bytes, sealed: bytes) -> bytes:
    """Return the message that *sender_public* sealed to *receiver* with `hpke_seal`.

    Raises:
        ProtocolError: another sender, receiver or info, or changed bytes.
    """
    encapsulated, box = sealed[:ENCAPSULATED_BYTES], sealed[ENCAPSULATED_BYTES:]
    cipher = hpke_receiver(receiver, sender_public, info, encapsulated)
    return hpke_unseal(cipher, box)


def hpke_unseal(cipher: HPKE.HPKE_Cipher, box: bytes) -> bytes:
    """Return what the next *box* of an HPKE context holds.

    Raises:
        ProtocolError: the box does not belong here.
    """
    try:
        return cipher.unseal(box)
    except ValueError as error:
        raise cannot_open("HPKE", "message") from error


def cannot_open(sender: str, step: str) -> ProtocolError:
    """Return the one error for everything that cannot be opened."""
    return ProtocolError(
        Text(
            f"封をしたメッセージ（送信元 {sender}、段階 {step}）を開けません。",
            f"A sealed message ({sender}, {step}) cannot be opened.",
        ),
        Text(
            "宛先・送信元・実行の記録が合っているか双方で照合し、届いたものは使わないでください。",
            "Compare receiver, sender and transcript on both sides; do not use what arrived.",
        ),
    )
