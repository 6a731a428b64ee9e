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
def sharpen(filters: Words, columns: Words, fold: int, codes: Words) -> None:
    """Write the sharpened codes of *filters* (`kernels.plain_sharpen`)."""
    total = len(columns)
    by_word = np.empty((16, total), dtype=np.uint64)  # so that the innermost loop is a vector
    column_ones = np.zeros(total, dtype=np.int64)
    for j in range(total):
        for k in range(16):
            by_word[k, j] = columns[j, k]
            column_ones[j] += np.int64(_ones(columns[j, k]))
    both = np.empty(total, dtype=np.uint64)
    for n in range(len(filters)):
        weight = np.int64(0)
        both[:] = 0
        for k in range(16):
            word = filters[n, k]
            weight += np.int64(_ones(word))
            for j in range(total):
                both[j] += _ones(word & by_word[k, j])
        _fold_signs(both, weight, column_ones, fold, codes[n])


@njit(cache=True, nogil=True)
def _fold_signs(
    both: Words, weight: np.int64, column_ones: NDArray[np.int64], fold: int, code: Words
) -> None:
    """Write one record's code: 1024 (2 both - weight) >= weight (2 ones - 1024), halved."""
    length = len(both) // fold
    code[:] = 0
    for layer in range(fold):
        for at in range(length):
            j = layer * length + at
            bit = np.uint64(1024 * np.int64(both[j]) >= weight * column_ones[j])
            code[at >> 6] ^= bit << np.uint64(at & 63)
