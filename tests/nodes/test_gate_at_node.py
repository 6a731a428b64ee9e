"""The alert gate at the node, with its own inputs: each of them can close it."""

from datetime import timedelta
from pathlib import Path

import pytest

from nodes.driver.accounts import Signed
from nodes.driver.holds import add_hold
from nodes.driver.opening import Opening
from nodes.store.alerts import StoredAlert
from privacy.errors import BadInputError
from privacy.governance.gate import GateClosed, GateRule
from privacy.screening.cards import BLANK
from tests.nodes.facts import give_facts
from tests.nodes.federation import Federation, make_federation
from tests.nodes.screening import screening_plan

WHO = Signed("ssw1", two_factor=True)


@pytest.fixture
def federation(tmp_path: Path) -> Federation:
    made = make_federation(tmp_path)
    give_facts(made.contexts)
    plan = screening_plan(made)
    made.approve(plan)
    context = made.contexts["school"]
    alert = StoredAlert(
        plan.digest.hex(), "", 3, "school-3", "local", "2026-07-12", "", -1, BLANK, "sealed"
    )
    with context.store.transaction() as tables:
        tables.alerts.add(alert)
    Opening(context).record_view(1, WHO, "欠席が増えた", "concerned")
    return made


def _rule(federation: Federation, who: Signed = WHO, purpose: str = "sos_support") -> GateRule:
    with pytest.raises(GateClosed) as closed:
        Opening(federation.contexts["school"]).open(1, who, purpose)
    return closed.value.rule


def test_the_gate_opens_when_all_seven_checks_hold(federation: Federation) -> None:
    assert Opening(federation.contexts["school"]).open(1, WHO, "sos_support").row_id == "school-3"


def test_another_purpose_closes_it(federation: Federation) -> None:
    assert _rule(federation, purpose="family_support") is GateRule.PURPOSE


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("objection", GateRule.RESTRICTION),
        ("suspension", GateRule.RESTRICTION),
        ("correction", GateRule.RESTRICTION),
        ("protected", GateRule.PROTECTION),
    ],
)
def test_a_hold_on_the_childs_row_closes_it(
    federation: Federation, kind: str, rule: GateRule
) -> None:
    add_hold(federation.contexts["school"], "school-3", kind, None)

    assert _rule(federation) is rule


def test_an_expired_training_closes_it(federation: Federation) -> None:
    expired = Signed("expired1", two_factor=True)
    Opening(federation.contexts["school"]).record_view(1, expired, "様子", "unsure")

    assert _rule(federation, expired) is GateRule.VIEWER


def test_a_role_that_may_not_see_alerts_closes_it(federation: Federation) -> None:
    assert _rule(federation, Signed("dpo1", two_factor=True)) is GateRule.VIEWER


def test_a_stale_second_factor_closes_it(federation: Federation) -> None:
    assert _rule(federation, Signed("ssw1", two_factor=False)) is GateRule.VIEWER


def test_a_basis_that_has_run_out_closes_it(federation: Federation) -> None:
    federation.clock.now += timedelta(days=400)

    assert _rule(federation) in {GateRule.PURPOSE, GateRule.BASIS}


def test_a_hold_of_an_unknown_kind_or_row_is_refused(federation: Federation) -> None:
    context = federation.contexts["school"]

    with pytest.raises(BadInputError):
        add_hold(context, "school-3", "because", None)
    with pytest.raises(BadInputError):
        add_hold(context, "nobody", "objection", None)


def test_every_attempt_is_in_the_log(federation: Federation) -> None:
    context = federation.contexts["school"]
    _rule(federation, Signed("dpo1", two_factor=True))
    Opening(context).open(1, WHO, "sos_support")

    with context.store.reading() as tables:
        refused, opened = tables.audit.lines()[-2:]
    assert '"kind":"refused"' in refused
    assert "gate-5-viewer" in refused
    assert '"kind":"opened"' in opened
    assert "B-2026-01" in opened


def test_a_view_needs_words(federation: Federation) -> None:
    opening = Opening(federation.contexts["school"])

    with pytest.raises(BadInputError):
        opening.record_view(1, WHO, " ", "fine")
    with pytest.raises(BadInputError):
        opening.record_view(1, WHO, "x", "high risk")
