"""The gate: each of the seven checks, in order, says its rule in both languages."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import pairwise

import pytest

from privacy.governance.actions import Action
from privacy.governance.consent import Restriction, RestrictionKind
from privacy.governance.gate import (
    MAY,
    GateClosed,
    GateRequest,
    GateRule,
    GateRules,
    pass_gate,
)
from privacy.governance.staff import StaffRole
from privacy.governance.state import CaseState
from tests.privacy.governance.samples import bases, catalogue, purposes, staff

TODAY = dt.date(2026, 7, 6)
RULES = GateRules(purposes(), bases(), catalogue(), accept_drafts=True)


def _request(**changes: object) -> GateRequest:
    request = GateRequest(
        action=Action.ALERT_OPEN,
        purpose="sos_support",
        items=("D-07", "D-11"),
        today=TODAY,
        account=staff().get("nurse1"),
        two_factor_fresh=True,
        school="S01",
        school_class="2",
        restrictions=(),
        case_state=CaseState.VIEWED,
        own_view_recorded=True,
        meeting_open=False,
        opened_this_week=0,
    )
    return replace(request, **changes)  # type: ignore[arg-type]


def _restriction(kind: RestrictionKind, **changes: object) -> Restriction:
    return replace(Restriction("r1", kind, dt.date(2026, 6, 1)), **changes)  # type: ignore[arg-type]


def test_an_open_gate_states_the_basis_of_each_item() -> None:
    passed = pass_gate(_request(), RULES)
    said = passed.statements()
    assert [text.ja[:4] for text in said] == ["D-07", "D-11"]
    assert "69条2項2号" in said[0].ja
    assert "69(2)(ii)" in said[0].en


FAILURES: list[tuple[GateRule, dict[str, object], str]] = [
    (GateRule.PURPOSE, {"purpose": "unknown"}, "登録されていません"),
    (GateRule.PURPOSE, {"purpose": "predict_bullies"}, "禁止された利用目的"),
    (GateRule.PURPOSE, {"purpose": "school_karte"}, "統計だけ"),
    (GateRule.PURPOSE, {"today": dt.date(2027, 4, 1)}, "倫理審査は2027-03-31で切れています"),
    (GateRule.BASIS, {"items": ("D-07", "D-26")}, "根拠がありません"),
    (GateRule.BASIS, {"items": ("D-28",)}, "利用できません"),
    (GateRule.BASIS, {"items": ()}, "記録がありません"),
    (GateRule.RESTRICTION, {"restrictions": (_restriction(RestrictionKind.OBJECTION),)}, "異議"),
    (
        GateRule.RESTRICTION,
        {"restrictions": (_restriction(RestrictionKind.CORRECTION, item="D-11"),)},
        "訂正請求中の項目があるため表示しません",
    ),
    (GateRule.RESTRICTION, {"restrictions": (_restriction(RestrictionKind.SUSPENSION),)}, "停止"),
    (GateRule.RESTRICTION, {"restrictions": (_restriction(RestrictionKind.HARM),)}, "ただし書"),
    (
        GateRule.PROTECTION,
        {"restrictions": (_restriction(RestrictionKind.PROTECTED),)},
        "支援措置の対象",
    ),
    (GateRule.VIEWER, {"account": staff().get("analyst1")}, "役割"),
    (GateRule.VIEWER, {"account": staff().get("contractor1")}, "役割"),
    (GateRule.VIEWER, {"school": "S02"}, "学校・学級"),
    (GateRule.VIEWER, {"account": staff().get("homeroom1")}, "学校・学級"),
    (
        GateRule.VIEWER,
        {"account": replace(staff().get("nurse1"), purposes=("family_support",))},
        "69条4項",
    ),
    (GateRule.VIEWER, {"account": staff().get("expired1")}, "研修の有効期限が切れています"),
    (GateRule.VIEWER, {"two_factor_fresh": False}, "二要素認証"),
    (GateRule.CASE, {"own_view_recorded": False}, "先にご自身の見立てを記入してください"),
    (GateRule.CASE, {"case_state": CaseState.HELD}, "表示しません"),
    (GateRule.CASE, {"action": Action.MEETING_SHEET}, "会議が開かれていません"),
    (GateRule.CAPACITY, {"opened_this_week": 5}, "今週は6件目です"),
]


@pytest.mark.parametrize(("rule", "changes", "words"), FAILURES)
def test_each_check_refuses_by_its_rule(
    rule: GateRule, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(GateClosed) as caught:
        pass_gate(_request(**changes), RULES)
    closed = caught.value
    assert closed.rule is rule
    assert words in closed.what.ja
    assert rule.value in closed.what.ja
    assert rule.value in closed.what.en
    assert closed.who.ja in closed.fix.ja
    assert closed.who.en in closed.fix.en


ONE_EACH: list[tuple[GateRule, dict[str, object]]] = [
    (GateRule.PURPOSE, {"purpose": "unknown"}),
    (GateRule.BASIS, {"items": ("D-28",)}),
    (GateRule.RESTRICTION, {"restrictions": (_restriction(RestrictionKind.OBJECTION),)}),
    (GateRule.PROTECTION, {"restrictions": (_restriction(RestrictionKind.PROTECTED),)}),
    (GateRule.VIEWER, {"two_factor_fresh": False}),
    (GateRule.CASE, {"own_view_recorded": False}),
    (GateRule.CAPACITY, {"opened_this_week": 5}),
]


@pytest.mark.parametrize(("first", "second"), list(pairwise(ONE_EACH)))
def test_the_earlier_of_two_failing_checks_is_the_one_said(
    first: tuple[GateRule, dict[str, object]], second: tuple[GateRule, dict[str, object]]
) -> None:
    both = {**second[1], **first[1]}
    if {"restrictions"} == first[1].keys() & second[1].keys():
        both["restrictions"] = (
            _restriction(RestrictionKind.PROTECTED),
            _restriction(RestrictionKind.OBJECTION),
        )
    with pytest.raises(GateClosed) as caught:
        pass_gate(_request(**both), RULES)
    assert caught.value.rule is first[0]


def test_what_is_soft_or_over_opens_the_gate() -> None:
    pass_gate(_request(opened_this_week=5, capacity_reason="urgent"), RULES)
    pass_gate(
        _request(
            restrictions=(_restriction(RestrictionKind.OBJECTION, until=TODAY - dt.timedelta(1)),)
        ),
        RULES,
    )
    pass_gate(
        _request(restrictions=(_restriction(RestrictionKind.CORRECTION, item="D-12"),)), RULES
    )
    cleared = replace(staff().get("center1"))
    pass_gate(
        _request(account=cleared, restrictions=(_restriction(RestrictionKind.PROTECTED),)), RULES
    )
    pass_gate(_request(action=Action.MEETING_SHEET, meeting_open=True), RULES)


def test_a_draft_is_no_basis() -> None:
    strict = replace(RULES, accept_drafts=False)
    with pytest.raises(GateClosed, match="still a draft") as caught:
        pass_gate(_request(), strict)
    assert caught.value.rule is GateRule.BASIS


@pytest.mark.parametrize("action", sorted(Action))
def test_only_the_roles_of_the_table_pass(action: Action) -> None:
    for role in StaffRole:
        account = replace(staff().get("ssw1"), roles=frozenset({role}))
        request = _request(action=action, account=account, meeting_open=True)
        if role in MAY.get(action, frozenset()):
            pass_gate(request, RULES)
        else:
            with pytest.raises(GateClosed) as caught:
                pass_gate(request, RULES)
            assert caught.value.rule is GateRule.VIEWER
