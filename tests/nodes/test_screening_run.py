"""A screening run over three nodes: who is listed, what the cards say, what is refused."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from nodes.driver.accounts import Signed
from nodes.driver.opening import Opening
from nodes.driver.plans import Plans
from nodes.driver.runs import Runs
from nodes.store.alerts import StoredAlert
from privacy.errors import ProtocolError, RefusedError
from privacy.governance.gate import GateClosed, GateRule
from tests.nodes.facts import SUPPORTED, SURGE, TOGETHER, give_facts
from tests.nodes.federation import NODES, Federation, make_federation
from tests.nodes.screening import Drive, screening_plan

WHO = Signed("ssw1", two_factor=True)


@pytest.fixture
def federation(tmp_path: Path) -> Federation:
    made = make_federation(tmp_path)
    give_facts(made.contexts)
    return made


@pytest.fixture
def drive(federation: Federation) -> Drive:
    plan = screening_plan(federation)
    federation.approve(plan)
    made = Drive(federation, plan)
    made.until_answers()
    return made


def _listed(drive: Drive) -> list[StoredAlert]:
    return Opening(drive.federation.contexts["school"]).listed()


def _alerts(federation: Federation) -> dict[str, str]:
    found = Opening(federation.contexts["school"]).listed()
    return {alert.row_id: alert.kind for alert in found}


def test_a_child_whom_no_department_alone_would_notice_is_listed(drive: Drive) -> None:
    drive.deliver(drive.alert(drive.listed()))

    assert _alerts(drive.federation) == {
        f"school-{TOGETHER}": "lookup",
        f"school-{SURGE}": "local",
    }
    assert f"school-{SUPPORTED}" not in _alerts(drive.federation)


def test_the_cards_open_at_the_receiver_after_the_gate(drive: Drive) -> None:
    drive.deliver(drive.alert(drive.listed()))
    opening = Opening(drive.federation.contexts["school"])
    number = next(a.id for a in opening.listed() if a.kind == "lookup")

    opening.record_view(number, WHO, "元気がない", "concerned")
    opened = opening.open(number, WHO, "sos_support")

    said = {holder: [s.signal for s in signals] for holder, signals in opened.signals.items()}
    assert said == {"school": ["nurse"], "survey": ["home"]}
    assert opened.silent == ("welfare",)
    assert opened.bases


def test_an_opened_alert_stays_readable_and_the_role_key_is_gone(drive: Drive) -> None:
    drive.deliver(drive.alert(drive.listed()))
    context = drive.federation.contexts["school"]
    opening = Opening(context)
    number = next(a.id for a in opening.listed() if a.kind == "lookup")
    opening.record_view(number, WHO, "元気がない", "concerned")

    first = opening.open(number, WHO, "sos_support")
    again = opening.open(number, WHO, "sos_support")

    assert again.signals == first.signals
    assert context.keys.names("role") == []


def test_a_list_with_a_card_held_back_is_refused(drive: Drive) -> None:
    whole = drive.alert(drive.listed())
    boxes = {at: {n: b for n, b in one.items() if n != "survey"} for at, one in whole.boxes.items()}
    cut = replace(whole, boxes=boxes)
    signed = replace(cut, signature=drive.federation.coordinator.sign(cut.signed_bytes()))

    with pytest.raises(ProtocolError, match="not that of this run"):
        drive.deliver(signed)


def test_an_alert_lives_no_longer_than_its_role_key(drive: Drive) -> None:
    whole = drive.alert(drive.listed())
    drive.deliver(replace(whole, expires=whole.expires + timedelta(days=9_999)))

    alert = next(a for a in _listed(drive) if a.kind == "lookup")
    role = next(r for r in drive.readys if r.node_id == "school").role_key
    assert role is not None
    assert datetime.fromisoformat(alert.expires).timestamp() == role.expires_s


def test_two_answers_at_once_are_one_answer(federation: Federation) -> None:
    plan = screening_plan(federation)
    federation.approve(plan)
    drive = Drive(federation, plan)
    drive.begin()
    drive.relay("group", (plan.receiver,))
    drive.deal()
    drive.relay("inputs", NODES)
    first, second = drive.exchange("survey"), drive.exchange("survey")

    assert first.outputs() == second.outputs()


def test_an_expired_alert_is_not_opened(drive: Drive) -> None:
    drive.deliver(drive.alert(drive.listed()))
    opening = Opening(drive.federation.contexts["school"])
    number = next(a.id for a in opening.listed() if a.kind == "lookup")
    opening.record_view(number, WHO, "元気がない", "concerned")
    drive.federation.clock.now += timedelta(days=90)

    with pytest.raises(RefusedError, match="expired"):
        opening.open(number, WHO, "sos_support")


def test_the_same_list_is_not_opened_twice_on_one_slot_table(drive: Drive) -> None:
    federation = drive.federation
    again = replace(drive.plan, expires=drive.plan.expires + timedelta(days=1))

    review = Plans(federation.contexts["survey"]).review(
        again, "coordinator", again.sign(federation.coordinator)
    )

    assert review.error is not None
    assert "[opened-once]" in review.error.what.en


def test_the_opened_bits_of_a_slot_table_are_capped(drive: Drive) -> None:
    federation, context = drive.federation, drive.federation.contexts["survey"]
    policy = replace(context.config.policy, max_opened_bits_per_slot=1)
    capped = replace(context, config=replace(context.config, policy=policy))
    again = replace(drive.plan, expires=drive.plan.expires + timedelta(days=1))

    review = Plans(capped).review(again, "coordinator", again.sign(federation.coordinator))

    assert review.error is not None
    assert "[opened-bits]" in review.error.what.en


def test_without_an_own_view_the_gate_stays_closed_and_it_is_logged(drive: Drive) -> None:
    drive.deliver(drive.alert(drive.listed()))
    context = drive.federation.contexts["school"]
    opening = Opening(context)
    number = opening.listed()[0].id

    with pytest.raises(GateClosed) as closed:
        opening.open(number, WHO, "sos_support")

    assert closed.value.rule is GateRule.CASE
    with context.store.reading() as tables:
        assert "gate-6-case" in tables.audit.lines()[-1]


def test_a_repeat_of_every_step_sends_the_same_bytes(drive: Drive) -> None:
    first = drive.outputs
    again = {node: drive.exchange(node).outputs() for node in NODES}

    assert again == first
    assert drive.exchange("survey").send("inputs") == drive.exchange("survey").send("inputs")


def test_delivering_twice_gives_the_same_alerts_once(drive: Drive) -> None:
    message = drive.alert(drive.listed())
    drive.deliver(message)
    before = _alerts(drive.federation)

    drive.deliver(message)

    assert _alerts(drive.federation) == before


def test_a_list_without_the_decoys_is_refused(drive: Drive) -> None:
    listed = drive.listed()

    with pytest.raises(ProtocolError):
        drive.deliver(drive.alert(listed[:-1]))
    assert _alerts(drive.federation) == {}


def test_an_alert_that_the_coordinator_did_not_sign_is_refused(drive: Drive) -> None:
    message = drive.alert(drive.listed())
    other = drive.federation.contexts["survey"].identity.sign(message.signed_bytes())

    with pytest.raises(ProtocolError):
        drive.deliver(replace(message, signature=other))


def test_after_the_end_no_secret_of_the_run_is_left(drive: Drive) -> None:
    drive.deliver(drive.alert(drive.listed()))
    for context in drive.federation.contexts.values():
        Runs(context).end(drive.plan.digest)
        assert context.keys.names(f"run-{drive.plan.digest.hex()[:32]}") == []
        with context.store.reading() as tables:
            assert tables.messages.of(drive.transcript.hex(), "inputs") == []


def test_another_transcript_after_inputs_were_masked_is_refused(drive: Drive) -> None:
    context = drive.federation.contexts["school"]

    with pytest.raises(ProtocolError):
        Runs(context).begin(drive.plan.digest, b"x" * 32, "dealer", drive.readys)


def test_a_changed_input_on_the_way_is_refused(federation: Federation) -> None:
    plan = screening_plan(federation)
    federation.approve(plan)
    drive = Drive(federation, plan)
    drive.begin()
    drive.relay("group", ("school",))
    drive.deal()
    message = drive.exchange("survey").send("inputs")[0]
    changed = type(message)(
        message.sender, message.receiver, message.step, message.counter, message.box[:-1] + b"x"
    )

    with pytest.raises(ProtocolError):
        drive.exchange(message.receiver).receive(changed)
