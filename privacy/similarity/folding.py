"""XOR-folding as a filter that loses no pair: the fold's distance never exceeds the code's.

Word j of a fold is the exclusive or of all words i = j mod width.  A difference can
cancel but not appear, so a pair beyond the limit in its folds is beyond it in full.
Whether that pays depends on the data: codes of half density fold into noise, sparse
filters do not.  The width is therefore chosen from a sample (RESEARCH 3).
"""

from __future__ import annotations

import numpy as np

from privacy.similarity.kernels import FEW_PAIRS, LANES, Words

_SAMPLE = 1024
_MANY = 512
"""Sampled pairs that pass, after which a better estimate of their share changes nothing."""
_VERIFY_COST = 60.0
"""Words compared in the time that one pair that passes takes to verify."""


def fold(codes: Words, width: int) -> Words:
    """Fold *codes* (n x words) to n x *width* words by exclusive or."""
    folded = codes[:, :width].copy()
    for start in range(width, codes.shape[1], width):
        part = codes[:, start : start + width]
        folded[:, : part.shape[1]] ^= part
    return folded


def sample_pairs(codes: Words, others: Words) -> tuple[Words, Words]:
    """Return rows of both sides, evenly spread, that stand for a random pair each."""
    left = codes[np.linspace(0, len(codes) - 1, _SAMPLE).astype(np.int64)]
    right = others[np.linspace(0, len(others) - 1, _SAMPLE + 1).astype(np.int64)[:_SAMPLE]]
    return left, right


def _passing(left: Words, right: Words, limit: int) -> float:
    """Return the share of sampled pairs within *limit*, roughly where it is large."""
    passed = compared = 0
    for shift in range(8, _SAMPLE, 16):
        distance = np.bitwise_count(left ^ np.roll(right, shift, axis=0)).sum(1)
        passed += int((distance <= limit).sum())
        compared += len(distance)
        if passed > _MANY:
            break
    return passed / compared


def choose_width(codes: Words, others: Words, limit: int) -> int:
    """Return the number of words to fold to before a scan for *limit*; all words means not to.

    Each width is tried on a sample of pairs; its cost is its words, once more for blocks
    with a pair that passes, plus the share of pairs that pass times the cost of
    verifying one.
    """
    words = int(codes.shape[1])
    if min(len(codes), len(others)) < _SAMPLE or len(codes) * len(others) <= FEW_PAIRS:
        return words
    left, right = sample_pairs(codes, others)
    best: int = words
    least = float(words)
    for width in range(2, words):
        share = _passing(fold(left, width), fold(right, width), limit)
        cost = width * (1 + min(1.0, LANES * share)) + _VERIFY_COST * share
        if cost < least:
            best, least = width, cost
        if not share:
            # A wider fold passes no more and costs more.
            break
    return best
