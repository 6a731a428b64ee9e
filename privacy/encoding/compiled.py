"""The inner loops of the encoder, compiled by numba; the only importer of numba here.

Same bits as the NumPy versions of `kernels.py`, whose docstrings say what the arrays
hold.  Importing this module costs half a second, so `kernels.fastest` does it late.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

Words = NDArray[np.uint64]


def _popcount(_typing: Any, value: Any) -> Any:  # noqa: ANN401 - numba's untyped protocol
    """Make LLVM's population count callable: the processor has one instruction for it."""

    def emit(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        return builder.ctpop(arguments[0])

    return types.uint64(value), emit


_ones: Any = intrinsic(_popcount)


@njit(cache=True, nogil=True)
def set_positions(
    blocks: Words, hashes: NDArray[np.uint8], rows: NDArray[np.int64], filters: Words
) -> None:
    """Set the positions that cipher *blocks* name (`kernels.plain_set_positions`)."""
    for m in range(len(blocks)):
        low, high, row = blocks[m, 0], blocks[m, 1], rows[m]
        for _ in range(hashes[m]):
            position = low & np.uint64(1023)
            filters[row, position >> np.uint64(6)] |= np.uint64(1) << (position & np.uint64(63))
            low = (low >> np.uint64(10)) | (high << np.uint64(54))
            high >>= np.uint64(10)


@njit(cache=True, nogil=True)
def sharpen(filters: Words, rows: Words, fold: int, codes: Words) -> None:
    """Write the sharpened codes of *filters* (`kernels.plain_sharpen`).

    The signs stand as bit planes, one word of a column after the other, so that the
    innermost loop is a vector of population counts; two filters share each load.
    """
    by_word, ones = _planes(rows)
    total, count = len(ones), len(filters)
    one, two = np.empty(total, dtype=np.uint64), np.empty(total, dtype=np.uint64)
    signs = np.empty(total, dtype=np.uint8)
    for n in range(0, count, 2):
        other = min(n + 1, count - 1)
        one[:] = 0
        two[:] = 0
        for k in range(0, 16, 2):
            a, b = filters[n, k], filters[n, k + 1]
            c, d = filters[other, k], filters[other, k + 1]
            for j in range(total):
                low, high = by_word[k, j], by_word[k + 1, j]
                one[j] += _ones(a & low) + _ones(b & high)
                two[j] += _ones(c & low) + _ones(d & high)
        _fold_signs(one, _weight(filters[n]), ones, fold, signs, codes[n])
        _fold_signs(two, _weight(filters[other]), ones, fold, signs, codes[other])


@njit(cache=True, nogil=True)
def _planes(rows: Words) -> tuple[Words, NDArray[np.int64]]:
    """Return the signs as 16 x columns words, and how many of each column are +."""
    total = 64 * rows.shape[1]
    planes = np.zeros((16, total), dtype=np.uint64)
    ones = np.zeros(total, dtype=np.int64)
    for i in range(rows.shape[0]):
        for j in range(total):
            bit = (rows[i, j >> 6] >> np.uint64(j & 63)) & np.uint64(1)
            planes[i >> 6, j] |= bit << np.uint64(i & 63)
            ones[j] += np.int64(bit)
    return planes, ones


@njit(cache=True, nogil=True)
def _weight(bits: Words) -> int:
    weight = 0
    for k in range(16):
        weight += int(_ones(bits[k]))
    return weight


@njit(cache=True, nogil=True)
def _fold_signs(
    both: Words,
    weight: int,
    ones: NDArray[np.int64],
    fold: int,
    signs: NDArray[np.uint8],
    code: Words,
) -> None:
    """Write one record's code: 1024 (2 both - weight) >= weight (2 ones - 1024), halved.

    Signs are bytes of 0 and 1 first; eight of them become eight bits by one product.
    """
    for j in range(len(both)):
        signs[j] = 1024 * np.int64(both[j]) >= weight * ones[j]
    eights = signs.view(np.uint64)
    length = len(eights) // fold
    code[:] = 0
    for at in range(length):
        folded = eights[at]
        for layer in range(1, fold):
            folded ^= eights[layer * length + at]
        octet = (folded * np.uint64(0x0102040810204080)) >> np.uint64(56)
        code[at >> 3] |= octet << np.uint64(8 * (at & 7))
