"""Nodes and the dealer are killed in the middle of calls and started again; the round goes on.

In one round of a kind, several members die, each at one point after the other: a member
that died is started at once, to die at its next point, until it has none left.
"""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Mapping, Sequence

import pytest

from tests.integration.federation import DEALER, Federation, until
from tests.integration.outcome import (
    check_alike,
    check_ended,
    dealt_and_opened,
    linked_pairs,
    listed_rows,
)

pytestmark = pytest.mark.timeout(240)

ALL = ("before", "commit", "stored", "after")
OPEN = ("health", "residents", "school", "survey")


def spread(calls: Sequence[str], nodes: Sequence[str]) -> dict[str, list[str]]:
    """Let each node die once in each call: at another moment than its neighbours."""
    return {
        node: [f"{name}:{ALL[(at + place) % len(ALL)]}" for place, name in enumerate(calls)]
        for at, node in enumerate(nodes)
    }


def all_of(*calls: str) -> list[str]:
    """Return all moments of *calls*."""
    return [f"{name}:{when}" for name in calls for when in ALL]


_LINK_CALLS = (
    "ReviewPlan", "AnswerKnownPeople", "SendEncodings", "SendDummies", "AcceptSlots",
    "Countersign",
)  # fmt: skip
LINK = {
    **spread(_LINK_CALLS, OPEN),
    "welfare": [*all_of("MatchUniverse"), "ExchangeHeads:before", "ExchangeHeads:after"],
    DEALER: ["ExchangeHeads:after", *all_of("Countersign")],
}

_RUN = ("MakeReady", "Begin", "ReceiveDealing", "SendSealed", "ReceiveSealed", "SendOutputs")
_SCREEN_NODES = spread((*_RUN, "Countersign", "EndRun"), (*OPEN, "welfare"))
SCREEN = {
    **_SCREEN_NODES,
    # The order's secret goes first, from its receiver to the others.
    "welfare": [
        *_SCREEN_NODES["welfare"][:2], "ReceiveSealed:before", "ReceiveSealed:after",
        *_SCREEN_NODES["welfare"][2:],
    ],
    "school": [
        *_SCREEN_NODES["school"][:2], "SendSealed:before", "SendSealed:after",
        *_SCREEN_NODES["school"][2:6], *all_of("Deliver"), *_SCREEN_NODES["school"][6:],
    ],
    DEALER: [
        "Deal:before", "Deal:stored", *all_of("OpenCards"), "ExchangeHeads:after",
        *all_of("EndRun"),
    ],
}  # fmt: skip

STATISTICS = {
    **spread((*_RUN, "Countersign", "EndRun"), (*OPEN, "welfare")),
    DEALER: ["Deal:commit", "Deal:after", "Countersign:stored", "EndRun:commit"],
}


def killed_in_calls(federation: Federation, kind: str, plan: Mapping[str, list[str]]) -> int:
    """Run a round while members die as *plan* says; return the driver's exit status."""
    assert sum(map(len, plan.values())) >= 12
    left = {member: deque(points) for member, points in plan.items()}
    federation.start(kills={member: points.popleft() for member, points in left.items()})
    driver = federation.coordinator_verb(*federation.round_arguments(kind))
    for _ in until(200, 0.03):
        if driver.process.poll() is not None:
            break
        for member, points in left.items():
            status = federation.servers[member].process.poll()
            if status is not None:
                assert status == -signal.SIGKILL, federation.said(federation.servers[member])
                point = points.popleft() if points else None
                federation.servers[member] = federation.begin_server(member, point)
    assert not any(left.values()), f"never reached: {left}"
    return int(driver.process.poll() or 0)


def test_a_link_round_survives_nodes_killed_in_every_call(founded: Federation) -> None:
    assert killed_in_calls(founded, "link", LINK) == 0
    check_ended(founded, "link")
    killed = linked_pairs(founded)
    founded.restore("linked")
    check_alike(killed, linked_pairs(founded))


def test_a_screening_survives_nodes_and_dealer_killed_in_every_call(linked: Federation) -> None:
    assert killed_in_calls(linked, "screen", SCREEN) == 0
    check_ended(linked, "screen")
    assert dealt_and_opened(linked) == (1, 1)
    killed = listed_rows(linked)
    linked.restore("linked")
    linked.start()
    assert linked.wait(linked.coordinator_verb(*linked.round_arguments("screen"))) == 0
    assert listed_rows(linked) == killed


def test_a_release_survives_nodes_and_dealer_killed_in_every_call(linked: Federation) -> None:
    assert killed_in_calls(linked, "statistics", STATISTICS) == 0
    check_ended(linked, "statistics")
