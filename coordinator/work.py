"""What a step of a round works with, and what it hands back to the driver.

A step asks members, computes, and returns the next state with the values to store; the
driver stores them in one transaction.  A step that is run again repeats its calls,
which are idempotent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from coordinator.errors import MemberError, UnknownRoundError, WaitingError
from coordinator.peers import MemberClient, NodeClient, Peers
from coordinator.process import CoordinatorProcess
from coordinator.spool import Spool
from coordinator.store.engine import Connection
from coordinator.store.rounds import StoredRound
from privacy.errors import NOTHING, EnishiError, Text, UnreachableError
from privacy.plan import Plan
from privacy.roster import Mode, Role, Roster
from protos.sql import StorageError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Moved:
    """A step's result: the next state, values for later steps, counts for the log."""

    state: StrEnum
    values: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    about: Mapping[str, str | int] = field(default_factory=dict)
    also: Callable[[Connection], None] | None = field(default=None, repr=False)
    """Written in the same transaction as the transition."""
    reason: Text = NOTHING
    """What the operator reads of a round that reached its regular end."""


@dataclass(frozen=True, slots=True)
class Asked(Generic[T]):
    """What members answered; ``silent``: those of ``waiting`` that could not be reached."""

    answers: dict[str, T]
    waiting: dict[str, Text]
    silent: dict[str, UnreachableError]
    failed: dict[str, EnishiError]


@dataclass(frozen=True, slots=True)
class Work:
    """One round under one driver."""

    process: CoordinatorProcess = field(repr=False)
    peers: Peers = field(repr=False)
    stored: StoredRound
    plan: Plan = field(repr=False)
    roster: Roster = field(repr=False)
    spool: Spool = field(repr=False)
    memory: dict[str, object] = field(default_factory=dict, repr=False)
    """What a driver can recompute and keeps between the steps of one round."""

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes of the plan, by id."""
        return self.plan.nodes

    @property
    def open_nodes(self) -> tuple[str, ...]:
        """The nodes that upload encodings."""
        return tuple(n for n in self.nodes if self.roster.member(n).mode is Mode.OPEN)

    @property
    def sealed_nodes(self) -> tuple[str, ...]:
        """The nodes that link by themselves."""
        return tuple(n for n in self.nodes if self.roster.member(n).mode is Mode.SEALED)

    @property
    def dealers(self) -> tuple[str, ...]:
        """The dealer, if the roster has one."""
        return tuple(m.node_id for m in self.roster.members if m.role is Role.DEALER)

    def node(self, member_id: str) -> NodeClient:
        """Return the client of one node."""
        return self.peers.node(member_id)

    def members(self) -> tuple[MemberClient, ...]:
        """Return the clients of all nodes and of the dealer."""
        dealers: tuple[MemberClient, ...] = tuple(self.peers.dealer(d) for d in self.dealers)
        return (*(self.peers.node(n) for n in self.nodes), *dealers)

    def value(self, name: str) -> bytes:
        """Return a value that an earlier step stored.

        Raises:
            UnknownRoundError: it is not there: the database was changed by other hands.
        """
        found = self.process.rounds.value(self.stored.round_id, name)
        if found is None:
            raise UnknownRoundError(
                Text(
                    f"ラウンドの値 {name} がありません。", f"The round's value {name} is missing."
                ),
                Text("このラウンドを取り消してください。", "Cancel this round."),
            )
        return found

    async def ask_all(
        self, members: Iterable[str], call: Callable[[str], Awaitable[T]]
    ) -> dict[str, T]:
        """Ask *members* at once and return their answers by id.

        Raises:
            MemberError: a member refused or broke the protocol.
            WaitingError: members did not answer or are not ready yet; all are named.
        """
        asked = await self.ask_each(members, call)
        if asked.failed:
            named = [MemberError(member, cause) for member, cause in asked.failed.items()]
            raise min(named, key=lambda problem: problem.cause.exit_status)
        if asked.waiting:
            raise WaitingError(asked.waiting)
        return asked.answers

    async def ask_each(
        self, members: Iterable[str], call: Callable[[str], Awaitable[T]]
    ) -> Asked[T]:
        """Ask *members* at once and return what each answered, or why it did not."""
        asked = tuple(members)
        answers = await asyncio.gather(*(call(m) for m in asked), return_exceptions=True)
        found: Asked[T] = Asked({}, {}, {}, {})
        for member, answer in zip(asked, answers, strict=True):
            if isinstance(answer, WaitingError):
                found.waiting.update(answer.waiting)
            elif isinstance(answer, StorageError):
                # Our own disk, not the member's.
                found.waiting[self.process.config.coordinator] = answer.what
            elif isinstance(answer, UnreachableError):
                found.waiting[member] = answer.what
                found.silent[member] = answer
            elif isinstance(answer, EnishiError):
                found.failed[member] = answer
            elif isinstance(answer, BaseException):
                raise answer
            else:
                found.answers[member] = answer
        return found
