"""A member's long-term and short-lived key pairs, and fingerprints to compare by telephone.

Ed25519 identity keys sign; X25519 keys agree: static ones stand in the roster, ephemeral
and role keys in a signed ``Ready`` and are destroyed with their run (PROTOCOL 1, 7).
Public keys are valid only through the roster that all members sign after comparing
fingerprints out of band.  Private keys never print.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass, field
from importlib import resources
from typing import Self

from Crypto.Protocol.DH import import_x25519_public_key, key_agreement
from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa

from privacy.errors import BadInputError, Language, ProtocolError, Text

KEY_BYTES = 32
FINGERPRINT_WORDS = 12
"""Words of a fingerprint, one byte each: nobody finds another key with the same 96 bits."""


@dataclass(frozen=True, slots=True)
class IdentityKey:
    """An Ed25519 key pair, kept as its 32-byte seed."""

    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse a seed of another size.

        Raises:
            BadInputError: the seed has not 32 bytes.
        """
        _check_size(self.seed)

    @classmethod
    def generate(cls) -> Self:
        """Return a fresh key from the operating system's randomness."""
        return cls(ECC.generate(curve="Ed25519").seed)

    @property
    def public(self) -> bytes:
        """Return the 32-byte public key."""
        return bytes(self._key().public_key().export_key(format="raw"))

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of *message* (RFC 8032, deterministic)."""
        return bytes(eddsa.new(self._key(), "rfc8032").sign(message))

    def _key(self) -> ECC.EccKey:
        return ECC.construct(curve="Ed25519", seed=self.seed)


def verify(public: bytes, message: bytes, signature: bytes, signer: str) -> None:
    """Check an Ed25519 *signature* of *message*; *signer* is the id that errors name.

    Raises:
        ProtocolError: the signature is not of this message by this key.
    """
    try:
        eddsa.new(eddsa.import_public_key(public), "rfc8032").verify(message, signature)
    except ValueError as error:
        raise ProtocolError(
            Text(f"{signer} の署名が正しくありません。", f"The signature of {signer} is wrong."),
            Text(
                "名簿にある鍵と、受け取った内容を照合してください。",
                "Compare the key in the roster and what was received.",
            ),
        ) from error


@dataclass(frozen=True, slots=True)
class AgreementKey:
    """An X25519 key pair, kept as its 32-byte private key."""

    private: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse a private key of another size.

        Raises:
            BadInputError: the key has not 32 bytes.
        """
        _check_size(self.private)

    @classmethod
    def generate(cls) -> Self:
        """Return a fresh key from the operating system's randomness."""
        return cls(ECC.generate(curve="Curve25519").seed)

    @property
    def public(self) -> bytes:
        """Return the 32-byte public key."""
        return bytes(self.key().public_key().export_key(format="raw"))

    def agree(self, peer_public: bytes) -> bytes:
        """Return the raw 32-byte X25519 secret with a peer; feed it to a KDF, never use it bare.

        Raises:
            ProtocolError: the peer's key is no X25519 key or gives the all-zero secret.
        """
        peer = agreement_public(peer_public)
        try:
            shared = key_agreement(static_priv=self.key(), static_pub=peer, kdf=bytes)
        except ValueError as error:
            raise _bad_public() from error
        return bytes(shared)

    def key(self) -> ECC.EccKey:
        """Return the key pair as pycryptodome's HPKE takes it."""
        return ECC.construct(curve="Curve25519", seed=self.private)


def agreement_public(public: bytes) -> ECC.EccKey:
    """Return a peer's X25519 public key as pycryptodome takes it.

    Raises:
        ProtocolError: the bytes are not an acceptable X25519 public key.
    """
    try:
        return import_x25519_public_key(public)
    except ValueError as error:
        raise _bad_public() from error


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A public key's digest for people: words to read aloud, hexadecimal to compare."""

    ja: tuple[str, ...]
    en: tuple[str, ...]
    hexadecimal: str

    def render(self, language: Language) -> str:
        """Return the words in *language* (hiragana or romaji), and the hexadecimal text."""
        return f"{' '.join(self.ja if language == 'ja' else self.en)} ({self.hexadecimal})"


def fingerprint(identity_public: bytes, static_public: bytes) -> Fingerprint:
    """Return the fingerprint of a member's two public keys together."""
    digest = hashlib.sha256(b"enishi/v1/fingerprint" + identity_public + static_public).digest()
    words = [_words()[octet] for octet in digest[:FINGERPRINT_WORDS]]
    pairs = [digest[at : at + 2].hex() for at in range(0, 16, 2)]
    return Fingerprint(tuple(w[0] for w in words), tuple(w[1] for w in words), " ".join(pairs))


@functools.cache
def _words() -> tuple[tuple[str, str], ...]:
    """Return the 256 words, each as hiragana and romaji; a byte chooses one."""
    text = resources.files("privacy").joinpath("data/fingerprint_words.txt").read_text("utf-8")
    return tuple((kana, romaji) for kana, romaji in map(str.split, text.splitlines()))


def _check_size(secret: bytes) -> None:
    if len(secret) != KEY_BYTES:
        raise BadInputError(
            Text("秘密鍵の長さが 32 バイトではありません。", "A private key has not 32 bytes."),
            Text("鍵ファイルを確認してください。", "Check the key file."),
        )


def _bad_public() -> ProtocolError:
    return ProtocolError(
        Text("相手の公開鍵を使えません。", "A peer's public key cannot be used."),
        Text(
            "名簿の鍵を相手と照合してください。", "Compare the key in the roster with the peer's."
        ),
    )
