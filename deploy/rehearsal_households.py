"""Households in a rehearsal: the evidence, grouping and locks of the federation, in one process.

Open departments show their evidence, sealed ones open locks, as in a link round with
households.  With a truth that names households, sibling pairs are counted: pairs of rows of
two different children.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from deploy.truth import RowKey
from nodes.ingest.department import DepartmentMapping, Mode
from nodes.ingest.reader import read_table
from nodes.intake import Intake
from privacy.encoding.household_evidence import DEFAULT_FLOOR, OwnRows, show_households
from privacy.encoding.households import household_positions, household_tokens
from privacy.errors import Text
from privacy.keys import LinkKeys
from privacy.linkage.household_locks import UNKNOWN, lock_numbers, open_numbers
from privacy.linkage.households import group_households, number_households
from privacy.linkage.linker import Linker
from privacy.linkage.quality import Score, pair_count

NAME: Final = "households.csv"
COLUMN: Final = "household_id"
_DROPPED: Final = -1

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RehearsedHouseholds:
    """What a rehearsal of households found.

    ``numbers``: for each department, the household of each row in file order, or -1 where
    it was dropped or (sealed) none opened; ``score``: sibling pairs against the truth.
    """

    numbers: tuple[tuple[int, ...], ...] = field(repr=False)
    report: dict[str, Any]
    score: Score | None


def find_households(
    mappings: Sequence[DepartmentMapping],
    intakes: Sequence[Intake],
    linker: Linker,
    key: bytes,
    truth: Path | None,
) -> RehearsedHouseholds:
    """Group the households of a linked rehearsal; a cluster stands for its slot.

    Args:
        mappings: of the departments, with their modes.
        intakes: their rows, in the same order.
        linker: after its last pass.
        key: 32 bytes from which keys, decoys and numbers follow.
        truth: may have a column ``household_id``; without it nothing is scored.
    """
    link_keys = LinkKeys(1, 1, key)
    plan, seed = link_keys.token("rehearsed plan"), link_keys.token("households")
    clusters, total = linker.clusters(), linker.solution.count
    evidence = [
        show_households(
            _own(intake, clusters[intake.records.department], total),
            link_keys,
            plan,
            secret=link_keys.token(f"secret of {mapping.department}"),
            floor=DEFAULT_FLOOR,
        )
        for mapping, intake in zip(mappings, intakes, strict=True)
        if mapping.mode == Mode.OPEN
    ]
    grouped = group_households(evidence, total)
    numbers = number_households(grouped.home, seed)
    place = household_positions(link_keys, plan, total)
    locked = lock_numbers(evidence, grouped.home, numbers, seed)
    found = []
    for mapping, intake in zip(mappings, intakes, strict=True):
        own = clusters[mapping.department]
        known = numbers[place[own]]
        if mapping.mode == Mode.SEALED:
            tokens = household_tokens(link_keys, intake.records.persons, mapping.department, plan)
            known = open_numbers(locked, place[own], tokens)
            known[list(intake.records.protected)] = UNKNOWN
        found.append(_per_row(intake, known))
    shown = [one.department for one in evidence]
    report: Any = grouped.report(shown, [])
    scored = None if truth is None else _score(truth, intakes, found)
    return RehearsedHouseholds(tuple(found), report, scored)


def household_lines(found: RehearsedHouseholds | None) -> list[Text]:
    """Return what was found as lines of the report; none where households were not asked for."""
    if found is None:
        return []
    sizes = ", ".join(f"{n}: {count:,}" for n, count in found.report["homes_by_children"].items())
    lines = [
        Text("", ""),
        Text(
            f"世帯: きょうだいのいる人 {found.report['children_with_siblings']:,}、"
            f"人数ごとの世帯 {sizes}（4は4以上）。{NAME} を見てください。",
            f"Households: {found.report['children_with_siblings']:,} with a sibling; homes by "
            f"children {sizes} (4 is 4 or more). See {NAME}.",
        ),
    ]
    if found.score is not None:
        counts = f"{found.score.correct:,} / {found.score.found:,} / {found.score.true:,}"
        lines.append(
            Text(
                f"きょうだいの組: 適合率 {found.score.precision:.4f}、再現率 "
                f"{found.score.recall:.4f}（正しい組 / 見つけた組 / 本当の組 = {counts}）。",
                f"Sibling pairs: precision {found.score.precision:.4f}, recall "
                f"{found.score.recall:.4f} (correct / found / true = {counts}).",
            )
        )
    return lines


def household_json(found: RehearsedHouseholds) -> dict[str, Any]:
    """Return the counts for machines, with the score where the truth names households."""
    report = dict(found.report)
    if found.score is not None:
        report["sibling_pairs"] = {
            "correct": found.score.correct,
            "found": found.score.found,
            "true": found.score.true,
            "precision": round(found.score.precision, 6),
            "recall": round(found.score.recall, 6),
        }
    return report


def _own(intake: Intake, clusters: Ids, total: int) -> OwnRows:
    records = intake.records
    held = np.zeros(len(records.persons), dtype=np.bool_)
    held[list(records.protected)] = True
    nobody = np.zeros(0, dtype=np.int64)
    return OwnRows(
        department=records.department,
        persons=records.persons,
        slots=clusters,
        held=held,
        dummies=nobody,
        total=total,
    )


def _per_row(intake: Intake, known: Ids) -> tuple[int, ...]:
    of_record = [*known.tolist(), _DROPPED]
    return tuple(of_record[record] for record in intake.records.record_of_row)


def _score(truth: Path, intakes: Sequence[Intake], found: Sequence[Sequence[int]]) -> Score | None:
    """Return sibling pairs found and true; None where the truth has no households."""
    table = read_table(truth, needed_by="--truth")
    if COLUMN not in table.columns:
        return None
    columns = (table.columns[name] for name in ("department", "row_id", "entity_id", COLUMN))
    of_row: dict[RowKey, tuple[str, str]] = {
        (department, row): (child, home)
        for department, row, child, home in zip(*columns, strict=True)
    }
    rows: list[tuple[str, str, int]] = []
    for intake, numbers in zip(intakes, found, strict=True):
        for row_id, number in zip(intake.records.row_ids, numbers, strict=True):
            known = of_row.get((intake.records.department, row_id))
            if known is not None:
                # A row without a household lives with nobody.
                rows.append((*known, number if number >= 0 else -1 - len(rows)))
    child, home = _numbered([r[0] for r in rows]), _numbered([r[1] for r in rows])
    household = np.array([row[2] for row in rows], dtype=np.int64)
    return Score(
        pair_count(household, home) - pair_count(household, home, child),
        pair_count(household) - pair_count(household, child),
        pair_count(home) - pair_count(home, child),
    )


def _numbered(names: Sequence[str]) -> Ids:
    return np.unique(np.array(names), return_inverse=True)[1].astype(np.int64)
