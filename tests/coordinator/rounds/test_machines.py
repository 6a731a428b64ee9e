"""Every allowed transition, and every forbidden one, of the three machines."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from coordinator.errors import RoundStateError
from coordinator.rounds.link import LINK, LinkState
from coordinator.rounds.machine import Machine, Round
from coordinator.rounds.screen import SCREEN, ScreenState
from coordinator.rounds.statistics import STATISTICS, StatisticsState

MACHINES: list[Machine[Any]] = [LINK, SCREEN, STATISTICS]
PAIRS = [(m, a, b) for m in MACHINES for a, b in product(m.following, repeat=2)]
ALLOWED = [(m, a, b) for m, a, b in PAIRS if b in m.following[a]]
FORBIDDEN = [(m, a, b) for m, a, b in PAIRS if b not in m.following[a]]


@pytest.mark.parametrize(("machine", "state", "following"), ALLOWED)
def test_an_allowed_step_is_taken(machine: Machine[Any], state: Any, following: Any) -> None:
    moved = Round(machine, "r", state).to(following, reason_en="why")

    assert (moved.state, moved.reason_en) == (following, "why")


@pytest.mark.parametrize(("machine", "state", "following"), FORBIDDEN)
def test_a_forbidden_step_is_refused(machine: Machine[Any], state: Any, following: Any) -> None:
    with pytest.raises(RoundStateError, match=following.value):
        Round(machine, "r", state).to(following)


@pytest.mark.parametrize("machine", MACHINES)
def test_every_state_is_listed_and_the_way_ends_in_done(machine: Machine[Any]) -> None:
    assert set(machine.first.__class__.__members__.values()) == set(machine.following)
    assert machine.order[0] == "proposed"
    assert machine.order[-1] == "done"
    assert all(len(machine.following[machine.state(s)]) >= 1 for s in machine.order[:-1])


@pytest.mark.parametrize("machine", MACHINES)
def test_terminal_states_lead_nowhere(machine: Machine[Any]) -> None:
    terminal = {s.value for s in machine.following if machine.terminal(s)}

    assert terminal >= {"done", "refused", "failed", "cancelled"}


def test_a_node_cannot_refuse_once_the_transcript_binds_it() -> None:
    assert ScreenState.REFUSED not in SCREEN.following[ScreenState.BEGUN]
    assert StatisticsState.REFUSED not in STATISTICS.following[StatisticsState.BEGUN]


def test_a_link_round_whose_slots_are_told_can_only_end_well() -> None:
    assert LINK.following[LinkState.CLOSED] == {LinkState.DONE}


def test_an_unknown_state_is_refused() -> None:
    with pytest.raises(RoundStateError, match="flying"):
        LINK.state("flying")
