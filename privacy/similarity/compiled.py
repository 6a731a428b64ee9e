"""The distance scan, compiled by numba; the only importer of numba here.

256 codes lie word-major, so that one row meets eight of them in an instruction, and
stripes of rows run on numba's own threads without the interpreter's lock (RESEARCH 3).
Importing this costs half a second: `kernels.default_scan` does it late.
"""

# ruff: noqa: ANN401 - what numba compiles is not typed

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba.core import types
from numba.extending import intrinsic

from privacy.similarity.kernels import EVERYWHERE, FEW_PAIRS, LANES, Hits, Words

_STRIPES = 16
_SPREAD = 5
"""Coprime to the stripes, so that their turns visit them all."""
_TWO_ROWS = 8
"""Words up to which two rows fit the registers together (measured; RESEARCH 3)."""


def _popcount(_typing: Any, value: Any) -> Any:
    """Make LLVM's population count callable: the processor has one instruction for it."""

    def emit(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(value), emit


_ones: Any = intrinsic(_popcount)


@numba.njit(cache=True, nogil=True)
def _nearest(row: Any, block: Any, width: Any) -> Any:
    """Return the distance of the nearest of a block's codes; len(*width*) words count."""
    least = np.uint64(0xFFFFFFFF)
    for lane in range(LANES):
        bits = np.uint64(0)
        for word in range(len(width)):
            bits += _ones(row[word] ^ block[word, lane])
        least = min(least, bits)
    return least


@numba.njit(cache=True, nogil=True)
def _nearest_of_two(row: Any, next_row: Any, block: Any, width: Any) -> Any:
    """Do so for two rows: each word of the block is loaded once for both."""
    least = np.uint64(0xFFFFFFFF)
    next_least = np.uint64(0xFFFFFFFF)
    for lane in range(LANES):
        bits = np.uint64(0)
        next_bits = np.uint64(0)
        for word in range(len(width)):
            code = block[word, lane]
            bits += _ones(row[word] ^ code)
            next_bits += _ones(next_row[word] ^ code)
        least = min(least, bits)
        next_least = min(next_least, next_bits)
    return least, next_least


@numba.njit(cache=True, nogil=True)
def _keep(
    rows: Any, index: int, block: Any, first: int, limit: Any, width: Any, out: Any, count: int
) -> Any:
    """Measure again, as near codes are rare, and write those within *limit* to *out*.

    An array of its own keeps this out of the loops that it is called from.
    """
    distance = np.empty(LANES, np.uint64)
    for lane in range(LANES):
        bits = np.uint64(0)
        for word in range(len(width)):
            bits += _ones(rows[index, word] ^ block[word, lane])
        distance[lane] = bits
    for lane in range(LANES):
        if distance[lane] <= limit:
            if count < len(out):
                out[count, 0] = index
                out[count, 1] = first + lane
                out[count, 2] = distance[lane]
            count += 1
    return count


@numba.njit(cache=True, nogil=True)
def _stripe(
    rows: Any, low: int, high: int, blocks: Any, limit: Any, below: int, width: Any, out: Any
) -> Any:
    """Scan rows *low* .. *high* and return how many pairs there are; *out* holds what fits."""
    count = 0
    for number in range(len(blocks)):
        block = blocks[number]
        first = number * LANES
        # A row is wanted here if it meets the block's last code.
        last = min(high, first + LANES - below)
        index = low
        if len(width) <= _TWO_ROWS:
            while index + 1 < last:
                row, next_row = rows[index], rows[index + 1]
                least, next_least = _nearest_of_two(row, next_row, block, width)
                if least <= limit:
                    count = _keep(rows, index, block, first, limit, width, out, count)
                if next_least <= limit:
                    count = _keep(rows, index + 1, block, first, limit, width, out, count)
                index += 2
        while index < last:
            if _nearest(rows[index], block, width) <= limit:
                count = _keep(rows, index, block, first, limit, width, out, count)
            index += 1
    return count


@numba.njit(parallel=True, cache=True, nogil=True)
def _scan(rows: Any, blocks: Any, limit: Any, below: int, width: Any, out: Any) -> Any:
    """Scan stripes of rows on all threads.

    *width* is a tuple of as many zeros as codes have words: its length is part of its
    type, so each width is compiled apart and unrolled, and found in numba's cache.
    """
    counts = np.zeros(len(out), np.int64)
    for turn in numba.prange(len(out)):
        # Above a diagonal early rows meet more codes: every thread gets some of them.
        part = turn * _SPREAD % len(out)
        low, high = len(rows) * part // len(out), len(rows) * (part + 1) // len(out)
        counts[part] = _stripe(rows, low, high, blocks, limit, below, width, out[part])
    return counts


def scan_numba(
    rows: Words, blocks: Words, limit: int, most: int, below: int = EVERYWHERE
) -> Hits | None:
    """Scan with the compiled kernel; the same pairs as `kernels.scan_numpy`, in row order."""
    width = (0,) * rows.shape[1]
    if len(rows) * blocks.shape[0] * LANES <= FEW_PAIRS:
        # Not worth waking threads, which wait for each other on a busy machine.
        alone = np.empty((most, 3), dtype=np.int32)
        count = _stripe(rows, 0, len(rows), blocks, np.uint64(limit), below, width, alone)
        if count > most:
            return None
        hits = alone[:count]
    else:
        out = np.empty((_STRIPES, max(1, most // _STRIPES), 3), dtype=np.int32)
        counts = _scan(rows, blocks, np.uint64(limit), below, width, out)
        if counts.max() > out.shape[1]:
            return None
        hits = np.concatenate([out[stripe, : counts[stripe]] for stripe in range(_STRIPES)])
    hits = hits[hits[:, 1] >= hits[:, 0] + below]
    order = np.lexsort((hits[:, 1], hits[:, 0]))
    row, code, distance = hits[order].astype(np.int64).T
    return row, code, distance
