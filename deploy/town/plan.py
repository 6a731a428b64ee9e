"""Picks the children of the planted cases and keeps what is expected of each."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

from deploy.town.city import City
from deploy.town.overrides import Override, Overrides
from deploy.town.people import MALE, Child, Given, Standing, Surname
from deploy.town.registers import Register

LINKED = ("residents", "school", "survey", "health")
"""The departments in which most planted children have a row."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """A planted row before it has an id."""

    case: str
    department: str
    child: int
    position: int | None
    """Among the child's planted rows; None: its first row in the department."""
    expected: str
    detail: str = ""


@dataclass(slots=True)
class Plan:
    """The planted cases of one town, as they grow."""

    city: City
    children: list[Child]
    rng: random.Random
    as_of: date
    overrides: Overrides = field(default_factory=dict)
    expectations: list[Expectation] = field(default_factory=list)
    chosen: dict[str, list[int]] = field(default_factory=dict)
    """Case -> children, for the facts that are planted later."""
    taken: set[int] = field(default_factory=set)
    closed_grade: tuple[int, int] = (-1, -1)
    """School and grade of P-32, out of which nobody is picked."""
    nurse_silent: int = -1
    """The school of P-24, out of which nobody is picked."""

    def pick(self, case: str, wanted: Callable[[Child], bool] | None = None) -> Child:
        """Take a plain municipal pupil of grades 4-9 for *case*; each household once."""
        start = self.rng.randrange(len(self.children))
        for step in range(len(self.children)):
            child = self.children[(start + step) % len(self.children)]
            if self._free(child) and (wanted(child) if wanted else self.plain(child)):
                self.take(case, child)
                return child
        raise LookupError(case)

    def take(self, case: str, child: Child) -> None:
        """Reserve *child* and its household for *case*."""
        self.taken.add(child.household.index)
        self.chosen.setdefault(case, []).append(child.index)

    def _free(self, child: Child) -> bool:
        return (
            child.household.index not in self.taken
            and (child.school, child.grade) != self.closed_grade
            and child.school != self.nurse_silent
        )

    def pupil(self, child: Child) -> bool:
        """Tell whether *child* is a free municipal pupil in the surveys' grades."""
        surveyed = child.grade >= 4  # noqa: PLR2004 - the first grade of the surveys
        return surveyed and child.standing is Standing.MUNICIPAL and self._free(child)

    def plain(self, child: Child) -> bool:
        """Tell whether, besides, nothing is special about *child*."""
        home = child.household
        return (
            self.pupil(child)
            and not child.twin
            and home.foreign is None
            and home.former is None
            and home.previous_address is None
            and home.arrived_on is None
            and child.order in {"長男", "長女"}
        )

    def only_child(self, child: Child) -> bool:
        """Tell whether *child* has no siblings in the town."""
        near = self.children[max(0, child.index - 1) : child.index + 2]
        return sum(one.household.index == child.household.index for one in near) == 1

    @property
    def fiscal_year(self) -> int:
        """The school year of the as-of date."""
        return self.as_of.year if self.as_of.month >= 4 else self.as_of.year - 1  # noqa: PLR2004 - April

    def rename(
        self,
        child: Child,
        surname: Surname | None,
        given: Given | None = None,
        *,
        birth: date | None = None,
        sex: int = 0,
    ) -> Child:
        """Give *child* (and its household) another name, or other facts of birth."""
        home = replace(child.household, surname=surname) if surname else child.household
        renamed = replace(
            child, household=home, given=given or child.given, birth=birth or child.birth
        )
        if sex:
            order = child.order[:-1] + ("男" if sex == MALE else "女")
            renamed = replace(renamed, sex=sex, order=order)
        return self.update(renamed)

    def update(self, child: Child) -> Child:
        """Put *child* in place of its old self, and its household in its siblings'."""
        for other in self.children[max(0, child.index - 12) : child.index + 12]:
            if other.household.index == child.household.index:
                self.children[other.index] = replace(other, household=child.household)
        self.children[child.index] = child
        return child

    def row(
        self, case: str, child: Child, department: str, expected: str,
        override: Override | None = None, detail: str = "",
    ) -> None:  # fmt: skip
        """Plant one careful row of *child* in *department*."""
        rows = self.overrides.setdefault((department, child.index), [])
        rows.append(override or Override())
        self.expectations.append(
            Expectation(case, department, child.index, len(rows) - 1, expected, detail)
        )

    def rows(
        self, case: str, child: Child, expected: str, departments: tuple[str, ...] = LINKED,
        detail: str = "",
    ) -> None:  # fmt: skip
        """Plant a careful row of *child* in each of *departments*."""
        for department in departments:
            self.row(case, child, department, expected, detail=detail)

    def find(self, expectation: Expectation, register: Register) -> str:
        """Return the row id of *expectation* in the finished *register*."""
        if expectation.position is None:
            return register.first_row.get(expectation.child, "")
        return register.planted_row[expectation.child, expectation.position]
