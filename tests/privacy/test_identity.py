"""Key pairs: RFC vectors, refusals, fingerprints, nothing printed."""

from __future__ import annotations

import hashlib
from importlib import resources

import pytest

from privacy.errors import BadInputError, ProtocolError
from privacy.identity import AgreementKey, IdentityKey, fingerprint, verify
from tests.privacy.members import identity, static

# RFC 8032, section 7.1, test 2.
ED_SEED = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
ED_PUBLIC = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
ED_SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)
# RFC 7748, section 6.1.
BOB = bytes.fromhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
BOB_PUBLIC = bytes.fromhex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
ALICE_PUBLIC = bytes.fromhex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
SHARED = bytes.fromhex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")


def test_ed25519_follows_rfc_8032() -> None:
    key = IdentityKey(ED_SEED)
    assert key.public == ED_PUBLIC
    assert key.sign(b"\x72") == ED_SIGNATURE
    verify(ED_PUBLIC, b"\x72", ED_SIGNATURE, "school")


@pytest.mark.parametrize(
    ("public", "message", "signature"),
    [
        (ED_PUBLIC, b"\x73", ED_SIGNATURE),
        (ED_PUBLIC, b"\x72", ED_SIGNATURE[:-1] + b"\x01"),
        (ED_PUBLIC, b"\x72", ED_SIGNATURE[:40]),
        (ED_PUBLIC, b"\x72", b""),
        (identity("school").public, b"\x72", ED_SIGNATURE),
        (b"\xff" * 32, b"\x72", ED_SIGNATURE),
        (b"short", b"\x72", ED_SIGNATURE),
    ],
)
def test_a_wrong_signature_is_refused_and_the_signer_named(
    public: bytes, message: bytes, signature: bytes
) -> None:
    with pytest.raises(ProtocolError, match="signature of school is wrong"):
        verify(public, message, signature, "school")


def test_x25519_follows_rfc_7748() -> None:
    key = AgreementKey(BOB)
    assert key.public == BOB_PUBLIC
    assert key.agree(ALICE_PUBLIC) == SHARED


@pytest.mark.parametrize("public", [bytes(32), b"\x01" + bytes(31), b"short", b""])
def test_a_peer_key_of_small_order_or_wrong_size_is_refused(public: bytes) -> None:
    with pytest.raises(ProtocolError, match="public key cannot be used"):
        AgreementKey(BOB).agree(public)


def test_generated_keys_differ_and_survive_their_bytes() -> None:
    assert IdentityKey.generate() != IdentityKey.generate()
    assert AgreementKey.generate() != AgreementKey.generate()
    key = AgreementKey.generate()
    assert AgreementKey(key.private).public == key.public


@pytest.mark.parametrize("secret", [b"", bytes(31), bytes(33)])
def test_private_keys_of_another_size_are_refused(secret: bytes) -> None:
    with pytest.raises(BadInputError, match="32 bytes"):
        IdentityKey(secret)
    with pytest.raises(BadInputError, match="32 bytes"):
        AgreementKey(secret)


def test_private_keys_do_not_print() -> None:
    assert repr(IdentityKey(ED_SEED)) == "IdentityKey()"
    assert repr(AgreementKey(BOB)) == "AgreementKey()"


def test_there_are_256_words_that_differ_in_both_scripts() -> None:
    text = resources.files("privacy").joinpath("data/fingerprint_words.txt").read_text("utf-8")
    pairs = [line.split() for line in text.splitlines()]
    assert len(pairs) == len({kana for kana, _ in pairs}) == len({r for _, r in pairs}) == 256
    assert all(set(kana) <= {chr(c) for c in range(0x3041, 0x3097)} for kana, _ in pairs)
    assert all(romaji.isascii() and romaji.islower() for _, romaji in pairs)


def test_a_fingerprint_is_twelve_words_and_the_digest() -> None:
    mark = fingerprint(identity("school").public, static("school").public)
    digest = hashlib.sha256(
        b"enishi/v1/fingerprint" + identity("school").public + static("school").public
    ).hexdigest()
    assert mark.hexadecimal.replace(" ", "") == digest[:32]
    assert len(mark.ja) == len(mark.en) == 12
    assert mark.render("ja").startswith(" ".join(mark.ja))
    assert mark.render("en").endswith(f"({mark.hexadecimal})")


def test_either_key_changes_the_fingerprint() -> None:
    base = fingerprint(identity("school").public, static("school").public)
    assert fingerprint(identity("health").public, static("school").public).ja != base.ja
    assert fingerprint(identity("school").public, static("health").public).ja != base.ja
