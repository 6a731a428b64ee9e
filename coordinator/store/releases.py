"""The archive of noisy answers, and the coordinator's own ledger: both only ever grow."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, insert, select

from coordinator.store.engine import Database
from coordinator.store.tables import charges, releases
from privacy.canonical import canonical_bytes
from privacy.dp.ledger import Ledger, Limits, entry_from


@dataclass(frozen=True, slots=True)
class StoredRelease:
    """A release as canonical JSON: query, noisy cells with error bars, charge."""

    release_id: str
    round_id: str
    slot_table: int
    body: bytes
    created: datetime


class ReleaseStore:
    """Answers that have left: asked again, the archive answers, at no cost."""

    def __init__(self, database: Database) -> None:
        """Use *database*."""
        self._database = database

    def all(self) -> tuple[StoredRelease, ...]:
        """Return every release, the newest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(releases).order_by(releases.c.created.desc(), releases.c.id)
            ).mappings()
            return tuple(_release(row) for row in rows)

    def get(self, release_id: str) -> StoredRelease | None:
        """Return the archived answer of a question, or nothing."""
        with self._database.read() as connection:
            row = (
                connection.execute(select(releases).where(releases.c.id == release_id))
                .mappings()
                .first()
            )
        return None if row is None else _release(row)


class ChargeStore:
    """The coordinator's ledger, as an append-only table."""

    def __init__(self, database: Database) -> None:
        """Use *database*."""
        self._database = database

    def ledger(self, limits: Limits) -> Ledger:
        """Return the ledger as it stands."""
        with self._database.read() as connection:
            return ledger_in(connection, limits)


def ledger_in(connection: Connection, limits: Limits) -> Ledger:
    """Return the ledger as a transaction sees it."""
    rows = connection.execute(select(charges.c.body).order_by(charges.c.number))
    return Ledger(limits, tuple(entry_from(json.loads(row[0])) for row in rows))


def extend_ledger(connection: Connection, before: Ledger, after: Ledger) -> None:
    """Append what *after* has more than *before*, inside the caller's transaction."""
    for entry in after.entries[len(before.entries) :]:
        connection.execute(insert(charges).values(body=canonical_bytes(entry.canonical())))


def add_release(connection: Connection, release: StoredRelease) -> None:
    """Archive a release inside the caller's transaction; the same one again changes nothing."""
    known = select(releases.c.id).where(releases.c.id == release.release_id)
    if connection.execute(known).first() is None:
        connection.execute(
            insert(releases).values(
                id=release.release_id,
                round_id=release.round_id,
                slot_table=release.slot_table,
                body=release.body,
                created=release.created.isoformat(),
            )
        )


def _release(row: RowMapping) -> StoredRelease:
    created = datetime.fromisoformat(row["created"])
    return StoredRelease(row["id"], row["round_id"], row["slot_table"], row["body"], created)
