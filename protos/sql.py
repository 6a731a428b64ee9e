"""Opening a process's database: one place for pragmas and migrations.

SQLite runs in WAL mode with full synchronisation, because ledgers, audit entries
and sent bytes must survive a crash before the next step (PROTOCOL 6, 9).
PostgreSQL is used by URL.  Only the `store` modules of the services import this.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from privacy.errors import Text, UnreachableError


class StorageError(UnreachableError):
    """The database cannot be opened or written."""


def storage_error(error: DBAPIError) -> StorageError:
    """Return *error* without its statement and parameters, which may hold values."""
    cause = str(error.orig) if isinstance(error.orig, sqlite3.OperationalError) else ""
    reason = cause if cause in _SAFE_REASONS else type(error.orig).__name__
    return StorageError(
        Text(f"データベースに書けません({reason})。", f"The database cannot be used ({reason})."),
        Text(
            "空き容量、書き込み権限、他のプロセスを確かめてください。何も半端に残っていません。",
            "Check free space, permissions and other processes; nothing is half-written.",
        ),
    )


READ_ONLY = "enishi_read_only"
"""Execution option of a connection that only reads, and so waits for no writer."""

_SAFE_REASONS = frozenset(
    {
        "database or disk is full",
        "database is locked",
        "attempt to write a readonly database",
        "unable to open database file",
        "disk I/O error",
    }
)


def _pragmas(connection: Any, _record: object) -> None:  # noqa: ANN401  # a DB-API connection
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Any) -> None:  # noqa: ANN401  # an SQLAlchemy connection
    reading = connection.get_execution_options().get(READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _scrub(context: Any) -> None:  # noqa: ANN401  # an SQLAlchemy exception context
    if isinstance(context.sqlalchemy_exception, DBAPIError) and not context.is_disconnect:
        if isinstance(context.original_exception, sqlite3.IntegrityError):
            return
        raise storage_error(context.sqlalchemy_exception) from None


def open_database(url: str, migrations: Path) -> Engine:
    """Open the database at *url*, brought to the newest revision of *migrations*.

    Statement parameters never appear in errors (`hide_parameters`).

    Raises:
        StorageError: it cannot be opened, or another process holds it too long.
    """
    engine = create_engine(url, hide_parameters=True)
    if make_url(url).get_backend_name() == "sqlite":
        event.listen(engine, "connect", _pragmas)
        event.listen(engine, "begin", _begin)
    event.listen(engine, "handle_error", _scrub)
    if _revision(engine) != _newest(migrations):
        _migrate(engine, migrations)
    return engine


def _newest(migrations: Path) -> str:
    """Return the newest revision by its file name, `<number>_<subject>.py`."""
    names = sorted(path.stem for path in (migrations / "versions").glob("[0-9]*.py"))
    return names[-1].split("_", 1)[0]


def _revision(engine: Engine) -> str:
    with engine.begin() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return ""
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar())


def _migrate(engine: Engine, migrations: Path) -> None:
    from alembic import command  # noqa: PLC0415  # only a new or old database pays for it
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
