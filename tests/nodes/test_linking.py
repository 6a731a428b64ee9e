"""A node in a link round: what it sends, to whom, and what it refuses."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nodes.driver.linking import Linking
from nodes.driver.plans import Decision, Plans
from nodes.epoch_rows import DUMMY
from nodes.messages import SlotPiece
from nodes.store.people import StoredRow
from nodes.web.status import read_status
from privacy.encoding.known_answer import compare
from privacy.encoding.schema import default_schema
from privacy.errors import EnishiError, ProtocolError, RefusedError, Text
from privacy.plan import Plan, PlanKind
from tests.nodes.federation import CHILDREN, NODES, Federation, child, make_federation

SCHEMA = default_schema().digest


@pytest.fixture
def federation(tmp_path: Path) -> Federation:
    return make_federation(tmp_path, slots=False, sealed=("welfare",))


@pytest.fixture
def plan(federation: Federation) -> Plan:
    made = federation.plan(PlanKind.LINK)
    federation.approve(made)
    return made


def test_all_nodes_answer_the_known_people_alike(federation: Federation, plan: Plan) -> None:
    answers = {
        node: Linking(context).answer_known_people(plan.digest)
        for node, context in federation.contexts.items()
    }

    compare(answers)


def test_rows_leave_in_a_random_order_with_dummies_among_them(
    federation: Federation, plan: Plan
) -> None:
    context = federation.contexts["school"]

    outgoing = Linking(context).encodings(plan.digest, SCHEMA, "first", [])

    with context.store.reading() as tables:
        rows = tables.epochs.rows(plan.digest.hex())
    assert rows is not None
    assert outgoing.total == len(rows) == CHILDREN + 16
    real = rows.records[rows.records != DUMMY].tolist()
    assert sorted(real) == list(range(CHILDREN))
    assert real != list(range(CHILDREN))
    assert outgoing.handles.tolist() == sorted(set(outgoing.handles.tolist()))


def test_the_same_request_gets_the_same_bytes(federation: Federation, plan: Plan) -> None:
    linking = Linking(federation.contexts["school"])

    first = linking.encodings(plan.digest, SCHEMA, "first", [])
    again = linking.encodings(plan.digest, SCHEMA, "first", [])

    for view, codes in first.batch.views.items():
        assert np.array_equal(codes, again.batch.views[view])
    for kind, tokens in first.batch.tokens.items():
        assert np.array_equal(tokens, again.batch.tokens[kind])


def test_a_second_pass_sends_the_asked_rows_and_no_tokens(
    federation: Federation, plan: Plan
) -> None:
    linking = Linking(federation.contexts["school"])
    handles = linking.encodings(plan.digest, SCHEMA, "first", []).handles.tolist()

    outgoing = linking.encodings(plan.digest, SCHEMA, "kana", [handles[at] for at in (5, 3, 8)])

    assert outgoing.batch.rows == 3
    assert outgoing.batch.tokens == {}
    assert {view.partition("/")[0] for view in outgoing.batch.views} == {"kana"}


@pytest.mark.parametrize("wrong", ["unknown", "twice", "none", "too large"])
def test_an_impossible_second_pass_is_refused(
    federation: Federation, plan: Plan, wrong: str
) -> None:
    linking = Linking(federation.contexts["school"])
    handles = linking.encodings(plan.digest, SCHEMA, "first", []).handles.tolist()
    unknown = next(n for n in range(1000) if n not in handles)
    asked = {"unknown": [unknown], "twice": handles[:1] * 2, "none": [], "too large": [1 << 40]}

    with pytest.raises(ProtocolError):
        linking.encodings(plan.digest, SCHEMA, "kana", asked[wrong])


def test_later_passes_ask_for_one_limited_set_of_rows(federation: Federation, plan: Plan) -> None:
    linking = Linking(federation.contexts["school"])
    handles = linking.encodings(plan.digest, SCHEMA, "first", []).handles.tolist()

    with pytest.raises(ProtocolError, match="up to 60"):
        linking.encodings(plan.digest, SCHEMA, "kana", handles[:CHILDREN])
    linking.encodings(plan.digest, SCHEMA, "kana", handles[:3])
    linking.encodings(plan.digest, SCHEMA, "kanji", handles[2::-1])
    with pytest.raises(ProtocolError, match="other rows"):
        linking.encodings(plan.digest, SCHEMA, "kanji", handles[1:4])


def test_the_first_pass_sends_all_rows(federation: Federation, plan: Plan) -> None:
    with pytest.raises(ProtocolError, match="no handles"):
        Linking(federation.contexts["school"]).encodings(plan.digest, SCHEMA, "first", [1])


def test_a_sealed_department_uploads_nothing(federation: Federation, plan: Plan) -> None:
    linking = Linking(federation.contexts["welfare"])

    with pytest.raises(RefusedError, match="sealed"):
        linking.encodings(plan.digest, SCHEMA, "first", [])
    with pytest.raises(RefusedError, match="sealed"):
        linking.dummies(plan.digest, SCHEMA, ("first",), 5)


def test_another_schema_is_refused_by_its_digest(federation: Federation, plan: Plan) -> None:
    with pytest.raises(ProtocolError, match="schema"):
        Linking(federation.contexts["school"]).encodings(plan.digest, b"x" * 32, "first", [])


def test_a_plan_that_was_not_approved_gets_nothing(federation: Federation) -> None:
    unseen = federation.plan(PlanKind.LINK, link_epoch=7)

    with pytest.raises(RefusedError, match="not approved"):
        Linking(federation.contexts["school"]).encodings(unseen.digest, SCHEMA, "first", [])


def test_an_import_in_the_middle_of_a_round_is_noticed(federation: Federation, plan: Plan) -> None:
    context = federation.contexts["school"]
    Linking(context).encodings(plan.digest, SCHEMA, "first", [])
    with context.store.transaction() as tables:
        tables.records.replace([StoredRow("school-0", 0)], [child(0)])

    with pytest.raises(RefusedError, match="records changed"):
        Linking(context).encodings(plan.digest, SCHEMA, "first", [])


def _pieces(total: int) -> list[SlotPiece]:
    slots = np.arange(total, dtype=np.uint32)
    half = total // 2
    return [
        SlotPiece(1, b"d" * 32, total, total, 0, slots[:half]),
        SlotPiece(1, b"d" * 32, total, total, half, slots[half:]),
    ]


def test_a_slot_table_is_kept_for_records_only(federation: Federation, plan: Plan) -> None:
    context = federation.contexts["school"]
    total = Linking(context).encodings(plan.digest, SCHEMA, "first", []).total

    Linking(context).accept_slots(plan.digest, iter(_pieces(total)))

    with context.store.reading() as tables:
        table = tables.links.slot_table()
    assert table is not None
    assert sorted(table.records.tolist()) == list(range(CHILDREN))


@pytest.mark.parametrize("damage", ["cut", "moved", "other"])
def test_a_damaged_slot_table_is_refused_whole(
    federation: Federation, plan: Plan, damage: str
) -> None:
    context = federation.contexts["school"]
    total = Linking(context).encodings(plan.digest, SCHEMA, "first", []).total
    first, second = _pieces(total)
    pieces = {
        "cut": [first],
        "moved": [second, first],
        "other": [first, replace(second, digest=b"e" * 32)],
    }[damage]

    with pytest.raises(ProtocolError):
        Linking(context).accept_slots(plan.digest, iter(pieces))
    with context.store.reading() as tables:
        assert tables.links.slot_table() is None


def test_without_a_standing_approval_a_plan_waits_for_a_person(federation: Federation) -> None:
    context = federation.contexts["school"]
    waiting = replace(context, config=replace(context.config, standing_approvals=()))
    plan = federation.plan(PlanKind.LINK, link_epoch=3)
    signature = plan.sign(federation.coordinator)

    review = Plans(waiting).review(plan, "coordinator", signature)
    assert review.decision is Decision.PENDING
    Plans(waiting).approve(plan.digest.hex()[:12], "approver1")

    assert Plans(waiting).review(plan, "coordinator", signature).decision is Decision.APPROVED


@pytest.mark.parametrize(
    ("digest", "by"),
    [("", "approver1"), ("{}", "ssw1"), ("{}", "nobody"), ("00000000", "approver1")],
)
def test_who_may_not_approve_or_names_no_plan_is_refused(
    federation: Federation, digest: str, by: str
) -> None:
    context = federation.contexts["school"]
    waiting = replace(context, config=replace(context.config, standing_approvals=()))
    plan = federation.plan(PlanKind.LINK, link_epoch=3)
    Plans(waiting).review(plan, "coordinator", plan.sign(federation.coordinator))

    with pytest.raises(EnishiError):
        Plans(waiting).approve(digest.format(plan.digest.hex()), by)


def test_an_operator_refuses_with_a_reason_that_the_coordinator_sees(
    federation: Federation,
) -> None:
    context = federation.contexts["school"]
    waiting = replace(context, config=replace(context.config, standing_approvals=()))
    plan = federation.plan(PlanKind.LINK, link_epoch=3)
    signature = plan.sign(federation.coordinator)
    Plans(waiting).review(plan, "coordinator", signature)

    Plans(waiting).refuse(plan.digest.hex(), "approver1", "年度末のため")

    review = Plans(waiting).review(plan, "coordinator", signature)
    assert review.decision is Decision.REFUSED
    assert review.error is not None
    assert "年度末のため" in review.error.what.ja


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"purpose": "family_support"}, "purpose"),
        ({"roster_digest": b"x" * 32}, "roster"),
        ({"nodes": NODES[:2]}, "min-nodes"),
    ],
)
def test_a_plan_against_a_rule_is_refused_by_its_name(
    federation: Federation, change: dict[str, object], rule: str
) -> None:
    plan = federation.plan(PlanKind.LINK, **change)

    review = Plans(federation.contexts["school"]).review(
        plan, "coordinator", plan.sign(federation.coordinator)
    )

    assert review.decision is Decision.REFUSED
    assert review.error is not None
    assert f"[{rule}]" in review.error.what.en


def test_a_plan_that_the_coordinator_did_not_sign_is_refused(federation: Federation) -> None:
    plan = federation.plan(PlanKind.LINK)
    signature = plan.sign(federation.contexts["survey"].identity)

    with pytest.raises(ProtocolError):
        Plans(federation.contexts["school"]).review(plan, "coordinator", signature)


def test_a_node_that_was_left_out_keeps_the_table_without_a_row_and_shows_why(
    federation: Federation, plan: Plan
) -> None:
    context = federation.contexts["school"]
    why = Text("符号の長さが違います。", "Codes of a wrong length.")
    empty = np.zeros(0, dtype=np.uint32)

    piece = SlotPiece(1, b"d" * 32, 400, 0, 0, empty, why)
    Linking(context).accept_slots(plan.digest, iter([piece]))

    with context.store.reading() as tables:
        table = tables.links.slot_table()
    assert table is not None
    assert (table.version, table.total, len(table.slots)) == (1, 400, 0)
    status = read_status(context.config, context.store, context.now())
    assert status.left_out == why
    assert status.linked_rows == 0
