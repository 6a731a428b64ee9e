"""Compiled distance scans over packed codes: numba where it is, NumPy where it is not.

Both engines answer the same question with the same numbers: which codes of a tile
lie within a limit of which rows, in Hamming distance.  The compiled scan keeps 256
codes word-major, so that one row is compared with eight codes an instruction, and
runs over stripes of rows on numba's own threads without the interpreter's lock
(RESEARCH 3).  Nothing here is keyed: who holds two codes can compare them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

try:
    import numba
    from numba.extending import intrinsic
except ImportError:  # pragma: no cover - the fallback is tested by name
    numba = None

LANES = 256
"""Codes in one word-major block."""

Words = NDArray[np.uint64]
Hits = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


class Scan(Protocol):
    """Rows x tile -> (row, code, distance) of all pairs within the limit, or None if too many."""

    def __call__(self, rows: Words, blocks: Words, limit: int, most: int) -> Hits | None:
        """Compare *rows* (n x words) with *blocks* (b x words x 256); at most *most* pairs."""


def blocks_of(codes: Words) -> Words:
    """Return *codes* (n x words) as word-major blocks (b x words x 256), padded with zeros."""
    count, words = codes.shape
    padded = np.zeros((-(-count // LANES) * LANES, words), dtype=np.uint64)
    padded[:count] = codes
    return np.ascontiguousarray(padded.reshape(-1, LANES, words).transpose(0, 2, 1))


def scan_numpy(rows: Words, blocks: Words, limit: int, most: int) -> Hits | None:
    """Scan with NumPy's popcount: the reference, and the engine where numba is missing."""
    found: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = []
    total = 0
    for number, block in enumerate(blocks):
        distance = np.zeros((len(rows), LANES), dtype=np.int64)
        for word in range(block.shape[0]):
            distance += np.bitwise_count(rows[:, word, None] ^ block[word])
        row, lane = np.nonzero(distance <= limit)
        total += len(row)
        if total > most:
            return None
        found.append((row, lane + number * LANES, distance[row, lane]))
    if not found:
        empty = np.zeros(0, dtype=np.int64)
        return empty, empty, empty
    row, code, distance = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.lexsort((code, row))
    return row[order], code[order], distance[order]


def _compile(words: int) -> Callable[..., NDArray[np.int64]]:
    """Compile the scan for codes of *words* words: a fixed width lets LLVM unroll it."""

    @intrinsic  # type: ignore[untyped-decorator]  # numba has no types
    def popcount(_context: object, _value: object) -> object:
        def generate(_c: object, builder: object, _s: object, arguments: list[object]) -> object:
            return builder.ctpop(arguments[0])  # type: ignore[attr-defined]  # llvmlite

        return numba.types.uint64(numba.types.uint64), generate

    @numba.njit(parallel=True, nogil=True, cache=True)  # type: ignore[untyped-decorator]  # as above
    def scan(  # type: ignore[no-untyped-def]  # noqa: ANN202  # compiled
        rows: Words, blocks: Words, limit: int, out: NDArray[np.int32], stripes: int
    ):
        counts = np.zeros(stripes, np.int64)
        for stripe in numba.prange(stripes):
            low = len(rows) * stripe // stripes
            high = len(rows) * (stripe + 1) // stripes
            distance = np.empty(LANES, np.uint64)
            count = 0
            for number in range(len(blocks)):
                block = blocks[number]
                for index in range(low, high):
                    row = rows[index]
                    least = np.uint64(0xFFFFFFFF)
                    for lane in range(LANES):
                        bits = np.uint64(0)
                        for word in range(words):
                            bits += popcount(row[word] ^ block[word, lane])
                        distance[lane] = bits
                        least = min(least, bits)
                    if least <= limit:
                        for lane in range(LANES):
                            if distance[lane] <= limit:
                                if count < out.shape[1]:
                                    out[stripe, count, 0] = index
                                    out[stripe, count, 1] = number * LANES + lane
                                    out[stripe, count, 2] = distance[lane]
                                count += 1
            counts[stripe] = count
        return counts

    return scan  # type: ignore[no-any-return]  # as above


_compiled = cache(_compile)
_STRIPES = 16


def scan_numba(rows: Words, blocks: Words, limit: int, most: int) -> Hits | None:
    """Scan with the compiled kernel; the same pairs as `scan_numpy`, in row order."""
    out = np.empty((_STRIPES, max(1, most // _STRIPES), 3), dtype=np.int32)
    counts = _compiled(rows.shape[1])(rows, blocks, np.uint64(limit), out, _STRIPES)
    if counts.max(initial=0) > out.shape[1]:
        return None
    hits = np.concatenate([out[stripe, : counts[stripe]] for stripe in range(_STRIPES)])
    order = np.lexsort((hits[:, 1], hits[:, 0]))
    row, code, distance = hits[order].astype(np.int64).T
    return row, code, distance


def default_scan() -> Scan:
    """Return the compiled scan where numba is installed, else NumPy's."""
    return scan_numpy if numba is None else scan_numba
