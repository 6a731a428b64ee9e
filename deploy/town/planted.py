"""Plants the identity cases P-01 to P-11: hard names, numbers and households.

Each is a pupil of the default town whose rows are written without random errors, so that
a wrong result is the system's and not the dice's.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from deploy.town.city import CITY, PREFECTURE, block, draw_address
from deploy.town.overrides import Override
from deploy.town.people import MALE, Address, Child, Foreign, Given, Surname, grade_of
from deploy.town.plan import LINKED, Plan

ONE = "one_person"
TWO = "two_persons"


def plant_identities(plan: Plan) -> None:
    """Plant P-01 to P-11."""
    for step in (
        _variants, _twins, _namesakes, _two_numbers, _shared_number, _review_only,
        _alias, _renamed_in_july, _yoshida, _first_of_april, _protected,
    ):  # fmt: skip
        step(plan)


def _variants(plan: Plan) -> None:
    child = plan.rename(plan.pick("P-01"), Surname("渡辺", "渡邊", "ワタナベ"))
    for department, form in (
        ("residents", "渡邊"), ("school", "渡邉"), ("survey", "渡辺"), ("health", "渡邊"),
    ):  # fmt: skip
        plan.row("P-01", child, department, ONE, Override(family=form, number=child.number))


def _twins(plan: Plan) -> None:
    """Take a pair of twins in the surveys' grades, or make a pair of two siblings."""
    nearby = zip(plan.children, plan.children[1:], strict=False)
    homes = [
        (one, other) for one, other in nearby
        if one.household.index == other.household.index and plan.pupil(one) and plan.pupil(other)
    ]  # fmt: skip
    twins = [pair for pair in homes if pair[0].birth == pair[1].birth]
    one, other = plan.rng.choice(twins or homes)
    if not twins:
        other = plan.update(replace(other, birth=one.birth, grade=one.grade, school=one.school))
        one = plan.update(replace(one, twin=True))
        other = plan.update(replace(other, twin=True))
    for child in (one, other):
        plan.take("P-02", child)
        plan.rows("P-02", child, TWO)


def _namesakes(plan: Plan) -> None:
    name, given = Surname("佐藤", "佐藤", "サトウ"), Given("陽翔", "ハルト", "", "陽翔")
    one = plan.pick("P-03")
    other = plan.pick(
        "P-03",
        lambda child: plan.plain(child) and child.grade == one.grade
        and child.household.address.town != one.household.address.town,
    )  # fmt: skip
    one = plan.rename(one, name, given, sex=MALE)
    other = plan.rename(other, name, given, sex=MALE, birth=one.birth)
    for child in (one, other):
        plan.rows("P-03", child, TWO)


def _two_numbers(plan: Plan) -> None:
    child = plan.pick("P-04")
    old = str(
        int(child.number) - 1234567 if child.number[0] != "1" else int(child.number) + 7654321
    )
    left, back = plan.as_of - timedelta(days=1200), plan.as_of - timedelta(days=500)
    plan.row("P-04", child, "residents", ONE, Override(
        number=old, address=draw_address(plan.city, 0, plan.rng),
        extra={"異動事由": "転出", "異動年月日": left.isoformat()},
    ), "old number")  # fmt: skip
    plan.row("P-04", child, "residents", ONE, Override(
        extra={"異動事由": "転入", "異動年月日": back.isoformat()}), "new number")  # fmt: skip
    plan.rows("P-04", child, ONE, ("school", "survey"))
    plan.row("P-04", child, "health", ONE, Override(number=old), "old number")


def _shared_number(plan: Plan) -> None:
    holder = plan.pick("P-05")
    stranger = plan.pick("P-05", lambda child: plan.plain(child) and child.sex != holder.sex)
    plan.rows("P-05", holder, TWO)
    plan.overrides["residents", stranger.index] = []
    plan.rows(
        "P-05", stranger, TWO, ("school", "survey"), "not in the residents' register (住登外)"
    )
    plan.row("P-05", stranger, "welfare", TWO, Override(number=holder.number),
             "the other child's number")  # fmt: skip


def _review_only(plan: Plan) -> None:
    child = plan.pick("P-06", lambda one: plan.plain(one) and _has_room(one))
    plan.rows("P-06", child, ONE)
    typo = child.given.kana[:-2] + child.given.kana[-1]
    plan.row("P-06", child, "welfare", "review_only", Override(
        given_kana=typo, birth=child.birth + timedelta(days=1), number="",
        address=draw_address(plan.city, 1, plan.rng),
    ), "kana typo and a birth date off by one, no number, old address")  # fmt: skip


def _has_room(child: Child) -> bool:
    """Tell whether a kana can be lost, and the last digit of the birth date be raised by one."""
    return len(child.given.kana) >= 3 and child.birth.day < 28 and child.birth.day % 10 < 9  # noqa: PLR2004 - as said


def _alias(plan: Plan) -> None:
    child = plan.pick("P-07")
    foreign = Foreign(
        origin="PH", family="DELA CRUZ", family_kana="デラクルス", given="JOHN PAUL",
        given_kana="ジョンポール", middle="SANTIAGO", middle_kana="サンチャゴ", family_last=True,
    )  # fmt: skip
    alias, alias_given = Surname("山本", "山本", "ヤマモト"), Given("健二", "ケンジ")
    father = replace(
        foreign, given="RAMON", given_kana="ラモン", middle="AQUINO", middle_kana="アキノ"
    )
    home = replace(child.household, foreign=foreign, head_foreign=father, alias=alias)
    child = plan.update(
        replace(
            child, household=home, foreign=foreign, alias_given=alias_given, sex=MALE, order="長男"
        )
    )
    plan.row(
        "P-07", child, "residents", ONE, Override(latin=True), "full name in letters, alias apart"
    )
    plan.row("P-07", child, "school", ONE, Override(
        family="山本", given="健二", middle="", family_kana="ヤマモト", given_kana="ケンジ",
        middle_kana="", latin=False), "alias (通称)")  # fmt: skip
    for department in ("survey", "health"):
        plan.row("P-07", child, department, ONE, Override(
            family="デラクルス", given="ジョンポール", middle="", middle_kana="", latin=False,
        ), "katakana, middle name dropped")  # fmt: skip


def _renamed_in_july(plan: Plan) -> None:
    child = plan.pick("P-08")
    old, day = child.household.surname, date(plan.as_of.year, 7, 1)
    new = (
        Surname("大橋", "大橋", "オオハシ")
        if old.kanji != "大橋"
        else Surname("小池", "小池", "コイケ")
    )
    home = replace(
        child.household,
        surname=new,
        former=old,
        changed_on=day,
        head=Given("直美", "ナオミ", "", "直美"),
        head_is_mother=True,
    )
    child = plan.update(replace(child, household=home))
    plan.row("P-08", child, "residents", ONE, Override(
        family=new.kanji, family_kana=new.kana, former=old.kanji,
        extra={"異動事由": "氏の変更", "異動年月日": day.isoformat()}), "new name")  # fmt: skip
    for department in ("school", "survey", "health"):
        plan.row("P-08", child, department, ONE, Override(
            family=old.kanji, family_kana=old.kana, former=""), "old name")  # fmt: skip


def _yoshida(plan: Plan) -> None:
    child = plan.rename(plan.pick("P-09"), Surname("吉田", "𠮷田", "ヨシダ"))
    for department, form in (
        ("residents", "𠮷田"),
        ("school", "吉田"),
        ("survey", "𠮷田"),
        ("health", "𠮷田"),
    ):
        plan.row("P-09", child, department, ONE, Override(family=form))


def _first_of_april(plan: Plan) -> None:
    """Two namesakes born on either side of the school-year boundary."""
    last, first = date(plan.as_of.year - 12, 4, 1), date(plan.as_of.year - 12, 4, 2)
    older = plan.pick(
        "P-10", lambda child: plan.plain(child) and child.grade == grade_of(last, plan.fiscal_year)
    )
    younger = plan.pick(
        "P-10", lambda child: plan.plain(child) and child.grade == grade_of(first, plan.fiscal_year)
    )
    older = plan.rename(older, None, birth=last)
    younger = plan.rename(younger, older.household.surname, older.given, birth=first, sex=older.sex)
    for child in (older, younger):
        plan.rows("P-10", child, TWO, detail=f"grade {child.grade}")
    plan.row("P-10", older, "welfare", TWO, Override(), "written as an era date")


def _protected(plan: Plan) -> None:
    child = plan.pick("P-11", lambda one: plan.plain(one) and plan.only_child(one))
    mother = Given("美和", "ミワ", "", "美和")
    home = replace(child.household, head=mother, head_is_mother=True)
    new = Address(home.address.town, home.address.chome, 41, 31, "ひだまり荘", "203")
    child = plan.update(
        replace(child, household=replace(home, head_is_mother=True, previous_address=home.address))
    )
    secret = f"{PREFECTURE}{CITY}{block(plan.city, new, 0)}"
    plan.row("P-11", child, "residents", "address_never_leaves", Override(
        address=new, extra={"支援措置": "DV等支援措置"}), f"new address: {secret}")  # fmt: skip
    for department in LINKED[1:]:
        plan.row("P-11", child, department, "address_never_leaves", detail="old address")
