"""Measure the similarity kernel against anonlink, faiss and NumPy, in one run.

    python -m tests.benchmarks.similarity [--rows 20000] [--pool 43000] [--rounds 3]
        [--million 0] [--views 0] [--growth 10000,20000,40000,80000]

All find the same pairs of the same 1,024-bit filters at Dice 0.8; each is measured on as
many rows as it needs some tenths of a second for, in turn, and by CPU seconds.  Then the pass
over the default schema's three views of 512 bits, its growth with the rows, and, where
asked for, *million* x *million* filters at Dice 0.85 and views of *views* rows once.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from privacy.linkage.candidates import largest_distance
from privacy.similarity.kernels import Words, scan_numpy
from privacy.similarity.reference import dice_by_anonlink
from privacy.similarity.search import dice_pairs, pairs_among
from privacy.similarity.tiles import Here
from tests.benchmarks.record import Row, cost, least, options, peak_mb, report

_DICE = 0.8
_WIDE = 0.85
_ANONLINK_ROWS = 8000
_FAISS_ROWS = 8000
_NUMPY_ROWS = 4000
_VIEWS = 3

Found = Callable[[], set[tuple[int, int]]]


def filters(generator: np.random.Generator, count: int) -> Words:
    """Return 1,024-bit filters with about a quarter of the bits set."""
    codes = np.empty((count, 16), dtype=np.uint64)
    for start in range(0, count, 10_000):
        some = codes[start : start + 10_000]
        bits = np.zeros((len(some), 1024), dtype=np.bool_)
        chosen = generator.integers(0, 1024, (len(some), 300))
        bits[np.arange(len(some))[:, None], chosen] = True
        some[:] = np.packbits(bits, axis=1).view(np.uint64)
    return codes


def similar(generator: np.random.Generator, codes: Words) -> Words:
    """Return *codes* with about twenty bits of each changed."""
    changed = codes.copy()
    changed[:, 0] ^= generator.integers(0, 2**40, len(codes), dtype=np.uint64)
    return changed


def views(generator: np.random.Generator, count: int) -> Words:
    """Return unrelated 512-bit codes of half density, as sharpened views are."""
    return generator.integers(0, 2**64, (count, 8), dtype=np.uint64, endpoint=False)


def _ours(left: Words, right: Words, executor: Here) -> Found:
    return lambda: {
        pair
        for found, _ in dice_pairs(left, right, _DICE, executor=executor)
        for pair in zip(found.left.tolist(), found.right.tolist(), strict=True)
    }


def _anonlink(left: Words, right: Words) -> Found:
    def work() -> set[tuple[int, int]]:
        rows, others, _ = dice_by_anonlink(left, right, _DICE)
        return set(zip(rows.tolist(), others.tolist(), strict=True))

    return work


def _faiss(left: Words, right: Words) -> Found:
    import faiss  # noqa: PLC0415 - a peer, in the development tools only

    index = faiss.IndexBinaryFlat(64 * right.shape[1])
    index.add(right.view(np.uint8))
    ones, others = (np.bitwise_count(side).sum(axis=1, dtype=np.int64) for side in (left, right))
    most = int(ones.max() + others.max())

    def work() -> set[tuple[int, int]]:
        radius = int((1 - _DICE) * most) + 2
        ends, distance, code = index.range_search(left.view(np.uint8), radius)
        row = np.repeat(np.arange(len(left)), np.diff(ends.astype(np.int64)))
        bits = ones[row] + others[code]
        near: NDArray[np.bool_] = (bits - distance) / bits >= _DICE
        return set(zip(row[near].tolist(), code[near].tolist(), strict=True))

    return work


def against_peers(left: Words, right: Words, rounds: int) -> list[Row]:
    """Measure all on the same filters; raise where one finds other pairs."""
    sizes = {"Enishi": len(left), "anonlink": _ANONLINK_ROWS, "NumPy": _NUMPY_ROWS}
    work = {
        "Enishi": _ours(left, right, Here()),
        "anonlink": _anonlink(left[:_ANONLINK_ROWS], right[:_ANONLINK_ROWS]),
        "NumPy": _ours(left[:_NUMPY_ROWS], right[:_NUMPY_ROWS], Here(scan_numpy)),
    }
    if find_spec("faiss"):
        sizes["faiss"] = _FAISS_ROWS
        work["faiss"] = _faiss(left[:_FAISS_ROWS], right[:_FAISS_ROWS])
    else:
        print("faiss is not installed: left out")
    work["Enishi"]()
    runs = dict(zip(work, least(list(work.values()), rounds), strict=True))
    rates = {}
    for name, run in runs.items():
        count = min(sizes[name], len(left))
        expected = {(i, j) for i, j in runs["Enishi"].result if max(i, j) < count}
        if run.result != expected:
            raise ValueError(f"{name} finds {len(run.result)} pairs, not {len(expected)}")
        rates[name] = count * count / run.cpu_s / 1e6
    return [
        {
            "by": name,
            "rows": min(sizes[name], len(left)),
            "M comparisons/CPU-s": rate,
            "M/s": rate * runs[name].cpu_s / runs[name].wall_s,
            "Enishi is so many times faster": rates["Enishi"] / rate,
        }
        for name, rate in rates.items()
    ]


def views_pass(generator: np.random.Generator, count: int, rounds: int) -> Row:
    """Measure the pass over all views of *count* rows."""
    codes = [views(generator, count) for _ in range(_VIEWS)]
    pairs = _VIEWS * count * (count - 1) // 2
    limit = largest_distance(512, count * (count - 1) // 2, count)

    def work() -> int:
        return sum(len(found) for each in codes for found in pairs_among(each, limit))

    (run,) = least([work], rounds)
    return {
        "rows": count,
        "comparisons": pairs,
        "CPU-s": run.cpu_s,
        "s": run.wall_s,
        "M comparisons/CPU-s": pairs / run.cpu_s / 1e6,
        "pairs found": run.result,
        "peak MB": peak_mb(),
    }


def million(generator: np.random.Generator, count: int) -> Row:
    """Measure *count* x *count* filters at Dice 0.85, once."""
    left = filters(generator, count)
    right = similar(generator, left)
    run = cost(lambda: sum(len(found) for found, _ in dice_pairs(left, right, _WIDE)))
    return {
        "rows": count,
        "CPU-s": run.cpu_s,
        "s": run.wall_s,
        "M comparisons/CPU-s": count * count / run.cpu_s / 1e6,
        "pairs found": run.result,
        "peak MB": peak_mb(),
    }


def main() -> None:
    """Measure, print and keep."""
    parser = options(__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--pool", type=int, default=43_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--growth", default="10000,20000,40000,80000")
    parser.add_argument("--million", type=int, default=0)
    parser.add_argument("--views", type=int, default=0)
    chosen = parser.parse_args()
    generator = np.random.default_rng(1)
    left = filters(generator, chosen.rows)
    peers = against_peers(left, similar(generator, left), chosen.rounds)
    report(chosen.json, "similarity", f"Dice of 1,024 bits at {_DICE}", peers)
    sizes = [*map(int, filter(None, chosen.growth.split(","))), chosen.pool]
    grown = [views_pass(generator, count, chosen.rounds) for count in sorted(sizes)]
    report(
        chosen.json, "similarity-views", f"{_VIEWS} views of 512 bits, all pairs of a pool", grown
    )
    if chosen.views:
        row = views_pass(generator, chosen.views, 1)
        report(chosen.json, "similarity-views-large", f"{_VIEWS} views of 512 bits, once", [row])
    if chosen.million:
        row = million(generator, chosen.million)
        report(
            chosen.json, "similarity-million", f"Dice of 1,024 bits at {_WIDE}, both sides", [row]
        )


if __name__ == "__main__":
    main()
