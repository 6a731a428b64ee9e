"""The majority vector against filter weight: what centring is for, and its own control pair.

A majority vote over all codes, compared with each code, reads how full its filter was
where sharpening is done over filters of +-1; centred sharpening withstands it (PROTOCOL 2
step 3; RESEARCH 2: correlation .61 uncentred, .01 centred).  The weight of a filter tells
the length of a name, which tells foreign names from others.
"""

from __future__ import annotations

import numpy as np

from privacy.encoding.batch import Codes
from privacy.encoding.hardening import pack, unpack
from privacy.encoding.sharpening import SignMatrix

FEWEST_CODES = 20


def weight_correlation(codes: Codes, filters: Codes) -> float:
    """Return how agreement with the majority code correlates with the weight of *filters*.

    Args:
        codes: n x words of one view, as seen.
        filters: n x words, the same rows before hardening (only a test has them).

    Returns:
        the absolute correlation; 0 where the view has few codes or nothing varies.
    """
    there = codes.any(axis=1) & filters.any(axis=1)
    if there.sum() < FEWEST_CODES:
        return 0.0
    bits = unpack(codes[there])
    weight = np.bitwise_count(filters[there]).sum(axis=1).astype(np.float64)
    majority = bits.mean(axis=0) >= 0.5  # noqa: PLR2004 - the majority
    agreement = (bits == majority).mean(axis=1)
    if not agreement.std() or not weight.std():
        return 0.0
    return abs(float(np.corrcoef(agreement, weight)[0, 1]))


def sharpen_uncentred(filters: Codes, signs: SignMatrix) -> Codes:
    """Return the codes of *filters* by majority hashing over +-1 filters: the control.

    Never an encoding: it differs from `SignMatrix.sharpen` only in what it forgets.
    """
    matrix = unpack(signs.rows).T.astype(np.float32) * 2 - 1
    bits = unpack(filters).astype(np.float32) * 2 - 1
    ones = (bits @ matrix.T >= 0).astype(np.uint8).reshape(len(filters), signs.fold, signs.length)
    codes: Codes = pack(np.bitwise_xor.reduce(ones, axis=1))
    codes[~filters.any(axis=1)] = 0
    return codes
