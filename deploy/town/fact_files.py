"""Writes the facts into the departments' files, under the departments' own row ids."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from deploy.town.desk import Desk
from deploy.town.facts import NO_ANSWER, SCHOOL_DAYS
from deploy.town.lives import MONTHS
from deploy.town.notation import grade_text
from deploy.town.people import Standing
from deploy.town.write import FactFile

CHECKUPS = (("4か月児健診", 4), ("1歳6か月児健診", 18), ("3歳児健診", 38))
SURVEY_YEARS = (0, 12)
"""The month of the survey of each of two years: April."""
LESSON_ROUNDS = (2, 8, 14)
"""June, December, June."""


def write_facts(desk: Desk) -> list[FactFile]:
    """Write the fact files of one department; benefits and clubs have none."""
    writers = {
        "residents": _residents, "school": _school, "survey": _survey,
        "welfare": _welfare, "health": _health,
    }  # fmt: skip
    writer = writers.get(desk.register.layout.department)
    return writer(desk) if writer else []


def _monthly(
    desk: Desk, *values: NDArray[np.int64], skip: frozenset[int] = frozenset()
) -> Iterator[tuple[str, ...]]:
    """Yield (row, month, values...) for pupils, without children of the schools in *skip*."""
    months = [desk.month(month) for month in range(MONTHS)]
    children = desk.world.children
    for index, row_id in desk.holders():
        child = children[index]
        if child.standing is not Standing.MUNICIPAL or child.school in skip:
            continue
        lists = [array[index].tolist() for array in values]
        start = 0 if child.grade >= 2 else 12  # noqa: PLR2004 - first-graders came in April
        for month in range(start, MONTHS):
            yield (row_id, months[month], *(str(one[month]) for one in lists))


def _school(desk: Desk) -> list[FactFile]:
    facts, world = desk.facts, desk.world
    silent = frozenset(school.index for school in world.city.schools if not school.records_nurse)
    roll = desk.fact(
        "D-02",
        desk.register.layout.file,
        "",
        school="学校名",
        grade="学年",
        **{"class": "組"},
    )
    attendance = desk.write(
        desk.fact("D-07", "出欠.csv", "年月", absent="欠席日数", late_early=("遅刻", "早退")),
        (desk.id_column, "年月", "授業日数", "欠席日数", "遅刻", "早退"),
        _with_days(desk, _monthly(desk, facts.absent, facts.late, facts.early)),
    )
    nurse = desk.write(
        desk.fact("D-08", "保健室利用.csv", "年月", visits="利用回数"),
        (desk.id_column, "年月", "利用回数"),
        (row for row in _monthly(desk, facts.visits, skip=silent) if not row[1].endswith("-08")),
    )
    used = desk.world.lives.counselled
    counsellor = desk.write(
        desk.fact("D-20", "SC・SSW相談.csv", "年月", used="利用"),
        (desk.id_column, "年月", "利用"),
        (
            (row_id, desk.month(10 + index % 5), "1")
            for index, row_id in desk.holders()
            if used[index] and index % 2
        ),
    )
    return [roll, attendance, nurse, counsellor]


def _with_days(desk: Desk, rows: Iterator[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    days = {desk.month(month): str(SCHOOL_DAYS[month]) for month in range(MONTHS)}
    for row_id, month, *values in rows:
        yield (row_id, month, days[month], *values)


def _survey(desk: Desk) -> list[FactFile]:
    facts, lives = desk.facts, desk.world.lives
    absence = desk.write(
        desk.fact("D-09", "長期欠席調査.csv", "年月", absent_days_month="欠席日数"),
        (desk.id_column, "年月", "欠席日数"),
        _monthly(desk, facts.reported_absent),
    )
    home = desk.write(
        desk.fact("D-10", "児童生徒質問紙.csv", "実施年月", talk_home="家の人と話をする"),
        (desk.id_column, "実施年月", "家の人と話をする"),
        _answered(desk, SURVEY_YEARS, facts.talk_home),
    )
    lessons = desk.write(
        desk.fact(
            "D-11",
            "授業がわかる調査.csv",
            "実施年月",
            q_understand="授業の内容がわかる",
            q_fun="授業が楽しい",
        ),
        (desk.id_column, "実施年月", "授業の内容がわかる", "授業が楽しい"),
        _answered(desk, LESSON_ROUNDS, facts.understand, facts.fun),
    )
    alone = desk.write(
        desk.fact(
            "D-12",
            "学校生活アンケート.csv",
            "実施年月",
            no_teacher="助けてくれる先生がいない",
            no_friend="助けてくれる友達がいない",
        ),
        (desk.id_column, "実施年月", "助けてくれる先生がいない", "助けてくれる友達がいない"),
        _nobody(desk),
    )
    scores = desk.write(
        desk.fact(
            "D-14",
            "学力調査.csv",
            "実施年月",
            score_japanese="国語",
            score_mathematics="算数・数学",
        ),
        (desk.id_column, "実施年月", "国語", "算数・数学"),
        (
            (
                row_id,
                desk.month(12),
                f"{facts.score_japanese[index]:.1f}",
                f"{facts.score_mathematics[index]:.1f}",
            )
            for index, row_id in desk.holders()
            if not np.isnan(facts.score_japanese[index])
        ),
    )
    advice = desk.write(
        desk.fact("D-19", "教育相談.csv", "年月", used="利用"),
        (desk.id_column, "年月", "利用"),
        (
            (row_id, desk.month(9 + index % 6), "1")
            for index, row_id in desk.holders()
            if lives.counselled[index] and not index % 2
        ),
    )
    return [absence, home, lessons, alone, scores, advice]


def _answered(
    desk: Desk, months: tuple[int, ...], *answers: NDArray[np.int64]
) -> Iterator[tuple[str, ...]]:
    """Yield one row per child and round; an unanswered question is empty, an absent one no row."""
    for index, row_id in desk.holders():
        lists = [array[index].tolist() for array in answers]
        for position, month in enumerate(months):
            values = [one[position] for one in lists]
            if any(value != NO_ANSWER for value in values):
                yield (
                    row_id,
                    desk.month(month),
                    *("" if value == NO_ANSWER else str(value) for value in values),
                )


def _nobody(desk: Desk) -> Iterator[tuple[str, ...]]:
    """Yield D-12: 1 means that there is nobody (stored as 1), 0 somebody (stored as 2)."""
    written = {"1": "1", "2": "0", "": ""}
    for row_id, month, *values in _answered(
        desk, (1, 13), desk.facts.no_teacher, desk.facts.no_friend
    ):
        yield (row_id, month, *(written[value] for value in values))


def _welfare(desk: Desk) -> list[FactFile]:
    lives = desk.world.lives

    def receives(item: str, file: str, flags: NDArray[np.bool_], months: range) -> FactFile:
        return desk.write(
            desk.fact(item, file, "年月", receives="受給"),
            (desk.id_column, "年月", "受給"),
            (
                (row_id, desk.month(month), "1")
                for index, row_id in desk.holders()
                if flags[index]
                for month in months
            ),
        )

    supports = ("家庭訪問", "学習支援", "ショートステイ", "教育支援センター", "SC面談")
    wishes = ("", "", "", "", "保護者に伝えないでほしい")
    consulted = desk.write(
        desk.fact("D-30", "相談記録.csv", "相談年月日", consulted="相談有無"),
        (desk.id_column, "相談年月日", "相談有無", "本人の意向"),
        (
            (row_id, _day_in(desk, index, visit), "1", wishes[(index + visit) % 5])
            for index, row_id in desk.holders()
            if lives.consulted[index]
            for visit in range(1 + index % 3)
        ),
    )
    supported = desk.write(
        desk.fact("D-39", "支援対象者名簿.csv", "", supported="支援中"),
        (desk.id_column, "支援中", "支援内容", "支援開始年月"),
        (
            (row_id, "1", supports[index % 5], desk.month(index % 12))
            for index, row_id in desk.holders()
            if lives.supported[index]
        ),
    )
    return [
        receives("D-25", "就学援助.csv", lives.school_aid, range(12, 13)),
        receives("D-26", "生活保護.csv", lives.assistance, range(MONTHS)),
        receives("D-27", "児童扶養手当.csv", lives.single_allowance, range(MONTHS)),
        consulted,
        supported,
    ]


def _day_in(desk: Desk, index: int, visit: int) -> str:
    month = desk.month((index * 7 + visit * 4) % MONTHS)
    return f"{month}-{1 + (index * 11 + visit * 5) % 28:02d}"


def _health(desk: Desk) -> list[FactFile]:
    missed = desk.world.lives.missed_checkups
    return [
        desk.write(
            desk.fact("D-22", "健診受診状況.csv", "対象年月", not_attended="未受診"),
            (desk.id_column, "対象年月", "健診種別", "未受診"),
            (
                (row_id, due.isoformat()[:7], name, str(int(missed[index]) >> at & 1))
                for index, row_id in desk.holders()
                for at, (name, months) in enumerate(CHECKUPS)
                if (due := _due(desk.world.children[index].birth, months)) < desk.world.as_of
            ),
        )
    ]


def _due(birth: date, months: int) -> date:
    return birth + timedelta(days=round(months * 30.44))


def _residents(desk: Desk) -> list[FactFile]:
    """Write D-05: the school in which the register has the child enrolled."""
    world = desk.world

    def enrolled() -> Iterator[tuple[str, ...]]:
        for index, row_id in desk.holders():
            child = world.children[index]
            if child.grade < 1 or child.standing is Standing.LEFT:
                continue
            municipal = child.standing is Standing.MUNICIPAL
            name = world.city.schools[child.school].name if municipal else "私立・区域外"
            yield (row_id, name, grade_text(child.grade))

    return [
        desk.write(
            desk.fact("D-05", "就学.csv", "", enrolled_school="就学校"),
            (desk.id_column, "就学校", "学年"),
            enrolled(),
        )
    ]
