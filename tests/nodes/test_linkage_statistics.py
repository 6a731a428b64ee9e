"""Linkage by subgroup in the federation: a charged, noisy table; nobody learns a row's group."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from nodes.driver import exchange
from nodes.driver.plans import Decision, Plans
from nodes.labels import labels
from nodes.own_rows import OwnRows
from privacy.dp.ledger import Account
from privacy.dp.loss import Rho
from privacy.errors import ProtocolError
from privacy.linkage.subgroups import PREFIX, VALUES, Subgroup, moved_in, subgroup
from privacy.normalise.person import Person
from privacy.plan import Plan, PlanKind
from privacy.statistics.query import CountQuery, Dimension, others
from tests.nodes.federation import CHILDREN, NODES, NOW, Federation, child, make_federation
from tests.nodes.screening import Drive, noisy

KIND = Subgroup.NAME_LENGTH
ABSENT = 40
"""Children from this number on are not in welfare's register."""


def _plan(federation: Federation, **values: object) -> tuple[Plan, CountQuery]:
    dimension = Dimension(f"{PREFIX}{KIND}", "school", VALUES[KIND])
    query = CountQuery(Account("children", 2026), "1", NODES, "school", (dimension, others(NODES)))
    defaults: dict[str, object] = {
        "purpose": "linkage",
        "anchor": "school",
        "items": dict.fromkeys(NODES, ("D-01",)),
        "definition": query.canonical(),
        "digits": query.digits.canonical(),
        "rho_nano": query.noise(Rho.of("0.05")).charge.nano,
    }
    return federation.plan(PlanKind.STATISTICS, **{**defaults, **values}), query


def _reduce_welfare(federation: Federation) -> None:
    """Let the slot table of welfare hold the first `ABSENT` children only."""
    with federation.contexts["welfare"].store.transaction() as tables:
        rows = tables.records.rows()[:ABSENT]
        tables.records.replace(rows, [child(number) for number in range(ABSENT)])


def test_without_noise_the_table_counts_children_by_group_and_by_other_departments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(noise: object) -> np.ndarray:
        return np.zeros(noise.cells, dtype=np.int64)  # type: ignore[attr-defined]

    federation = make_federation(tmp_path)
    _reduce_welfare(federation)
    monkeypatch.setattr(exchange, "noise_of", silent)
    plan, query = _plan(federation)
    federation.approve(plan)
    drive = Drive(federation, plan)
    drive.until_answers()

    found = dict(zip([c.labels for c in query.cells], noisy(drive.outputs).tolist(), strict=True))

    expected: Counter[tuple[str, ...]] = Counter(
        (subgroup(KIND, child(number), NOW.date()), "2" if number < ABSENT else "1")
        for number in range(CHILDREN)
    )
    assert found == {labels: expected.get(labels, 0) for labels in found}
    assert set(found) == {(value, str(n)) for value in VALUES[KIND] for n in range(3)}


def test_every_node_is_asked_for_the_basis_of_being_counted(tmp_path: Path) -> None:
    federation = make_federation(tmp_path, slots=True)
    plan, _ = _plan(federation, items={"school": ("D-01",)})
    signature = plan.sign(federation.coordinator)

    with pytest.raises(ProtocolError):
        Plans(federation.contexts["welfare"]).review(plan, "coordinator", signature)


def test_another_purpose_has_no_basis_for_identity_items(tmp_path: Path) -> None:
    federation = make_federation(tmp_path)
    plan, _ = _plan(federation, purpose="school_karte")
    signature = plan.sign(federation.coordinator)

    review = Plans(federation.contexts["school"]).review(plan, "coordinator", signature)

    assert review.decision is Decision.REFUSED


def test_moving_in_comes_from_the_register_s_own_fact(tmp_path: Path) -> None:
    context = make_federation(tmp_path).contexts["school"]
    days = {0: "2026-01-10", 1: "2019-04-01", 2: "once", 3: ""}
    lines = [f"school-{number},,{day}" for number, day in days.items()]
    text = "\n".join(["row_id,period,moved_in", *lines]) + "\n"
    with context.store.transaction() as tables:
        tables.facts.replace("D-06", context.stamp(), len(lines), text.encode())
    with context.store.reading() as tables:
        rows = OwnRows.read(tables, 1)
        found = dict(
            zip(rows.row_ids, labels(tables, rows, "linkage.moved_in", NOW.date()), strict=True)
        )

    assert [found[f"school-{number}"] for number in range(5)] == [
        *("recent", "earlier", "unknown", "unknown", "unknown")
    ]
    assert moved_in("2027-01-01", NOW.date()) == "earlier"


def test_a_group_is_computed_from_the_node_s_own_record(tmp_path: Path) -> None:
    context = make_federation(tmp_path).contexts["survey"]
    with context.store.transaction() as tables:
        people = [child(number) for number in range(CHILDREN)]
        people[7] = Person(family="NGUYEN", given="ANH")
        tables.records.replace(tables.records.rows(), people)
    with context.store.reading() as tables:
        rows = OwnRows.read(tables, 1)
        found = labels(tables, rows, "linkage.name_script", NOW.date())

    assert {found[place] for place in np.flatnonzero(rows.records == 7)} == {"latin"}
    assert found.count("kanji") == CHILDREN - 1
