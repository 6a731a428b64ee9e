"""The node's database: one transaction at a time, tables by subject.

Nothing but this package (and `nodes.ingest.sql`) knows SQL.  Usage::

    with store.transaction() as tables:
        tables.audit.append(...)
        tables.messages.put(...)

A transaction is all or nothing and on disk when the block ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine

from nodes.store.alerts import Alerts, Restrictions
from nodes.store.epochs import Epochs
from nodes.store.households import Households
from nodes.store.journal import Journal, LedgerRows, Sent
from nodes.store.people import Documents, Facts, Imports, Records
from nodes.store.reviews import Reviews
from nodes.store.rounds import Links, Messages, Plans, Runs
from protos.sql import READ_ONLY, open_database

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


class Tables:
    """The tables of one transaction, by subject."""

    def __init__(self, connection: Connection) -> None:
        """Work on *connection*, which the store began."""
        self.records = Records(connection)
        self.facts = Facts(connection)
        self.imports = Imports(connection)
        self.documents = Documents(connection)
        self.households = Households(self.documents)
        self.plans = Plans(connection)
        self.links = Links(connection)
        self.epochs = Epochs(connection)
        self.runs = Runs(connection)
        self.messages = Messages(connection)
        self.alerts = Alerts(connection)
        self.restrictions = Restrictions(connection)
        self.reviews = Reviews(connection)
        self.audit = Journal(connection)
        self.sent = Sent(connection)
        self.ledger = LedgerRows(connection)


class Store:
    """The database of one node."""

    def __init__(self, engine: Engine) -> None:
        """Use *engine*; `Store.open` is the usual way."""
        self._engine = engine
        self._reading = engine.execution_options(**{READ_ONLY: True})

    @classmethod
    def open(cls, home: Path) -> Store:
        """Open (and migrate) `node.db` in *home*.

        Raises:
            StorageError: the database cannot be opened.
        """
        return cls(open_database(f"sqlite:///{home / 'node.db'}", MIGRATIONS))

    @contextmanager
    def transaction(self) -> Iterator[Tables]:
        """Begin a transaction that commits when the block ends and vanishes on an error."""
        with self._engine.begin() as connection:
            yield Tables(connection)

    @contextmanager
    def reading(self) -> Iterator[Tables]:
        """Begin a transaction that sees one state and writes nothing."""
        with self._reading.begin() as connection:
            yield Tables(connection)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()
