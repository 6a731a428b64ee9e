"""What every verb of the coordinator works with: settings, keys, database, log."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from coordinator.config import CoordinatorConfig
from coordinator.enrol import Registrar
from coordinator.process_keys import ProcessKeys
from coordinator.store.audit import AuditLog
from coordinator.store.engine import Database
from coordinator.store.epochs import EpochStore
from coordinator.store.members import MemberStore, RosterStore
from coordinator.store.releases import ChargeStore, ReleaseStore
from coordinator.store.rounds import RoundStore


def utc_now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class CoordinatorProcess:
    """One coordinator's parts, opened together and closed together."""

    config: CoordinatorConfig
    database: Database = field(repr=False)
    keys: ProcessKeys = field(repr=False)
    clock: Callable[[], datetime] = utc_now

    @classmethod
    def open(cls, path: Path, clock: Callable[[], datetime] = utc_now) -> CoordinatorProcess:
        """Open the coordinator whose settings stand in *path*.

        Raises:
            ConfigError: the settings cannot be used.
            StorageError: the database cannot be opened.
        """
        config = CoordinatorConfig.load(path)
        database = Database(config.database_url)
        return cls(config, database, ProcessKeys(config.keys), clock)

    def __enter__(self) -> Self:
        """Use it in a ``with`` block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the database."""
        self.database.close()

    @property
    def members(self) -> MemberStore:
        """The registry."""
        return MemberStore(self.database)

    @property
    def rosters(self) -> RosterStore:
        """Rosters and city epochs."""
        return RosterStore(self.database)

    @property
    def rounds(self) -> RoundStore:
        """Rounds."""
        return RoundStore(self.database)

    @property
    def epochs(self) -> EpochStore:
        """Link epochs whose codes were kept."""
        return EpochStore(self.database)

    @property
    def audit(self) -> AuditLog:
        """The coordinator's own log."""
        return AuditLog(self.database, self.config.coordinator)

    @property
    def releases(self) -> ReleaseStore:
        """The archive of noisy answers."""
        return ReleaseStore(self.database)

    @property
    def charges(self) -> ChargeStore:
        """The coordinator's own ledger."""
        return ChargeStore(self.database)

    def registrar(self) -> Registrar:
        """Return who invites and admits members."""
        return Registrar(
            self.config,
            self.keys.authority,
            self.members,
            clock=self.clock,
            randomness=secrets.token_bytes,
        )
