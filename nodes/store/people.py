"""Records, facts, imports and named documents of a node."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields

from sqlalchemy import Connection, delete, func, insert, select

from nodes.store.schema import documents, facts, imports, records
from privacy.normalise.person import Person, Problem, ProblemKind


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """One row of the department: its id, its place, the child it belongs to, its person."""

    row_id: str
    number: int
    child: int
    person: Person
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

    def replace(self, rows: Iterable[StoredRecord]) -> None:
        """Replace all records; alerts keep the rows that they name.

        The caller checks first that no open alert would lose its row.
        """
        self._connection.execute(delete(records))
        batch = [
            {
                "row_id": row.row_id,
                "number": row.number,
                "child": row.child,
                "person": _person_text(row.person),
                "dropped": row.dropped,
            }
            for row in rows
        ]
        if batch:
            self._connection.execute(insert(records), batch)

    def all(self) -> list[StoredRecord]:
        """Return all records in file order, dropped ones included."""
        found = self._connection.execute(select(records).order_by(records.c.number))
        return [
            StoredRecord(r.row_id, r.number, r.child, _person(r.person), r.dropped) for r in found
        ]

    def children(self) -> list[tuple[str, int, int]]:
        """Return (row id, number, child) of the rows in use, in file order."""
        found = self._connection.execute(
            select(records.c.row_id, records.c.number, records.c.child)
            .where(records.c.dropped == "")
            .order_by(records.c.number)
        )
        return [(r.row_id, r.number, r.child) for r in found]

    def one(self, row_id: str) -> StoredRecord | None:
        """Return the record *row_id*, or None."""
        r = self._connection.execute(select(records).where(records.c.row_id == row_id)).first()
        return (
            StoredRecord(r.row_id, r.number, r.child, _person(r.person), r.dropped) if r else None
        )

    def count(self) -> tuple[int, int]:
        """Return how many rows there are, and how many are in use."""
        rows = self._connection.execute(select(func.count()).select_from(records)).scalar_one()
        used = self._connection.execute(
            select(func.count()).select_from(records).where(records.c.dropped == "")
        ).scalar_one()
        return rows, used


class Facts:
    """The department's own attributes, one table an item; they never leave in clear."""

    def __init__(self, connection: Connection) -> None:
        """Work on *connection*."""
        self._connection = connection

    def replace(self, item: str, at: str, rows: int, table_csv: bytes) -> None:
        """Keep *table_csv* (UTF-8, header `row_id,period,...`) as the facts of *item*."""
        self._connection.execute(delete(facts).where(facts.c.item == item))
        packed = zlib.compress(table_csv, 3)
        self._connection.execute(
            insert(facts).values(item=item, at=at, rows=rows, table_csv_zlib=packed)
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
