"""Plants the screening cases P-12 to P-32: children, schools, and what is recorded of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

import numpy as np

from deploy.town.city import City
from deploy.town.facts import AUGUST, NO_ANSWER, Facts
from deploy.town.lives import NEVER, Lives
from deploy.town.overrides import Override
from deploy.town.people import Child, Standing
from deploy.town.plan import LINKED, Plan

SMALL_GRADE = 4
SMALL_GRADE_PUPILS = 7
PLANTED_ADVERSITY = 1.1
WITH_WELFARE = (*LINKED, "welfare")
LISTED = "listed"
NOT_LISTED = "not_listed"


def planted_schools(city: City) -> tuple[City, int, int, int]:
    """Return the city with its planted schools of P-31 (adversity), P-24 (silent), P-32 (small)."""
    high, small = min(2, city.primaries - 2), city.primaries - 1
    silent = min(5, city.primaries - 1) if city.primaries > 2 else -1  # noqa: PLR2004 - one of two would be half the town
    schools = list(city.schools)
    schools[high] = replace(schools[high], adversity=PLANTED_ADVERSITY)
    if silent >= 0:
        schools[silent] = replace(schools[silent], records_nurse=False)
    return replace(city, schools=tuple(schools)), high, silent, small


def fill_small_grade(children: list[Child], school: int) -> None:
    """Make grade 4 of the small *school* one of seven pupils (P-32), by exceptions of district."""
    here = [one for one in children if _in_grade(one) and one.school == school]
    there = [one for one in children if _in_grade(one) and one.school != school]
    for child in here[SMALL_GRADE_PUPILS:]:
        children[child.index] = replace(child, school=school - 1)
    for child in there[: max(0, SMALL_GRADE_PUPILS - len(here))]:
        children[child.index] = replace(child, school=school)


def _in_grade(child: Child) -> bool:
    return child.standing is Standing.MUNICIPAL and child.grade == SMALL_GRADE


def plant_cases(plan: Plan) -> None:
    """Pick the children of P-12 to P-28 and plant their rows."""
    for case, expected, departments in (
        ("P-12", "disclosure_held", WITH_WELFARE),
        ("P-13", "removed_everywhere", WITH_WELFARE),
        ("P-14", "signal_off_after_correction", LINKED),
        ("P-21", LISTED, LINKED),
        ("P-22", "not_listed_but_counted", WITH_WELFARE),
        ("P-23", "not_listed_shown_as_unknown", LINKED),
        ("P-25", "listed_for_welfare_only", WITH_WELFARE),
        ("P-26", "immediate_path", LINKED),
        ("P-28", "field_never_leaves", LINKED),
    ):
        plan.rows(case, plan.pick(case), expected, departments)
    _transferred(plan)


def _transferred(plan: Plan) -> None:
    """Plant P-27: a child with a support plan whose family left in October."""
    day = date(plan.fiscal_year - 1, 10, 1)
    alone = Counter(child.household.index for child in plan.children)
    child = next(
        one for one in plan.children
        if one.standing is Standing.LEFT and one.grade >= 2 and alone[one.household.index] == 1  # noqa: PLR2004 - at school before
        and one.household.foreign is None and one.household.former is None
    )  # fmt: skip
    child = plan.update(replace(child, household=replace(child.household, left_on=day)))
    plan.take("P-27", child)
    event = {"異動事由": "転出", "異動年月日": day.isoformat()}
    plan.row("P-27", child, "residents", "transfer_package", Override(extra=event))
    plan.rows("P-27", child, "transfer_package", ("welfare",), "support plan open when it left")


def plant_lives(plan: Plan, lives: Lives) -> None:
    """Give the planted children the lives that their cases need, and nothing else."""
    for case, indices in plan.chosen.items():
        for index in indices:
            for flags in (
                lives.school_aid, lives.assistance, lives.single_allowance, lives.consulted,
                lives.supported, lives.counselled,
            ):  # fmt: skip
                flags[index] = False
            lives.missed_checkups[index] = 0
            lives.onset[index], lives.cause[index] = NEVER, -1
            lives.consulted[index] = case in {"P-12", "P-25"}
            lives.assistance[index] = case == "P-25"
            lives.single_allowance[index] = case == "P-25"
            lives.school_aid[index] = case in {"P-05", "P-06", "P-10", "P-13", "P-25"}
            lives.supported[index] = case in {"P-22", "P-27"}


SURGE = (4, 5, 6)
"""Days absent in April, May and June: a surge, and in no month ten."""
CHRONIC = 12
TYPED = 12
"""What was typed for May in P-14; the day book says 2."""
DAY_BOOK = 2


def plant_facts(plan: Plan, facts: Facts) -> None:
    """Make every planted child quiet, then plant what its case shows."""
    quiet = np.array([0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0])
    for case, indices in plan.chosen.items():
        for index in indices:
            pupil = plan.children[index].standing is Standing.MUNICIPAL
            absent = quiet * pupil
            if case in {"P-13", "P-21"}:
                absent[-3:] = SURGE
            elif case == "P-22":
                absent[:] = CHRONIC
                absent[AUGUST] = 0
            facts.absent[index] = facts.reported_absent[index] = absent
            if case == "P-14":
                facts.absent[index, -2], facts.reported_absent[index, -2] = TYPED, DAY_BOOK
            _quiet(facts, index, answered=case != "P-23" and pupil)


def _quiet(facts: Facts, index: int, *, answered: bool) -> None:
    for counts in (facts.late, facts.early, facts.visits):
        counts[index] = 0
    for answers in (facts.talk_home, facts.understand, facts.fun):
        answers[index] = 1 if answered else NO_ANSWER
    for nobody in (facts.no_teacher, facts.no_friend):
        nobody[index] = np.where((nobody[index] != NO_ANSWER) & answered, 2, NO_ANSWER)
