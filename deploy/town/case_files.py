"""Small files that planted cases need beside the registers: objections, corrections, notes.

Their columns stand in the folder's README.  Only the bullying record is a fact; of it,
the column that says who did harm is named in no mapping, so that no import reads it.
"""

from __future__ import annotations

from collections.abc import Iterator

from deploy.town.desk import Desk
from deploy.town.people import Standing
from deploy.town.plan import Plan
from deploy.town.planted_lives import DAY_BOOK, TYPED
from deploy.town.write import FactFile, write_csv

BULLYING_EVERY = 71
"""About one pupil in seventy of the surveys' roster has a record."""


def write_case_files(desk: Desk, plan: Plan) -> list[FactFile]:
    """Write the case files of one department; return those that are facts."""
    match desk.register.layout.department:
        case "school":
            _correction(desk, plan)
            _note(desk, plan)
        case "welfare":
            _objection(desk, plan)
        case "survey":
            return [_bullying(desk, plan)]
    return []


def _row(desk: Desk, plan: Plan, case: str) -> str:
    return desk.register.first_row[plan.chosen[case][0]]


def _write(desk: Desk, file: str, header: tuple[str, ...], *rows: tuple[str, ...]) -> None:
    path = desk.folder / file
    write_csv(path, desk.register.layout.encoding, (desk.id_column, *header), rows)


def _correction(desk: Desk, plan: Plan) -> None:
    """Write P-14: the roll says twelve days in May, the day book two."""
    row = (
        _row(desk, plan, "P-14"),
        desk.month(13),
        "欠席日数",
        str(TYPED),
        str(DAY_BOOK),
        "2026-07-03",
    )
    _write(desk, "訂正申出.csv", ("年月", "項目", "誤", "正", "申出日"), row)


def _note(desk: Desk, plan: Plan) -> None:
    """Write P-26: a child's note in the summer holidays."""
    row = (_row(desk, plan, "P-26"), f"{desk.month(4)}-19", "本人", "はなしをきいてほしい")
    _write(desk, "SOS連絡.csv", ("受付日", "連絡者", "内容"), row)


def _objection(desk: Desk, plan: Plan) -> None:
    """Write P-13: a guardian's request to stop the use."""
    row = (_row(desk, plan, "P-13"), f"{desk.month(14)}-22", "保護者", "連携利用の停止")
    _write(desk, "利用停止申出.csv", ("申出日", "申出者", "範囲"), row)


def _bullying(desk: Desk, plan: Plan) -> FactFile:
    """Write D-18, P-28 in it: 加害 stays in this office."""
    planted = plan.chosen["P-28"][0]
    special = {index for indices in plan.chosen.values() for index in indices}

    def records() -> Iterator[tuple[str, ...]]:
        for index, row_id in desk.holders():
            pupil = desk.world.children[index].standing is Standing.MUNICIPAL
            if index == planted:
                yield (row_id, desk.month(13), "0", "1")
            elif pupil and index % BULLYING_EVERY == 0 and index not in special:
                harmed = index // BULLYING_EVERY % 5 != 0
                yield (row_id, desk.month(index % 12), str(int(harmed)), str(int(not harmed)))

    fact = FactFile(
        item="D-18", file="いじめ記録.csv", id_column=desk.id_column, period="認知年月",
        columns=(("harmed", ("被害",)),),
    )  # fmt: skip
    return desk.write(fact, (desk.id_column, "認知年月", "被害", "加害"), records())
