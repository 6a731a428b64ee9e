"""A statistics run over three nodes: charged once, noisy, equal to the truth without noise."""

from pathlib import Path

import numpy as np
import pytest

from nodes.contributions import Snapshot
from nodes.driver import exchange
from nodes.driver.budget import load_ledger
from nodes.driver.runs import Runs
from privacy.dp.ledger import Account, BudgetExhaustedError
from privacy.dp.loss import Rho
from privacy.plan import Plan, PlanKind
from privacy.statistics.query import CountQuery, Dimension
from tests.nodes.facts import give_facts
from tests.nodes.federation import CHILDREN, NODES, Federation, make_federation
from tests.nodes.screening import Drive, noisy

ACCOUNT = Account("children", 2026)


def _plan(federation: Federation, rho: str = "0.05") -> tuple[Plan, CountQuery]:
    query = CountQuery(
        ACCOUNT,
        "1",
        NODES,
        "school",
        (
            Dimension("D-02.grade", "school", ("P5", "P6")),
            Dimension("D-25.receives", "welfare", ("1", "0")),
        ),
    )
    charge = query.noise(Rho.of(rho)).charge
    plan = federation.plan(
        PlanKind.STATISTICS,
        purpose="school_karte",
        anchor="school",
        items={"school": ("D-02",), "welfare": ("D-25",)},
        definition=query.canonical(),
        digits=query.digits.canonical(),
        rho_nano=max(charge.nano, Rho.of(rho).nano),
    )
    return plan, query


@pytest.fixture
def federation(tmp_path: Path) -> Federation:
    made = make_federation(tmp_path)
    give_facts(made.contexts)
    return made


def test_without_noise_the_table_is_the_truth(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The one place where noise can be left out is a test.
    def silent(noise: object) -> np.ndarray:
        return np.zeros(noise.cells, dtype=np.int64)  # type: ignore[attr-defined]

    monkeypatch.setattr(exchange, "noise_of", silent)
    plan, query = _plan(federation)
    federation.approve(plan)
    drive = Drive(federation, plan)
    drive.until_answers()

    cells = dict(zip([c.labels for c in query.cells], noisy(drive.outputs).tolist(), strict=True))

    receiving = sum(child % 4 == 0 for child in range(CHILDREN))
    assert cells["P5", "1"] == receiving
    assert cells["P5", "0"] == CHILDREN - receiving
    assert sum(cells.values()) == CHILDREN


def test_every_node_charges_once_and_the_answer_is_noisy(federation: Federation) -> None:
    plan, query = _plan(federation)
    federation.approve(plan)
    drive = Drive(federation, plan)
    drive.until_answers()

    for context in federation.contexts.values():
        with context.store.reading() as tables:
            assert load_ledger(context, tables).spent(ACCOUNT).nano == plan.rho_nano
    width = query.noise(Rho(plan.rho_nano)).half_width(0.999999)
    receiving = sum(child % 4 == 0 for child in range(CHILDREN))
    place = [c.labels for c in query.cells].index(("P5", "1"))
    assert abs(int(noisy(drive.outputs)[place]) - receiving) <= width


def test_a_charge_over_the_limit_is_refused_before_anything_is_spent(
    federation: Federation,
) -> None:
    spent = 0
    refused = False
    for number in range(12):
        plan, _ = _plan(federation, f"0.0{50 + number}")
        federation.approve(plan)
        try:
            Runs(federation.contexts["survey"]).ready(plan.digest)
        except BudgetExhaustedError:
            refused = True
            break
        drive = Drive(federation, plan)
        drive.begin()
        spent += plan.rho_nano
    assert refused
    context = federation.contexts["survey"]
    with context.store.reading() as tables:
        assert load_ledger(context, tables).spent(ACCOUNT).nano == spent <= 500_000_000


def test_a_snapshot_survives_the_store(federation: Federation) -> None:
    plan, _ = _plan(federation)
    snapshot = Snapshot(np.arange(5, dtype=np.uint16), {3: b"x"}, {4: b"y"}, plan, 2)

    again = Snapshot.from_bytes(snapshot.to_bytes())

    assert again.values.tolist() == [0, 1, 2, 3, 4]
    assert (again.cards, again.local, again.plan.digest) == ({3: b"x"}, {4: b"y"}, plan.digest)
