"""Drives one round from its persisted state to an end.

A state's step asks members and computes; its result is stored in one transaction with
the new state and an audit entry, and only then does the next step begin.  Killed at any
moment, the driver that comes next repeats the step of the last stored state.  A member
that does not answer is waited for, visibly, until the plan expires.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from coordinator import epochs
from coordinator.errors import MemberError, RoundMovedError, WaitingError
from coordinator.kinds import Kind, kind_of
from coordinator.log import Log
from coordinator.peers import Peers
from coordinator.process import CoordinatorProcess
from coordinator.rosters import roster_in_force
from coordinator.rounds.machine import Round
from coordinator.spool import Spool
from coordinator.store.rounds import StoredRound, forget
from coordinator.work import Moved, Work
from privacy.audit import EntryKind
from privacy.errors import NOTHING, EnishiError, RefusedError, Text, UnreachableError
from privacy.plan import Plan
from protos.problems import PeerError

INSIDE_FAILURES = 5
"""How often in a row a member may fail inside before the round ends."""
LONGEST_WAIT = 8
"""The pause between attempts grows to so many times `wait_s`."""


def _nothing(_point: str) -> None:
    return


@dataclass(frozen=True, slots=True)
class Driver:
    """Drives rounds of one coordinator; the caller holds the driver's lock."""

    process: CoordinatorProcess
    peers: Peers
    log: Log
    on_step: Callable[[str], None] = _nothing
    """Called with ``<kind>:<state>:enter|before|after`` around every transition."""
    pause: Callable[[float], Awaitable[None]] = field(default=asyncio.sleep)

    async def drive(self, round_id: str, *, wait: bool = True) -> StoredRound:
        """Drive a round to its end; without *wait*, only until it has to wait.

        Returns:
            The round as it stands: ended, or waiting.

        Raises:
            UnknownRoundError: no such round.
        """
        work = self._work(self.process.rounds.get(round_id))
        patience = _Patience(self.process.config.wait_s)
        while True:
            stored = self.process.rounds.get(work.stored.round_id)
            work = replace(work, stored=stored)
            kind = kind_of(stored.kind)
            current = _round(kind, stored)
            if current.ended:
                await self._clean_up(work, kind, current)
                return stored
            try:
                await self._step(work, kind, current)
                patience.reset()
            except RoundMovedError:
                # Another process moved the round (`round cancel`): look at it again.
                self.log("round_moved_elsewhere", round=stored.round_id)
            except EnishiError as error:
                waiting = self._waits_for(error, patience)
                if waiting is None:
                    self._end(work, kind, current, error)
                    continue
                self._note_waits(work, waiting)
                if not wait:
                    return self.process.rounds.get(stored.round_id)
                await self.pause(patience.next())

    def cancel(self, stored: StoredRound) -> None:
        """Move a round to its cancelled state; the next drive cleans up.

        Raises:
            RoundStateError: it has ended, has gone too far, or moved meanwhile.
        """
        kind = kind_of(stored.kind)
        reason = Text("担当者が取り消しました。", "The operator cancelled it.")
        self._move(self._work(stored), kind, _round(kind, stored), Moved(kind.cancelled), reason)

    async def _step(self, work: Work, kind: Kind, current: Round[Any]) -> None:
        self.on_step(f"{kind.machine.kind}:{current.state}:enter")
        if self._expired(work, kind, current):
            return
        moved = await kind.steps[current.state](work)
        self._move(work, kind, current, moved)

    def _waits_for(self, error: EnishiError, patience: _Patience) -> Mapping[str, Text] | None:
        """Return for whom to wait after *error*, or nothing where it ends the round."""
        if isinstance(error, WaitingError):
            return error.waiting
        if isinstance(error, UnreachableError):
            return {self.process.config.coordinator: error.what}
        inside = isinstance(error, MemberError) and isinstance(error.cause, PeerError)
        if inside and patience.failed():
            return {error.member: error.what} if isinstance(error, MemberError) else {}
        return None

    def _work(self, stored: StoredRound) -> Work:
        return Work(
            self.process,
            self.peers,
            stored,
            Plan.from_bytes(stored.plan),
            roster_in_force(self.process),
            Spool(self.process.config.spool, stored.round_id),
        )

    def _expired(self, work: Work, kind: Kind, current: Round[Any]) -> bool:
        """End a round whose plan has expired, where its state still allows that."""
        if self.process.clock() < work.stored.expires:
            return False
        if kind.expired not in kind.machine.following[current.state]:
            return False
        reason = Text("計画の期限が過ぎました。", "The plan has expired.")
        self._move(work, kind, current, Moved(kind.expired), reason)
        return True

    def _move(
        self,
        work: Work,
        kind: Kind,
        current: Round[Any],
        moved: Moved,
        reason: Text = NOTHING,
    ) -> None:
        reason = reason if reason.en else moved.reason
        after = current.to(moved.state, reason_ja=reason.ja, reason_en=reason.en)
        self.on_step(f"{kind.machine.kind}:{after.state}:before")
        now = self.process.clock()
        about: dict[str, str | int] = {
            "round": work.stored.round_id,
            "kind": kind.machine.kind,
            "state": str(after.state),
            **moved.about,
        }
        with self.process.database.write() as connection:
            self.process.rounds.move(
                work.stored,
                state=str(after.state),
                now=now,
                reason=reason,
                values=moved.values,
                connection=connection,
            )
            entry = EntryKind.REFUSED if after.state == kind.refused else EntryKind.COMPUTED
            self.process.audit.append(connection, entry, now, about)
            if moved.also is not None:
                moved.also(connection)
            if after.ended:
                forget(connection, work.stored.round_id, kind.kept)
        self.log("round_moved", **about)
        self.on_step(f"{kind.machine.kind}:{after.state}:after")

    def _end(self, work: Work, kind: Kind, current: Round[Any], error: EnishiError) -> None:
        """End the round early with *error*, or keep it waiting where that is too late."""
        cause = error.cause if isinstance(error, MemberError) else error
        wanted = kind.refused if isinstance(cause, RefusedError) else kind.failed
        possible = kind.machine.following[current.state]
        state = wanted if wanted in possible else kind.failed
        if state not in possible:
            raise error
        reason = Text(error.render("ja"), error.render("en"))
        who = error.member if isinstance(error, MemberError) else self.process.config.coordinator
        self._move(work, kind, current, Moved(state, about={"by": who}), reason)

    def _note_waits(self, work: Work, waiting: Mapping[str, Text]) -> None:
        self.process.rounds.wait(work.stored.round_id, waiting, self.process.clock())
        self.log("round_waits", round=work.stored.round_id, members=",".join(sorted(waiting)))

    async def _clean_up(self, work: Work, kind: Kind, current: Round[Any]) -> None:
        """Destroy what an ended round left; members are told as far as they answer."""
        work.spool.destroy()
        work.memory.clear()
        epochs.sweep(self.process)
        if current.state is not kind.done:
            await kind.abandon(work)


class _Patience:
    """Pauses that grow, and how often a member has failed inside."""

    def __init__(self, wait_s: float) -> None:
        self._wait_s = wait_s
        self._pauses = 0
        self._failures = 0

    def reset(self) -> None:
        self._pauses = self._failures = 0

    def next(self) -> float:
        factor = min(LONGEST_WAIT, 1 << self._pauses)
        self._pauses = min(self._pauses + 1, 10)
        return self._wait_s * factor

    def failed(self) -> bool:
        """Count a failure inside a member; return whether it may be asked again."""
        self._failures += 1
        return self._failures < INSIDE_FAILURES


def _round(kind: Kind, stored: StoredRound) -> Round[Any]:
    return Round(
        kind.machine,
        stored.round_id,
        kind.machine.state(stored.state),
        stored.reason_ja,
        stored.reason_en,
    )
