"""The coordinator's own outputs of a link round do not depend on whom a sealed department knows."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

import coordinator.held
import coordinator.linkage
import coordinator.universe
from coordinator.founding import found
from coordinator.planning import plan_link, store_plan
from coordinator.process import CoordinatorProcess
from privacy.normalise.person import Person
from privacy.roster import Mode
from tests.coordinator.conftest import START
from tests.coordinator.federation import federate, people
from tests.simulator import SimulatedNode


class _Draws:
    """Fixed randomness, the same sequence in each run."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self) -> bytes:
        self._count += 1
        return self._count.to_bytes(32, "big")


def _round(
    folder: Path, sealed: list[Person], monkeypatch: pytest.MonkeyPatch
) -> tuple[dict[str, Any], list[bytes], SimulatedNode]:
    """Run one round; return what stands of it, the bytes streamed out, and the sealed node."""
    folder.mkdir()
    found(
        folder / "c", city="toda", listen="127.0.0.1:1", join_listen="127.0.0.1:2",
        web="127.0.0.1:3", now=START,
    )  # fmt: skip
    draws = _Draws()
    for module in (coordinator.held, coordinator.linkage, coordinator.universe):
        monkeypatch.setattr(module, "fresh_seed", draws)
    everyone = people(60)
    welfare = SimulatedNode("welfare", sealed, Mode.SEALED)
    nodes = [SimulatedNode("residents", everyone), SimulatedNode("school", everyone[:45]), welfare]
    with CoordinatorProcess.open(folder / "c" / "coordinator.toml", lambda: START) as process:
        federation = federate(process, nodes)
        stored = store_plan(process, plan_link(process))
        ended = asyncio.run(federation.driver().drive(stored.round_id))
        assert ended.state == "done", ended.reason_en
        kept: dict[str, Any] = {
            name: process.rounds.value(stored.round_id, name)
            for name in process.rounds.names(stored.round_id)
        }
        table = process.rounds.slot_table()
    assert table is not None
    kept["table"] = (table.version, table.digest, table.slots)
    kept["calls"] = dict(welfare.calls)
    kept["told"] = {name: node.slots for name, node in federation.peers.nodes.items()}
    events = [{k: v for k, v in values.items() if k != "round"} for _, values in federation.events]
    kept["events"] = events
    streamed = [
        b"".join(
            [part.slots.tobytes(), *(t.tobytes() for t in part.tokens.values())]
            + [codes.tobytes() for codes in part.views.values()]
            + [part.model_json]
        )
        for part in welfare.universe
    ]
    return kept, streamed, welfare


@pytest.mark.timeout(120)
def test_two_sealed_populations_leave_the_same_round(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = people(60)[::3]
    strangers = people(200)[150:153]

    one, streamed, _ = _round(tmp_path / "one", known, monkeypatch)
    other, streamed_too, _ = _round(tmp_path / "other", strangers, monkeypatch)

    assert one == other
    assert streamed == streamed_too
