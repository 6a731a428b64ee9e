"""A synthetic population for the self-test: the register in clear, a department's records.

Made from the synthetic town, with birth dates dealt anew so that a chosen number of
children share one: how safe a salted encoding is hangs on that number.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from deploy.town.generate import generate
from nodes.ingest.department import load_department
from nodes.intake import take_in
from nodes.records import Records
from privacy.normalise.person import Person
from privacy.redteam.population import Population

_START = date(2011, 4, 2)
_DAYS = 15 * 365


def make_population(
    folder: Path, *, children: int, per_date: float, seed: int, department: str = "residents"
) -> Population:
    """Return a population of about *children* known persons, *per_date* to a birth date.

    The attacker knows the resident register; the codes are those of *department*.  The
    register's own are the worst case, letter by letter what the attacker knows; other
    departments write in their own way, with errors, and miss some children.

    Args:
        folder: an empty folder for the town; nothing of it is needed afterwards.
        children: the size of the town.
        per_date: mean number of registered children born on one date.
        seed: fixes the town and the dates.
        department: whose codes are seen.
    """
    generate(folder, children=children, seed=seed)
    names = ("residents", department)
    register, records = (
        take_in(load_department(folder / name / "department.toml")).records for name in names
    )
    entities = _entities(folder / "truth" / "rows.csv")
    born, shared = _births(folder / "truth" / "persons.csv")
    rng = np.random.default_rng([seed, 3])
    days = _deal(len(set(shared.values())), len(register.persons), per_date, rng)
    new = {entity: days[at] for entity, at in shared.items()}

    def dated(source: Records, name: str) -> list[tuple[str, Person]]:
        listed = []
        for row_id, record in zip(source.row_ids, source.record_of_row, strict=True):
            if record < 0:
                continue
            entity, person = entities[name, row_id], source.persons[record]
            wrong = person.birth_date and person.birth_date != born[entity]
            day = days[rng.integers(len(days))] if wrong else new[entity]
            listed.append((entity, replace(person, birth_date=day if person.birth_date else "")))
        return listed

    known = dict(reversed(dated(register, names[0])))
    seen = dict(reversed(dated(records, department)))
    place = {entity: at for at, entity in enumerate(known)}
    truth = np.array([place.get(entity, -1) for entity in seen], dtype=np.int64)
    order = rng.permutation(len(seen))
    encoded = tuple(seen.values())
    return Population(
        tuple(known.values()), tuple(encoded[at] for at in order.tolist()), truth[order]
    )


def _entities(path: Path) -> dict[tuple[str, str], str]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return {
            (row["department"], row["row_id"]): row["entity_id"] for row in csv.DictReader(lines)
        }


def _births(path: Path) -> tuple[dict[str, str], dict[str, int]]:
    """Return each child's true birth date, and a number that only twins share."""
    born: dict[str, str] = {}
    shared: dict[str, int] = {}
    number: dict[tuple[str, str], int] = {}
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            born[row["person_id"]] = row["birth_date"]
            birth = (row["household_id"], row["birth_date"])
            shared[row["person_id"]] = number.setdefault(birth, len(number))
    return born, shared


def _deal(births: int, persons: int, per_date: float, rng: np.random.Generator) -> list[str]:
    """Return a date for each birth, drawn evenly from as many dates as *per_date* leaves."""
    dates = max(1, round(persons / per_date))
    calendar = rng.choice(_DAYS, size=min(dates, _DAYS), replace=False)
    chosen = calendar[rng.integers(len(calendar), size=births)]
    return [(_START + timedelta(days=int(day))).isoformat() for day in chosen]
