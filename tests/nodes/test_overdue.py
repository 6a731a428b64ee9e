"""What a run leaves when nobody ends it, or nobody opens its alerts, is destroyed in time."""

from datetime import timedelta
from pathlib import Path

import pytest

from nodes.driver.overdue import destroy_overdue
from nodes.driver.runs import ROLE_KEY_DAYS, Runs
from tests.nodes.facts import give_facts
from tests.nodes.federation import Federation, make_federation
from tests.nodes.screening import Drive, screening_plan


@pytest.fixture
def drive(tmp_path: Path) -> Drive:
    federation: Federation = make_federation(tmp_path)
    give_facts(federation.contexts)
    plan = screening_plan(federation)
    federation.approve(plan)
    made = Drive(federation, plan)
    made.until_answers()
    return made


def test_a_run_that_nobody_ends_ends_with_its_plan(drive: Drive) -> None:
    context = drive.federation.contexts["survey"]
    folder = f"run-{drive.plan.digest.hex()[:32]}"
    destroy_overdue(context)
    assert context.keys.names(folder)  # it may still go on

    drive.federation.clock.now = drive.plan.expires + timedelta(seconds=1)
    destroy_overdue(context)

    assert context.keys.names(folder) == []
    with context.store.reading() as tables:
        run = tables.runs.get(drive.plan.digest.hex())
    assert run is not None
    assert (run.state, run.snapshot) == ("ended", b"")


def test_a_role_key_goes_when_its_alerts_have_expired(drive: Drive) -> None:
    context = drive.federation.contexts["school"]
    drive.deliver(drive.alert(drive.listed()))
    Runs(context).end(drive.plan.digest)
    destroy_overdue(context)
    assert len(context.keys.names("role")) == 1  # sealed alerts wait for it

    drive.federation.clock.now += timedelta(days=ROLE_KEY_DAYS + 30)
    destroy_overdue(context)

    assert context.keys.names("role") == []
