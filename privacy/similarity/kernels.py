"""Distance scans over packed codes: compiled where numba is, NumPy where it is not.

Both engines answer the same question with the same numbers: which codes of a tile
lie within a limit of which rows, in Hamming distance.  Tiles are word-major blocks of
256 codes.  Nothing here is keyed: who holds two codes can compare them.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

LANES = 256
"""Codes in one word-major block."""

FEW_PAIRS = 1 << 23
"""Pairs that one thread compares in some milliseconds: fewer deserve no preparation."""
EVERYWHERE = -(1 << 30)
"""Below every code: each row meets all of them."""

Words = NDArray[np.uint64]
Hits = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


class Scan(Protocol):
    """Rows x tile -> (row, code, distance) of all pairs within the limit, or None if too many."""

    def __call__(
        self, rows: Words, blocks: Words, limit: int, most: int, below: int = EVERYWHERE
    ) -> Hits | None:
        """Compare *rows* (n x words) with *blocks* (b x words x 256); at most *most* pairs.

        Row i meets the codes from i + *below* on: above the diagonal of one set with itself.
        """


def blocks_of(codes: Words) -> Words:
    """Return *codes* (n x words) as word-major blocks (b x words x 256), padded with zeros."""
    count, words = codes.shape
    padded = np.zeros((-(-count // LANES) * LANES, words), dtype=np.uint64)
    padded[:count] = codes
    return np.ascontiguousarray(padded.reshape(-1, LANES, words).transpose(0, 2, 1))


def scan_numpy(
    rows: Words, blocks: Words, limit: int, most: int, below: int = EVERYWHERE
) -> Hits | None:
    """Scan with NumPy's popcount: the reference, and the engine where numba is missing."""
    found: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = []
    total = 0
    for number, block in enumerate(blocks):
        distance = np.zeros((len(rows), LANES), dtype=np.int64)
        for word in range(block.shape[0]):
            distance += np.bitwise_count(rows[:, word, None] ^ block[word])
        first = number * LANES
        meets = np.arange(first, first + LANES) >= np.arange(len(rows))[:, None] + below
        row, lane = np.nonzero((distance <= limit) & meets)
        total += len(row)
        if total > most:
            return None
        found.append((row, lane + first, distance[row, lane]))
    if not found:
        empty = np.zeros(0, dtype=np.int64)
        return empty, empty, empty
    row, code, distance = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.lexsort((code, row))
    return row[order], code[order], distance[order]


def default_scan() -> Scan:
    """Return the compiled scan where numba is installed, else NumPy's."""
    try:
        from privacy.similarity.compiled import scan_numba  # noqa: PLC0415  # numba is slow to import
    except ImportError:
        return scan_numpy
    return scan_numba
