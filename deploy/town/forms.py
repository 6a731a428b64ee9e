"""How each department covers children and writes one row of them."""

from __future__ import annotations

import random
from datetime import date

from deploy.town.city import CITY, PREFECTURE, flat
from deploy.town.errors import Written
from deploy.town.kana import (
    DateStyle,
    era,
    to_half_width,
    to_hiragana,
    without_small_kana,
)
from deploy.town.notation import (
    day_text,
    full_kana,
    full_name,
    given_kana_parts,
    given_parts,
    grade_text,
    head_name,
    joined,
    place_text,
)
from deploy.town.people import Child, Standing
from deploy.town.registers import World

SURVEYED_FROM = 4
ARRIVALS_KNOWN = 0.12
"""Of the children who moved in: check-ups were carried over from the city before."""


def _here(child: Child) -> bool:
    return child.standing is not Standing.LEFT


# Residents: the enrolment register.


def covers_residents(child: Child, world: World, rng: random.Random) -> bool:
    """Tell whether the enrolment register holds *child*: residents, and some who left."""
    return _here(child) or rng.random() < world.difficulty.left_on_register


def write_resident(written: Written, world: World, rng: random.Random) -> list[str]:
    """Write a row of the enrolment register: registry characters, ISO dates, full-width digits."""
    child, home = written.child, written.child.household
    address = written.address
    event, day = "", home.arrived_on
    if child.standing is Standing.LEFT:
        event, day = "転出", home.left_on
    elif home.changed_on is not None and rng.random() < 1 / 2:
        event, day = "氏の変更", home.changed_on
    elif day is not None:
        event = "転入"
    head = head_name(home, home.surname.registry, home.head.registry or home.head.kanji)
    alias = ""
    if home.alias is not None and child.alias_given is not None:
        alias = f"{home.alias.kanji}　{child.alias_given.kanji}"
    return [
        written.number,
        str(home.number),
        full_name(written, "　"),
        full_kana(written, "　"),
        written.former,
        alias,
        day_text(written, DateStyle.ISO),
        {0: "", 1: "男", 2: "女"}[written.sex],
        head,
        "子",
        world.city.towns[address.town].postcode if address else "",
        f"{PREFECTURE}{CITY}{place_text(written, world, 0, None)}" if address else "",
        flat(address, 0) if address and written.in_flat else "",
        event,
        day.isoformat() if event and day else "",
        "",
    ]


# School affairs: the roll of the municipal schools.


def covers_pupil(child: Child, world: World, rng: random.Random) -> bool:  # noqa: ARG001 - one signature
    """Tell whether the roll holds *child*: the pupils of the city's schools."""
    return child.standing is Standing.MUNICIPAL


def write_pupil(written: Written, world: World, rng: random.Random) -> list[str]:
    """Write a row of the roll in the habits of the child's school."""
    child = written.child
    school = world.city.schools[child.school]
    group, seat = world.classes[child.index]
    kana = full_kana(written, " ")
    if not school.small_kana:
        kana = without_small_kana(kana)
    style = (1, 2, 3, 4)[school.address_style]
    return [
        school.name,
        grade_text(child.grade),
        group,
        str(seat),
        full_name(written, school.separator),
        to_half_width(kana),
        {0: "", 1: "男", 2: "女"}[written.sex],
        day_text(written, school.date_style),
        place_text(written, world, style, 1 if rng.random() < 0.85 else 2),  # noqa: PLR2004 - share that names the building
        child.household.phone if rng.random() < 0.93 else "",  # noqa: PLR2004 - share with a number
    ]


# Education policy: its own roster for surveys.


def covers_surveyed(child: Child, world: World, rng: random.Random) -> bool:
    """Tell whether the surveys' roster holds *child*: grades 4-9, and the long absent."""
    if child.standing is Standing.LEFT:
        left = child.household.left_on
        recent = left is not None and (world.as_of - left).days < 366  # noqa: PLR2004 - a year
        return recent and child.grade >= SURVEYED_FROM and rng.random() < 0.6  # noqa: PLR2004 - rosters of spring
    if child.standing is not Standing.MUNICIPAL:
        return False
    return child.grade >= SURVEYED_FROM or bool(world.lives.onset[child.index] < 15)  # noqa: PLR2004 - reported as long absent


def write_surveyed(written: Written, world: World, rng: random.Random) -> list[str]:  # noqa: ARG001 - one signature
    """Write a row of the surveys' roster: names in two columns, no address, no number."""
    child = written.child
    school = world.city.schools[child.school]
    group, seat = world.classes.get(child.index, ("1", 0))
    family, given = written.family, joined(given_parts(written), " ")
    return [
        school.code,
        str(child.grade),
        group,
        str(seat) if seat else "",
        family,
        given,
        written.family_kana,
        "".join(given_kana_parts(written)),
        day_text(written, DateStyle.SLASH),
        {0: "", 1: "1", 2: "2"}[written.sex],
    ]


# Welfare: the ledger of cases and allowances.


def covers_client(child: Child, world: World, rng: random.Random) -> bool:
    """Tell whether welfare knows *child*."""
    if child.standing is Standing.LEFT:
        return bool(world.lives.client[child.index]) and rng.random() < 1 / 2
    return bool(world.lives.client[child.index])


def write_client(written: Written, world: World, rng: random.Random) -> list[str]:
    """Write a row of the welfare ledger, as each clerk has the habit."""
    child, home = written.child, written.child.household
    style = rng.choice((1, 1, 2, 3, 4, 5))
    place = place_text(written, world, style, 1)
    if place and rng.random() < 0.4:  # noqa: PLR2004 - share that begins with the city
        place = CITY + place
    birth = day_text(written, DateStyle.ERA_DOT if rng.random() < 0.8 else DateStyle.ERA_KANJI)  # noqa: PLR2004 - habits of clerks
    surname = written.family if child.foreign or not home.former else home.surname.kanji
    return [
        written.number,
        head_name(home, surname, home.head.kanji),
        full_name(written, "　" if rng.random() < 0.8 else " "),  # noqa: PLR2004 - habits of clerks
        full_kana(written, "　"),
        written.former if rng.random() < 0.3 else "",  # noqa: PLR2004 - seldom asked
        birth,
        {0: "", 1: "男", 2: "女"}[written.sex],
        place,
        home.phone if rng.random() < 0.8 else "",  # noqa: PLR2004 - share with a number
    ]


# Health: check-ups and childcare, from birth on.


def covers_born_here(child: Child, world: World, rng: random.Random) -> bool:
    """Tell whether *child* had check-ups here, whether or not it stayed."""
    arrived = child.household.arrived_on
    if arrived is not None and (arrived - child.birth).days > 3 * 365:
        return rng.random() < ARRIVALS_KNOWN
    left = child.household.left_on
    if left is not None and (left - child.birth).days < 120:  # noqa: PLR2004 - days to the first check-up
        return False
    return (world.as_of - child.birth).days > 30  # noqa: PLR2004 - days until registered


def write_infant(written: Written, world: World, rng: random.Random) -> list[str]:
    """Write a row of the check-up ledger: hiragana, eight-digit dates."""
    address = written.address
    return [
        written.number,
        full_name(written, "　"),
        to_hiragana(full_kana(written, "　")),
        day_text(written, DateStyle.DIGITS),
        {0: "", 1: "1", 2: "2"}[written.sex],
        world.city.towns[address.town].postcode.replace("-", "") if address else "",
        place_text(written, world, 4 if rng.random() < 0.7 else 1, 1),  # noqa: PLR2004 - habits of nurses
        written.child.order,
    ]


# Benefits: a household's register.


def covers_receiver(child: Child, world: World, rng: random.Random) -> bool:  # noqa: ARG001 - one signature
    """Tell whether an allowance is paid for *child*."""
    return _here(child) or rng.random() < 0.3  # noqa: PLR2004 - closed accounts in the extract


def write_receiver(written: Written, world: World, rng: random.Random) -> list[str]:
    """Write a row of the allowances: the head's name, the child's given name, era codes."""
    home = written.child.household
    head_kana = f"{written.family_kana} {home.head.kana}" if written.family_kana else ""
    if home.head_foreign is not None:
        head_kana = f"{home.head_foreign.family_kana} {home.head_foreign.given_kana}"
    head = head_name(home, written.family, home.head.kanji)
    given = joined(given_parts(written), " ")
    style = 5 if rng.random() < 0.2 else 3  # noqa: PLR2004 - habits of clerks
    return [
        head,
        to_half_width(head_kana),
        given,
        to_half_width(written.given_kana),
        written.child.order if rng.random() < 0.7 else "子",  # noqa: PLR2004 - habits of clerks
        day_text(written, DateStyle.ERA_SEVEN),
        {0: "", 1: "1", 2: "2"}[written.sex],
        written.number,
        CITY + place_text(written, world, style, 1) if written.address else "",
    ]


# Clubs: application forms typed in by hand.


def covers_club(child: Child, world: World, rng: random.Random) -> bool:  # noqa: ARG001 - one signature
    """Tell whether *child* goes to an after-school club."""
    return child.standing is Standing.MUNICIPAL and child.grade <= 4 and rng.random() < 0.34  # noqa: PLR2004 - share of grades 1-4


def _paper_year(day: date, rng: random.Random) -> str:
    name, letter, _, year = era(day)
    kind = rng.random()
    if kind < 0.45:  # noqa: PLR2004 - what parents write
        return f"{letter}{year}"
    if kind < 0.7:  # noqa: PLR2004
        return f"{name}{'元' if year == 1 else year}"
    return str(day.year)


def write_member(written: Written, world: World, rng: random.Random) -> list[str]:
    """Write a row typed from an application on paper."""
    day = written.birth
    hiragana = rng.random() < 0.6  # noqa: PLR2004 - what parents write
    family_kana = to_hiragana(written.family_kana) if hiragana else written.family_kana
    given_kana = to_hiragana(written.given_kana) if hiragana else written.given_kana
    school = world.city.schools[written.child.school]
    return [
        written.family,
        joined(given_parts(written), " "),
        family_kana,
        given_kana,
        _paper_year(day, rng) if day else "",
        str(day.month) if day else "",
        str(day.day) if day else "",
        {0: "", 1: "男", 2: "女"}[written.sex],
        school.name.removeprefix(f"{CITY}立").replace("小学校", "小"),
        str(written.child.grade),
        place_text(written, world, rng.choice((1, 1, 1, 3)), 2),
        written.child.household.phone,
    ]


def by_household(child: Child, world: World) -> tuple[int | str, ...]:  # noqa: ARG001 - one signature
    """Sort by household, then age."""
    return (child.household.number, str(child.birth))


def by_class(child: Child, world: World) -> tuple[int | str, ...]:
    """Sort by school, grade, class and seat."""
    group, seat = world.classes.get(child.index, ("9", 99))
    return (child.school, child.grade, group, seat)
