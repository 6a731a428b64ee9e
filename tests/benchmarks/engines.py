"""Measure tasks of a comparison, here and on a real Dask cluster, and what a country would take.

    python -m tests.benchmarks.engines [--rows 60000] [--side 16384] [--workers 2]
        [--records 700000,8000000,120000000]

The cluster is a scheduler and workers of one thread each on loopback, under mutual TLS.  The
projection (coordinator/engines/PLAN.md) takes the measured cost of a comparison: all views of the
default schema, all pairs, and pairs inside blocks of the size that labels are cut to.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from coordinator.engines.cluster import DaskExecutor
from privacy.encoding.labels import CHILDREN_A_BLOCK
from privacy.encoding.schema import default_schema
from privacy.linkage.blocks import Blocks, among
from privacy.linkage.candidates import largest_distance
from privacy.similarity.kernels import Words
from privacy.similarity.search import pairs_among
from privacy.similarity.tiles import HERE, SIDE, TileExecutor, joined
from tests.benchmarks.record import Cost, Row, cost, options, report
from tests.benchmarks.similarity import views
from tests.coordinator.engines.cluster import Cluster

_ROWS_A_CHILD = 4
"""Departments that hold a child, of about seven (RESEARCH 2)."""
_ASKED = 0.5
"""Share of the rows that later passes compare."""
_BLOCK = CHILDREN_A_BLOCK * _ROWS_A_CHILD
_BYTES = 64
"""Of one code of 512 bits."""


def _run(codes: Words, limit: int, executor: TileExecutor) -> Cost:
    return cost(lambda: joined(pairs_among(codes, limit, executor=executor)))


def engines(rows: int, side: int, workers: int, folder: Path) -> list[Row]:
    """Compare the same codes here and on a cluster; raise where the results differ."""
    codes = views(np.random.default_rng(1), rows)
    limit = largest_distance(512, rows * (rows - 1) // 2, rows)
    _run(codes[:3000], limit, HERE)
    here = _run(codes, limit, HERE)
    pairs = rows * (rows - 1) // 2
    tiles = sum(1 for start in range(0, rows, side) for other in range(start, rows, side))
    cluster = Cluster(folder)
    try:
        for _ in range(workers):
            cluster.start_worker()
        executor = DaskExecutor(cluster.address, cluster.tls, side=side, least=0)
        begun = _run(codes[:3000], limit, executor)
        joining = cluster.cpu_s()
        there = _run(codes, limit, executor)
        small = DaskExecutor(cluster.address, cluster.tls, side=100, least=0)
        busy = cluster.cpu_s()
        many = _run(codes[:2000], limit, small)
        busy = {name: after - busy[name] for name, after in cluster.cpu_s().items()}
    finally:
        cluster.stop()
    for name in ("left", "right", "distance"):
        np.testing.assert_array_equal(getattr(here.result, name), getattr(there.result, name))
    found = len(here.result)
    return [
        {
            "engine": "local, threads of one process",
            "tasks": tiles,
            "s": here.wall_s,
            "CPU-s here": here.cpu_s,
            "M comparisons/CPU-s": pairs / here.cpu_s / 1e6,
            "pairs found": found,
        },
        {
            "engine": f"dask, {workers} workers of one thread",
            "tasks": tiles,
            "s": there.wall_s,
            "CPU-s here": there.cpu_s,
            "MB of codes a task": 2 * side * _BYTES / 1e6,
            "pairs found": len(there.result),
        },
        {
            "engine": "dask, workers joining, kernels loading",
            "tasks": 1,
            "s": begun.wall_s,
            "CPU-s there": joining["workers"],
        },
        {
            "engine": "dask, tasks of next to no work",
            "tasks": 210,
            "s": many.wall_s,
            "CPU-s here": many.cpu_s,
            "CPU-s there": busy["scheduler"],
            "ms a task": 1000 * many.wall_s / 210,
        },
    ]


def in_blocks(rows: int, size: int) -> Row:
    """Compare *rows* codes inside blocks of *size* rows, here."""
    generator = np.random.default_rng(1)
    codes = views(generator, rows)
    blocks = Blocks.of(codes, 1 + np.arange(rows, dtype=np.uint64) // np.uint64(size))
    limit = largest_distance(512, blocks.pairs, rows)

    def work() -> int:
        return sum(len(found) for found in among(codes, blocks, limit))

    work()
    run = cost(work)
    return {
        "engine": f"local, inside blocks of {size:,} rows",
        "tasks": len(blocks.names),
        "s": run.wall_s,
        "CPU-s here": run.cpu_s,
        "M comparisons/CPU-s": blocks.pairs / run.cpu_s / 1e6,
        "pairs found": run.result,
        "ms a task": 1000 * run.cpu_s / len(blocks.names),
    }


def projection(sizes: list[int], all_pairs: float, inside_blocks: float) -> list[Row]:
    """Return what all pairs, and pairs inside blocks, take for so many records.

    *all_pairs* and *inside_blocks* are comparisons a CPU-second.
    """
    schema = default_schema()
    first, *later = (len(schema.view_ids((p.name,))) for p in schema.passes)
    # Views of the first pass meet all rows, later ones the rows that are asked.
    weight = first + sum(later) * _ASKED**2
    rows: list[Row] = []
    for records in sizes:
        side = -(-records // SIDE)
        tiles = side * (side + 1) // 2
        everything = records * (records - 1) / 2 * weight
        inside = records * min(_BLOCK, records) / 2 * weight
        rows.append(
            {
                "records": records,
                "all pairs: core-hours": everything / all_pairs / 3600,
                "tiles, all views": round(tiles * weight),
                "GB moved": tiles * weight * 2 * SIDE * _BYTES / 1e9,
                "cut, bits": largest_distance(512, records * (records - 1) // 2, records),
                "in blocks: core-hours": inside / inside_blocks / 3600,
                "cut in blocks, bits": largest_distance(512, records * _BLOCK // 2, records),
                "GB of codes": records * _BYTES * (first + sum(later) * _ASKED) / 1e9,
            }
        )
    return rows


def main() -> None:
    """Measure, print and keep."""
    parser = options(__doc__)
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--side", type=int, default=16_384)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--records", default="700000,8000000,120000000")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measured = engines(chosen.rows, chosen.side, chosen.workers, Path(folder))
    measured.append(in_blocks(chosen.rows, _BLOCK))
    report(chosen.json, "engines", f"One view of {chosen.rows:,} rows, all pairs", measured)
    sizes = [int(size) for size in chosen.records.split(",")]
    rates = [float(row["M comparisons/CPU-s"]) * 1e6 for row in (measured[0], measured[-1])]
    plan = projection(sizes, *rates)
    report(chosen.json, "engines-plan", "All views of the default schema, at these rates", plan)


if __name__ == "__main__":
    main()
