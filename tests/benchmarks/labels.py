"""Measure comparing inside padded blocks against comparing all pairs, and what it costs in recall.

    python -m tests.benchmarks.labels [--rows 700000] [--children 2000]

The first table is one view of 512 bits over random codes, with the blocks that a population
of a quarter of the rows gets, and the padding of seven departments.  The second is a
typical town, linked with all passes, without labels and with blocks of about 250 children.
"""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from deploy.rehearsal import rehearse
from deploy.town.generate import generate
from privacy.encoding.labels import Padding, label_bits
from privacy.linkage.candidates import pairs_by_view
from privacy.linkage.stack import Stack
from tests.benchmarks.record import Row, cost, options, report

_VIEW = "first/all"
_DEPARTMENTS = 7
_STEP = 16


def stacks(rows: int) -> tuple[Stack, Stack]:
    """Return random rows without labels, and the same in blocks, padded with dummies."""
    generator = np.random.default_rng(1)
    bits = label_bits(rows // 4)
    blocks, department = [], []
    for number in range(_DEPARTMENTS):
        real = generator.integers(1, (1 << bits) + 1, rows // _DEPARTMENTS).astype(np.uint64)
        padding = Padding(bytes([number]) * 32, (1, 1), bits, _STEP)
        dummies = padding.extended(real, np.zeros(0, dtype=np.uint64), 0)
        blocks.append(np.concatenate([real, dummies]))
        department.append(np.full(len(blocks[-1]), number))
    labels = np.concatenate(blocks)
    codes = generator.integers(0, 2**64, (len(labels), 8), dtype=np.uint64)
    names = tuple(map(str, range(_DEPARTMENTS)))
    offsets = tuple(np.cumsum([0, *map(len, blocks)]).tolist())
    padded = Stack(
        names, offsets, np.concatenate(department), {}, {_VIEW: codes}, {"first": labels}
    )
    whole = rows // _DEPARTMENTS * _DEPARTMENTS
    return Stack(("all",), (0, whole), np.zeros(whole, int), {}, {_VIEW: codes[:whole]}), padded


def comparing(rows: int) -> list[Row]:
    """Return the cost of one view with and without labels."""
    plain, padded = stacks(rows)
    warm = stacks(4000)
    table: list[Row] = []
    for name, stack, small in (
        ("all pairs", plain, warm[0]),
        ("inside padded blocks", padded, warm[1]),
    ):
        _found(small)
        run = cost(partial(_found, stack))
        table.append(
            {
                "by": name,
                "rows": plain.rows,
                "dummies that pad": stack.rows - plain.rows,
                "blocks": 1 << label_bits(rows // 4) if stack.labels else 1,
                "CPU-s": run.cpu_s,
                "wall s": run.wall_s,
                "pairs above the noise": run.result,
            }
        )
    return table


def _found(stack: Stack) -> int:
    return sum(len(found) for found in pairs_by_view(stack, _VIEW))


def linking(children: int) -> list[Row]:
    """Return what labels cost in recall on a typical town."""
    table: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), children=children, seed=3)
        truth = Path(folder) / "truth" / "rows.csv"
        # Of so many people the labels have as many bits as leave 250 children a block.
        for name, population in (("all pairs", 0), ("blocks of 250 children", 2 * children)):
            work = partial(
                rehearse, Path(folder), truth=truth, key=bytes(32), labels_for=population
            )
            run = cost(work)
            across = run.result.score.evaluation.across
            table.append(
                {
                    "by": name,
                    "precision": across.precision,
                    "recall": across.recall,
                    "F1": across.f1,
                    "CPU-s": run.cpu_s,
                }
            )
    return table


def main() -> None:
    """Measure, print and keep."""
    parser = options(__doc__)
    parser.add_argument("--rows", type=int, default=700_000)
    parser.add_argument("--children", type=int, default=2_000)
    chosen = parser.parse_args()
    report(chosen.json, "labels", "One view of 512 bits, labelled", comparing(chosen.rows))
    report(chosen.json, "labels_town", "A typical town, labelled", linking(chosen.children))


if __name__ == "__main__":
    main()
