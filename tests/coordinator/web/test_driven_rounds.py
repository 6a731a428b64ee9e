"""The pages over what the driver itself stored: no made-up rows."""

from __future__ import annotations

import asyncio

from starlette.testclient import TestClient

from coordinator.planning import plan_link, store_plan
from coordinator.process import CoordinatorProcess
from coordinator.web.app import coordinator_app
from coordinator.web.quality import read_linkage
from coordinator.web.releases import read_releases
from coordinator.web.status import read_round
from tests.coordinator.federation import (
    SLOTS,
    federate,
    linked,
    statistics_plan,
    three_departments,
)


def pages_of(process: CoordinatorProcess) -> TestClient:
    app = coordinator_app(process.config, process.database, process.clock)
    return TestClient(app, base_url="http://127.0.0.1")


def test_a_driven_link_round_shows_every_state_s_time_and_its_quality(
    process: CoordinatorProcess,
) -> None:
    federation = federate(process, three_departments(40))
    stored = store_plan(process, plan_link(process))

    asyncio.run(federation.driver().drive(stored.round_id))

    page = read_round(process.database, process.config, stored.round_id)
    assert [step for step in page.steps if not step.at] == []
    found = read_linkage(process.database)
    assert found is not None
    assert {d["department"] for d in found.report["departments"]} == {"residents", "school"}
    assert 50 < found.precision.value <= 100
    client = pages_of(process)
    for path in ("/", "/linkage", f"/rounds/{stored.round_id}"):
        assert client.get(path).status_code == 200


def test_a_driven_statistics_round_shows_its_table(process: CoordinatorProcess) -> None:
    federation = linked(process, three_departments(40), SLOTS)
    stored = store_plan(process, statistics_plan(process))

    asyncio.run(federation.driver().drive(stored.round_id))

    (table,) = read_releases(process.database)
    assert table.round_id == stored.round_id
    assert all(
        cell.half_width > 0 and len(cell.labels) == len(table.dimensions) for cell in table.cells
    )
    assert table.rho > 0
    shown = pages_of(process).get("/releases").text
    assert shown.count("<circle") == len(table.cells)
