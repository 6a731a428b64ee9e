"""A link plan whose schema has no self-test as hard as this node's children is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from nodes.driver.plans import Decision, Plans, Review
from privacy.canonical import Json
from privacy.encoding.schema import default_schema
from privacy.plan import PlanKind
from privacy.redteam.gate import SELF_TEST
from privacy.redteam.record import Record
from privacy.redteam.report import Source
from tests.nodes.federation import Federation, make_federation
from tests.self_tests import record

NODE = "school"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Federation:
    return make_federation(tmp_path_factory.mktemp("self-test"), slots=False)


def _review(made: Federation, raw: Json, number: int, **policy: Any) -> Review:
    context = made.contexts[NODE]
    config = replace(context.config, policy=replace(context.config.policy, **policy))
    plan = made.plan(PlanKind.LINK, link_epoch=number, definition={SELF_TEST: raw})
    return Plans(replace(context, config=config)).review(
        plan, "coordinator", plan.sign(made.coordinator)
    )


def _refused(review: Review) -> str:
    assert review.decision is Decision.REFUSED
    assert review.error is not None
    assert review.error.fix.ja
    return review.error.what.en


def _of_register(maker: str) -> Record:
    good = record()
    return replace(good, report=replace(good.report, source=Source.REGISTER), maker=maker)


def test_a_plan_with_a_passing_self_test_is_approved(made: Federation) -> None:
    assert _review(made, record().to_json(), 21).decision is Decision.APPROVED


def test_a_plan_without_one_is_refused_by_name(made: Federation) -> None:
    said = _refused(_review(made, None, 22))
    assert said.startswith("[self-test] There is no self-test report")
    other = record(default_schema(labels=True))
    assert _refused(_review(made, other.to_json(), 23)).startswith("[self-test]")
    forged = {**record().to_json(), "known": 5}
    assert "does not agree with its digest" in _refused(_review(made, forged, 24))


def test_the_floor_is_this_departments_own(made: Federation) -> None:
    raw = record().to_json()
    for number, (policy, rule) in enumerate(
        (
            ({"self_test_per_mille": 2}, "[self-test-share]"),
            ({"self_test_days": 2}, "[self-test-age]"),
            ({"self_test_children": 900}, "[self-test-population]"),
        ),
        start=30,
    ):
        assert _refused(_review(made, raw, number, **policy)).startswith(rule)


def test_a_test_on_fewer_children_a_birth_date_than_here_is_refused(made: Federation) -> None:
    # Every node of the federation holds 150 children on 90 dates or fewer.
    easy = replace(record(), report=replace(record().report, per_birth_date=1.0))
    said = _refused(_review(made, easy.to_json(), 40))
    assert said.startswith("[self-test-population] The self-test had 1.0 people to a birth date")


def test_a_registers_report_carries_its_departments_word(made: Federation) -> None:
    own = _of_register(NODE).signed(made.contexts[NODE].identity)
    assert _review(made, own.to_json(), 50).decision is Decision.APPROVED
    welfare = made.contexts["welfare"].identity
    for number, wrong in enumerate(
        (_of_register(NODE), _of_register(NODE).signed(welfare), _of_register("nobody")), start=51
    ):
        assert _refused(_review(made, wrong.to_json(), number)).startswith("[self-test-signature]")


def test_an_old_report_ages_by_the_nodes_clock(made: Federation) -> None:
    old = replace(record(), made=record().made - timedelta(days=1200))
    assert _refused(_review(made, old.to_json(), 60)).startswith("[self-test-age]")
    assert _review(made, old.to_json(), 61, self_test_days=2000).decision is Decision.APPROVED
