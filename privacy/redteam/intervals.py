"""The exact interval of a share (Clopper and Pearson 1934), without SciPy."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, lgamma, log, log1p


def clopper_pearson(right: int, tried: int, alpha: float) -> tuple[float, float]:
    """Return the exact two-sided interval at level 1 - *alpha* of *right* successes of *tried*."""
    if not tried:
        return 0.0, 1.0
    low = 0.0 if not right else _solve(lambda p: _at_least(right, tried, p), alpha / 2)
    wrong = tried - right
    high = 1.0 if not wrong else 1 - _solve(lambda p: _at_least(wrong, tried, p), alpha / 2)
    return low, high


def lies_above(right: int, tried: int, limit: float, alpha: float) -> bool:
    """Tell whether the whole interval of `clopper_pearson` lies above *limit*: one sum."""
    return right > 0 and _at_least(right, tried, limit) < alpha / 2


def _solve(rising: Callable[[float], float], target: float) -> float:
    """Return where the *rising* function of a share reaches *target*."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < target else (low, middle)
    return low


def _at_least(count: int, tried: int, share: float) -> float:
    """Return the probability of at least *count* successes of *tried*, by the shorter sum."""
    if 2 * count > tried:
        return _at_most(tried - count, tried, 1 - share)
    return 1 - _at_most(count - 1, tried, share)


def _at_most(count: int, tried: int, share: float) -> float:
    """Return the probability of at most *count* successes of *tried*."""
    if share <= 0:
        return 1.0
    if share >= 1:
        return float(count >= tried)
    whole = lgamma(tried + 1)
    terms = (
        whole - lgamma(k + 1) - lgamma(tried - k + 1) + k * log(share) + (tried - k) * log1p(-share)
        for k in range(count + 1)
    )
    return min(1.0, sum(exp(term) for term in terms))
