"""Alerts at the receiving node: sealed until the gate passes, one a child and plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from nodes.store.schema import alerts, restrictions, views
from privacy.governance.consent import Restriction, RestrictionKind, held

LOOKUP = "lookup"
"""Cards of several departments, sealed to this run's role key."""
LOCAL = "local"
"""An alert for which this department's own facts suffice: its own card, no other."""
OPENED = "opened"
"""A lookup whose cards were opened through the gate; ``sealed`` holds what they said."""


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """One listed child of this department; ``kind`` says what ``sealed`` holds."""

    plan_digest: str
    transcript: str
    record: int
    row_id: str
    kind: str
    due: str
    expires: str
    position: int
    sealed: bytes = field(repr=False)
    state: str
    id: int = 0


@dataclass(frozen=True, slots=True)
class StoredView:
    """What a member of staff saw and thought before the signals were shown."""

    alert: int
    user: str
    at: str
    observation: str = field(repr=False)
    view: str = field(repr=False)


class Alerts:
    """Alerts and the views recorded before them."""

    def __init__(self, connection: Connection) -> None:
        """Work on *connection*."""
        self._connection = connection

    def add(self, alert: StoredAlert) -> None:
        """Keep an alert; the same child and plan once."""
        known = self._connection.execute(
            select(alerts.c.id).where(
                alerts.c.plan_digest == alert.plan_digest, alerts.c.row_id == alert.row_id
            )
        ).scalar()
        if known is None:
            values = {k: v for k, v in asdict(alert).items() if k != "id"}
            self._connection.execute(insert(alerts).values(**values))

    def all(self) -> list[StoredAlert]:
        """Return all alerts in order of due date, then arrival; never of anything else."""
        found = self._connection.execute(select(alerts).order_by(alerts.c.due, alerts.c.id))
        return [_alert(r) for r in found]

    def newest(self) -> list[StoredAlert]:
        """Return the alerts of the newest delivery."""
        found = self.all()
        latest = max(found, key=lambda alert: alert.id, default=None)
        return [a for a in found if latest is not None and a.plan_digest == latest.plan_digest]

    def one(self, number: int) -> StoredAlert | None:
        """Return the alert *number*, or None."""
        r = self._connection.execute(select(alerts).where(alerts.c.id == number)).first()
        return _alert(r) if r else None

    def move(self, number: int, state: str) -> None:
        """Put the alert *number* into *state*."""
        self._connection.execute(update(alerts).where(alerts.c.id == number).values(state=state))

    def carry(self, record_of: Mapping[int, int]) -> None:
        """Renumber the records of all alerts: old -> new, -1 where the child has left."""
        found = self._connection.execute(select(alerts.c.id, alerts.c.record)).all()
        for number, old in found:
            new = record_of.get(old, -1)
            self._connection.execute(update(alerts).where(alerts.c.id == number).values(record=new))

    def rename(self, moved: Mapping[str, str]) -> None:
        """Put alerts under their children's new row ids: old -> new, all at once."""
        _rename(self._connection, alerts, moved)

    def keep_opened(self, number: int, cards: bytes) -> None:
        """Replace the sealed cards of an alert by what they said, once it has been opened."""
        self._connection.execute(
            update(alerts).where(alerts.c.id == number).values(sealed=cards, kind=OPENED)
        )

    def still_sealed(self, plan_digest: str, now: str) -> int:
        """Return how many alerts of a plan are sealed and have not expired."""
        query = select(func.count()).select_from(alerts)
        waiting = query.where(
            alerts.c.plan_digest == plan_digest, alerts.c.kind == LOOKUP, alerts.c.expires > now
        )
        return self._connection.execute(waiting).scalar_one()

    def add_view(self, view: StoredView) -> None:
        """Keep a view; the first of a user stands."""
        if self.view(view.alert, view.user) is None:
            self._connection.execute(insert(views).values(**asdict(view)))

    def view(self, alert: int, user: str) -> StoredView | None:
        """Return the view of *user* on *alert*, or None."""
        query = select(views).where(views.c.alert == alert, views.c.user == user)
        r = self._connection.execute(query).first()
        return StoredView(*r) if r else None

    def opened_since(self, user: str, at: str) -> int:
        """Return how many alerts *user* has recorded a view on since *at*."""
        query = select(views.c.alert).where(views.c.user == user, views.c.at >= at)
        return len(self._connection.execute(query).all())


class Restrictions:
    """Holds on the node's own rows."""

    def __init__(self, connection: Connection) -> None:
        """Work on *connection*."""
        self._connection = connection

    def replace_imported(self, found: Iterable[Restriction]) -> None:
        """Keep what the newest import marks, in place of what the last one marked."""
        self._connection.execute(delete(restrictions).where(restrictions.c.imported == 1))
        for restriction in found:
            self.add(restriction, imported=True)

    def add(self, restriction: Restriction, *, imported: bool = False) -> None:
        """Keep one restriction."""
        self._connection.execute(
            insert(restrictions).values(
                imported=int(imported),
                row_id=restriction.row_id,
                kind=restriction.kind.value,
                since=restriction.since.isoformat(),
                until=restriction.until.isoformat() if restriction.until else "",
                item=restriction.item,
                purpose=restriction.purpose,
            )
        )

    def all(self) -> list[Restriction]:
        """Return all restrictions, ended ones included."""
        found = self._connection.execute(select(restrictions).order_by(restrictions.c.id))
        return [
            Restriction(
                r.row_id,
                RestrictionKind(r.kind),
                date.fromisoformat(r.since),
                date.fromisoformat(r.until) if r.until else None,
                r.item,
                r.purpose,
            )
            for r in found
        ]

    def rename(self, moved: Mapping[str, str]) -> None:
        """Put restrictions under their children's new row ids: old -> new, all at once."""
        _rename(self._connection, restrictions, moved)

    def held(self, purpose: str, items: Iterable[str], on: date) -> frozenset[str]:
        """Return the row ids that are held back from a run on *items* for *purpose*."""
        return held(self.all(), purpose, items, on)


def _rename(connection: Connection, table: Table, moved: Mapping[str, str]) -> None:
    """Change row ids in *table*; ids may be exchanged, so all leave before any arrives."""
    query = select(table.c.id, table.c.row_id)
    found = {r.id: moved[r.row_id] for r in connection.execute(query) if r.row_id in moved}
    for number in found:
        aside = f"\x00{number}"
        connection.execute(update(table).where(table.c.id == number).values(row_id=aside))
    for number, row_id in found.items():
        connection.execute(update(table).where(table.c.id == number).values(row_id=row_id))


def _alert(r: object) -> StoredAlert:
    values = {name: getattr(r, name) for name in StoredAlert.__slots__}
    return StoredAlert(**values)
