"""The seven departments' files: columns, coverage and notation of each.

The first five are the default town; with seven, benefits (a household's register: the
head's name and the child's given name) and after-school clubs (typed from paper) join.
"""

from __future__ import annotations

import random
from datetime import date

from deploy.town.city import CITY, PREFECTURE, block, flat
from deploy.town.errors import Written
from deploy.town.kana import (
    DateStyle,
    era,
    to_half_width,
    to_hiragana,
    without_small_kana,
    write_date,
)
from deploy.town.people import LAST_PRIMARY, Child, Household, Standing
from deploy.town.registers import Layout, World

SURVEYED_FROM = 4
ARRIVALS_KNOWN = 0.12
"""Of the children who moved in: check-ups were carried over from the city before."""


def _given_parts(written: Written) -> tuple[str, str]:
    """Return given and middle name in the order in which the family writes them."""
    foreign = written.child.foreign
    if foreign is None or foreign.family_last:
        return written.given, written.middle
    return written.middle, written.given


def _given_kana_parts(written: Written) -> tuple[str, str]:
    foreign = written.child.foreign
    if foreign is None or foreign.family_last:
        return written.given_kana, written.middle_kana
    return written.middle_kana, written.given_kana


def _joined(parts: tuple[str, ...], separator: str) -> str:
    return separator.join(part for part in parts if part)


def _full(written: Written, separator: str) -> str:
    """Return the name in one column; foreign ones never without a separator."""
    foreign = written.child.foreign
    if written.latin:
        separator = " "
    elif foreign is not None and not foreign.family_kanji:
        separator = separator or "　"
    return _joined((written.family, *_given_parts(written)), separator)


def _kana(written: Written, separator: str) -> str:
    return _joined((written.family_kana, *_given_kana_parts(written)), separator)


def _head(home: Household, surname: str, given: str) -> str:
    """Return the head of the household's name; a foreign one in letters or characters."""
    foreign = home.head_foreign
    if foreign is None:
        return f"{surname}　{given}"
    if foreign.family_kanji:
        return f"{foreign.family_kanji}　{foreign.given_kanji}"
    return foreign.latin


def _day(written: Written, style: DateStyle) -> str:
    return write_date(written.birth, style) if written.birth else ""


def _place(written: Written, world: World, style: int, building: int | None) -> str:
    """Return the address to the block, with the flat behind it unless *building* is None."""
    if written.address is None:
        return ""
    text = block(world.city, written.address, style)
    if building is None or not written.in_flat:
        return text
    tail = flat(written.address, building)
    return f"{text}　{tail}" if tail and building == 0 else text + (f" {tail}" if tail else "")


def _here(child: Child) -> bool:
    return child.standing is not Standing.LEFT


# Residents: the enrolment register.


def _residents_cover(child: Child, world: World, rng: random.Random) -> bool:
    return _here(child) or rng.random() < world.difficulty.left_on_register


def _residents(written: Written, world: World, rng: random.Random) -> list[str]:
    child, home = written.child, written.child.household
    address = written.address
    event, day = "", home.arrived_on
    if child.standing is Standing.LEFT:
        event, day = "転出", home.left_on
    elif home.changed_on is not None and rng.random() < 1 / 2:
        event, day = "氏の変更", home.changed_on
    elif day is not None:
        event = "転入"
    head = _head(home, home.surname.registry, home.head.registry or home.head.kanji)
    alias = ""
    if home.alias is not None and child.alias_given is not None:
        alias = f"{home.alias.kanji}　{child.alias_given.kanji}"
    return [
        written.number,
        str(home.number),
        _full(written, "　"),
        _kana(written, "　"),
        written.former,
        alias,
        _day(written, DateStyle.ISO),
        {0: "", 1: "男", 2: "女"}[written.sex],
        head,
        "子",
        world.city.towns[address.town].postcode if address else "",
        f"{PREFECTURE}{CITY}{_place(written, world, 0, None)}" if address else "",
        flat(address, 0) if address and written.in_flat else "",
        event,
        day.isoformat() if event and day else "",
        "",
    ]


# School affairs: the roll of the municipal schools.


def _pupil(child: Child, world: World, rng: random.Random) -> bool:  # noqa: ARG001 - one signature
    return child.standing is Standing.MUNICIPAL


def _school(written: Written, world: World, rng: random.Random) -> list[str]:
    child = written.child
    school = world.city.schools[child.school]
    group, seat = world.classes[child.index]
    kana = _kana(written, " ")
    if not school.small_kana:
        kana = without_small_kana(kana)
    style = (1, 2, 3, 4)[school.address_style]
    return [
        school.name,
        str(child.grade if child.grade <= LAST_PRIMARY else child.grade - LAST_PRIMARY),
        group,
        str(seat),
        _full(written, school.separator),
        to_half_width(kana),
        {0: "", 1: "男", 2: "女"}[written.sex],
        _day(written, school.date_style),
        _place(written, world, style, 1 if rng.random() < 0.85 else 2),  # noqa: PLR2004 - share that names the building
        child.household.phone if rng.random() < 0.93 else "",  # noqa: PLR2004 - share with a number
    ]


# Education policy: its own roster for surveys.


def _survey_cover(child: Child, world: World, rng: random.Random) -> bool:
    if child.standing is Standing.LEFT:
        left = child.household.left_on
        recent = left is not None and (world.as_of - left).days < 366  # noqa: PLR2004 - a year
        return recent and child.grade >= SURVEYED_FROM and rng.random() < 0.6  # noqa: PLR2004 - rosters of spring
    if child.standing is not Standing.MUNICIPAL:
        return False
    return child.grade >= SURVEYED_FROM or bool(world.lives.onset[child.index] < 15)  # noqa: PLR2004 - reported as long absent


def _survey(written: Written, world: World, rng: random.Random) -> list[str]:  # noqa: ARG001 - one signature
    child = written.child
    school = world.city.schools[child.school]
    group, seat = world.classes.get(child.index, ("1", 0))
    family, given = written.family, _joined(_given_parts(written), " ")
    return [
        school.code,
        str(child.grade),
        group,
        str(seat) if seat else "",
        family,
        given,
        written.family_kana,
        "".join(_given_kana_parts(written)),
        _day(written, DateStyle.SLASH),
        {0: "", 1: "1", 2: "2"}[written.sex],
    ]


# Welfare: the ledger of cases and allowances.


def _welfare_cover(child: Child, world: World, rng: random.Random) -> bool:
    if child.standing is Standing.LEFT:
        return bool(world.lives.client[child.index]) and rng.random() < 1 / 2
    return bool(world.lives.client[child.index])


def _welfare(written: Written, world: World, rng: random.Random) -> list[str]:
    child, home = written.child, written.child.household
    style = rng.choice((1, 1, 2, 3, 4, 5))
    place = _place(written, world, style, 1)
    if place and rng.random() < 0.4:  # noqa: PLR2004 - share that begins with the city
        place = CITY + place
    birth = _day(written, DateStyle.ERA_DOT if rng.random() < 0.8 else DateStyle.ERA_KANJI)  # noqa: PLR2004 - habits of clerks
    surname = written.family if child.foreign or not home.former else home.surname.kanji
    return [
        written.number,
        _head(home, surname, home.head.kanji),
        _full(written, "　" if rng.random() < 0.8 else " "),  # noqa: PLR2004 - habits of clerks
        _kana(written, "　"),
        written.former if rng.random() < 0.3 else "",  # noqa: PLR2004 - seldom asked
        birth,
        {0: "", 1: "男", 2: "女"}[written.sex],
        place,
        home.phone if rng.random() < 0.8 else "",  # noqa: PLR2004 - share with a number
    ]


# Health: check-ups and childcare, from birth on.


def _health_cover(child: Child, world: World, rng: random.Random) -> bool:
    arrived = child.household.arrived_on
    if arrived is not None and (arrived - child.birth).days > 3 * 365:
        return rng.random() < ARRIVALS_KNOWN
    left = child.household.left_on
    if left is not None and (left - child.birth).days < 120:  # noqa: PLR2004 - days to the first check-up
        return False
    return (world.as_of - child.birth).days > 30  # noqa: PLR2004 - days until registered


def _health(written: Written, world: World, rng: random.Random) -> list[str]:
    address = written.address
    return [
        written.number,
        _full(written, "　"),
        to_hiragana(_kana(written, "　")),
        _day(written, DateStyle.DIGITS),
        {0: "", 1: "1", 2: "2"}[written.sex],
        world.city.towns[address.town].postcode.replace("-", "") if address else "",
        _place(written, world, 4 if rng.random() < 0.7 else 1, 1),  # noqa: PLR2004 - habits of nurses
        written.child.order,
    ]


# Benefits: a household's register.


def _benefits_cover(child: Child, world: World, rng: random.Random) -> bool:  # noqa: ARG001 - one signature
    return _here(child) or rng.random() < 0.3  # noqa: PLR2004 - closed accounts in the extract


def _benefits(written: Written, world: World, rng: random.Random) -> list[str]:
    home = written.child.household
    head_kana = f"{written.family_kana} {home.head.kana}" if written.family_kana else ""
    if home.head_foreign is not None:
        head_kana = f"{home.head_foreign.family_kana} {home.head_foreign.given_kana}"
    head = _head(home, written.family, home.head.kanji)
    given = _joined(_given_parts(written), " ")
    return [
        head,
        to_half_width(head_kana),
        given,
        to_half_width(written.given_kana),
        written.child.order if rng.random() < 0.7 else "子",  # noqa: PLR2004 - habits of clerks
        _day(written, DateStyle.ERA_SEVEN),
        {0: "", 1: "1", 2: "2"}[written.sex],
        written.number,
        CITY + _place(written, world, 5 if rng.random() < 0.2 else 3, 1) if written.address else "",  # noqa: PLR2004 - habits of clerks
    ]


# Clubs: application forms typed in by hand.


def _clubs_cover(child: Child, world: World, rng: random.Random) -> bool:  # noqa: ARG001 - one signature
    return child.standing is Standing.MUNICIPAL and child.grade <= 4 and rng.random() < 0.34  # noqa: PLR2004 - share of grades 1-4


def _paper_year(day: date, rng: random.Random) -> str:
    name, letter, _, year = era(day)
    kind = rng.random()
    if kind < 0.45:  # noqa: PLR2004 - what parents write
        return f"{letter}{year}"
    if kind < 0.7:  # noqa: PLR2004
        return f"{name}{'元' if year == 1 else year}"
    return str(day.year)


def _clubs(written: Written, world: World, rng: random.Random) -> list[str]:
    day = written.birth
    hiragana = rng.random() < 0.6  # noqa: PLR2004 - what parents write
    family_kana = to_hiragana(written.family_kana) if hiragana else written.family_kana
    given_kana = to_hiragana(written.given_kana) if hiragana else written.given_kana
    school = world.city.schools[written.child.school]
    return [
        written.family,
        _joined(_given_parts(written), " "),
        family_kana,
        given_kana,
        _paper_year(day, rng) if day else "",
        str(day.month) if day else "",
        str(day.day) if day else "",
        {0: "", 1: "男", 2: "女"}[written.sex],
        school.name.removeprefix(f"{CITY}立").replace("小学校", "小"),
        str(written.child.grade),
        _place(written, world, rng.choice((1, 1, 1, 3)), 2),
        written.child.household.phone,
    ]


def _by_household(child: Child, world: World) -> tuple[int | str, ...]:  # noqa: ARG001 - one signature
    return (child.household.number, str(child.birth))


def _by_class(child: Child, world: World) -> tuple[int | str, ...]:
    group, seat = world.classes.get(child.index, ("9", 99))
    return (child.school, child.grade, group, seat)


LAYOUTS = {
    layout.department: layout
    for layout in (
        Layout(
            department="residents", name_ja="住民記録・学齢簿", name_en="Residents and enrolment",
            mode="open", file="学齢簿.csv", encoding="utf-8-sig", id_column="整理番号",
            id_format="{:08d}",
            header=("宛名番号", "世帯番号", "氏名", "氏名カナ", "旧氏", "通称", "生年月日", "性別", "世帯主氏名",
                    "続柄", "郵便番号", "住所", "方書", "異動事由", "異動年月日", "支援措置"),
            fields=(("resident_number", ("宛名番号",)), ("full_name", ("氏名",)),
                    ("full_name_kana", ("氏名カナ",)), ("former_family_name", ("旧氏",)),
                    ("alias", ("通称",)), ("birth_date", ("生年月日",)), ("sex", ("性別",)),
                    ("household_head_name", ("世帯主氏名",)), ("postcode", ("郵便番号",)),
                    ("address", ("住所", "方書"))),
            covers=_residents_cover, write=_residents, order=_by_household,
        ),
        Layout(
            department="school", name_ja="学校（校務支援）", name_en="School affairs",
            mode="open", file="児童生徒名簿.csv", encoding="cp932", id_column="児童生徒ID",
            id_format="P{:07d}",
            header=("学校名", "学年", "組", "番号", "氏名", "フリガナ", "性別", "生年月日", "住所", "保護者電話"),
            fields=(("full_name", ("氏名",)), ("full_name_kana", ("フリガナ",)), ("sex", ("性別",)),
                    ("birth_date", ("生年月日",)), ("address", ("住所",)), ("phone", ("保護者電話",))),
            covers=_pupil, write=_school, order=_by_class,
        ),
        Layout(
            department="survey", name_ja="教育政策室（調査）", name_en="Education policy and surveys",
            mode="open", file="調査対象者名簿.csv", encoding="utf-8-sig", id_column="調査番号",
            id_format="Q{:07d}",
            header=("学校コード", "学年コード", "組", "出席番号", "姓", "名", "セイ", "メイ", "生年月日", "性別コード"),
            fields=(("family_name", ("姓",)), ("given_name", ("名",)), ("family_name_kana", ("セイ",)),
                    ("given_name_kana", ("メイ",)), ("birth_date", ("生年月日",)), ("sex", ("性別コード",))),
            covers=_survey_cover, write=_survey, order=_by_class,
        ),
        Layout(
            department="welfare", name_ja="福祉（手当・相談）", name_en="Welfare",
            mode="sealed", file="児童台帳.csv", encoding="cp932", id_column="受付番号",
            id_format="F-{:06d}",
            header=("宛名番号", "世帯主", "児童氏名", "フリガナ", "旧姓", "生年月日", "性別", "住所", "電話番号"),
            fields=(("resident_number", ("宛名番号",)), ("household_head_name", ("世帯主",)),
                    ("full_name", ("児童氏名",)), ("full_name_kana", ("フリガナ",)),
                    ("former_family_name", ("旧姓",)), ("birth_date", ("生年月日",)), ("sex", ("性別",)),
                    ("address", ("住所",)), ("phone", ("電話番号",))),
            covers=_welfare_cover, write=_welfare,
        ),
        Layout(
            department="health", name_ja="保健・保育", name_en="Health and childcare",
            mode="open", file="乳幼児台帳.csv", encoding="utf-8-sig", id_column="健診番号",
            id_format="K{:07d}",
            header=("宛名番号", "氏名", "ふりがな", "生年月日", "性別", "郵便番号", "住所", "続柄"),
            fields=(("resident_number", ("宛名番号",)), ("full_name", ("氏名",)),
                    ("full_name_kana", ("ふりがな",)), ("birth_date", ("生年月日",)), ("sex", ("性別",)),
                    ("postcode", ("郵便番号",)), ("address", ("住所",))),
            covers=_health_cover, write=_health, infancy=True,
        ),
        Layout(
            department="benefits", name_ja="税・手当", name_en="Tax and benefits",
            mode="open", file="児童手当受給者.csv", encoding="cp932", id_column="認定番号",
            id_format="T{:07d}",
            header=("受給者氏名", "受給者カナ", "児童名", "児童名カナ", "続柄", "児童生年月日", "性別", "児童宛名番号", "住所"),
            fields=(("household_head_name", ("受給者氏名",)), ("household_head_kana", ("受給者カナ",)),
                    ("given_name", ("児童名",)), ("given_name_kana", ("児童名カナ",)),
                    ("birth_date", ("児童生年月日",)), ("sex", ("性別",)),
                    ("resident_number", ("児童宛名番号",)), ("address", ("住所",))),
            covers=_benefits_cover, write=_benefits,
        ),
        Layout(
            department="clubs", name_ja="放課後児童クラブ", name_en="After-school clubs",
            mode="open", file="入室申請.csv", encoding="cp932", id_column="申請番号",
            id_format="{:05d}",
            header=("姓", "名", "姓よみ", "名よみ", "生年", "生月", "生日", "性別", "学校", "学年", "住所", "連絡先"),
            fields=(("family_name", ("姓",)), ("given_name", ("名",)), ("family_name_kana", ("姓よみ",)),
                    ("given_name_kana", ("名よみ",)), ("birth_date", ("生年", "生月", "生日")),
                    ("sex", ("性別",)), ("address", ("住所",)), ("phone", ("連絡先",))),
            covers=_clubs_cover, write=_clubs,
        ),
    )
}  # fmt: skip
