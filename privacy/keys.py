"""The HKDF tree: city key, link keys, run keys, pair secrets (PROTOCOL 1, 4).

    K_city  -> confirm key (HMACs that every node checks)
            -> link root (city epoch, link epoch) -> n-gram, salt and sharpening keys
                                                     per view, tokens, block labels,
                                                     household evidence of one plan
            -> shuffle key (transcript, g)        -> the run's secret permutation
    X25519(e_i, e_j) || X25519(s_i, s_j)          -> aead keys, zero-mask keys of a run

Every derivation is HKDF-SHA256 (RFC 5869) with a framed info that begins with
``enishi/v1`` and its label, so no two uses share a key.  `cryptography` computes it:
3 microseconds against 42 for pycryptodome's, and cards need one a position.
Nothing here is ever given to the coordinator.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from Crypto.Cipher import AES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from numpy.typing import NDArray

from privacy.canonical import framed
from privacy.errors import ProtocolError, Text
from privacy.identity import AgreementKey

KEY_BYTES = 32
"""Bytes of every derived key, of a contribution and of a seed."""
_FAMILY = b"enishi/v1"


def derive(secret: bytes, label: str, *context: bytes, salt: bytes | None = None) -> bytes:
    """Return 32 bytes of HKDF-SHA256 over *secret* for one use, named by *label* and *context*."""
    info = framed(_FAMILY, label.encode(), *context)
    return HKDF(hashes.SHA256(), KEY_BYTES, salt, info).derive(secret)


def deriver(secret: bytes, label: str) -> Callable[[bytes], bytes]:
    """Return `derive` for many values of one context: the same keys, 2 microseconds each.

    RFC 5869 in two steps: what depends on *secret* is computed once.
    """
    extracted = hmac.digest(bytes(KEY_BYTES), secret, "sha256")
    before = framed(_FAMILY, label.encode())

    def derived(context: bytes) -> bytes:
        return hmac.digest(extracted, before + framed(context) + b"\x01", "sha256")

    return derived


def keystream(key: bytes, length: int) -> bytes:
    """Return *length* bytes of AES-256-CTR under *key*, counter from 0 over the whole block.

    Each key may be expanded for one purpose only: the stream has no nonce.
    """
    return AES.new(key, AES.MODE_CTR, nonce=b"").encrypt(bytes(length))


def commitment(contribution: bytes) -> bytes:
    """Return what a node publishes of its 32-byte *contribution* before anyone reveals one."""
    return hashlib.sha256(contribution).digest()


@dataclass(frozen=True, slots=True)
class CityKey:
    """The secret that all nodes of one roster share in one city epoch; never the coordinator's."""

    city_epoch: int
    secret: bytes = field(repr=False)

    def confirmation(self, node_id: str, roster_digest: bytes) -> bytes:
        """Return the HMAC by which *node_id* shows the others that it holds this key."""
        key = derive(self.secret, "confirm")
        return hmac.digest(key, framed(node_id.encode(), roster_digest), "sha256")

    def check_confirmation(self, node_id: str, roster_digest: bytes, given: bytes) -> None:
        """Check another node's confirmation.

        Raises:
            ProtocolError: *node_id* holds another key or another roster.
        """
        if not hmac.compare_digest(self.confirmation(node_id, roster_digest), given):
            raise ProtocolError(
                Text(
                    f"ノード {node_id} の鍵確認値が一致しません。",
                    f"The key confirmation of node {node_id} does not match.",
                ),
                Text(
                    "名簿を照合し、全ノードで鍵の作成をやり直してください。",
                    "Compare the rosters and start the key contribution again at every node.",
                ),
            )

    def link_keys(self, link_epoch: int) -> LinkKeys:
        """Return the keys of the encodings of one link epoch."""
        epochs = (_number(self.city_epoch), _number(link_epoch))
        return LinkKeys(self.city_epoch, link_epoch, derive(self.secret, "link", *epochs))

    def shuffle_key(self, transcript: bytes, g: bytes) -> bytes:
        """Return the key of a run's permutation; *g*: 32 bytes from the receiver (PROTOCOL 4)."""
        return derive(self.secret, "group", transcript, g)


def city_key(
    city_epoch: int, contributions: Mapping[str, bytes], commitments: Mapping[str, bytes]
) -> CityKey:
    """Return K_city from all nodes' contributions, in the order of their ids.

    One honest contributor suffices for a secret nobody could steer.

    Raises:
        ProtocolError: a contribution is missing, has another size, or does not open
            its commitment; the message names the node.
    """
    for node_id in sorted(contributions.keys() | commitments.keys()):
        given, promised = contributions.get(node_id, b""), commitments.get(node_id, b"")
        if len(given) != KEY_BYTES or not hmac.compare_digest(commitment(given), promised):
            raise ProtocolError(
                Text(
                    f"ノード {node_id} の鍵の寄与が約束値と合いません。",
                    f"The key contribution of node {node_id} does not open its commitment.",
                ),
                Text(
                    "全ノードで新しい寄与を作り直してください。",
                    "Start again with fresh contributions at every node.",
                ),
            )
    order = sorted(contributions)
    promised_by_all = framed(*(x for n in order for x in (n.encode(), commitments[n])))
    salt = hashlib.sha256(promised_by_all).digest()
    joined = b"".join(contributions[node_id] for node_id in order)
    return CityKey(city_epoch, derive(joined, "city", _number(city_epoch), salt=salt))


@dataclass(frozen=True, slots=True)
class LinkKeys:
    """Keys of the encodings in one (city epoch, link epoch); the same at every node.

    Who holds them can encode a guessed person and so read encodings by dictionary:
    nodes hold them, the coordinator never does.
    """

    city_epoch: int
    link_epoch: int
    root: bytes = field(repr=False)

    def ngram(self) -> bytes:
        """Return the key of gram ids, one for all views: positions differ by the salt keys."""
        return derive(self.root, "ngram")

    def salt(self, view: str) -> bytes:
        """Return the key under which the salt values of *view* become position keys."""
        return derive(self.root, "salt", view.encode())

    def sharpening(self, view: str) -> bytes:
        """Return the key of the sign matrix of *view*."""
        return derive(self.root, "sharpen", view.encode())

    def hardening(self, view: str) -> bytes:
        """Return the key of the comparison hardenings (balance, BLIP) of *view*."""
        return derive(self.root, "harden", view.encode())

    def token(self, kind: str) -> bytes:
        """Return the HMAC key of one *kind* of token."""
        return derive(self.root, "token", kind.encode())

    def review(self) -> bytes:
        """Return the HMAC key of the tags of pairs in clerical review."""
        return derive(self.root, "review")

    def block(self, salt_pass: str) -> bytes:
        """Return the HMAC key of the block labels of *salt_pass*."""
        return derive(self.root, "block", salt_pass.encode())

    def household(self, plan_digest: bytes, kind: str, department: str) -> bytes:
        """Return the HMAC key of one *kind* of household evidence, of one plan only.

        *department* is empty but for numbers that one department gives out itself.
        """
        return derive(self.root, "household", plan_digest, kind.encode(), department.encode())

    def household_order(self, plan_digest: bytes) -> bytes:
        """Return the key of the permutation of slots under which evidence is shown."""
        return derive(self.root, "household-order", plan_digest)


@dataclass(frozen=True, slots=True)
class PairSecret:
    """What two nodes share in one run (one transcript), smaller node id first."""

    low: str
    high: str
    transcript: bytes
    secret: bytes = field(repr=False)

    def aead(self, sender: str, receiver: str, step: str) -> bytes:
        """Return the key of sealed messages in one direction of one *step*.

        Raises:
            ValueError: the two are not this pair.
        """
        if {sender, receiver} != {self.low, self.high} or sender == receiver:
            raise ValueError("a direction joins the two nodes of the pair")
        ends = (sender.encode(), receiver.encode())
        return derive(self.secret, "aead", self.transcript, *ends, step.encode())

    def mask_out(self, step: str, layer: int, chunk: int, output: str) -> bytes:
        """Return the key of the zero-mask of one vector, the same at both ends.

        In additive masks the smaller node id adds, the larger subtracts (PROTOCOL 4).
        """
        pair = (self.low.encode(), self.high.encode())
        vector = (step.encode(), _number(layer), _number(chunk), output.encode())
        return derive(self.secret, "mask-out", self.transcript, *pair, *vector)


@dataclass(frozen=True, slots=True)
class RunKeys:
    """A node's own private keys of a run: ephemeral, and its static one from the roster."""

    node_id: str
    ephemeral: AgreementKey
    static: AgreementKey

    def pair_secret(
        self, peer: str, ephemeral_public: bytes, static_public: bytes, transcript: bytes
    ) -> PairSecret:
        """Return the secret shared with *peer*: both key agreements, so both must break.

        Args:
            peer: the other node's id.
            ephemeral_public: from the peer's signed ``Ready`` of this run.
            static_public: from the roster.
            transcript: of this run.

        Raises:
            ProtocolError: a public key of the peer cannot be used.
            ValueError: *peer* is this node.
        """
        if peer == self.node_id:
            raise ValueError("a node shares no pair secret with itself")
        secret = self.ephemeral.agree(ephemeral_public) + self.static.agree(static_public)
        low, high = sorted((self.node_id, peer))
        return PairSecret(low, high, transcript, secret)


def permutation(shuffle_key: bytes, positions: int) -> NDArray[np.int64]:
    """Return the run's secret permutation of *positions*.

    ``result[k]`` is the old position that stands at the new position ``k``: the stable
    argsort of 64-bit little-endian words of AES-256-CTR (PROTOCOL 4).
    """
    words = np.frombuffer(keystream(shuffle_key, 8 * positions), dtype="<u8")
    return np.argsort(words, kind="stable").astype(np.int64)


def _number(number: int) -> bytes:
    return number.to_bytes(8, "big")
