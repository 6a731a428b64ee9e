"""A run that is not what its plan says, or that meets a limit after it was approved, is refused."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from nodes.contributions import compile_plan
from nodes.driver.plans import Decision, Plans
from nodes.driver.runs import Runs
from nodes.governance import Governance
from privacy.dp.ledger import Account
from privacy.dp.loss import Rho
from privacy.errors import ProtocolError, RefusedError
from privacy.plan import Plan, PlanKind
from privacy.statistics.query import CountQuery, Dimension
from privacy.transcript import transcript as transcript_of
from tests.nodes.facts import give_facts
from tests.nodes.federation import NODES, Federation, make_federation
from tests.nodes.screening import Drive, screening_plan

GRADE = Dimension("D-02.grade", "school", ("P5", "P6"))
QUERY = CountQuery(Account("children", 2026), "1", NODES, "school", (GRADE,))


@pytest.fixture
def federation(tmp_path: Path) -> Federation:
    made = make_federation(tmp_path)
    give_facts(made.contexts)
    return made


def _plan(federation: Federation, query: CountQuery) -> Plan:
    return federation.plan(
        PlanKind.STATISTICS,
        purpose="school_karte",
        anchor="school",
        items={"school": ("D-02",)},
        definition=query.canonical(),
        digits=query.digits.canonical(),
        rho_nano=query.noise(Rho.of("0.05")).charge.nano,
    )


@pytest.mark.parametrize(
    "query",
    [
        replace(QUERY, nodes=(*NODES, *(f"x{number}" for number in range(60)))),
        replace(QUERY, anchor="welfare"),
        replace(QUERY, dimensions=(GRADE, Dimension("D-25.receives", "welfare", ("1", "0")))),
    ],
    ids=["more nodes, so less noise", "another anchor", "an item without a basis"],
)
def test_a_query_about_something_else_than_its_plan_is_refused(
    federation: Federation, query: CountQuery
) -> None:
    plan = _plan(federation, query)

    with pytest.raises(ProtocolError, match="not about"):
        Plans(federation.contexts["school"]).review(
            plan, "coordinator", plan.sign(federation.coordinator)
        )


@pytest.mark.parametrize("account", [Account("all children", 2026), Account("children", 2031)])
def test_a_population_or_year_of_the_coordinators_own_is_no_fresh_budget(
    federation: Federation, account: Account
) -> None:
    plan = _plan(federation, replace(QUERY, account=account))

    said = Plans(federation.contexts["school"]).review(
        plan, "coordinator", plan.sign(federation.coordinator)
    )

    assert said.decision is Decision.REFUSED
    assert said.error is not None
    assert "budget" in said.error.what.en


def test_runs_side_by_side_count_against_each_others_limits(federation: Federation) -> None:
    for context in federation.contexts.values():
        object.__setattr__(context.config.policy, "max_opened_bits_per_slot", 1)
    first = screening_plan(federation)
    second = replace(first, purpose="sos_support", expires=first.expires.replace(minute=1))
    for plan in (first, second):
        federation.approve(plan)
    drives = [Drive(federation, plan) for plan in (first, second)]
    school = Runs(federation.contexts["school"])
    readys = [school.ready(plan.digest) for plan in (first, second)]
    assert readys[0] != readys[1]
    drives[0].begin()

    with pytest.raises(RefusedError, match="opened"):
        drives[1].begin()


def test_a_rule_that_changed_after_the_approval_holds(federation: Federation) -> None:
    plan = screening_plan(federation)
    federation.approve(plan)
    context = federation.contexts["survey"]
    object.__setattr__(context.config.policy, "purposes", ())

    with pytest.raises(RefusedError, match="purpose"):
        Runs(context).ready(plan.digest)


@pytest.mark.parametrize("kind", ["screen", "statistics"])
def test_no_run_goes_on_without_a_node_that_holds_children_back_or_adds_noise(
    federation: Federation, kind: str
) -> None:
    plan = screening_plan(federation) if kind == "screen" else _plan(federation, QUERY)
    if kind == "screen":
        plan = replace(plan, items={n: i for n, i in plan.items.items() if n != "welfare"})
    federation.approve(plan)
    object.__setattr__(federation.contexts["school"].config.policy, "min_nodes", 2)
    readys = [
        Runs(federation.contexts[node]).ready(plan.digest) for node in NODES if node != "welfare"
    ]

    with pytest.raises(RefusedError, match="missing: welfare"):
        Runs(federation.contexts["school"]).begin(
            plan.digest, transcript_of(plan.digest, "dealer", readys), "dealer", readys
        )


def test_a_definition_for_another_purpose_than_the_plans_is_refused(
    federation: Federation,
) -> None:
    governance = Governance.load(federation.contexts["school"].config.governance_folder)
    plan = screening_plan(federation)

    with pytest.raises(ProtocolError, match="another purpose"):
        compile_plan(replace(plan, purpose="school_karte"), governance)


def test_a_definition_that_has_expired_is_not_revived_by_an_early_time_point(
    federation: Federation,
) -> None:
    governance = Governance.load(federation.contexts["school"].config.governance_folder)
    plan = screening_plan(federation)
    later = timedelta(days=4_000)

    with pytest.raises(RefusedError):
        compile_plan(
            replace(plan, created=plan.created + later, expires=plan.expires + later), governance
        )
