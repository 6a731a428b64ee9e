"""Raw rows -> the department's records: normalised, checked, own duplicates taken as one.

Pure: values in, values out.  Nothing here leaves the node; a record is what the
encoder gets, and ``record_of_row`` is the node's way back from a record to its rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from nodes.errors import MappingError
from nodes.ingest.kinds import ImportKind, Kind, Severity, value_kind
from nodes.ingest.mapping import RawRows
from nodes.ingest.report import RowProblem
from privacy.errors import Text
from privacy.linkage.duplicates import duplicate_groups, representatives
from privacy.normalise.person import Person, ProblemKind, RawPerson
from privacy.normalise.record import normalise

_ENOUGH: Final = 2
_NO_RECORD: Final = -1
_NOTED: Final = {ProblemKind.DATE_MISSING, ProblemKind.GAIJI, ProblemKind.NAME_UNSPLIT}
"""Kinds that leave the field in use, or had nothing to use."""
_MANY_ROWS: Final = 20
_FEWEST_IDS: Final = 0.9


@dataclass(frozen=True, slots=True)
class Dropped:
    """A row that is not used; *row* is its place in the file, from 0."""

    row: int
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """One department's records.

    ``persons``: what is encoded, one a record.  ``record_of_row``: for every row of
    the file, its record, or -1 where the row was dropped.  ``duplicate_groups``: rows
    (places in the file) that share a record.
    """

    department: str
    row_ids: tuple[str, ...] = field(repr=False)
    lines: tuple[int, ...] = field(repr=False)
    persons: tuple[Person, ...] = field(repr=False)
    record_of_row: tuple[int, ...] = field(repr=False)
    dropped: tuple[Dropped, ...]
    duplicate_groups: tuple[tuple[int, ...], ...]
    problems: tuple[RowProblem, ...]
    protected: frozenset[int] = frozenset()
    """Records with a row under a protection measure: ``persons`` holds no address of theirs."""

    @property
    def used(self) -> int:
        """Return the number of rows that have a record."""
        return len(self.row_ids) - len(self.dropped)


def resolve_records(raw: RawRows) -> Records:
    """Normalise *raw*, drop what cannot be used, take own duplicates as one record.

    Raises:
        MappingError: the id column is no row id: too many rows share one.
    """
    _refuse_shared_ids(raw)
    reported: list[RowProblem] = []
    repeats = _repeats(raw)
    reasons = _bad_ids(raw, repeats)
    order = raw.mapping.date_order
    persons: dict[int, Person] = {}
    for row, raw_person in enumerate(raw.persons):
        if row in reasons or row in repeats:
            continue
        person = normalise(raw_person, date_order=order)
        reason = unusable(person)
        reported += _field_problems(raw, row, person, dropped=reason is not None)
        if reason is None:
            persons[row] = person
        else:
            reasons[row] = reason
    reported += [_row_problem(raw, row, kind) for row, kind in reasons.items()]
    reported += [_repeat_problem(raw, row) for row in repeats]
    return _records(raw, persons, repeats, reasons, reported)


def _records(
    raw: RawRows,
    persons: dict[int, Person],
    repeats: dict[int, int],
    reasons: dict[int, Kind],
    reported: list[RowProblem],
) -> Records:
    groups = duplicate_groups(tuple(persons.values()))
    place = dict.fromkeys(range(len(raw.row_ids)), _NO_RECORD)
    place.update(zip(persons, groups.tolist(), strict=True))
    for row, first in repeats.items():
        place[row] = place[first]
        if place[first] == _NO_RECORD:
            reasons[row] = reasons[first]
    members: defaultdict[int, list[int]] = defaultdict(list)
    for row, record in place.items():
        members[record].append(row)
    members.pop(_NO_RECORD, None)
    protected = frozenset(
        record for record, rows in members.items() if any(raw.protected[row] for row in rows)
    )
    found = representatives(tuple(persons.values()), groups)
    return Records(
        department=raw.mapping.department,
        row_ids=raw.row_ids,
        lines=raw.lines,
        persons=tuple(
            _without_place(person) if record in protected else person
            for record, person in enumerate(found)
        ),
        record_of_row=tuple(place.values()),
        dropped=tuple(Dropped(row, kind) for row, kind in sorted(reasons.items())),
        duplicate_groups=tuple(tuple(rows) for rows in members.values() if len(rows) > 1),
        problems=tuple(sorted(reported, key=lambda problem: problem.line)),
        protected=protected,
    )


def _without_place(person: Person) -> Person:
    return replace(
        person,
        town="",
        block="",
        building="",
        postcode="",
        phone="",
        email="",
        household_number="",
    )


def unusable(person: Person) -> Kind | None:
    """Return why *person* cannot be linked: fewer than two parts of an identity.

    Parts are both names, birth date and resident number, and beside a name the home.
    """
    family = person.family or person.family_kana
    given = person.given or person.given_kana
    home = (family or given) and person.block and (person.postcode or person.town)
    parts = (family, given, person.birth_date, person.resident_number, home)
    if sum(map(bool, parts)) >= _ENOUGH:
        return None
    return ImportKind.IDENTITY_INSUFFICIENT if family or given else ProblemKind.NAME_MISSING


def _repeats(raw: RawRows) -> dict[int, int]:
    """Return rows that repeat an earlier row's id and identity -> that earlier row."""
    first: dict[tuple[str, RawPerson], int] = {}
    repeats = {}
    for row, key in enumerate(zip(raw.row_ids, raw.persons, strict=True)):
        if (earlier := first.setdefault(key, row)) != row and key[0].strip():
            repeats[row] = earlier
    return repeats


def _bad_ids(raw: RawRows, repeats: dict[int, int]) -> dict[int, Kind]:
    """Return rows without an id, and rows whose id another row has with another content."""
    reasons: dict[int, Kind] = {}
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for row, row_id in enumerate(raw.row_ids):
        if not row_id.strip():
            reasons[row] = ImportKind.ROW_ID_MISSING
        elif row not in repeats:
            holders[row_id].append(row)
    for rows in holders.values():
        if len(rows) > 1:
            reasons.update(dict.fromkeys(rows, ImportKind.ROW_ID_CONFLICT))
    return reasons


def _refuse_shared_ids(raw: RawRows) -> None:
    filled = [row_id for row_id in raw.row_ids if row_id.strip()]
    distinct = len(set(filled))
    if len(filled) < _MANY_ROWS or distinct >= _FEWEST_IDS * len(filled):
        return
    place, column = raw.mapping.source.path, raw.mapping.source.id_column
    raise MappingError(
        Text(
            f"{place}: 「{column}」列は行の番号ではありません"
            f"（{len(filled)}行に{distinct}種類しかありません）。",
            f"{place}: the column `{column}` is no row id: "
            f"{len(filled)} rows share {distinct} values.",
        ),
        Text(
            "行ごとに違う番号の列を id に書いてください。",
            "Name a column as `id` that differs from row to row.",
        ),
    )


def _field_problems(
    raw: RawRows, row: int, person: Person, *, dropped: bool
) -> Iterator[RowProblem]:
    source = raw.persons[row]
    for problem in person.problems:
        if dropped and problem.kind is ProblemKind.NAME_MISSING:
            continue
        if not raw.mapping.label(problem.field) and problem.kind is ProblemKind.DATE_MISSING:
            continue
        yield RowProblem(
            file=raw.mapping.source.path.name,
            line=raw.lines[row],
            column=raw.mapping.label(problem.field) or raw.mapping.names,
            kind=problem.kind,
            severity=Severity.NOTED if problem.kind in _NOTED else Severity.FIELD_IGNORED,
            value_kind=value_kind(str(getattr(source, problem.field, ""))),
        )


def _row_problem(raw: RawRows, row: int, kind: Kind) -> RowProblem:
    by_id = kind in {ImportKind.ROW_ID_MISSING, ImportKind.ROW_ID_CONFLICT}
    return RowProblem(
        file=raw.mapping.source.path.name,
        line=raw.lines[row],
        column=raw.mapping.source.id_column if by_id else raw.mapping.names,
        kind=kind,
        severity=Severity.ROW_DROPPED,
        value_kind=value_kind(raw.row_ids[row]) if by_id else Text("", ""),
    )


def _repeat_problem(raw: RawRows, row: int) -> RowProblem:
    return RowProblem(
        file=raw.mapping.source.path.name,
        line=raw.lines[row],
        column=raw.mapping.source.id_column,
        kind=ImportKind.ROW_ID_REPEATED,
        severity=Severity.NOTED,
        value_kind=value_kind(raw.row_ids[row]),
    )
