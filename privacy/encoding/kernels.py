"""The inner loops of the encoder in NumPy, and the choice of the compiled ones.

`compiled.py` holds the same loops for numba, five times as fast; where numba is missing
these serve.  Both give equal bits (tested); arrays are laid out as in `batch.py`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
_CHUNK = 4096  # records at a time in the NumPy versions: 4 MB of bits, 16 MB of floats


class Kernels(NamedTuple):
    """One implementation of both loops."""

    set_positions: Callable[[Words, NDArray[np.uint8], NDArray[np.int64], Words], None]
    sharpen: Callable[[Words, Words, int, Words], None]


@functools.cache
def fastest() -> Kernels:
    """Return the compiled kernels, or the NumPy ones where numba cannot be imported."""
    try:
        from privacy.encoding import compiled  # noqa: PLC0415 - half a second, paid when encoding
    except ImportError:
        return PLAIN
    return Kernels(compiled.set_positions, compiled.sharpen)


def plain_set_positions(
    blocks: Words, hashes: NDArray[np.uint8], rows: NDArray[np.int64], filters: Words
) -> None:
    """Set the positions that cipher *blocks* name.

    Position t of a block is bits 10 t .. 10 t + 9 of its 128-bit little-endian number.

    Args:
        blocks: m x 2 words, low word first.
        hashes: m numbers of positions to take from each block, 0..12.
        rows: m rows of *filters*, ascending or not.
        filters: n x 16 words; bits are added in place.
    """
    shifts = 10 * np.arange(12, dtype=np.uint64)
    low, high = blocks[:, :1], blocks[:, 1:]
    crossing = (low >> np.uint64(60)) | (high << np.uint64(4))
    values = np.concatenate(
        [low >> shifts[:6], crossing, high >> (shifts[7:] - np.uint64(64))], axis=1
    ) & np.uint64(1023)
    wanted = np.arange(12) < hashes[:, None]
    positions = values[wanted].astype(np.int64)
    np.bitwise_or.at(
        filters,
        (np.repeat(rows, hashes), positions >> 6),
        np.uint64(1) << (positions & 63).astype(np.uint64),
    )


def plain_sharpen(filters: Words, rows: Words, fold: int, codes: Words) -> None:
    """Write the sharpened codes of *filters*.

    Sign j is that of 1024 * (sum of column j over the set bits) - weight * (sum of
    column j), 0 counting as +1; output bit j is the xor of signs j, j + L, ...

    Args:
        filters: n x 16 words.
        rows: 1024 x (h L / 64) words; bit j of row i is 1 where S[i, j] is +1.
        fold: h.
        codes: n x (L / 64) words, written.
    """
    signs = _unpack(rows).astype(np.float32) * 2 - 1  # 1024 x h L; sums stay exact
    column_sums = signs.sum(axis=0).astype(np.int64)
    for start in range(0, len(filters), _CHUNK):
        bits = _unpack(filters[start : start + _CHUNK])
        sums = np.rint(bits.astype(np.float32) @ signs).astype(np.int64)
        weights = bits.sum(axis=1, dtype=np.int64)
        positive = 1024 * sums >= weights[:, None] * column_sums
        folded = positive[:, : positive.shape[1] // fold].copy()
        for layer in range(1, fold):
            width = folded.shape[1]
            folded ^= positive[:, layer * width : (layer + 1) * width]
        octets = np.packbits(folded, axis=1, bitorder="little")
        codes[start : start + _CHUNK] = octets.view("<u8")


PLAIN = Kernels(plain_set_positions, plain_sharpen)


def _unpack(words: Words) -> NDArray[np.uint8]:
    octets = np.ascontiguousarray(words, dtype="<u8").view(np.uint8)
    return np.unpackbits(octets, axis=1, bitorder="little")
