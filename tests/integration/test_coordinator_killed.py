"""The coordinator is killed at every transition of every machine; the next one goes on.

One round of a kind meets all its points, one after the other: opened by a process that
dies at the first, resumed by one that dies at the second, and so on to the end.
"""

from __future__ import annotations

import signal
from typing import Any

import pytest

from coordinator.rounds.link import LINK
from coordinator.rounds.machine import Machine
from coordinator.rounds.screen import SCREEN
from coordinator.rounds.statistics import STATISTICS
from tests.integration.federation import Federation, until
from tests.integration.outcome import check_alike, check_ended, left_over, linked_pairs, listed_rows

pytestmark = pytest.mark.timeout(240)


def points_of(machine: Machine[Any]) -> list[str]:
    """Return every named point on the regular way, in order: at least 12."""
    kind, order = machine.kind, machine.order
    points = [f"{kind}:{order[0]}:enter"]
    for state in order[1:]:
        points += [f"{kind}:{state}:before", f"{kind}:{state}:after"]
    assert len(points) >= 12
    return points


def killed_everywhere(federation: Federation, kind: str, points: list[str]) -> int:
    """Run a round of *kind* whose driver dies at each of *points*; return the last status."""
    federation.start()
    arguments = federation.round_arguments(kind)
    for point in points:
        child = federation.coordinator_verb(*arguments, kill=point)
        assert federation.wait(child) == -signal.SIGKILL, (point, federation.said(child))
        arguments = ["round", "resume", federation.newest_round()["id"]]
    return federation.wait(federation.coordinator_verb(*arguments))


def test_a_link_round_survives_a_coordinator_killed_at_every_transition(
    founded: Federation,
) -> None:
    assert killed_everywhere(founded, "link", points_of(LINK)) == 0
    check_ended(founded, "link")
    killed = linked_pairs(founded)
    founded.restore("linked")
    check_alike(killed, linked_pairs(founded))


def test_a_screening_survives_a_coordinator_killed_at_every_transition(linked: Federation) -> None:
    assert killed_everywhere(linked, "screen", points_of(SCREEN)) == 0
    check_ended(linked, "screen")
    killed = listed_rows(linked)
    linked.restore("linked")
    linked.start()
    assert linked.wait(linked.coordinator_verb(*linked.round_arguments("screen"))) == 0
    assert listed_rows(linked) == killed


def test_a_release_survives_a_coordinator_killed_at_every_transition(linked: Federation) -> None:
    assert killed_everywhere(linked, "statistics", points_of(STATISTICS)) == 0
    check_ended(linked, "statistics")
    again = linked.coordinator_verb(*linked.round_arguments("statistics"))
    assert linked.wait(again) == 0
    assert '"archived": true' in linked.said(again)
    check_ended(linked, "statistics")


@pytest.mark.parametrize("kind", ["link", "screen", "statistics"])
def test_a_serving_coordinator_finishes_what_a_killed_command_began(
    linked: Federation, kind: str
) -> None:
    linked.start()
    state = {"link": "encoded", "screen": "dealt", "statistics": "charged"}[kind]
    child = linked.coordinator_verb(*linked.round_arguments(kind), kill=f"{kind}:{state}:after")
    assert linked.wait(child) == -signal.SIGKILL
    assert linked.newest_round()["state"] == state
    config = ["--config", str(linked.stage.coordinator_config)]
    server = linked.processes.begin("coordinator", ["coordinator", "serve", *config])
    linked.processes.ready(server)
    for _ in until():
        assert server.process.poll() is None, linked.said(server)
        if linked.newest_round()["state"] == "done":
            break
    check_ended(linked, kind)


def test_codes_of_a_cancelled_round_do_not_outlive_a_killed_coordinator(linked: Federation) -> None:
    linked.start()
    opened = linked.coordinator_verb(*linked.round_arguments("link"), kill="link:encoded:after")
    linked.wait(opened)
    assert left_over(linked)
    round_id = linked.newest_round()["id"]
    cancel = linked.coordinator_verb("round", "cancel", round_id, kill="link:cancelled:after")
    assert linked.wait(cancel) == -signal.SIGKILL
    assert linked.newest_round()["state"] == "cancelled"
    config = ["--config", str(linked.stage.coordinator_config)]
    linked.processes.ready(linked.processes.begin("coordinator", ["coordinator", "serve", *config]))
    for _ in until(20):
        if not left_over(linked):
            break
    assert linked.newest_round()["state"] == "cancelled"


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_round_that_fails_while_its_coordinator_is_killed_still_fails_by_name(
    linked: Federation, moment: str
) -> None:
    (key,) = (linked.seat("survey").folder / "keys" / "city").iterdir()
    key.write_bytes(bytes(len(key.read_bytes())))
    linked.start()
    child = linked.coordinator_verb(*linked.round_arguments("link"), kill=f"link:failed:{moment}")
    assert linked.wait(child) == -signal.SIGKILL
    resumed = linked.coordinator_verb("round", "resume", linked.newest_round()["id"])
    assert linked.wait(resumed) == 1
    newest = linked.newest_round()
    assert newest["state"] == "failed"
    assert "survey" in newest["reason_en"]
    assert left_over(linked) == []
