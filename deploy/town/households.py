"""Households and their children: who lives where, under which name, since when."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from deploy.town.city import City, draw_address
from deploy.town.foreign import ForeignNames
from deploy.town.names import GivenNames, Surnames
from deploy.town.people import (
    FEMALE,
    LAST_GRADE,
    LAST_PRIMARY,
    MALE,
    Address,
    Child,
    Foreign,
    Given,
    Household,
    Standing,
    grade_of,
)
from deploy.town.rates import People

SIZES = {1: 0.4, 2: 0.44, 3: 0.13, 4: 0.03}
GAPS = {1: 0.12, 2: 0.36, 3: 0.26, 4: 0.14, 5: 0.07, 6: 0.05}
SINGLE_MOTHER = 0.09
ALIAS_SHARE = 0.35
"""Of the foreign families: use a Japanese name (通称)."""
PRIMARY_SHARE = 8256 / 15690
LOWER_SHARE = 3434 / 15690
_NUMERALS = ("長", "二", "三", "四", "五", "六", "七", "八")


@dataclass(slots=True)
class _Quota:
    """How many children of each cohort are still to be born; grade -6 is the newest."""

    fiscal_year: int
    as_of: date
    left: dict[int, int] = field(default_factory=dict)

    def take(self, grade: int) -> bool:
        if self.left.get(grade, 0) <= 0:
            return False
        self.left[grade] -= 1
        return True

    def birth(self, grade: int, rng: random.Random) -> date:
        first = date(self.fiscal_year - 6 - grade, 4, 2)
        last = min(date(first.year + 1, 4, 1), self.as_of - timedelta(days=5))
        return first + timedelta(days=rng.randint(0, (last - first).days))


class Population:
    """Makes households until every cohort is full."""

    def __init__(self, city: City, people: People, as_of: date, rng: random.Random) -> None:
        """Keep the shares of *people*; *rng* draws everything."""
        self._city = city
        self._people = people
        self._as_of = as_of
        self._fiscal_year = as_of.year if as_of.month >= 4 else as_of.year - 1  # noqa: PLR2004 - April
        self._rng = rng
        self._surnames = Surnames(rng)
        self._given = GivenNames()
        self._foreign = ForeignNames()
        self._zones = list(range(city.primaries))
        self._used_numbers: set[int] = set()
        self.children: list[Child] = []
        self._households = 0

    def fill(self, children: int) -> list[Child]:
        """Return *children* resident municipal pupils and younger ones, and the others."""
        resident = self._quota(children, private=True)
        wanted = self._quota(children, private=False).left
        self._fill(resident, left=False)
        self._send_to_private_schools(wanted)
        gone = _Quota(self._fiscal_year, self._as_of, {
            grade: round(count * self._people.left)
            for grade, count in self._quota(children, private=False).left.items()
        })  # fmt: skip
        self._fill(gone, left=True)
        return self.children

    def _quota(self, children: int, *, private: bool) -> _Quota:
        primary = round(children * PRIMARY_SHARE)
        lower = round(children * LOWER_SHARE)
        quota = _Quota(self._fiscal_year, self._as_of)
        self._spread(quota, primary, range(1, LAST_PRIMARY + 1))
        self._spread(quota, lower, range(LAST_PRIMARY + 1, LAST_GRADE + 1))
        newest = round((children - primary - lower) * 0.04)
        self._spread(quota, children - primary - lower - newest, range(-5, 1))
        quota.left[-6] = newest
        if private:
            for grade in range(1, LAST_GRADE + 1):
                quota.left[grade] += round(quota.left[grade] * self._private_share(grade))
        return quota

    def _send_to_private_schools(self, municipal: dict[int, int]) -> None:
        """Leave exactly *municipal* pupils a grade to the city's schools."""
        for grade in range(1, LAST_GRADE + 1):
            pupils = [child.index for child in self.children if child.grade == grade]
            for index in self._rng.sample(pupils, len(pupils) - municipal[grade]):
                self.children[index] = replace(self.children[index], standing=Standing.PRIVATE)

    def _private_share(self, grade: int) -> float:
        if grade <= LAST_PRIMARY:
            return self._people.private_primary
        return self._people.private_lower_secondary

    @staticmethod
    def _spread(quota: _Quota, count: int, grades: range) -> None:
        for position, grade in enumerate(grades):
            quota.left[grade] = count * (position + 1) // len(grades) - count * position // len(
                grades
            )

    def _fill(self, quota: _Quota, *, left: bool) -> None:
        rng = self._rng
        open_grades = [grade for grade, count in quota.left.items() if count]
        while open_grades:
            weights = [quota.left[grade] for grade in open_grades]
            births = self._births(rng.choices(open_grades, weights=weights)[0], quota)
            self._settle(births, left=left)
            open_grades = [grade for grade in open_grades if quota.left[grade] > 0]

    def _births(self, grade: int, quota: _Quota) -> list[tuple[date, bool]]:
        """Return the birth dates of one household, oldest first, twins marked."""
        rng = self._rng
        births: list[tuple[date, bool]] = []
        grades = [grade]
        wanted = rng.choices(list(SIZES), weights=list(SIZES.values()))[0]
        for _ in range(wanted - 1):
            gap = rng.choices(list(GAPS), weights=list(GAPS.values()))[0]
            grades.append(max(grades) + gap if rng.random() < 1 / 2 else min(grades) - gap)
        for one in grades:
            if not quota.take(one):
                continue
            day = quota.birth(one, rng)
            if any(abs((day - other).days) < 300 for other, _ in births):  # noqa: PLR2004 - days
                day = quota.birth(one, rng)
            twin = rng.random() < self._people.twin_births and quota.take(one)
            births.extend([(day, twin)] * (2 if twin else 1))
        return sorted(births)

    def _settle(self, births: list[tuple[date, bool]], *, left: bool) -> None:
        rng = self._rng
        household = self._household(births[0][0], left=left)
        count = {MALE: 0, FEMALE: 0}
        used: set[str] = set()
        for day, twin in births:
            sex = MALE if rng.random() < 0.513 else FEMALE  # noqa: PLR2004 - sex ratio at birth
            grade = grade_of(day, self._fiscal_year)
            order = f"{_NUMERALS[min(count[sex], 7)]}{'男' if sex == MALE else '女'}"
            count[sex] += 1
            self.children.append(
                Child(
                    index=len(self.children),
                    household=household,
                    birth=day,
                    sex=sex,
                    given=self._name(sex, day.year, used),
                    order=order,
                    grade=grade,
                    standing=self._standing(grade, left=left),
                    school=self._school(household, grade),
                    number=self._number(),
                    twin=twin,
                    foreign=self._foreign_child(household.foreign, sex),
                    alias_given=self._name(sex, day.year, used) if household.alias else None,
                )
            )

    def _name(self, sex: int, year: int, used: set[str]) -> Given:
        """Return a given name that no sibling has."""
        given = self._given.draw(sex, year, self._rng)
        while given.kanji in used or given.kana in used:
            given = self._given.draw(sex, year, self._rng)
        used.update((given.kanji, given.kana))
        return given

    def _foreign_child(self, family: Foreign | None, sex: int) -> Foreign | None:
        return self._foreign.child(family, sex, self._rng) if family else None

    @staticmethod
    def _standing(grade: int, *, left: bool) -> Standing:
        if left:
            return Standing.LEFT
        return Standing.YOUNGER if grade < 1 else Standing.MUNICIPAL

    def _school(self, household: Household, grade: int) -> int:
        zone = self._city.towns[household.address.town].school
        return zone if grade <= LAST_PRIMARY else self._city.schools[zone].feeds

    def _number(self) -> str:
        number = self._rng.randrange(10**9, 10**10)
        while number in self._used_numbers:
            number = self._rng.randrange(10**9, 10**10)
        self._used_numbers.add(number)
        return str(number)

    def _household(self, oldest: date, *, left: bool) -> Household:
        rng, people = self._rng, self._people
        self._households += 1
        zone = rng.choices(self._zones, weights=self._city.primary_weights)[0]
        address = draw_address(self._city, zone, rng)
        previous = self._elsewhere() if rng.random() < people.moved_recently else None
        moved = (
            previous is not None
            or rng.random() < people.moved_since_infancy - people.moved_recently
        )
        foreign = self._foreign.family(rng) if rng.random() < people.foreign else None
        renamed = foreign is None and rng.random() < people.name_changed
        mother = rng.random() < (0.55 if renamed else SINGLE_MOTHER)
        days = max((self._as_of - oldest).days, 30)
        return Household(
            index=self._households - 1,
            surname=self._surnames.draw(rng),
            former=self._surnames.draw(rng) if renamed else None,
            changed_on=self._ago(rng.randrange(20, max(days, 21))) if renamed else None,
            address=address,
            infancy_address=self._elsewhere() if moved else address,
            previous_address=previous,
            arrived_on=self._ago(rng.randrange(10, days))
            if rng.random() < people.arrived
            else None,
            left_on=self._ago(rng.randrange(10, days)) if left else None,
            head=self._given.adult(FEMALE if mother else MALE, rng),
            head_foreign=self._foreign_child(foreign, FEMALE if mother else MALE),
            head_is_mother=mother,
            phone=self._phone(),
            foreign=foreign,
            alias=self._surnames.draw(rng) if foreign and rng.random() < ALIAS_SHARE else None,
            number=rng.randrange(10**7, 10**8),
        )

    def _phone(self) -> str:
        four = (self._rng.randrange(10**4) for _ in range(2))
        return "-".join((self._rng.choice(("070", "080", "090")), *(f"{one:04d}" for one in four)))

    def _elsewhere(self) -> Address:
        zone = self._rng.choices(self._zones, weights=self._city.primary_weights)[0]
        return draw_address(self._city, zone, self._rng)

    def _ago(self, days: int) -> date:
        return self._as_of - timedelta(days=days)
