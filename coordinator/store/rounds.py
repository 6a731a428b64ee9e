"""Rounds as they stand, with the named values that their next step needs.

A transition, its values and its audit entry are one transaction: after a kill the
round is in the old state or in the new one, never between.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from coordinator.errors import RoundMovedError, UnknownRoundError
from coordinator.store.engine import Database
from coordinator.store.tables import round_values, rounds, slot_tables, waits
from privacy.errors import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRound:
    """One round: its signed plan, where it stands, and why it ended if it ended early."""

    round_id: str
    """The plan's digest, hexadecimal."""
    kind: str
    state: str
    plan: bytes = field(repr=False)
    """Canonical JSON."""
    plan_signature: bytes = field(repr=False)
    created: datetime
    updated: datetime
    expires: datetime
    reason_ja: str = ""
    reason_en: str = ""

    @property
    def plan_digest(self) -> bytes:
        """SHA-256 of the plan."""
        return bytes.fromhex(self.round_id)


@dataclass(frozen=True, slots=True)
class Wait:
    """A member that a round waits for, and why."""

    member_id: str
    what: Text
    since: str


@dataclass(frozen=True, slots=True)
class SlotTable:
    """A slot table in force: the coordinator keeps its version, digest and size only."""

    version: int
    round_id: str
    digest: bytes
    slots: int
    created: str


class RoundStore:
    """The tables of rounds."""

    def __init__(self, database: Database) -> None:
        """Use *database*."""
        self._database = database

    def add(self, stored: StoredRound, values: Mapping[str, bytes]) -> None:
        """Store a new round; the same plan again changes nothing."""
        with self._database.write() as connection:
            known = select(rounds.c.id).where(rounds.c.id == stored.round_id)
            if connection.execute(known).first() is not None:
                return
            connection.execute(
                insert(rounds).values(
                    id=stored.round_id,
                    kind=stored.kind,
                    state=stored.state,
                    reason_ja="",
                    reason_en="",
                    plan=stored.plan,
                    plan_signature=stored.plan_signature,
                    created=stored.created.isoformat(),
                    updated=stored.updated.isoformat(),
                    expires=stored.expires.isoformat(),
                )
            )
            _put(connection, stored.round_id, values)

    def all(self) -> tuple[StoredRound, ...]:
        """Return every round, the newest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(rounds).order_by(rounds.c.created.desc(), rounds.c.id)
            ).mappings()
            return tuple(_round(row) for row in rows)

    def get(self, round_id: str) -> StoredRound:
        """Return the one round whose id begins with *round_id*.

        Raises:
            UnknownRoundError: no round's id does, or several do.
        """
        with self._database.read() as connection:
            rows = connection.execute(
                select(rounds).where(rounds.c.id.startswith(round_id, autoescape=True)).limit(2)
            ).mappings()
            found = [_round(row) for row in rows]
        if len(found) != 1 or not round_id:
            raise UnknownRoundError(
                Text(
                    "そのIDで始まるラウンドが1つに決まりません。",
                    "Not exactly one round has an id that begins so.",
                ),
                Text("`status` で一覧を見てください。", "See the list with `status`."),
            )
        return found[0]

    def link_rounds(self) -> int:
        """Return how many link rounds were ever opened; rounds are never deleted."""
        with self._database.read() as connection:
            counted = select(func.count()).select_from(rounds).where(rounds.c.kind == "link")
            return int(connection.execute(counted).scalar_one())

    def unfinished(self, terminal: Mapping[str, frozenset[str]]) -> tuple[StoredRound, ...]:
        """Return the rounds that have not ended, the oldest first; *terminal* is by kind."""
        waiting = (r for r in self.all() if r.state not in terminal.get(r.kind, frozenset()))
        return tuple(sorted(waiting, key=lambda stored: stored.created))

    def move(
        self,
        stored: StoredRound,
        *,
        state: str,
        now: datetime,
        reason: Text,
        values: Mapping[str, bytes],
        connection: Connection,
    ) -> None:
        """Move a round from the state in *stored* to *state*, inside the caller's transaction.

        Raises:
            RoundMovedError: another process has moved it meanwhile.
        """
        moved = connection.execute(
            update(rounds)
            .where(rounds.c.id == stored.round_id, rounds.c.state == stored.state)
            .values(state=state, updated=now.isoformat(), reason_ja=reason.ja, reason_en=reason.en)
        )
        if moved.rowcount != 1:
            raise RoundMovedError(stored.round_id, stored.state, state)
        _put(connection, stored.round_id, values)
        connection.execute(delete(waits).where(waits.c.round_id == stored.round_id))

    def value(self, round_id: str, name: str) -> bytes | None:
        """Return one named value of a round, or nothing."""
        with self._database.read() as connection:
            row = connection.execute(
                select(round_values.c.body).where(
                    round_values.c.round_id == round_id, round_values.c.name == name
                )
            ).first()
        return None if row is None else bytes(row[0])

    def put(self, round_id: str, values: Mapping[str, bytes]) -> None:
        """Store named values of a round, replacing those of the same name."""
        with self._database.write() as connection:
            _put(connection, round_id, values)

    def names(self, round_id: str) -> tuple[str, ...]:
        """Return the names of a round's values, sorted."""
        with self._database.read() as connection:
            found = connection.execute(
                select(round_values.c.name).where(round_values.c.round_id == round_id)
            )
            return tuple(sorted(row[0] for row in found))

    def forget(self, round_id: str, keep: Iterable[str]) -> None:
        """Delete a round's values but those in *keep*."""
        with self._database.write() as connection:
            forget(connection, round_id, keep)

    def wait(self, round_id: str, waiting: Mapping[str, Text], now: datetime) -> None:
        """Note for which members a round waits and why; others are not waited for any more."""
        with self._database.write() as connection:
            rows = connection.execute(select(waits).where(waits.c.round_id == round_id)).mappings()
            since = {row["member_id"]: row["since"] for row in rows}
            connection.execute(delete(waits).where(waits.c.round_id == round_id))
            for member_id, what in waiting.items():
                connection.execute(
                    insert(waits).values(
                        round_id=round_id,
                        member_id=member_id,
                        what_ja=what.ja,
                        what_en=what.en,
                        since=since.get(member_id, now.isoformat()),
                    )
                )

    def waiting(self, round_id: str) -> tuple[Wait, ...]:
        """Return the members a round waits for, by id."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(waits).where(waits.c.round_id == round_id).order_by(waits.c.member_id)
            ).mappings()
            return tuple(
                Wait(row["member_id"], Text(row["what_ja"], row["what_en"]), row["since"])
                for row in rows
            )

    def slot_table(self) -> SlotTable | None:
        """Return the slot table in force, or nothing before the first link round."""
        with self._database.read() as connection:
            row = (
                connection.execute(
                    select(slot_tables).order_by(slot_tables.c.version.desc()).limit(1)
                )
                .mappings()
                .first()
            )
        if row is None:
            return None
        return SlotTable(
            row["version"], row["round_id"], row["digest"], row["slots"], row["created"]
        )


def add_slot_table(connection: Connection, table: SlotTable) -> None:
    """Put a slot table in force, inside the caller's transaction."""
    connection.execute(
        insert(slot_tables).values(
            version=table.version,
            round_id=table.round_id,
            digest=table.digest,
            slots=table.slots,
            created=table.created,
        )
    )


def forget(connection: Connection, round_id: str, keep: Iterable[str]) -> None:
    """Delete a round's values but those in *keep*, inside the caller's transaction."""
    connection.execute(
        delete(round_values).where(
            round_values.c.round_id == round_id, round_values.c.name.not_in(list(keep))
        )
    )


def _put(connection: Connection, round_id: str, values: Mapping[str, bytes]) -> None:
    for name, body in values.items():
        connection.execute(
            delete(round_values).where(
                round_values.c.round_id == round_id, round_values.c.name == name
            )
        )
        connection.execute(insert(round_values).values(round_id=round_id, name=name, body=body))


def _round(row: RowMapping) -> StoredRound:
    return StoredRound(
        round_id=row["id"],
        kind=row["kind"],
        state=row["state"],
        plan=row["plan"],
        plan_signature=row["plan_signature"],
        created=datetime.fromisoformat(row["created"]),
        updated=datetime.fromisoformat(row["updated"]),
        expires=datetime.fromisoformat(row["expires"]),
        reason_ja=row["reason_ja"],
        reason_en=row["reason_en"],
    )
