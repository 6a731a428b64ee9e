"""What normalisation did to a department's file, for the people who keep the file.

Counts, characters and kinds; it stays at the node.  The list of written variants is the
one that cleans a register: which characters were folded into which, and how often.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nodes.changes import Changed, changes
from nodes.ingest.kinds import EXPLANATIONS, Kind
from nodes.ingest.mapping import RawRows
from nodes.records import Records
from privacy.canonical import Json
from privacy.errors import Text
from privacy.normalise.characters import clean
from privacy.normalise.kanji import fold_kanji
from privacy.normalise.person import Person, RawPerson

MOST_VARIANTS = 30
_NAMES = ("full_name", "family_name", "given_name", "former_family_name", "household_head_name")
_MADE_FROM: dict[str, tuple[str, ...]] = {
    "family": ("full_name", "family_name", "household_head_name"),
    "given": ("full_name", "given_name"),
    "family_kana": ("full_name_kana", "family_name_kana", "household_head_kana"),
    "given_kana": ("full_name_kana", "given_name_kana"),
    "birth_date": ("birth_date",),
    "sex": ("sex",),
    "town": ("address",),
    "block": ("address",),
    "postcode": ("postcode",),
    "resident_number": ("resident_number",),
    "household_number": ("household_number",),
}


@dataclass(frozen=True, slots=True)
class FieldQuality:
    """One field of the normal form: rows that wrote something, and rows that gave a value."""

    name: str
    written: int
    usable: int
    rows: int

    @property
    def lost(self) -> int:
        """Rows that wrote something from which no value could be made."""
        return max(0, self.written - self.usable)


@dataclass(frozen=True, slots=True)
class Quality:
    """What was found in one file."""

    department: str
    rows: int
    used: int
    records: int
    duplicate_groups: int
    fields: tuple[FieldQuality, ...]
    variants: tuple[tuple[str, str, int], ...]
    problems: tuple[tuple[Kind, int], ...]
    changes: tuple[Changed, ...] = ()

    def to_json(self) -> Json:
        """Return the findings for machines."""
        return {
            "department": self.department,
            "rows": self.rows,
            "used": self.used,
            "records": self.records,
            "duplicate_groups": self.duplicate_groups,
            "fields": [
                {"name": f.name, "written": f.written, "usable": f.usable, "lost": f.lost}
                for f in self.fields
            ],
            "variants": [
                {"written": one, "folded": other, "count": count}
                for one, other, count in self.variants
            ],
            "changes": [change.to_json() for change in self.changes],
            "problems": [{"kind": kind.value, "count": count} for kind, count in self.problems],
        }

    def problem_texts(self) -> Iterator[tuple[Text, Text, int]]:
        """Yield (what, fix, how often) of every kind of problem."""
        for kind, count in self.problems:
            what, fix = EXPLANATIONS[kind]
            yield what, fix, count


def examine(raw: RawRows, records: Records) -> Quality:
    """Return what normalisation did to *raw*.

    Args:
        raw: the rows as the department wrote them.
        records: what `resolve_records` made of them.
    """
    kinds = Counter(problem.kind for problem in records.problems)
    return Quality(
        department=records.department,
        rows=len(raw.row_ids),
        used=records.used,
        records=len(records.persons),
        duplicate_groups=len(records.duplicate_groups),
        fields=tuple(_fields(raw, records)),
        variants=tuple(_variants(raw.persons)),
        problems=tuple(kinds.most_common()),
        changes=changes(raw, records),
    )


def _fields(raw: RawRows, records: Records) -> Iterator[FieldQuality]:
    used = [
        (raw.persons[row], records.persons[record])
        for row, record in enumerate(records.record_of_row)
        if record >= 0
    ]
    mapped = {field.name for field in raw.mapping.fields}
    for name, sources in _MADE_FROM.items():
        if not mapped.isdisjoint(sources):
            written = sum(_wrote(person, sources) for person, _ in used)
            usable = sum(_has(person, name) for _, person in used)
            yield FieldQuality(name, written, usable, len(used))


def _wrote(person: RawPerson, sources: Sequence[str]) -> bool:
    return any(getattr(person, source) for source in sources)


def _has(person: Person, name: str) -> bool:
    return bool(getattr(person, name))


def _variants(people: Sequence[RawPerson]) -> Iterator[tuple[str, str, int]]:
    """Yield (written, folded, count) of the characters that names were folded by."""
    counts: Counter[tuple[str, str]] = Counter()
    for person in people:
        for name in _NAMES:
            for written in clean(getattr(person, name)):
                folded = fold_kanji(written)
                if folded not in ("", written):
                    counts[written, folded] += 1
    for (written, folded), count in counts.most_common(MOST_VARIANTS):
        yield written, folded, count
