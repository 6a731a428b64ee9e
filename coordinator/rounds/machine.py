"""What the three round machines share: a state, a table of what may follow, a refusal.

No I/O: the driver performs the effects, the store persists what stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Generic, TypeVar

from coordinator.errors import RoundStateError

S = TypeVar("S", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Machine(Generic[S]):
    """One kind of round: its first state and, for each state, those that may follow."""

    kind: str
    first: S
    following: Mapping[S, frozenset[S]]

    @property
    def order(self) -> tuple[str, ...]:
        """The states on the way to the regular end, first to last."""
        found, state = [self.first], self.first
        regular = list(self.following)
        while following := [s for s in regular if s in self.following[state]]:
            state = following[0]
            found.append(state)
        return tuple(s.value for s in found)

    def terminal(self, state: S) -> bool:
        """Tell whether a round in *state* has ended."""
        return not self.following[state]

    def state(self, text: str) -> S:
        """Return the state of this machine that *text* names.

        Raises:
            RoundStateError: no state has this name.
        """
        for state in self.following:
            if state.value == text:
                return state
        raise RoundStateError("-", text, self.kind)


@dataclass(frozen=True, slots=True)
class Round(Generic[S]):
    """One run under one plan: where it stands and, when it ended early, why."""

    machine: Machine[S]
    round_id: str
    state: S
    reason_ja: str = ""
    reason_en: str = ""

    @property
    def ended(self) -> bool:
        """Whether the round has reached a terminal state."""
        return self.machine.terminal(self.state)

    def to(self, state: S, *, reason_ja: str = "", reason_en: str = "") -> Round[S]:
        """Return this round moved to *state*.

        Raises:
            RoundStateError: *state* does not follow the current one.
        """
        if state not in self.machine.following[self.state]:
            raise RoundStateError(self.round_id, self.state.value, state.value)
        return replace(self, state=state, reason_ja=reason_ja, reason_en=reason_en)


def chain(order: tuple[S, ...], early: Mapping[S, int]) -> dict[S, frozenset[S]]:
    """Return the table of a machine that goes through *order* one by one.

    Args:
        order: All states on the way, the last one terminal.
        early: Terminal state -> how many of the first states of *order* may end in it.
    """
    table: dict[S, frozenset[S]] = {}
    for place, state in enumerate(order[:-1]):
        ends = {end for end, first in early.items() if place < first}
        table[state] = frozenset({order[place + 1], *ends})
    return table | dict.fromkeys((order[-1], *early), frozenset())
