"""Link epochs at a node, and the rows of their rounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, delete, insert, select, update

from nodes.epoch_policy import EpochState, StoredEpoch
from nodes.epoch_rows import EpochRows
from nodes.store.schema import epoch_rows, epochs


class Epochs:
    """Epochs by number; rows by the plan of their round."""

    def __init__(self, connection: Connection) -> None:
        """Work on *connection*."""
        self._connection = connection

    def get(self, epoch: int) -> StoredEpoch | None:
        """Return the epoch *epoch*, or None."""
        return next((each for each in self.all() if each.epoch == epoch), None)

    def all(self) -> list[StoredEpoch]:
        """Return all epochs, the newest first."""
        found = self._connection.execute(select(epochs).order_by(epochs.c.epoch.desc())).mappings()
        return [StoredEpoch(**{**row, "state": EpochState(row["state"])}) for row in found]

    def newest_in_force(self) -> StoredEpoch | None:
        """Return the newest epoch of which a slot table was in force, or None."""
        return next((each for each in self.all() if each.state is not EpochState.BEGUN), None)

    def add(self, epoch: StoredEpoch) -> None:
        """Keep an epoch seen for the first time."""
        values = {f: getattr(epoch, f) for f in StoredEpoch.__slots__}
        self._connection.execute(insert(epochs).values(values))

    def open(self, epoch: int, codes_until: str) -> None:
        """Say that a slot table of *epoch* is in force and how long codes may be kept."""
        self._connection.execute(
            update(epochs)
            .where(epochs.c.epoch == epoch)
            .values(state=EpochState.OPEN.value, codes_until=codes_until)
        )

    def close(self, epoch: int, at: str) -> None:
        """Close *epoch*: its dummies' pattern is forgotten; `forget_rows` forgets its rows."""
        self._connection.execute(
            update(epochs)
            .where(epochs.c.epoch == epoch)
            .values(state=EpochState.CLOSED.value, closed_at=at, patterns=b"")
        )

    def rows(self, plan_digest: str) -> EpochRows | None:
        """Return the rows of the round of *plan_digest*, or None."""
        packed = self._connection.execute(
            select(epoch_rows.c.rows).where(epoch_rows.c.plan_digest == plan_digest)
        ).scalar()
        return EpochRows.from_bytes(packed) if packed is not None else None

    def keep_rows(self, plan_digest: str, epoch: int, rows: EpochRows, at: str) -> None:
        """Keep the rows of a round before they leave."""
        self._connection.execute(
            insert(epoch_rows).values(
                plan_digest=plan_digest, epoch=epoch, at=at, rows=rows.to_bytes()
            )
        )

    def forget_rows(self, epoch: int, keep: Iterable[str]) -> None:
        """Forget the rows of all rounds of *epoch* but those of the plans in *keep*."""
        self._connection.execute(
            delete(epoch_rows).where(
                epoch_rows.c.epoch == epoch, epoch_rows.c.plan_digest.not_in(list(keep))
            )
        )

    def carry(self, record_of: Mapping[int, int]) -> None:
        """Renumber the records of all rows after an import: old -> new, others are gone."""
        found = self._connection.execute(select(epoch_rows.c.plan_digest, epoch_rows.c.rows)).all()
        for plan_digest, packed in found:
            moved = EpochRows.from_bytes(packed).carried(record_of)
            self._connection.execute(
                update(epoch_rows)
                .where(epoch_rows.c.plan_digest == plan_digest)
                .values(rows=moved.to_bytes())
            )
