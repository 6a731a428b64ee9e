"""Plans, slot tables, runs and every message of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, insert, select, update

from nodes.store.schema import messages, plans, runs, slot_tables


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan as it arrived, and this node's word on it."""

    digest: str
    kind: str
    canonical: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    received_at: str
    decision: str
    decided_at: str = ""
    decided_by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StoredSlotTable:
    """A slot table as this node was told it: its own rows only."""

    version: int
    plan_digest: str
    digest: str
    total: int
    received_at: str
    records: NDArray[np.uint32] = field(repr=False)
    slots: NDArray[np.uint32] = field(repr=False)


@dataclass(frozen=True, slots=True)
class StoredRun:
    """One run of one plan at this node."""

    plan_digest: str
    transcript: str
    ready: bytes = field(repr=False)
    readys: bytes = field(repr=False)
    snapshot_salt: bytes = field(repr=False)
    snapshot: bytes = field(repr=False)
    state: str
    slot_table: int
    updated_at: str


class Plans:
    """Plans that this node has seen."""

    def __init__(self, connection: Connection) -> None:
        """Work on *connection*."""
        self._connection = connection

    def get(self, digest: str) -> StoredPlan | None:
        """Return the plan *digest* (hexadecimal), or None."""
        r = self._connection.execute(select(plans).where(plans.c.digest == digest)).first()
        return StoredPlan(*r) if r else None

    def add(self, plan: StoredPlan) -> None:
        """Keep a plan seen for the first time."""
        self._connection.execute(
            insert(plans).values({f: getattr(plan, f) for f in StoredPlan.__slots__})
        )

    def decide(self, digest: str, decision: str, at: str, by: str, reason: str) -> None:
        """Record this node's decision on a plan."""
        self._connection.execute(
            update(plans)
            .where(plans.c.digest == digest)
            .values(decision=decision, decided_at=at, decided_by=by, reason=reason)
        )

    def all(self) -> list[StoredPlan]:
        """Return all plans, newest first."""
        found = self._connection.execute(select(plans).order_by(plans.c.received_at.desc()))
        return [StoredPlan(*r) for r in found]


class Links:
    """Slot tables."""

    def __init__(self, connection: Connection) -> None:
        """Work on *connection*."""
        self._connection = connection

    def carry(self, record_of: Mapping[int, int]) -> None:
        """Renumber the records of all slot tables: old -> new; others lose their slot."""
        for version, packed in self._connection.execute(
            select(slot_tables.c.version, slot_tables.c.slots)
        ).all():
            pairs = np.frombuffer(packed, dtype="<u4").reshape(-1, 2).tolist()
            kept = [(record_of[old], slot) for old, slot in pairs if old in record_of]
            self._connection.execute(
                update(slot_tables)
                .where(slot_tables.c.version == version)
                .values(slots=np.array(kept, dtype="<u4").tobytes())
            )

    def add_slot_table(self, table: StoredSlotTable) -> None:
        """Keep a complete slot table of this node."""
        pairs = np.stack([table.records, table.slots], axis=1).astype("<u4").tobytes()
        self._connection.execute(
            insert(slot_tables).values(
                version=table.version,
                plan_digest=table.plan_digest,
                digest=table.digest,
                total=table.total,
                received_at=table.received_at,
                slots=pairs,
            )
        )

    def slot_table(self, version: int | None = None) -> StoredSlotTable | None:
        """Return the slot table *version*, or the newest."""
        query = select(slot_tables).order_by(slot_tables.c.version.desc()).limit(1)
        if version is not None:
            query = query.where(slot_tables.c.version == version)
        r = self._connection.execute(query).first()
        if r is None:
            return None
        pairs = np.frombuffer(r.slots, dtype="<u4").astype(np.uint32).reshape(-1, 2)
        return StoredSlotTable(
            r.version, r.plan_digest, r.digest, r.total, r.received_at, pairs[:, 0], pairs[:, 1]
        )


class Runs:
    """Screening and statistics runs at this node, one a plan."""

    def __init__(self, connection: Connection) -> None:
        """Work on *connection*."""
        self._connection = connection

    def get(self, plan_digest: str) -> StoredRun | None:
        """Return the run of the plan *plan_digest*, or None."""
        r = self._connection.execute(select(runs).where(runs.c.plan_digest == plan_digest)).first()
        return StoredRun(*r) if r else None

    def put(self, run: StoredRun) -> None:
        """Keep *run* in place of its older state."""
        self._connection.execute(delete(runs).where(runs.c.plan_digest == run.plan_digest))
        self._connection.execute(
            insert(runs).values({f: getattr(run, f) for f in StoredRun.__slots__})
        )

    def under_way(self) -> list[StoredPlan]:
        """Return the plans of runs that have begun and not ended."""
        query = (
            select(plans)
            .join(runs, runs.c.plan_digest == plans.c.digest)
            .where(runs.c.state.in_(["begun", "dealt", "masked", "answered"]))
        )
        return [StoredPlan(*r) for r in self._connection.execute(query)]

    def plans_on(self, slot_table: int) -> list[StoredPlan]:
        """Return the plans that have begun on *slot_table*, oldest first.

        A begun run counts before its inputs leave, so that runs side by side see each
        other.  One that ended before step 1 has shown nothing and does not count.
        """
        query = (
            select(plans)
            .join(runs, runs.c.plan_digest == plans.c.digest)
            .where(runs.c.slot_table == slot_table, runs.c.transcript != "")
            .order_by(plans.c.received_at, plans.c.digest)
        )
        return [StoredPlan(*r) for r in self._connection.execute(query)]


class Messages:
    """Every message of a run, kept before it is sent and when it is taken."""

    def __init__(self, connection: Connection) -> None:
        """Work on *connection*."""
        self._connection = connection

    def put(
        self, run: str, step: str, sender: str, receiver: str, counter: int, body: bytes
    ) -> None:
        """Keep one message."""
        self._connection.execute(
            insert(messages).values(
                run=run, step=step, sender=sender, receiver=receiver, counter=counter, body=body
            )
        )

    def body(self, run: str, step: str, sender: str, receiver: str, counter: int) -> bytes | None:
        """Return the body of one message, or None."""
        return self._connection.execute(
            select(messages.c.body).where(
                messages.c.run == run,
                messages.c.step == step,
                messages.c.sender == sender,
                messages.c.receiver == receiver,
                messages.c.counter == counter,
            )
        ).scalar()

    def of(self, run: str, step: str) -> list[tuple[str, str, int]]:
        """Return (sender, receiver, counter) of all messages of a step, in order."""
        found = self._connection.execute(
            select(messages.c.sender, messages.c.receiver, messages.c.counter)
            .where(messages.c.run == run, messages.c.step == step)
            .order_by(messages.c.sender, messages.c.receiver, messages.c.counter)
        )
        return [(r.sender, r.receiver, r.counter) for r in found]

    def forget(self, run: str) -> None:
        """Remove all messages of a run that has ended."""
        self._connection.execute(delete(messages).where(messages.c.run == run))
