"""A town for the household test: homes as the coordinator would see them, and as they are.

Linkage is taken as perfect, the worst case for this attack.  The attacker knows every home
of the resident register and who is in the register and in a city school; which of the other
departments hold a child is what it would learn.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from deploy.rehearsal import find_mappings
from deploy.town.generate import generate
from nodes.ingest.department import Mode
from nodes.intake import take_in
from privacy.encoding.household_evidence import OwnRows, show_households
from privacy.encoding.households import Evidence, household_positions
from privacy.encoding.schema import default_schema
from privacy.keys import LinkKeys, derive
from privacy.linkage.households import group_households
from privacy.normalise.person import Person
from privacy.redteam.households import (
    Homes,
    HouseholdFindings,
    Ids,
    beside_codes,
    match_structures,
)

PUBLIC = ("residents", "school")
_PLAN = bytes(32)


def household_findings(folder: Path, *, children: int, seed: int, floor: int) -> HouseholdFindings:
    """Return what the structure of homes gives away in a synthetic town.

    Args:
        folder: an empty folder for the town.
        children: the size of the town.
        seed: fixes town, keys and guesses.
        floor: ``policy.household_floor`` of every department.
    """
    generate(folder, children=children, seed=seed)
    child_of, home_of = _truth(folder / "truth" / "rows.csv")
    slots = {child: at for at, child in enumerate(dict.fromkeys(child_of.values()))}
    keys = LinkKeys(1, 1, derive(seed.to_bytes(8, "big"), "redteam-households"))
    place = household_positions(keys, _PLAN, len(slots))
    evidence: list[Evidence] = []
    held: dict[str, set[int]] = {}
    register: dict[int, Person] = {}
    for mapping in find_mappings(folder):
        name = mapping.department
        records = take_in(mapping).records
        slot_of: dict[int, int] = {}
        for row_id, record in zip(records.row_ids, records.record_of_row, strict=True):
            if record >= 0:
                slot_of[record] = slots[child_of[name, row_id]]
        held[name] = set(slot_of.values())
        if name == PUBLIC[0]:
            register = {slot: records.persons[record] for record, slot in slot_of.items()}
        if mapping.mode == Mode.OPEN:
            own = OwnRows(
                department=name,
                persons=records.persons,
                slots=np.array([slot_of[at] for at in range(len(records.persons))]),
                held=np.isin(np.arange(len(records.persons)), list(records.protected)),
                dummies=np.zeros(0, dtype=np.int64),
                total=len(slots),
            )
            secret = keys.token(name)
            evidence.append(show_households(own, keys, _PLAN, secret=secret, floor=floor))
    seen_home = group_households(evidence, len(slots)).home[place]
    true_home = np.unique([home_of[child] for child in slots], return_inverse=True)[1]
    public = _pattern(len(slots), [held[name] for name in PUBLIC])
    every = _pattern(len(slots), [held[one.department] for one in evidence])
    rng = np.random.default_rng([seed, 12])
    everyone = np.arange(len(slots))
    in_register = np.isin(everyone, list(register))
    known = Homes(true_home[in_register], public[in_register])
    truth = np.where(in_register, np.cumsum(in_register) - 1, -1)
    right, tried = match_structures(Homes(seen_home, public), known, truth, rng)
    informed = Homes(true_home[in_register], every[in_register])
    named, _ = match_structures(Homes(seen_home, every), informed, truth, rng)
    persons = [register[slot] for slot in everyone[in_register].tolist()]
    born = np.unique([person.birth_date for person in persons], return_inverse=True)[1]
    dated = Homes(true_home[in_register], born.astype(np.int64))
    control, dated_rows = match_structures(dated, dated, np.arange(len(persons)), rng)
    homes = np.unique(true_home[in_register], return_inverse=True)[1].astype(np.int64)
    return HouseholdFindings(
        len(slots),
        right / tried,
        named / tried,
        beside_codes(default_schema(), persons, homes, homes, seed),
        control / dated_rows,
    )


def _pattern(rows: int, members: list[set[int]]) -> Ids:
    """Return for each slot which of the sets hold it, as bits."""
    pattern = np.zeros(rows, dtype=np.int64)
    for bit, held in enumerate(members):
        pattern[list(held)] |= 1 << bit
    return pattern


def _truth(path: Path) -> tuple[dict[tuple[str, str], str], dict[str, str]]:
    child_of: dict[tuple[str, str], str] = {}
    home_of: dict[str, str] = {}
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            child_of[row["department"], row["row_id"]] = row["entity_id"]
            home_of[row["entity_id"]] = row["household_id"]
    return child_of, home_of
