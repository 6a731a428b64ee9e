"""Measure the memory of a search against the number of pairs that it finds.

    python -m tests.benchmarks.memory [--rows 20000] [--pairs 1000000,10000000]

Groups of equal codes give as many pairs as asked for.  Each case runs in a process of its own;
the peak is its largest resident memory less what it had before the search.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np

from coordinator.engines.spilled import Spilled
from privacy.similarity.search import pairs_among
from privacy.similarity.sinks import MemorySink, Sinks
from tests.benchmarks.record import Row, cost, in_child, options, peak_mb, report


def one(sink_name: str, rows: int, pairs: int) -> dict[str, float | int]:
    """Search once; return pairs, seconds and memory."""
    group = max(2, round(2 * pairs / rows) + 1)
    generator = np.random.default_rng(1)
    codes = generator.integers(0, 2**63, (-(-rows // group), 8), dtype=np.uint64)
    codes = np.repeat(codes, group, axis=0)[:rows]
    for found in pairs_among(codes[:600], 9):
        del found
    with tempfile.TemporaryDirectory() as folder:
        sinks: Sinks = MemorySink if sink_name == "memory" else Spilled(Path(folder))
        before = peak_mb()

        def work() -> int:
            sink = sinks(rows)
            for found in pairs_among(codes, 9):
                sink.add(found.left, found.right)
            return len(sink.take()[0])

        run = cost(work)
    return {"pairs": run.result, "s": run.wall_s, "more MB": peak_mb() - before}


def main() -> None:
    """Measure, print and keep; with --one, measure one case here."""
    parser = options(__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--pairs", default="1000000,10000000,40000000")
    parser.add_argument("--one", choices=["memory", "disk"])
    chosen = parser.parse_args()
    sizes = [int(size) for size in chosen.pairs.split(",")]
    if chosen.one:
        print(json.dumps(one(chosen.one, chosen.rows, sizes[0])))
        return
    rows: list[Row] = []
    for size in sizes:
        for sink in ("memory", "disk"):
            case = ("--one", sink, "--rows", str(chosen.rows), "--pairs", str(size))
            rows.append({"pairs kept in": sink, **in_child("tests.benchmarks.memory", *case)})
    report(chosen.json, "memory", f"Pairs found among {chosen.rows:,} codes of 512 bits", rows)


if __name__ == "__main__":
    main()
