"""What the pages show: ids, states, reasons, counts; the coordinator holds no record to show.

This is the only module of the pages that knows the store, so that a change there stays
here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from coordinator.config import CoordinatorConfig
from coordinator.rounds.link import LINK
from coordinator.rounds.screen import SCREEN
from coordinator.rounds.statistics import STATISTICS
from coordinator.store.audit import AuditLog
from coordinator.store.engine import Database
from coordinator.store.members import MemberRole, MemberState, MemberStore, Registered, RosterStore
from coordinator.store.rounds import RoundStore, StoredRound, Wait
from coordinator.web.words import AT_REST, TASKS, Whom
from privacy.errors import Text
from privacy.plan import Plan

_PATHS = {
    machine.kind: tuple(state.value for state in machine.following)
    for machine in (LINK, SCREEN, STATISTICS)
}
_DONE = "done"
_SHORT = 12


@dataclass(frozen=True, slots=True)
class MemberWork:
    """What one member does in a round: its task and, if the round waits for it, why."""

    name: Text
    task: str
    why: Text | None
    since: str


@dataclass(frozen=True, slots=True)
class RoundLine:
    """One round in the list."""

    round_id: str
    kind: str
    state: str
    ended: bool
    created: str
    updated: str
    expires: str
    reason: Text
    members: tuple[MemberWork, ...]

    @property
    def short(self) -> str:
        """The beginning of the id, enough for people."""
        return self.round_id[:_SHORT]

    @property
    def waiting(self) -> tuple[MemberWork, ...]:
        """The members that the round waits for."""
        return tuple(member for member in self.members if member.why is not None)


@dataclass(frozen=True, slots=True)
class Step:
    """One state on a round's way: reached (when, where the log says so), present or ahead."""

    state: str
    at: str
    reached: bool
    present: bool


@dataclass(frozen=True, slots=True)
class RoundPage:
    """Everything the page of one round shows."""

    line: RoundLine
    steps: tuple[Step, ...]
    purpose: str
    items: tuple[tuple[Text, tuple[str, ...]], ...]
    receiver: Text | None
    slot_table: int
    rho_nano: int
    quality: bool
    """There is a report on the quality of the linkage."""


@dataclass(frozen=True, slots=True)
class Home:
    """The state of the federation."""

    members: tuple[Registered, ...]
    roster_version: int
    roster_accepted: bool
    rounds: tuple[RoundLine, ...]
    slots: int
    slot_table: int

    @property
    def joined(self) -> int:
        """How many members hold a certificate that counts."""
        return sum(member.state is MemberState.JOINED for member in self.members)

    @property
    def running(self) -> tuple[RoundLine, ...]:
        """The rounds that have not ended."""
        return tuple(line for line in self.rounds if not line.ended)


def read_home(database: Database) -> Home:
    """Read members, roster and rounds."""
    members = MemberStore(database).all()
    rounds = RoundStore(database)
    roster = RosterStore(database).newest()
    table = rounds.slot_table()
    return Home(
        members=members,
        roster_version=roster.version if roster else 0,
        roster_accepted=bool(roster and roster.accepted),
        rounds=tuple(
            _line(stored, rounds.waiting(stored.round_id), members) for stored in rounds.all()
        ),
        slots=table.slots if table else 0,
        slot_table=table.version if table else 0,
    )


def read_round(database: Database, config: CoordinatorConfig, round_id: str) -> RoundPage:
    """Read one round.

    Raises:
        UnknownRoundError: no round, or more than one, has an id that begins so.
    """
    rounds, members = RoundStore(database), MemberStore(database).all()
    stored = rounds.get(round_id)
    plan = Plan.from_bytes(stored.plan)
    return RoundPage(
        line=_line(stored, rounds.waiting(stored.round_id), members),
        steps=_steps(stored, dict(_logged(AuditLog(database, config.coordinator), stored))),
        purpose=plan.purpose,
        items=tuple((_name(node, members), plan.items[node]) for node in sorted(plan.items)),
        receiver=_name(plan.receiver, members) if plan.receiver else None,
        slot_table=plan.slot_table,
        rho_nano=plan.rho_nano,
        quality=rounds.value(stored.round_id, "quality") is not None,
    )


def newest_quality(database: Database) -> tuple[str, str, bytes] | None:
    """Return id, time and quality report of the newest link round that has one, or nothing."""
    rounds = RoundStore(database)
    for stored in rounds.all():
        if stored.kind == LINK.kind and (body := rounds.value(stored.round_id, "quality")):
            return stored.round_id, stored.updated.isoformat(), body
    return None


def quality_of_round(database: Database, round_id: str) -> tuple[str, str, bytes] | None:
    """Return id, time and quality report of a round; nothing where it has none.

    Raises:
        UnknownRoundError: no round, or more than one, has an id that begins so.
    """
    rounds = RoundStore(database)
    stored = rounds.get(round_id)
    body = rounds.value(stored.round_id, "quality")
    return (stored.round_id, stored.updated.isoformat(), body) if body else None


def names(database: Database) -> dict[str, Text]:
    """Return member id -> name."""
    return {member.member_id: _called(member) for member in MemberStore(database).all()}


def _called(member: Registered) -> Text:
    return Text(member.name_ja, member.name_en)


def _name(member_id: str, members: tuple[Registered, ...]) -> Text:
    found = (_called(member) for member in members if member.member_id == member_id)
    return next(found, Text(member_id, member_id))


def _line(
    stored: StoredRound, waits: tuple[Wait, ...], members: tuple[Registered, ...]
) -> RoundLine:
    ended = stored.state not in TASKS[stored.kind]
    work = () if ended else tuple(_work(stored, waits, members))
    return RoundLine(
        round_id=stored.round_id,
        kind=stored.kind,
        state=stored.state,
        ended=ended,
        created=stored.created.isoformat(),
        updated=stored.updated.isoformat(),
        expires=stored.expires.isoformat(),
        reason=Text(stored.reason_ja, stored.reason_en),
        members=work,
    )


def _work(
    stored: StoredRound, waits: tuple[Wait, ...], members: tuple[Registered, ...]
) -> Iterator[MemberWork]:
    plan = Plan.from_bytes(stored.plan)
    task = TASKS[stored.kind][stored.state]
    waited = {wait.member_id: wait for wait in waits}
    known = {member.member_id: member for member in members}
    taking_part = (*plan.nodes, *((plan.dealer,) if plan.dealer else ()))
    for member_id in dict.fromkeys((*taking_part, *waited)):
        asked = _asked(task.of, known.get(member_id), member_id == plan.receiver)
        wait = waited.get(member_id)
        yield MemberWork(
            name=_name(member_id, members),
            task=task.text if asked or task.of is Whom.NOBODY else AT_REST,
            why=wait.what if wait else None,
            since=wait.since if wait else "",
        )


def _asked(of: Whom, member: Registered | None, receiver: bool) -> bool:
    dealer = member is not None and member.role is MemberRole.DEALER
    sealed = member is not None and member.sealed
    return {
        Whom.NODES: not dealer,
        Whom.OPEN: not dealer and not sealed,
        Whom.SEALED: sealed,
        Whom.RECEIVER: receiver,
        Whom.DEALER: dealer,
        Whom.EVERYONE: True,
        Whom.NOBODY: False,
    }[of]


def _logged(log: AuditLog, stored: StoredRound) -> Iterator[tuple[str, str]]:
    """Yield state and time of each transition of a round that the log holds."""
    for line in log.lines():
        entry = json.loads(line)
        about = entry["about"]
        if about.get("round") == stored.round_id and "state" in about:
            yield about["state"], entry["at"]


def _steps(stored: StoredRound, logged: dict[str, str]) -> tuple[Step, ...]:
    """Return the way of a round; one that ended early shows what the log says it reached."""
    path = _PATHS[stored.kind]
    way = path[: path.index(_DONE) + 1]
    times = {way[0]: stored.created.isoformat(), **logged}
    times.setdefault(stored.state, stored.updated.isoformat())
    if stored.state not in way:
        ways = [state for state in way if state in times]
        return tuple(
            Step(state, times[state], reached=True, present=state == stored.state)
            for state in (*ways, stored.state)
        )
    here = way.index(stored.state)
    return tuple(
        Step(state, times.get(state, ""), reached=place <= here, present=place == here)
        for place, state in enumerate(way)
    )
