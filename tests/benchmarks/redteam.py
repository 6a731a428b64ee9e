"""Attack schemas at full size: the numbers behind the default schema's views.

    python -m tests.benchmarks.redteam [--children 1500] [--per-date 8] [--seed 1] [SCHEMA ...]

Prints, for the committed default (or each schema file named) without and with block
labels, and for the controls, the share re-identified by each attack with its 95 %
interval, and the seconds each schema took; a minute or two a schema on two cores.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.redteam_town import make_population
from privacy.encoding.schema import Schema, default_schema, parse
from privacy.redteam.controls import controls
from privacy.redteam.findings import Attack
from privacy.redteam.population import Population
from privacy.redteam.scene import attack_schema


def _attack(population: Population, schema: Schema, seed: int) -> None:
    begun = time.perf_counter()
    attacked = attack_schema(population, schema, seed, frozenset(Attack))
    took = time.perf_counter() - begun
    labels = ", labels" if schema.labels else ""
    print(f"\n{schema.name}{labels} ({attacked.digest[:16]}), {took:.0f} s")
    for finding in attacked.findings:
        low, high = finding.interval()
        print(
            f"  {finding.attack.value:20s} {finding.where:24s} {finding.share:7.2%}"
            f"  [{low:.2%}, {high:.2%}]  {finding.right}/{finding.tried}"
        )


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--children", type=int, default=1500)
    options.add_argument("--per-date", type=float, default=8.0)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--department", default="residents")
    options.add_argument("schemas", nargs="*", type=Path)
    chosen = options.parse_args()
    with TemporaryDirectory() as folder:
        population = make_population(
            Path(folder) / "town",
            children=chosen.children,
            per_date=chosen.per_date,
            seed=chosen.seed,
            department=chosen.department,
        )
    print(f"{len(population.known)} persons known, {len(population.encoded)} codes")
    given = [parse(path.read_text("utf-8")) for path in chosen.schemas] or [default_schema()]
    variants = [variant for schema in given for variant in (schema, schema.with_labels())]
    for schema in (*(control.schema for control in controls()), *variants):
        _attack(population, schema, chosen.seed)


if __name__ == "__main__":
    main()
