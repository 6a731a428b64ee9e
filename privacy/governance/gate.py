"""The alert gate of DOMAIN 1.3: seven checks in order, deny wins, the first failing line is said.

Everything comes in as values; the caller logs the outcome, whichever it is, before it
shows anything.  A passed gate states which legal basis applies to each item.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from privacy.errors import NOTHING, BadInputError, RefusedError, Text
from privacy.governance.actions import Action
from privacy.governance.basis import Bases, Basis, NoBasisError
from privacy.governance.catalogue import Catalogue, ItemClass
from privacy.governance.consent import WITHDRAWING, Restriction, RestrictionKind
from privacy.governance.purpose import Purpose, PurposeKind, Purposes
from privacy.governance.staff import USING, Account, StaffRole
from privacy.governance.state import CaseState


class GateRule(StrEnum):
    """The seven checks, in the order in which they are made."""

    PURPOSE = "gate-1-purpose"
    BASIS = "gate-2-basis"
    RESTRICTION = "gate-3-restriction"
    PROTECTION = "gate-4-protection"
    VIEWER = "gate-5-viewer"
    CASE = "gate-6-case"
    CAPACITY = "gate-7-capacity"


WHO = {
    GateRule.PURPOSE: Text("倫理委員会・個人情報保護担当", "the ethics board and the DPO"),
    GateRule.BASIS: Text("個人情報保護担当", "the data protection officer"),
    GateRule.RESTRICTION: Text("個人情報保護担当（請求窓口）", "the DPO's requests desk"),
    GateRule.PROTECTION: Text("支援措置の所管課", "the office in charge of the protection"),
    GateRule.VIEWER: Text("部署の管理者・研修担当", "the department's administrator"),
    GateRule.CASE: Text("あなた自身、または会議の主催者", "you, or whoever convenes the meeting"),
    GateRule.CAPACITY: Text("あなた自身（理由を選ぶ）", "you, by giving a reason"),
}
"""Who can change what a check found."""


class GateClosed(RefusedError):  # noqa: N818 -- a refusal in plain words
    """The gate stays shut; `rule` is the first check that failed, `who` can change it."""

    def __init__(self, rule: GateRule, what: Text, fix: Text = NOTHING) -> None:
        """Keep the *rule*, *what* it found and the *fix*."""
        self.rule = rule
        self.who = WHO[rule]
        super().__init__(
            Text(f"{what.ja}（規則 {rule.value}）。", f"{what.en} (rule {rule.value})."),
            Text(
                f"{fix.ja}変えられるのは{self.who.ja}です。",
                f"{fix.en} This can be changed by {self.who.en}.".lstrip(),
            ),
        )


@dataclass(frozen=True, slots=True)
class GateRequest:
    """Who wants to see what of which child's case.

    Args:
        action: opening an alert's signals, the meeting sheet, or a case view.
        purpose: purpose id.
        items: the catalogue items that contributed.
        today: the day.
        account: the viewer.
        two_factor_fresh: whether a second factor was given in this short session.
        school: the child's school, as the node's roll says.
        school_class: the child's class.
        restrictions: what stands on this child's row.
        case_state: where the case stands.
        own_view_recorded: whether this viewer has written an own view.
        meeting_open: whether the case's meeting is under way.
        opened_this_week: how many children this viewer has opened this week.
        capacity_reason: why to go on beyond the weekly capacity; empty for none.
    """

    action: Action
    purpose: str
    items: tuple[str, ...]
    today: dt.date
    account: Account
    two_factor_fresh: bool
    school: str
    school_class: str
    restrictions: tuple[Restriction, ...]
    case_state: CaseState
    own_view_recorded: bool
    meeting_open: bool
    opened_this_week: int
    capacity_reason: str = ""


@dataclass(frozen=True, slots=True)
class GateRules:
    """What the department has on record.

    `accept_drafts` lets bases through that nobody has approved: a rehearsal on made-up
    data says so aloud; nothing else may.
    """

    purposes: Purposes
    bases: Bases
    catalogue: Catalogue
    accept_drafts: bool = False


@dataclass(frozen=True, slots=True)
class GatePassed:
    """The gate is open: the purpose and the basis of each item, for the page and the log."""

    purpose: Purpose
    bases: tuple[tuple[str, Basis], ...]

    def statements(self) -> tuple[Text, ...]:
        """Return the sentences that state which basis applies, one for each item."""
        found = []
        for item, basis in self.bases:
            said = basis.statement()
            found.append(Text(f"{item}: {said.ja}", f"{item}: {said.en}"))
        return tuple(found)


MAY = {
    Action.ALERT_OPEN: USING - {StaffRole.COUNCIL_MEMBER},
    Action.MEETING_SHEET: USING,
    Action.CASE_REQUEST_VIEW: frozenset({StaffRole.SSW_SC, StaffRole.CHILD_FAMILY_CENTER}),
}
"""Which roles may ask for which gated action; all others never."""

_NOT_SHOWN = frozenset(
    {CaseState.HELD, CaseState.TRANSFERRED, CaseState.CLOSED, CaseState.ALREADY_SUPPORTED}
)


def pass_gate(request: GateRequest, rules: GateRules) -> GatePassed:
    """Return the bases under which *request* may go ahead.

    Raises:
        GateClosed: a check failed; the first one in the order of `GateRule`.
    """
    if request.action not in MAY:
        raise GateClosed(
            GateRule.VIEWER,
            Text(
                f"操作 {request.action.value} は認められません",
                f"{request.action.value} is not allowed",
            ),
        )
    purpose = _purpose(request, rules)
    bases = _bases(request, rules, purpose)
    _restrictions(request)
    _protection(request)
    _viewer(request)
    _case(request)
    _capacity(request)
    return GatePassed(purpose, bases)


def _purpose(request: GateRequest, rules: GateRules) -> Purpose:
    try:
        purpose = rules.purposes.get(request.purpose)
        purpose.check_valid(request.today)
    except (BadInputError, RefusedError) as error:
        raise GateClosed(GateRule.PURPOSE, _without_stop(error.what), error.fix) from None
    if purpose.kind is not PurposeKind.INDIVIDUAL:
        raise GateClosed(
            GateRule.PURPOSE,
            Text("統計だけの目的では個人を表示できません", "a statistics purpose shows no child"),
        )
    return purpose


def _bases(
    request: GateRequest, rules: GateRules, purpose: Purpose
) -> tuple[tuple[str, Basis], ...]:
    if not request.items:
        raise GateClosed(
            GateRule.BASIS,
            Text(
                "どの項目によるものか記録がありません",
                "it is not on record which items contributed",
            ),
        )
    found = []
    for name in request.items:
        item = rules.catalogue.find(name)
        if item is None or item.item_class is ItemClass.NEVER:
            raise GateClosed(
                GateRule.BASIS,
                Text(f"項目 {name} は利用できません", f"the item {name} may not be used"),
            )
        try:
            basis = rules.bases.find(item, purpose, request.today, drafts=rules.accept_drafts)
        except NoBasisError as error:
            raise GateClosed(GateRule.BASIS, _without_stop(error.what), error.fix) from None
        found.append((name, basis))
    return tuple(found)


_RESTRICTED = {
    RestrictionKind.OBJECTION: Text(
        "異議の申出がある項目のため表示しません", "an objection stands on a contributing item"
    ),
    RestrictionKind.SUSPENSION: Text(
        "利用停止中の項目があるため表示しません", "the use of a contributing item is suspended"
    ),
    RestrictionKind.CORRECTION: Text(
        "訂正請求中の項目があるため表示しません", "a correction of a contributing item is pending"
    ),
    RestrictionKind.HARM: Text(
        "権利利益を不当に侵害するおそれがあるため表示しません（69条2項ただし書）",
        "showing it could harm rights unduly (69(2), proviso)",
    ),
}


def _restrictions(request: GateRequest) -> None:
    for each in request.restrictions:
        if each.kind in WITHDRAWING and each.applies(request.purpose, request.items, request.today):
            raise GateClosed(GateRule.RESTRICTION, _RESTRICTED[each.kind])


def _protection(request: GateRequest) -> None:
    standing = {
        each.kind
        for each in request.restrictions
        if each.applies(request.purpose, request.items, request.today)
    }
    if RestrictionKind.PROTECTED in standing and not request.account.protection_cleared:
        raise GateClosed(
            GateRule.PROTECTION,
            Text("支援措置の対象です", "the child is under a protection measure"),
            Text("所管課に連絡してください。", "Contact the office in charge."),
        )


def _viewer(request: GateRequest) -> None:
    account = request.account
    if not account.roles & MAY[request.action]:
        raise GateClosed(
            GateRule.VIEWER,
            Text("あなたの役割では見られません", "your role may not see this"),
        )
    if not account.covers(request.school, request.school_class):
        raise GateClosed(
            GateRule.VIEWER,
            Text(
                "担当する学校・学級の子どもではありません",
                "the child is not of your school or class",
            ),
        )
    if request.purpose not in account.purposes:
        raise GateClosed(
            GateRule.VIEWER,
            Text(
                "この利用目的はあなたに認められていません（69条4項）",
                "this purpose is not open to you (69(4))",
            ),
        )
    if request.today > account.training_valid_until:
        raise GateClosed(
            GateRule.VIEWER,
            Text("研修の有効期限が切れています", "your training has expired"),
            Text("研修を受けてください。", "Take the training again."),
        )
    if not request.two_factor_fresh:
        raise GateClosed(
            GateRule.VIEWER,
            Text("二要素認証が新しくありません", "your second factor is not fresh"),
            Text("もう一度認証してください。", "Authenticate again."),
        )


def _case(request: GateRequest) -> None:
    if request.case_state in _NOT_SHOWN:
        state = request.case_state.value
        raise GateClosed(
            GateRule.CASE,
            Text(
                f"ケースの状態「{state}」では表示しません", f"a case that is {state} is not shown"
            ),
            Text(
                "緊急のときは緊急の手続きを使ってください。",
                "In an emergency, use the urgent path.",
            ),
        )
    if request.action is Action.MEETING_SHEET:
        if not request.meeting_open:
            raise GateClosed(
                GateRule.CASE, Text("会議が開かれていません", "the meeting is not open")
            )
    elif not request.own_view_recorded:
        raise GateClosed(
            GateRule.CASE,
            Text("先にご自身の見立てを記入してください", "write your own view first"),
        )


def _capacity(request: GateRequest) -> None:
    over = request.opened_this_week >= request.account.weekly_capacity
    if over and not request.capacity_reason.strip():
        number = request.opened_this_week + 1
        raise GateClosed(
            GateRule.CAPACITY,
            Text(f"今週は{number}件目です", f"this would be number {number} this week"),
            Text("続ける理由を選んでください。", "Choose a reason to go on."),
        )


def _without_stop(text: Text) -> Text:
    return Text(text.ja.rstrip("。"), text.en.rstrip("."))
