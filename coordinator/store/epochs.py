"""Link epochs whose codes the coordinator keeps: which round's rows it holds, and until when."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from coordinator.store.engine import Database
from coordinator.store.tables import link_epochs


class EpochState(StrEnum):
    """Where a link epoch stands whose codes were kept."""

    OPEN = "open"
    """Codes are held, encrypted; incremental rounds are possible."""
    CLOSING = "closing"
    """No round may use it any more; its codes and their key are being destroyed."""
    CLOSED = "closed"
    """Codes and key are destroyed.  Terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEpoch:
    """One link epoch.

    Args:
        epoch: its number, as plans name it.
        city_epoch: whose city secret its keys came from.
        state: open, closing or closed.
        round_id: the round whose rows are held.
        opened: when its first round ended, RFC 3339.
        codes_until: the last day on which codes may be held.
        rows: how many rows are held, dummies included.
        closed: when the codes were destroyed, or empty.
        untold: nodes that have not been told so yet.
    """

    epoch: int
    city_epoch: int
    state: EpochState
    round_id: str
    opened: str
    codes_until: str
    rows: int
    closed: str = ""
    untold: tuple[str, ...] = ()


class EpochStore:
    """The table of link epochs."""

    def __init__(self, database: Database) -> None:
        """Use *database*."""
        self._database = database

    def all(self) -> tuple[KeptEpoch, ...]:
        """Return all epochs whose codes were kept, the newest first."""
        with self._database.read() as connection:
            return _all(connection)

    def open_one(self) -> KeptEpoch | None:
        """Return the epoch that is open, or nothing."""
        return next((each for each in self.all() if each.state is EpochState.OPEN), None)


def hold(connection: Connection, epoch: KeptEpoch) -> None:
    """Say whose rows are held of *epoch* now, inside the caller's transaction."""
    known = {each.epoch: each for each in _all(connection)}.get(epoch.epoch)
    opened = epoch.opened if known is None else known.opened
    connection.execute(delete(link_epochs).where(link_epochs.c.epoch == epoch.epoch))
    connection.execute(
        insert(link_epochs).values(
            epoch=epoch.epoch,
            city_epoch=epoch.city_epoch,
            state=epoch.state.value,
            round_id=epoch.round_id,
            opened=opened,
            codes_until=epoch.codes_until,
            rows=epoch.rows,
            closed=epoch.closed,
            untold=json.dumps(epoch.untold),
        )
    )


def begin_closing(connection: Connection, epoch: int, untold: tuple[str, ...]) -> None:
    """Let no round use *epoch* any more, inside the caller's transaction."""
    connection.execute(
        update(link_epochs)
        .where(link_epochs.c.epoch == epoch, link_epochs.c.state == EpochState.OPEN.value)
        .values(state=EpochState.CLOSING.value, untold=json.dumps(untold))
    )


def end_closing(connection: Connection, epoch: int, now: str) -> None:
    """Say that the codes of *epoch* are destroyed, inside the caller's transaction."""
    connection.execute(
        update(link_epochs)
        .where(link_epochs.c.epoch == epoch, link_epochs.c.state == EpochState.CLOSING.value)
        .values(state=EpochState.CLOSED.value, closed=now, rows=0)
    )


def told(connection: Connection, epoch: int, node: str) -> None:
    """Say that *node* knows of the closing, inside the caller's transaction."""
    found = next(each for each in _all(connection) if each.epoch == epoch)
    left = tuple(each for each in found.untold if each != node)
    connection.execute(
        update(link_epochs).where(link_epochs.c.epoch == epoch).values(untold=json.dumps(left))
    )


def _all(connection: Connection) -> tuple[KeptEpoch, ...]:
    query = select(link_epochs).order_by(link_epochs.c.epoch.desc())
    return tuple(_epoch(row) for row in connection.execute(query).mappings())


def _epoch(row: RowMapping) -> KeptEpoch:
    return KeptEpoch(
        epoch=row["epoch"],
        city_epoch=row["city_epoch"],
        state=EpochState(row["state"]),
        round_id=row["round_id"],
        opened=row["opened"],
        codes_until=row["codes_until"],
        rows=row["rows"],
        closed=row["closed"],
        untold=tuple(json.loads(row["untold"])),
    )
