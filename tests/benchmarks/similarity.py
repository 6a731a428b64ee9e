"""Measure the similarity kernels against anonlink in one run.

    python -m tests.benchmarks.similarity [--rows 20000] [--pool 43000]

Prints M comparisons a second (wall, and per CPU-second) and the ratio to anonlink.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

from privacy.linkage.candidates import largest_distance
from privacy.similarity.kernels import Words
from privacy.similarity.reference import dice_by_anonlink
from privacy.similarity.search import dice_pairs, pairs_among

_ANONLINK_ROWS = 8000
_DICE = 0.8


def _filters(generator: np.random.Generator, count: int) -> Words:
    """Return 1,024-bit filters with about a quarter of the bits set."""
    bits = np.zeros((count, 1024), dtype=np.bool_)
    for row in bits:
        row[generator.integers(0, 1024, 300)] = True
    return np.packbits(bits, axis=1).view(np.uint64)


def _measure(name: str, comparisons: float, work: Callable[[], int]) -> float:
    """Run *work* twice, print the second time, and return comparisons per CPU-second."""
    work()
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(
        f"{name:34s} {comparisons / wall / 1e6:9.0f} M/s {comparisons / cpu / 1e6:9.0f} M/CPU-s"
        f"  {found} pairs"
    )
    return comparisons / cpu


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=20_000)
    options.add_argument("--pool", type=int, default=43_000)
    chosen = options.parse_args()
    generator = np.random.default_rng(1)
    left = _filters(generator, chosen.rows)
    right = left.copy()
    right[:, 0] ^= generator.integers(0, 2**40, len(right), dtype=np.uint64)
    few = left[:_ANONLINK_ROWS], right[:_ANONLINK_ROWS]
    views = [
        generator.integers(0, 2**64, (chosen.pool, 8), dtype=np.uint64, endpoint=False)
        for _ in range(3)
    ]
    pairs = chosen.pool * (chosen.pool - 1) // 2
    limit = largest_distance(512, pairs, chosen.pool)

    ours = _measure(
        "Dice, 1,024 bits, t = 0.8",
        len(left) * len(right),
        lambda: sum(len(found.left) for found, _ in dice_pairs(left, right, _DICE)),
    )
    theirs = _measure(
        "anonlink, the same filters",
        len(few[0]) * len(few[1]),
        lambda: len(dice_by_anonlink(*few, _DICE)[0]),
    )
    _measure(
        f"3 views of 512 bits, {chosen.pool} rows",
        3 * pairs,
        lambda: sum(len(found.left) for codes in views for found in pairs_among(codes, limit)),
    )
    print(f"ratio to anonlink {ours / theirs:.1f}")


if __name__ == "__main__":
    main()
