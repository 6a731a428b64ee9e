"""Named hardenings of Bloom filters, and the floor below which a policy refuses.

Only `SHARPEN` withstands graph matching (RESEARCH 2: all others are re-identified to
99.6-100 % without a key); the others are kept for compatibility and as controls of the
leakage self-test.  Sources: Schnell & Borgs 2016 (balance, BLIP), Christen et al. 2017
(XOR-fold, Rule 90).  Filters: n x 1024 bits as n x 16 words, bit j in word j // 64.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from privacy.encoding.batch import Codes
from privacy.errors import RefusedError, Text
from privacy.keys import derive, keystream, permutation

BLIP_FLIPS = 0.05
"""The probability with which `BLIP` flips a bit."""


class Hardening(StrEnum):
    """What is done to a filter before it leaves the node."""

    NONE = "none"
    """The plain filter (CLK)."""
    XOR_FOLD = "xor-fold"
    """First half xor second half: 512 bits."""
    BALANCE = "balance"
    """The filter and its complement under a keyed permutation: 2,048 bits, weight constant."""
    BLIP = "blip"
    """Each bit flipped with probability 0.05, the same flips for the same filter and key."""
    RULE_90 = "rule-90"
    """Each bit the xor of its two neighbours, cyclic."""
    SHARPEN = "sharpen"
    """Keyed, centred majority hashing and xor: ``privacy/encoding/sharpening.py``."""


_RANK = dict.fromkeys(Hardening, 1) | {Hardening.NONE: 0, Hardening.SHARPEN: 2}


def harden(name: Hardening, filters: Codes, key: bytes) -> Codes:
    """Return *filters* under a hardening for comparison; *key* is the view's hardening key.

    Raises:
        ValueError: *name* is `SHARPEN`, which needs a matrix and has its own module.
    """
    if name is Hardening.NONE:
        return filters.copy()
    if name is Hardening.XOR_FOLD:
        half = filters.shape[1] // 2
        return filters[:, :half] ^ filters[:, half:]
    if name is Hardening.BALANCE:
        return _balance(filters, key)
    if name is Hardening.BLIP:
        return _blip(filters, key)
    if name is Hardening.RULE_90:
        bits = unpack(filters)
        return pack(np.roll(bits, 1, axis=1) ^ np.roll(bits, -1, axis=1))
    raise ValueError(name)


def check_floor(passes: Mapping[str, Hardening], floor: Hardening) -> None:
    """Check every pass of a schema against the weakest hardening a policy allows.

    Raises:
        RefusedError: a pass is hardened less than *floor*; the message names the pass.
    """
    for name, hardening in passes.items():
        if _RANK[hardening] < _RANK[floor]:
            raise RefusedError(
                Text(
                    f"パス {name} の符号化（{hardening}）は方針の下限（{floor}）より弱いです。",
                    f"Pass {name} is hardened by {hardening}, below the policy's floor {floor}.",
                ),
                Text(
                    f"{floor} 以上の連結スキーマを使ってください。",
                    f"Use a linkage schema hardened by {floor} or better.",
                ),
            )


def unpack(codes: Codes) -> NDArray[np.uint8]:
    """Return *codes* as n x bits zeros and ones."""
    octets = np.ascontiguousarray(codes, dtype="<u8").view(np.uint8)
    return np.unpackbits(octets, axis=1, bitorder="little")


def pack(bits: NDArray[np.uint8]) -> Codes:
    """Return n x bits zeros and ones as n x (bits / 64) words; the reverse of `unpack`."""
    octets = np.ascontiguousarray(np.packbits(bits, axis=1, bitorder="little"))
    return octets.view("<u8").astype(np.uint64, copy=False)


def _balance(filters: Codes, key: bytes) -> Codes:
    both = unpack(np.concatenate([filters, ~filters], axis=1))
    return pack(both[:, permutation(derive(key, "balance"), both.shape[1])])


def _blip(filters: Codes, key: bytes) -> Codes:
    bits = unpack(filters)
    below = int(BLIP_FLIPS * 2**16)
    for row, filter_words in enumerate(filters):
        row_key = derive(key, "blip", filter_words.astype("<u8").tobytes())
        words = np.frombuffer(keystream(row_key, 2 * bits.shape[1]), dtype="<u2")
        bits[row] ^= words < below
    return pack(bits)
