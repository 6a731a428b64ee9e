"""Generates a town: the departments' extracts, the truth apart, and the planted cases."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np

from deploy.town.case_files import write_case_files
from deploy.town.city import CITY, CITY_CODE, build_city
from deploy.town.desk import Desk
from deploy.town.fact_files import write_facts
from deploy.town.facts import Facts, record
from deploy.town.households import LOWER_SHARE, PRIMARY_SHARE, Population
from deploy.town.layouts import LAYOUTS
from deploy.town.lives import MONTHS, live
from deploy.town.manifest import Manifest, PlantedRow
from deploy.town.people import Standing
from deploy.town.plan import Plan
from deploy.town.planted import plant_identities
from deploy.town.planted_lives import (
    fill_small_grade,
    plant_cases,
    plant_facts,
    plant_lives,
    planted_schools,
)
from deploy.town.rates import DEPARTMENTS, FIVE, TYPICAL, Difficulty
from deploy.town.registers import Register, World, write_register
from deploy.town.schools import seat_classes
from deploy.town.truth import month_text, write_outcomes, write_persons, write_rows
from deploy.town.write import write_department, write_register_file
from privacy.errors import BadInputError, Text

AS_OF = date(2026, 7, 5)
DEFAULT_CHILDREN = 15690
FEWEST, MOST = 300, 200_000

Progress = Callable[[str, float], None]
"""Called with what is being made and the share done, 0 to 1."""


def generate(
    out: Path,
    *,
    children: int = DEFAULT_CHILDREN,
    difficulty: Difficulty = TYPICAL,
    departments: int = 5,
    seed: int = 1,
    as_of: date = AS_OF,
    progress: Progress | None = None,
) -> Manifest:
    """Write a town into *out* and return its manifest.

    *children* counts the pupils of the city's schools and the younger children; pupils
    of other schools and children who left come on top.  The same arguments give the same
    bytes.

    Raises:
        BadInputError: If *children* or *departments* is out of range.
    """
    _check(children, departments)
    tell = progress or (lambda _what, _share: None)
    tell("people", 0.0)
    maker = _Maker(children, difficulty, seed, as_of)
    tell("facts", 0.2)
    maker.live()
    names = DEPARTMENTS if departments == len(DEPARTMENTS) else FIVE
    for position, department in enumerate(names):
        tell(department, 0.3 + 0.65 * position / len(names))
        maker.write_department(out, department)
    tell("truth", 0.95)
    manifest = maker.finish(out, children, names)
    tell("done", 1.0)
    return manifest


def _check(children: int, departments: int) -> None:
    if not FEWEST <= children <= MOST:
        raise BadInputError(
            Text(
                f"町の子どもの数は {FEWEST}〜{MOST} 人です。",
                f"A town has {FEWEST} to {MOST} children.",
            )
        )
    if departments not in {len(FIVE), len(DEPARTMENTS)}:
        raise BadInputError(Text("部署の数は 5 か 7 です。", "A town has 5 or 7 departments."))


class _Maker:
    """A town in the making: people first, then lives, then paper."""

    def __init__(self, children: int, difficulty: Difficulty, seed: int, as_of: date) -> None:
        self._seed, self._as_of, self._difficulty = seed, as_of, difficulty
        rng = random.Random(f"{seed}/people")  # noqa: S311 - made-up people, reproducible by seed
        city = build_city(round(children * (PRIMARY_SHARE + LOWER_SHARE)), rng)
        self.city, self.high, silent, self.small = planted_schools(city)
        self.children = Population(self.city, difficulty.people, as_of, rng).fill(children)
        fill_small_grade(self.children, self.small)
        self.plan = Plan(self.city, self.children, rng, as_of)
        self.plan.nurse_silent, self.plan.closed_grade = silent, (self.small, 4)
        plant_identities(self.plan)
        plant_cases(self.plan)
        self._classes = seat_classes(self.children, rng)
        self._first_year = self.plan.fiscal_year - 1
        self._registers: dict[str, Register] = {}
        self._rows: list[PlantedRow] = []

    def live(self) -> None:
        """Draw lives and facts, and plant the cases in them."""
        lives = live(self.children, self.city, np.random.default_rng([self._seed, 1]))
        plant_lives(self.plan, lives)
        draw = np.random.default_rng([self._seed, 2])
        self._facts: Facts = record(self.children, lives, self.high, draw)
        plant_facts(self.plan, self._facts)
        self._world = World(
            self.city, self.children, lives, self._difficulty, self.plan.overrides, self._as_of,
            self._classes,
        )  # fmt: skip

    def write_department(self, out: Path, department: str) -> None:
        """Write one department's folder."""
        folder = out / department
        folder.mkdir(parents=True, exist_ok=True)
        pen = random.Random(f"{self._seed}/{department}")  # noqa: S311 - made-up errors, reproducible by seed
        register = write_register(LAYOUTS[department], self._world, pen)
        write_register_file(folder, register)
        register.cells.clear()
        desk = Desk(folder, register, self._world, self._facts, self._first_year)
        facts = write_facts(desk) + write_case_files(desk, self.plan)
        write_department(folder, register.layout, facts)
        self._registers[department] = register

    def finish(self, out: Path, children: int, names: tuple[str, ...]) -> Manifest:
        """Write the truth and the manifest."""
        truth = out / "truth"
        truth.mkdir(exist_ok=True)
        registers = list(self._registers.values())
        write_rows(truth / "rows.csv", registers, self.children)
        write_persons(truth / "persons.csv", self._world)
        write_outcomes(truth / "outcomes.csv", self._world, self._first_year)
        manifest = Manifest(
            out=out, city=CITY, city_code=CITY_CODE, seed=self._seed, children=children,
            difficulty=self._difficulty.name, departments=names, as_of=self._as_of.isoformat(),
            first_month=month_text(0, self._first_year),
            last_month=month_text(MONTHS - 1, self._first_year),
            people=len(self.children),
            pupils=sum(child.standing is Standing.MUNICIPAL for child in self.children),
            schools=len(self.city.schools),
            rows={one.layout.department: len(one.row_ids) for one in registers},
            duplicates={one.layout.department: _duplicates(one) for one in registers},
            planted=self._planted(),
        )  # fmt: skip
        manifest.write()
        return manifest

    def _planted(self) -> dict[str, tuple[PlantedRow, ...]]:
        """Return every planted case with the row ids that its rows were given."""
        cases: dict[str, list[PlantedRow]] = {}
        for one in self.plan.expectations:
            register = self._registers.get(one.department)
            if register is not None:
                cases.setdefault(one.case, []).append(PlantedRow(
                    department=one.department, row=self.plan.find(one, register),
                    person=self.children[one.child].person_id, expected=one.expected,
                    detail=one.detail,
                ))  # fmt: skip
        for case, index, expected in (
            ("P-24", self.plan.nurse_silent, "school_flagged_for_data_quality"),
            ("P-31", self.high, "found_above_context"),
            ("P-32", self.small, "grade_suppressed"),
        ):
            if index >= 0:
                detail = self.city.schools[index].name + (" 4年" if case == "P-32" else "")
                cases[case] = [PlantedRow(
                    department="school", row="", person="", expected=expected, detail=detail,
                )]  # fmt: skip
        return {case: tuple(cases[case]) for case in sorted(cases)}


def _duplicates(register: Register) -> int:
    return sum(count - 1 for count in Counter(register.entities).values())
