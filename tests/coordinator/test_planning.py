"""Plans from the files that ship: the sample catalogue, purposes and definition."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from coordinator.errors import RosterMissingError, SlotTableMissingError
from coordinator.planning import plan_link, plan_screening, plan_statistics, store_plan
from coordinator.process import CoordinatorProcess
from coordinator.queries import query_of
from coordinator.store.releases import StoredRelease, add_release
from privacy.dp.loss import Rho
from privacy.errors import BadInputError
from privacy.plan import Plan
from tests.coordinator.federation import Federation, federate, linked, people
from tests.simulator import SimulatedNode

SAMPLES = Path(__file__).parents[2] / "deploy" / "samples"
DEFINITION = SAMPLES / "definitions" / "sos.yaml"
DAY = dt.date(2026, 7, 5)
GRADES = "dimensions: [{name: D-02.grade, values: [P1, P2]}]\n"
DEPARTMENTS = ("health", "residents", "school", "survey", "welfare")


@pytest.fixture
def federation(process: CoordinatorProcess) -> Federation:
    for name in ("catalogue.yaml", "purposes.yaml"):
        shutil.copy(SAMPLES / name, process.config.home / name)
    nodes = [SimulatedNode(name, people(2)) for name in DEPARTMENTS]
    return linked(process, nodes, 200)


def test_a_link_plan_needs_a_roster(process: CoordinatorProcess) -> None:
    with pytest.raises(RosterMissingError):
        plan_link(process)


def test_a_screening_needs_a_slot_table(process: CoordinatorProcess) -> None:
    federate(process, [SimulatedNode(name, people(2)) for name in DEPARTMENTS])

    with pytest.raises(SlotTableMissingError):
        plan_screening(process, DEFINITION, receiver="school", as_of=DAY, capacity=240)


def test_the_sample_definition_becomes_a_plan(federation: Federation) -> None:
    plan = plan_screening(
        federation.process, DEFINITION, receiver="school", as_of=DAY, capacity=240
    )

    assert (plan.receiver, plan.purpose, plan.dealer) == ("school", "sos_support", "dealer")
    assert "D-02" in plan.items["school"]
    assert plan.items["welfare"] == ("D-39",)
    assert isinstance(plan.definition, dict)
    assert plan.definition["most_listed"] == 240
    assert Plan.from_bytes(plan.to_bytes()) == plan


def test_each_link_round_has_its_own_epoch(federation: Federation) -> None:
    first = plan_link(federation.process)
    store_plan(federation.process, first)

    second = plan_link(federation.process)

    assert second.link_epoch == first.link_epoch + 1


def test_an_unknown_receiver_is_bad_input(federation: Federation) -> None:
    with pytest.raises(BadInputError, match="nobody"):
        plan_screening(federation.process, DEFINITION, receiver="nobody", as_of=DAY, capacity=9)


def _query(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "query.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_query_becomes_a_plan(federation: Federation, tmp_path: Path) -> None:
    query = _query(tmp_path, GRADES)

    plan = plan_statistics(federation.process, query, Rho.of("0.01"))

    assert isinstance(plan, Plan)
    assert plan.anchor == "residents"
    assert plan.items == {"school": ("D-02",)}
    assert plan.rho_nano == 10_000_000


def test_the_sample_query_by_subgroup_becomes_a_plan(federation: Federation) -> None:
    sample = DEFINITION.parents[1] / "queries" / "linkage-name-script.yaml"

    plan = plan_statistics(federation.process, sample, Rho.of("0.05"))

    assert isinstance(plan, Plan)
    assert plan.purpose == "linkage"
    assert plan.items == dict.fromkeys(plan.nodes, ("D-01",))
    query = query_of(plan)
    assert query.canonical() == plan.definition
    assert len(query.cells) == 4 * len(plan.nodes)


def test_moving_in_and_addresses_are_the_register_s_items(
    federation: Federation, tmp_path: Path
) -> None:
    text = "purpose: linkage\ndimensions: [{name: linkage.moved_in}, {name: linkage.address}]\n"

    plan = plan_statistics(federation.process, _query(tmp_path, text), Rho.of("0.05"))

    assert isinstance(plan, Plan)
    assert plan.items == {"residents": ("D-06",)}


def test_the_same_question_is_answered_from_the_archive(
    federation: Federation, tmp_path: Path
) -> None:
    process = federation.process
    query = _query(tmp_path, GRADES)
    plan = plan_statistics(process, query, Rho.of("0.01"))
    assert isinstance(plan, Plan)
    stored = store_plan(process, plan)
    release_id = query_of(plan).release_id
    release = StoredRelease(release_id, stored.round_id, 1, b"{}", process.clock())
    with process.database.write() as connection:
        add_release(connection, release)

    assert plan_statistics(process, query, Rho.of("0.02")) == release


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "no query"),
        ("dimensions: []", "dimensions"),
        ("dimensions: [{name: D-99.x}]", "D-99"),
        ("dimensions: [{name: D-02.shoe_size}]", "shoe_size"),
        ("dimensions: [{name: listed}]", "listed"),
        ("dimensions: [{name: D-02.grade}]", "values"),
        ("dimensions: [{}]", "name"),
        ("epsilon: 3", "epsilon"),
        ("dimensions: [{name: linkage.shoe_size}]", "shoe_size"),
        ("dimensions: [{name: linkage.sex, values: [male]}]", "linkage.sex: values"),
        ("dimensions: [", "YAML"),
    ],
)
def test_a_wrong_query_is_bad_input(
    federation: Federation, tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(BadInputError, match=said):
        plan_statistics(federation.process, _query(tmp_path, text), Rho.of("0.01"))


def test_a_missing_file_is_named(federation: Federation, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="none"):
        plan_statistics(federation.process, tmp_path / "none.yaml", Rho.of("0.01"))


@pytest.mark.parametrize(
    ("query", "named"),
    [
        (f"fiscal_year: next\n{GRADES}", "fiscal_year"),
        ("dimensions: [{name: D-02.grade, valus: [P1]}]\n", "valus"),
        ("dimensions: [{name: D-02.grad}]\n", "D-02.grade"),
        ("dimensions: [{name: D-02.grade}]\n", "values: ["),
    ],
)
def test_a_wrong_query_is_answered_with_what_to_write(
    federation: Federation, tmp_path: Path, query: str, named: str
) -> None:
    path = tmp_path / "query.yaml"
    path.write_text(query, encoding="utf-8")

    with pytest.raises(BadInputError) as caught:
        plan_statistics(federation.process, path, Rho.of("0.01"))

    assert named in caught.value.render("en")
