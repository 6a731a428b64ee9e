"""The distance scan, compiled by numba; the only importer of numba here.

256 codes lie word-major, so that one row meets eight of them in an instruction, and
stripes of rows run on numba's own threads without the interpreter's lock (RESEARCH 3).
Importing this costs half a second: `kernels.default_scan` does it late.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numba
import numpy as np
from numba.core import types
from numba.extending import intrinsic

from privacy.similarity.kernels import LANES, Hits, Words

_STRIPES = 16


def _popcount(_typing: Any, value: Any) -> Any:  # noqa: ANN401 - numba's untyped protocol
    """Make LLVM's population count callable: the processor has one instruction for it."""

    def emit(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        return builder.ctpop(arguments[0])

    return types.uint64(value), emit


_ones: Any = intrinsic(_popcount)


@cache
def _scan_of_width(words: int) -> Any:  # noqa: ANN401, C901 - one kernel, as numba wants it
    """Compile the scan for codes of *words* words: a fixed width lets LLVM unroll it."""

    @numba.njit(cache=True, nogil=True)
    def measure(row: Any, block: Any, distance: Any) -> Any:  # noqa: ANN401
        least = np.uint64(0xFFFFFFFF)
        for lane in range(LANES):
            bits = np.uint64(0)
            for word in range(words):
                bits += _ones(row[word] ^ block[word, lane])
            distance[lane] = bits
            least = min(least, bits)
        return least

    @numba.njit(cache=True, nogil=True)
    def keep(distance: Any, limit: Any, index: int, first: int, out: Any, count: int) -> Any:  # noqa: ANN401
        for lane in range(LANES):
            if distance[lane] <= limit:
                if count < len(out):
                    out[count, 0] = index
                    out[count, 1] = first + lane
                    out[count, 2] = distance[lane]
                count += 1
        return count

    @numba.njit(parallel=True, cache=True, nogil=True)
    def scan(rows: Any, blocks: Any, limit: Any, out: Any) -> Any:  # noqa: ANN401
        counts = np.zeros(len(out), np.int64)
        for stripe in numba.prange(len(out)):
            distance = np.empty(LANES, np.uint64)
            count = 0
            low, high = len(rows) * stripe // len(out), len(rows) * (stripe + 1) // len(out)
            for number in range(len(blocks)):
                for index in range(low, high):
                    if measure(rows[index], blocks[number], distance) <= limit:
                        first = number * LANES
                        count = keep(distance, limit, index, first, out[stripe], count)
            counts[stripe] = count
        return counts

    return scan


def scan_numba(rows: Words, blocks: Words, limit: int, most: int) -> Hits | None:
    """Scan with the compiled kernel; the same pairs as `kernels.scan_numpy`, in row order."""
    out = np.empty((_STRIPES, max(1, most // _STRIPES), 3), dtype=np.int32)
    counts = _scan_of_width(rows.shape[1])(rows, blocks, np.uint64(limit), out)
    if counts.max(initial=0) > out.shape[1]:
        return None
    hits = np.concatenate([out[stripe, : counts[stripe]] for stripe in range(_STRIPES)])
    order = np.lexsort((hits[:, 1], hits[:, 0]))
    row, code, distance = hits[order].astype(np.int64).T
    return row, code, distance
