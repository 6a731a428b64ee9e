"""Pseudo-random streams of a lookup: input masks, pads and pairwise zero-masks (PROTOCOL 4).

Every stream is AES-256-CTR under HKDF-SHA256(secret; salt = transcript, info = label, step,
chunk), so no two chunks, steps, runs or uses share a single word.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from Crypto.Cipher import AES
from Crypto.Hash import SHA256
from Crypto.Protocol.KDF import HKDF
from numpy.typing import NDArray

from privacy.errors import BadInputError, ProtocolError, Text
from privacy.lookup.run import Chunk, LookupRun

KEY_BYTES = 32
_LABEL = b"enishi/lookup/1"

Words = NDArray[np.unsignedinteger]
"""Unsigned words; arithmetic wraps, which is the ring of the sharing."""


def _info(label: str, step: str, chunk: int) -> bytes:
    parts = (_LABEL, label.encode(), step.encode(), chunk.to_bytes(8, "big"))
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def expand(secret: bytes, run: LookupRun, label: str, chunk: int, length: int) -> NDArray[np.uint8]:
    """Return *length* pseudo-random bytes for one use of *secret*.

    Raises:
        BadInputError: *secret* is not 32 bytes long.
    """
    if len(secret) != KEY_BYTES:
        what = Text("鍵またはシードは 32 バイトです。", "A key or seed has 32 bytes.")
        raise BadInputError(what)
    key = HKDF(secret, KEY_BYTES, run.transcript, SHA256, context=_info(label, run.step, chunk))
    if not isinstance(key, bytes):  # HKDF answers a tuple only when several keys are asked for
        raise TypeError
    cipher = AES.new(key, AES.MODE_CTR, nonce=b"", initial_value=0)
    return np.frombuffer(cipher.encrypt(bytes(length)), dtype=np.uint8)


def words(
    secret: bytes, run: LookupRun, label: str, chunk: int, shape: tuple[int, ...], word: str
) -> Words:
    """Return pseudo-random little-endian words of dtype *word* in *shape*."""
    dtype = np.dtype(word)
    size = int(np.prod(shape)) * dtype.itemsize
    return expand(secret, run, label, chunk, size).view(dtype).reshape(shape)


def input_mask(seed: bytes, run: LookupRun, chunk: Chunk, domain: int) -> NDArray[np.uint16]:
    """Return r_i of one chunk: the low bits of 16-bit words, uniform in Z_domain."""
    drawn = words(seed, run, "input-mask", chunk.index, (chunk.size,), "<u2")
    return np.bitwise_and(drawn, np.uint16(domain - 1)).astype(np.uint16, copy=False)


def pad(
    seed: bytes, run: LookupRun, chunk: Chunk, columns: int, word: str, label: str = "pad"
) -> Words:
    """Return a node's share of the rotated tables: chunk size x *columns* words of dtype *word*."""
    return words(seed, run, label, chunk.index, (chunk.size, columns), word)


def _check_peers(run: LookupRun, node: str, mask_keys: Mapping[str, bytes]) -> None:
    if set(mask_keys) != set(run.peers(node)):
        raise ProtocolError(
            Text(
                "出力マスクの鍵が、他のすべてのノードと一対一になっていません。",
                "There must be one output-mask key for every other node, and no more.",
            )
        )
    if len(set(mask_keys.values())) != len(mask_keys):
        what = Text("出力マスクの鍵が重複しています。", "Two peers share one output-mask key.")
        raise ProtocolError(what)


def zero_mask_bits(
    run: LookupRun, node: str, mask_keys: Mapping[str, bytes], chunk: int, length: int
) -> NDArray[np.uint8]:
    """Return the node's part of a zero-mask under XOR; the parts of all nodes cancel.

    Without it the dealer, who knows all pads, would read inputs from single outputs.

    Args:
        run: The lookup.
        node: Who sends the vector.
        mask_keys: Peer id -> the pair's ``mask-out`` key (32 bytes, the same at both ends).
        chunk: Which chunk of the vector.
        length: Bytes of the vector.

    Raises:
        ProtocolError: a peer's key is missing, foreign or used for two peers.
    """
    _check_peers(run, node, mask_keys)
    total = np.zeros(length, dtype=np.uint8)
    for key in mask_keys.values():
        total ^= expand(key, run, "zero-mask/bits", chunk, length)
    return total


def zero_mask_words(
    run: LookupRun, node: str, mask_keys: Mapping[str, bytes], count: int, word: str
) -> Words:
    """Return the node's part of an additive zero-mask; the parts of all nodes cancel.

    Of two nodes the one with the smaller id adds, the other subtracts.

    Raises:
        ProtocolError: as `zero_mask_bits`.
    """
    _check_peers(run, node, mask_keys)
    total: Words = np.zeros(count, dtype=word)
    for peer, key in mask_keys.items():
        part = words(key, run, "zero-mask/words", 0, (count,), word)
        total = total + part if node < peer else total - part
    return total
