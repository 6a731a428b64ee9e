"""One database: short transactions, each of them whole or not at all.

`protos.sql` opens it, sets the pragmas and runs `coordinator/migrations`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from protos.sql import READ_ONLY, open_database

__all__ = ["Connection", "Database"]

_MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


class Database:
    """The database of a coordinator or a dealer."""

    def __init__(self, url: str) -> None:
        """Open *url* and run the migrations that it lacks.

        Raises:
            StorageError: the database cannot be opened.
        """
        self._engine = open_database(url, _MIGRATIONS)
        self._reader = self._engine.execution_options(**{READ_ONLY: True})

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection inside a transaction; an exception undoes all of it.

        Raises:
            StorageError: the disk is full, the file is locked, or the server is away.
        """
        with self._engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection that only reads and waits for no writer.

        Raises:
            StorageError: the database cannot be read.
        """
        with self._reader.connect() as connection:
            yield connection
