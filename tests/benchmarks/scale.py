"""Measure a whole linkage, as `enishi link` runs it, at several sizes, and how it grows.

    python -m tests.benchmarks.scale [--children 1000,2000,4000] [--departments 7] [--keep FOLDER]

Each size in a process of its own: reading and normalising, encoding, linking in two
passes; the town is generated before and not counted.  `--children 12000` and
`--children 200000` (700,000 rows) are the sizes of a ward and of a large city.
"""

from __future__ import annotations

import json
import math
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from coordinator.engines.choice import choose_engine
from deploy.rehearsal import rehearse
from deploy.town.generate import generate
from deploy.town.rates import TYPICAL
from privacy.errors import Text
from tests.benchmarks.record import Row, in_child, options, peak_mb, report

_STEPS = ("reading", "encoding", "linking")


def town(folder: Path, children: int, departments: int) -> Path:
    """Return the folder of a town, generated unless it is there."""
    out = folder / f"scale-{children}-{departments}"
    if not out.exists():
        generate(out, children=children, difficulty=TYPICAL, departments=departments, seed=1)
    return out


def one(folder: Path) -> dict[str, float | int]:
    """Rehearse the town in *folder* and return what it took."""
    took = dict.fromkeys((*_STEPS, "other"), 0.0)
    begun = [("other", time.perf_counter())]

    def show(step: Text, _done: int, _total: int) -> None:
        name, since = begun.pop()
        took[name] += time.perf_counter() - since
        kind = next((kind for kind in _STEPS if step.en.startswith(kind)), "other")
        begun.append((kind, time.perf_counter()))

    wall, cpu = time.perf_counter(), time.process_time()
    engine = choose_engine("local", "", folder, folder, "the benchmark")
    truth = folder / "truth" / "rows.csv"
    rehearsal = rehearse(
        folder, truth=truth, progress=show, key=bytes(range(32)), engine=engine, spread=True
    )
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if rehearsal.score is None:
        raise ValueError("the town has no truth")
    return {
        "rows": sum(len(intake.records.row_ids) for intake in rehearsal.intakes),
        "s": wall,
        "CPU-s": cpu,
        **{f"{name} s": took[name] for name in _STEPS},
        "peak MB": peak_mb(),
        "F1": round(rehearsal.score.evaluation.across.f1, 4),
    }


def grown(rows: Sequence[Row]) -> list[Row]:
    """Add to each size the exponent of its CPU seconds against the size before."""
    result: list[Row] = []
    for at, row in enumerate(rows):
        exponent = 0.0
        if at:
            more = math.log(float(row["rows"]) / float(rows[at - 1]["rows"]))
            exponent = math.log(float(row["CPU-s"]) / float(rows[at - 1]["CPU-s"])) / more
        result.append({**row, "grows with rows to the": exponent if at else ""})
    return result


def main() -> None:
    """Measure, print and keep; with --one, measure one town here."""
    parser = options(__doc__)
    parser.add_argument("--children", default="1000,2000,4000")
    parser.add_argument("--departments", type=int, default=7)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--one", type=Path)
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(one(chosen.one)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        rows: list[Row] = []
        for children in map(int, chosen.children.split(",")):
            folder = town(chosen.keep or Path(scratch), children, chosen.departments)
            found = in_child("tests.benchmarks.scale", "--one", str(folder))
            rows.append({"children": children, **found})
    title = f"`enishi link` on towns of {chosen.departments} departments, typical errors"
    report(chosen.json, "scale", title, grown(rows))


if __name__ == "__main__":
    main()
