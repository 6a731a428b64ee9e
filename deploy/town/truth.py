"""The truth, kept apart from the departments' folders: who is who, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from deploy.town.lives import CAUSES, HORIZON, MONTHS
from deploy.town.people import Child, Household, Standing
from deploy.town.registers import Register, World
from deploy.town.write import write_csv

PERSON_COLUMNS = (
    "person_id", "birth_date", "sex", "standing", "school", "grade", "class", "household_id",
    "twin", "foreign", "alias", "name_changed", "moved", "moved_since_infancy", "arrived", "left",
)  # fmt: skip


def write_rows(path: Path, registers: Sequence[Register], children: Sequence[Child]) -> None:
    """Write which child, and which household, each row of each department is about."""
    write_csv(
        path,
        "utf-8",
        ("department", "row_id", "entity_id", "household_id"),
        (
            (
                register.layout.department,
                row_id,
                children[entity].person_id,
                household_id(children[entity].household),
            )
            for register in registers
            for row_id, entity in zip(register.row_ids, register.entities, strict=True)
        ),
    )


def write_persons(path: Path, world: World) -> None:
    """Write one line per child: where it belongs and which difficulties it poses."""
    write_csv(path, "utf-8", PERSON_COLUMNS, (_person(child, world) for child in world.children))


def household_id(home: Household) -> str:
    """Return the id of *home* in the truth."""
    return f"S{home.index + 1:06d}"


def _person(child: Child, world: World) -> tuple[str, ...]:
    home: Household = child.household
    pupil = child.standing is Standing.MUNICIPAL
    flags = (
        child.twin, child.foreign is not None, home.alias is not None, home.former is not None,
        home.previous_address is not None, home.infancy_address != home.address,
        home.arrived_on is not None, child.standing is Standing.LEFT,
    )  # fmt: skip
    return (
        child.person_id, child.birth.isoformat(), str(child.sex), child.standing.value,
        world.city.schools[child.school].name if pupil else "",
        str(child.grade), world.classes[child.index][0] if pupil else "",
        household_id(home), *("1" if flag else "0" for flag in flags),
    )  # fmt: skip


def month_text(month: int, first_year: int) -> str:
    """Return month 0 (April of *first_year*) and later as YYYY-MM."""
    years, rest = divmod(month + 3, 12)
    return f"{first_year + years}-{rest + 1:02d}"


def write_outcomes(path: Path, world: World, first_year: int) -> None:
    """Write who is, or will be, absent for long in the fiscal year: onset, cause, grade."""
    lives = world.lives
    causes = list(CAUSES)
    rows = []
    for child in world.children:
        onset = int(lives.onset[child.index])
        if onset >= HORIZON:
            continue
        rows.append((
            child.person_id, "1", month_text(onset, first_year),
            "past" if onset < MONTHS else "coming", causes[int(lives.cause[child.index])],
            str(child.grade), world.city.schools[child.school].name,
            "1" if lives.supported[child.index] else "0",
        ))  # fmt: skip
    header = ("person_id", "futoko", "onset", "when", "cause", "grade", "school", "supported")
    write_csv(path, "utf-8", header, rows)
