"""The three kinds of round: each one's machine, its steps, its early ends, what is kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from coordinator import linkage, releases, screening
from coordinator.agreement import abandon
from coordinator.errors import RoundStateError
from coordinator.rounds.link import LINK, LinkState
from coordinator.rounds.machine import Machine
from coordinator.rounds.screen import SCREEN, ScreenState
from coordinator.rounds.statistics import STATISTICS, StatisticsState
from coordinator.work import Moved, Work


@dataclass(frozen=True, slots=True)
class Kind:
    """What the driver needs to know of one kind of round."""

    machine: Machine[Any]
    steps: Mapping[Any, Callable[[Work], Awaitable[Moved]]]
    done: StrEnum
    refused: StrEnum
    failed: StrEnum
    expired: StrEnum
    cancelled: StrEnum
    kept: tuple[str, ...]
    """Names of values that outlive the round."""
    abandon: Callable[[Work], Awaitable[None]]
    """What members are told when a round ends early, as far as they answer."""


async def _nothing(_work: Work) -> None:
    return


_KINDS = {
    "link": Kind(
        LINK,
        linkage.STEPS,
        LinkState.DONE,
        LinkState.REFUSED,
        LinkState.FAILED,
        LinkState.FAILED,
        LinkState.CANCELLED,
        linkage.KEPT,
        _nothing,
    ),
    "screen": Kind(
        SCREEN,
        screening.STEPS,
        ScreenState.DONE,
        ScreenState.REFUSED,
        ScreenState.FAILED,
        ScreenState.EXPIRED,
        ScreenState.CANCELLED,
        screening.KEPT,
        abandon,
    ),
    "statistics": Kind(
        STATISTICS,
        releases.STEPS,
        StatisticsState.DONE,
        StatisticsState.REFUSED,
        StatisticsState.FAILED,
        StatisticsState.EXPIRED,
        StatisticsState.CANCELLED,
        releases.KEPT,
        releases.give_up,
    ),
}


def kind_of(name: str) -> Kind:
    """Return the kind of round called *name*.

    Raises:
        RoundStateError: there is no such kind; a database of a newer version.
    """
    found = _KINDS.get(name)
    if found is None:
        raise RoundStateError("-", name, "link, screen, statistics")
    return found
