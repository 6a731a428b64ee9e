"""Anonlink's Dice comparison, as the reference for our kernels; the only importer of anonlink.

Hamilton Pope et al., anonlink 0.15.3 (`anonlink.similarities.dice_coefficient`).  Used
by tests and benchmarks, and by anyone who doubts a result.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from privacy.similarity.kernels import Words


def dice_by_anonlink(
    left: Words, right: Words, threshold: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return (left row, right row, Dice) of all pairs at or above *threshold*, in row order."""
    from anonlink.similarities import dice_coefficient  # noqa: PLC0415  # slow to import
    from bitarray import bitarray  # noqa: PLC0415

    filters = []
    for codes in (left, right):
        packed = [bitarray() for _ in codes]
        for filled, row in zip(packed, codes, strict=True):
            filled.frombytes(row.tobytes())
        filters.append(packed)
    dice, (rows, others) = dice_coefficient(filters, threshold)
    row, other = np.asarray(rows, dtype=np.int64), np.asarray(others, dtype=np.int64)
    order = np.lexsort((other, row))
    return row[order], other[order], np.asarray(dice, dtype=np.float64)[order]
