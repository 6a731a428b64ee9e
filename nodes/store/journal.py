"""The append-only log, what left the node, and the privacy ledger, as rows."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import Connection, func, insert, select

from nodes.store.schema import audit, heads, ledger, sent


@dataclass(frozen=True, slots=True)
class SentRow:
    """One thing that left this node: counts and field names, never values."""

    at: str
    plan_digest: str
    purpose: str
    step: str
    recipient: str
    fields: str
    rows: int
    bytes: int


class Journal:
    """The audit log's lines; `privacy.audit` gives them their meaning."""

    def __init__(self, connection: Connection) -> None:
        """Work on *connection*."""
        self._connection = connection

    def last(self) -> tuple[int, str]:
        """Return number and text of the newest line; (0, "") for an empty log."""
        query = select(audit.c.counter, audit.c.line).order_by(audit.c.counter.desc()).limit(1)
        found = self._connection.execute(query).first()
        return (found.counter, found.line) if found else (0, "")

    def append(self, counter: int, line: str) -> None:
        """Append *line* as entry *counter*; a counter is used once."""
        self._connection.execute(insert(audit).values(counter=counter, line=line))

    def count(self) -> int:
        """Return how many entries there are."""
        query = select(func.count()).select_from(audit)
        return int(self._connection.execute(query).scalar_one())

    def lines(self) -> list[str]:
        """Return all lines in order."""
        found = self._connection.execute(select(audit.c.line).order_by(audit.c.counter))
        return list(found.scalars())

    def add_head(self, log: str, counter: int, head: bytes) -> None:
        """Keep a signed head of *log*, once."""
        known = self._connection.execute(
            select(heads.c.head).where(heads.c.log == log, heads.c.counter == counter)
        ).scalar()
        if known is None:
            self._connection.execute(insert(heads).values(log=log, counter=counter, head=head))

    def newest_head(self, log: str) -> int:
        """Return the number of the newest head kept of *log*; 0 for none."""
        query = select(func.coalesce(func.max(heads.c.counter), 0)).where(heads.c.log == log)
        return int(self._connection.execute(query).scalar_one())

    def head_at(self, log: str, counter: int) -> bytes | None:
        """Return the head kept of *log* at *counter*, or None."""
        query = select(heads.c.head).where(heads.c.log == log, heads.c.counter == counter)
        return self._connection.execute(query).scalar()

    def heads(self, log: str) -> list[bytes]:
        """Return the heads kept of *log*, in order."""
        query = select(heads.c.head).where(heads.c.log == log).order_by(heads.c.counter)
        return list(self._connection.execute(query).scalars())


class Sent:
    """What left: one row a plan, step and recipient."""

    def __init__(self, connection: Connection) -> None:
        """Work on *connection*."""
        self._connection = connection

    def add(self, row: SentRow) -> None:
        """Record what is about to leave; a repeat of the same bytes is one row."""
        known = self._connection.execute(
            select(sent.c.id).where(
                sent.c.plan_digest == row.plan_digest,
                sent.c.step == row.step,
                sent.c.recipient == row.recipient,
            )
        ).scalar()
        if known is None:
            self._connection.execute(insert(sent).values(**asdict(row)))

    def all(self) -> list[SentRow]:
        """Return all rows, newest first."""
        found = self._connection.execute(select(sent).order_by(sent.c.id.desc()))
        return [SentRow(*r[1:]) for r in found]


class LedgerRows:
    """Lines of the privacy ledger, as `privacy.dp.ledger` writes them; only ever added."""

    def __init__(self, connection: Connection) -> None:
        """Work on *connection*."""
        self._connection = connection

    def append(self, at: str, line: str) -> None:
        """Append one line."""
        self._connection.execute(insert(ledger).values(at=at, line=line))

    def lines(self) -> list[str]:
        """Return all lines in order."""
        found = self._connection.execute(select(ledger.c.line).order_by(ledger.c.id))
        return list(found.scalars())
