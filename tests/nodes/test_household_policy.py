"""Households are off: a plan that asks for them meets a rule of its own at every node."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nodes.config import ConfigError, PolicyConfig, StandingApproval
from nodes.driver.plans import Decision, Plans, Review
from nodes.household_policy import PURPOSE, takes_part
from privacy.plan import Plan, PlanKind
from tests.nodes.federation import NOW, PURPOSES, Federation, make_federation

NODE = "school"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Federation:
    return make_federation(tmp_path_factory.mktemp("households"), slots=False)


def _review(made: Federation, plan: Plan, *, standing: str = PURPOSE, **policy: Any) -> Review:
    context = made.contexts[NODE]
    until = NOW.date().replace(year=NOW.year + 1)
    approval = StandingApproval(
        kind="link", purpose=standing, until=until, approved_by="op-school1"
    )
    config = replace(
        context.config,
        policy=replace(context.config.policy, **policy),
        standing_approvals=(approval,),
    )
    return Plans(replace(context, config=config)).review(
        plan, "coordinator", plan.sign(made.coordinator)
    )


def _plan(made: Federation, number: int) -> Plan:
    return made.plan(PlanKind.LINK, households=True, link_epoch=number)


def test_a_node_refuses_by_default_and_names_the_rule(made: Federation) -> None:
    review = _review(made, _plan(made, 11), purposes=PURPOSES)

    assert review.decision is Decision.REFUSED
    assert review.error is not None
    assert review.error.what.en.startswith("[households] This department does not take part")
    assert "abstain" in review.error.fix.en


def test_allowing_needs_the_purpose_of_its_own(made: Federation) -> None:
    review = _review(made, _plan(made, 12), households="allow", purposes=PURPOSES)

    assert review.decision is Decision.REFUSED
    assert review.error is not None
    assert "needs its own purpose, 'household_linkage'" in review.error.what.en


def test_allowing_needs_a_basis_valid_today(made: Federation) -> None:
    folder = made.contexts[NODE].config.governance_folder
    whole = (folder / "bases.yaml").read_text(encoding="utf-8")
    without = whole[: whole.index("- id: B-2026-08")]
    (folder / "bases.yaml").write_text(without, encoding="utf-8")
    purposes = (*PURPOSES, PURPOSE)
    review = _review(made, _plan(made, 13), households="allow", purposes=purposes)
    (folder / "bases.yaml").write_text(whole, encoding="utf-8")

    assert review.decision is Decision.REFUSED
    assert review.error is not None
    assert "(D-06) has no basis for the purpose" in review.error.what.en


def test_a_standing_approval_of_links_does_not_cover_households(made: Federation) -> None:
    allowed: dict[str, Any] = {"households": "allow", "purposes": (*PURPOSES, PURPOSE)}

    waits = _review(made, _plan(made, 14), standing="linkage", **allowed)
    approved = _review(made, _plan(made, 15), **allowed)
    abstains = _review(made, _plan(made, 16), households="abstain", purposes=PURPOSES)

    assert waits.decision is Decision.PENDING
    assert approved.decision is Decision.APPROVED
    assert abstains.decision is Decision.APPROVED


def test_only_an_allowing_node_takes_part_and_only_in_plans_that_ask(made: Federation) -> None:
    asks = _plan(made, 17)

    assert takes_part(asks, "allow")
    assert not takes_part(asks, "abstain")
    assert not takes_part(asks, "refuse")
    assert not takes_part(replace(asks, households=False), "allow")


def test_another_word_in_the_policy_is_refused() -> None:
    with pytest.raises(ConfigError, match="refuse, abstain or allow"):
        PolicyConfig(households="yes")
