"""Records, facts, imports and named documents of a node."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

from sqlalchemy import Connection, delete, func, insert, select

from nodes.store.schema import documents, facts, imports, persons, rows
from privacy.normalise.person import Person, Problem, ProblemKind
from privacy.redteam.population import crowding


@dataclass(frozen=True, slots=True)
class StoredRow:
    """One row of the extract: its id, the record it belongs to (-1: dropped), and why not."""

    row_id: str
    record: int
    dropped: str = ""


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """One committed import: counts and the report, no values."""

    at: str
    file: str
    file_digest: str
    rows: int
    used: int
    report: str


def _person_text(person: Person) -> str:
    values = {k: v for k, v in asdict(person).items() if v and k != "problems"}
    values["problems"] = [[p.field, p.kind.value] for p in person.problems]
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def _person(text: str) -> Person:
    values = json.loads(text)
    problems = tuple(Problem(name, ProblemKind(kind)) for name, kind in values.pop("problems"))
    known = {f.name for f in fields(Person)}
    return Person(problems=problems, **{k: v for k, v in values.items() if k in known})


class Records:
    """Identity records in place; replaced as a whole by each import."""

    def __init__(self, connection: Connection) -> None:
        """Work on *connection*."""
        self._connection = connection

    def replace(self, stored: Sequence[StoredRow], people: Sequence[Person]) -> None:
        """Replace all rows, in file order, and the persons of their records."""
        self._connection.execute(delete(rows))
        self._connection.execute(delete(persons))
        if stored:
            batch = [{"place": place, **asdict(row)} for place, row in enumerate(stored)]
            self._connection.execute(insert(rows), batch)
        if people:
            texts = [{"record": n, "person": _person_text(p)} for n, p in enumerate(people)]
            self._connection.execute(insert(persons), texts)

    def persons(self) -> list[Person]:
        """Return the persons of all records, by record."""
        found = self._connection.execute(select(persons.c.person).order_by(persons.c.record))
        return [_person(text) for text in found.scalars()]

    def crowding(self) -> float:
        """Return how many persons share a birth date, seen from a person (mean)."""
        texts = self._connection.execute(select(persons.c.person)).scalars()
        return crowding(json.loads(text).get("birth_date", "") for text in texts)

    def person(self, record: int) -> Person | None:
        """Return the person of one record, or None."""
        query = select(persons.c.person).where(persons.c.record == record)
        text = self._connection.execute(query).scalar()
        return _person(text) if text is not None else None

    def rows(self) -> list[StoredRow]:
        """Return all rows in file order, dropped ones included."""
        found = self._connection.execute(select(rows).order_by(rows.c.place))
        return [StoredRow(r.row_id, r.record, r.dropped) for r in found]

    def record_of(self, row_id: str) -> int | None:
        """Return the record of the row *row_id*, or None where no such row is in use."""
        query = select(rows.c.record).where(rows.c.row_id == row_id, rows.c.record >= 0)
        return self._connection.execute(query).scalar()

    def count(self) -> tuple[int, int, int]:
        """Return how many rows there are, how many are in use, and how many records."""
        total = select(func.count()).select_from(rows)
        used = total.where(rows.c.record >= 0)
        records = select(func.count()).select_from(persons)
        counts = [self._connection.execute(query).scalar_one() for query in (total, used, records)]
        return counts[0], counts[1], counts[2]


class Facts:
    """The department's own attributes, one table an item; they never leave in clear."""

    def __init__(self, connection: Connection) -> None:
        """Work on *connection*."""
        self._connection = connection

    def replace(self, item: str, at: str, count: int, table_csv: bytes) -> None:
        """Keep *table_csv* (UTF-8, header `row_id,period,...`) as the facts of *item*."""
        self._connection.execute(delete(facts).where(facts.c.item == item))
        packed = zlib.compress(table_csv, 3)
        self._connection.execute(
            insert(facts).values(item=item, at=at, rows=count, table_csv_zlib=packed)
        )

    def items(self) -> dict[str, tuple[str, int]]:
        """Return item -> (imported at, rows)."""
        found = self._connection.execute(
            select(facts.c.item, facts.c.at, facts.c.rows).order_by(facts.c.item)
        )
        return {r.item: (r.at, r.rows) for r in found}

    def table_csv(self, item: str) -> bytes | None:
        """Return the table of *item* as CSV, or None where the node holds none."""
        packed = self._connection.execute(
            select(facts.c.table_csv_zlib).where(facts.c.item == item)
        ).scalar()
        return zlib.decompress(packed) if packed is not None else None


class Imports:
    """What was imported, and when."""

    def __init__(self, connection: Connection) -> None:
        """Work on *connection*."""
        self._connection = connection

    def add(self, summary: ImportSummary) -> None:
        """Append one committed import."""
        self._connection.execute(insert(imports).values(**asdict(summary)))

    def all(self) -> Sequence[ImportSummary]:
        """Return all imports, newest first."""
        found = self._connection.execute(select(imports).order_by(imports.c.id.desc()))
        return [ImportSummary(r.at, r.file, r.file_digest, r.rows, r.used, r.report) for r in found]


def left_out_name(version: int) -> str:
    """Return the document's name that says why slot table *version* has no row of this node."""
    return f"left-out/{version}"


class Documents:
    """Named files of the federation that the node keeps: roster, epoch, approvals."""

    def __init__(self, connection: Connection) -> None:
        """Work on *connection*."""
        self._connection = connection

    def put(self, name: str, at: str, body: bytes) -> None:
        """Keep *body* under *name*, in place of an older one."""
        self._connection.execute(delete(documents).where(documents.c.name == name))
        self._connection.execute(insert(documents).values(name=name, at=at, body=body))

    def get(self, name: str) -> bytes | None:
        """Return the document *name*, or None."""
        return self._connection.execute(
            select(documents.c.body).where(documents.c.name == name)
        ).scalar()

    def remove(self, name: str) -> None:
        """Forget the document *name*."""
        self._connection.execute(delete(documents).where(documents.c.name == name))
