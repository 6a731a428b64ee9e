"""The append-only log of one coordinator or dealer, with the heads that others signed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from coordinator.store.engine import Database
from coordinator.store.tables import audit, countersignatures, heads
from privacy.audit import EntryKind, Head, SignedHead


class AuditLog:
    """Appends what happened; no log, no answer: an entry is written with what it speaks of."""

    def __init__(self, database: Database, owner: str) -> None:
        """Use *database*; *owner* is the member whose log it is."""
        self._database = database
        self._owner = owner

    def append(
        self,
        connection: Connection,
        kind: EntryKind,
        at: datetime,
        about: Mapping[str, str | int],
    ) -> None:
        """Append one entry inside the caller's transaction."""
        line, after = _head(connection, self._owner).append(kind, at.isoformat(), about)
        connection.execute(
            insert(audit).values(number=after.number, digest=after.digest, line=line)
        )

    def note(self, kind: EntryKind, at: datetime, about: Mapping[str, str | int]) -> None:
        """Append one entry in a transaction of its own."""
        with self._database.write() as connection:
            self.append(connection, kind, at, about)

    def head(self) -> Head:
        """Return where the log stands."""
        with self._database.read() as connection:
            return _head(connection, self._owner)

    def lines(self) -> Iterator[bytes]:
        """Yield all lines, the oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(audit.c.line).order_by(audit.c.number))
            for row in rows:
                yield row[0]

    def keep_head(self, signed: SignedHead) -> None:
        """Keep a signed head, this log's or another's, with its witnesses."""
        number = signed.head.number
        with self._database.write() as connection:
            where = (heads.c.log == signed.head.log, heads.c.number == number)
            connection.execute(delete(heads).where(*where))
            connection.execute(
                insert(heads).values(
                    log=signed.head.log,
                    number=number,
                    digest=signed.head.digest,
                    signature=signed.signature,
                )
            )
            for signer, value in signed.witnesses:
                key = (
                    countersignatures.c.log == signed.head.log,
                    countersignatures.c.number == number,
                    countersignatures.c.signer == signer,
                )
                connection.execute(delete(countersignatures).where(*key))
                connection.execute(
                    insert(countersignatures).values(
                        log=signed.head.log, number=number, signer=signer, value=value
                    )
                )

    def heads(self, log: str) -> tuple[SignedHead, ...]:
        """Return the signed heads that are kept of *log*, the oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(heads).where(heads.c.log == log).order_by(heads.c.number)
            ).mappings()
            kept = [(Head(log, r["number"], r["digest"]), r["signature"]) for r in rows]
            signed = connection.execute(
                select(countersignatures).where(countersignatures.c.log == log)
            ).mappings()
            witnesses = [(r["number"], r["signer"], r["value"]) for r in signed]
        return tuple(
            SignedHead(
                head,
                signature,
                tuple((who, value) for number, who, value in witnesses if number == head.number),
            )
            for head, signature in kept
        )


def _head(connection: Connection, owner: str) -> Head:
    row = connection.execute(
        select(audit.c.number, audit.c.digest).order_by(audit.c.number.desc()).limit(1)
    ).first()
    return Head.empty(owner) if row is None else Head(owner, int(row[0]), row[1])
