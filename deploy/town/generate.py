"""Generates a town: the departments' extracts, the truth apart, and the planted cases."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np

from deploy.town.city import build_city
from deploy.town.households import LOWER_SHARE, PRIMARY_SHARE, Population
from deploy.town.layouts import LAYOUTS
from deploy.town.lives import live
from deploy.town.rates import DEPARTMENTS, FIVE, TYPICAL, Difficulty
from deploy.town.registers import World, write_register
from deploy.town.schools import seat_classes
from deploy.town.truth import write_persons, write_rows
from deploy.town.write import write_department, write_register_file

AS_OF = date(2026, 7, 5)
DEFAULT_CHILDREN = 15690


def generate(
    out: Path,
    *,
    children: int = DEFAULT_CHILDREN,
    difficulty: Difficulty = TYPICAL,
    departments: int = 5,
    seed: int = 1,
    as_of: date = AS_OF,
    progress: Callable[[str, float], None] | None = None,
) -> None:
    rng = random.Random(f"{seed}/people")  # noqa: S311 - made-up people, reproducible by seed
    city = build_city(round(children * (PRIMARY_SHARE + LOWER_SHARE)), rng)
    everyone = Population(city, difficulty.people, as_of, rng).fill(children)
    lives = live(everyone, city, np.random.default_rng([seed, 1]))
    world = World(city, everyone, lives, difficulty, {}, as_of, seat_classes(everyone, rng))
    rows = []
    for department in DEPARTMENTS if departments == len(DEPARTMENTS) else FIVE:
        folder = out / department
        folder.mkdir(parents=True, exist_ok=True)
        pen = random.Random(f"{seed}/{department}")  # noqa: S311 - made-up errors, reproducible by seed
        register = write_register(LAYOUTS[department], world, pen)
        write_register_file(folder, register)
        write_department(folder, register.layout, ())
        rows.append(register)
    (out / "truth").mkdir(exist_ok=True)
    write_rows(out / "truth" / "rows.csv", rows, everyone)
    write_persons(out / "truth" / "persons.csv", world)
