"""A small made-up population for attacks: its register in clear, and the register's codes."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.redteam_town import make_population
from privacy.redteam.population import Population


def population(per_date: float = 8, seed: int = 1, children: int = 300) -> Population:
    with TemporaryDirectory() as folder:
        return make_population(
            Path(folder) / "town", children=children, per_date=per_date, seed=seed
        )
