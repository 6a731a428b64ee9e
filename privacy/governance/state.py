"""The two state machines of DOMAIN 1.3: a dataset's way to use, and a case's way to support.

Each is an enum, one transition table, and a frozen value whose `to` returns the next
value or raises.  No step happens without what it rests on: a document for a dataset, a
named person and a reason for a case (F-21: the system itself decides nothing).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from privacy.errors import RefusedError, Text


class DatasetState(StrEnum):
    """Where one catalogue item stands on its way to being used."""

    DRAFT = "draft"
    REGISTERED = "registered"
    """In the register of personal-information handling or of files (APPI 75)."""
    BASIS_APPROVED = "basis_approved"
    """The council or the approver has approved the legal basis."""
    NOTICE_PUBLISHED = "notice_published"
    """The notice is out, or an exception is recorded; the impact assessment is to be signed."""
    PIA_SIGNED = "pia_signed"
    USABLE = "usable"
    """The only state in which a round may use the item."""
    EXPIRED = "expired"
    """Terminal; using it again begins with a new draft."""


DATASET_STEPS: Mapping[DatasetState, frozenset[DatasetState]] = {
    DatasetState.DRAFT: frozenset({DatasetState.REGISTERED}),
    DatasetState.REGISTERED: frozenset({DatasetState.BASIS_APPROVED}),
    DatasetState.BASIS_APPROVED: frozenset({DatasetState.NOTICE_PUBLISHED}),
    DatasetState.NOTICE_PUBLISHED: frozenset({DatasetState.PIA_SIGNED}),
    DatasetState.PIA_SIGNED: frozenset({DatasetState.USABLE, DatasetState.NOTICE_PUBLISHED}),
    DatasetState.USABLE: frozenset({DatasetState.EXPIRED, DatasetState.NOTICE_PUBLISHED}),
    DatasetState.EXPIRED: frozenset(),
}


class CaseState(StrEnum):
    """Where one child's case for one purpose and time-point stands."""

    CANDIDATE = "candidate"
    ALREADY_SUPPORTED = "already_supported"
    VIEWED = "viewed"
    ASSESSED = "assessed"
    """A named person has written an own view and then seen the signals."""
    WATCH = "watch"
    MEETING = "meeting"
    URGENT = "urgent"
    NOT_NEEDED = "not_needed"
    WRONG_DATA = "wrong_data"
    MEETING_DECIDED = "meeting_decided"
    PLAN = "plan"
    CONNECTED = "connected"
    FOLLOW_UP = "follow_up"
    CLOSED = "closed"
    TRANSFERRED = "transferred"
    """Handed to another body with its receipt.  Terminal here."""
    HELD = "held"
    """Display is frozen (objection, protection, disclosure conflict); the urgent path is not."""


_S = CaseState
_ANYWHERE = frozenset({_S.TRANSFERRED, _S.HELD})
_ASSESSMENTS = frozenset({_S.WATCH, _S.MEETING, _S.URGENT, _S.NOT_NEEDED, _S.WRONG_DATA})

CASE_STEPS: Mapping[CaseState, frozenset[CaseState]] = {
    _S.CANDIDATE: _ANYWHERE | {_S.ALREADY_SUPPORTED, _S.VIEWED},
    _S.ALREADY_SUPPORTED: _ANYWHERE | {_S.CLOSED},
    _S.VIEWED: _ANYWHERE | {_S.ASSESSED},
    _S.ASSESSED: _ANYWHERE | _ASSESSMENTS,
    _S.WATCH: _ANYWHERE | {_S.ASSESSED, _S.CLOSED},
    _S.MEETING: _ANYWHERE | {_S.MEETING_DECIDED},
    _S.URGENT: _ANYWHERE | {_S.MEETING_DECIDED, _S.CONNECTED},
    _S.NOT_NEEDED: _ANYWHERE | {_S.CLOSED},
    _S.WRONG_DATA: _ANYWHERE | {_S.CLOSED},
    _S.MEETING_DECIDED: _ANYWHERE | {_S.PLAN},
    _S.PLAN: _ANYWHERE | {_S.CONNECTED},
    _S.CONNECTED: _ANYWHERE | {_S.FOLLOW_UP},
    _S.FOLLOW_UP: _ANYWHERE | {_S.CLOSED},
    _S.CLOSED: frozenset({_S.TRANSFERRED}),
    _S.TRANSFERRED: frozenset(),
    # Besides these, a held case goes back to where it was held.
    _S.HELD: frozenset({_S.TRANSFERRED, _S.URGENT}),
}


class Handover(StrEnum):
    """What a transfer is: the receiver must acknowledge which of the two it takes (F-51)."""

    CASE = "case"  # ケース移管: the duty goes along.
    INFORMATION = "information"  # 情報提供: the duty stays.


class StateError(RefusedError):
    """The step does not follow the present state, or lacks what it rests on."""


def _refuse(kind: Text, here: StrEnum, there: StrEnum, allowed: frozenset[StrEnum]) -> StateError:
    following = ", ".join(sorted(state.value for state in allowed)) or "-"
    return StateError(
        Text(
            f"{kind.ja}は「{here.value}」から「{there.value}」へは進めません。",
            f"A {kind.en} cannot go from {here.value} to {there.value}.",
        ),
        Text(f"進める先: {following}。", f"It can go to: {following}."),
    )


def _need(kind: Text, there: StrEnum, what: Text, *given: str) -> None:
    if not all(text.strip() for text in given):
        raise StateError(
            Text(
                f"{kind.ja}を「{there.value}」にするには{what.ja}が必要です。",
                f"A {kind.en} becomes {there.value} only with {what.en}.",
            )
        )


_DATASET = Text("データセット", "dataset")
_CASE = Text("ケース", "case")


@dataclass(frozen=True, slots=True)
class Dataset:
    """One catalogue item's state; `document` names what the last step rests on."""

    item: str
    state: DatasetState = DatasetState.DRAFT
    document: str = ""

    def to(self, state: DatasetState, document: str) -> Dataset:
        """Return the dataset moved to *state*, resting on *document*.

        Raises:
            StateError: the step is not allowed or names no document.
        """
        if state not in DATASET_STEPS[self.state]:
            raise _refuse(_DATASET, self.state, state, frozenset(DATASET_STEPS[self.state]))
        _need(_DATASET, state, Text("根拠文書の番号", "the number of its document"), document)
        return replace(self, state=state, document=document)

    def catalogue_changed(self, document: str) -> Dataset:
        """Return the dataset after a change of its catalogue entry: to be assessed again."""
        if self.state in {DatasetState.PIA_SIGNED, DatasetState.USABLE}:
            return self.to(DatasetState.NOTICE_PUBLISHED, document)
        return self

    def check_usable(self) -> None:
        """Let the dataset into a round when it is usable.

        Raises:
            StateError: it is not; says which step is missing.
        """
        if self.state is not DatasetState.USABLE:
            following = ", ".join(sorted(each.value for each in DATASET_STEPS[self.state])) or "-"
            raise StateError(
                Text(
                    f"項目 {self.item} は「{self.state.value}」で、まだ使えません。",
                    f"The item {self.item} is {self.state.value} and not usable.",
                ),
                Text(f"次の手続き: {following}。", f"Next step: {following}."),
            )


@dataclass(frozen=True, slots=True)
class CaseStep:
    """What somebody wants to do with a case.

    `by` is a person's account, never a process; `receipt` and `handover` belong to
    connecting and transferring.
    """

    to: CaseState
    by: str
    reason: str
    own_view: str = field(default="", repr=False)
    receipt: str = ""
    handover: Handover | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One child, one purpose, one time-point; `held_from` is where a held case returns to."""

    state: CaseState = CaseState.CANDIDATE
    held_from: CaseState | None = None

    def following(self) -> frozenset[CaseState]:
        """Return the states that may come next."""
        allowed = CASE_STEPS[self.state]
        return allowed if self.held_from is None else allowed | {self.held_from}

    def to(self, step: CaseStep) -> Case:
        """Return the case after *step*.

        Raises:
            StateError: the step does not follow, or lacks its person, reason, own
                view, receipt or kind of handover.
        """
        if step.to not in self.following():
            raise _refuse(_CASE, self.state, step.to, frozenset(self.following()))
        _need(
            _CASE,
            step.to,
            Text("担当者と理由", "a named person and a reason"),
            step.by,
            step.reason,
        )
        resumed = self.state is CaseState.HELD and step.to is self.held_from
        if step.to is CaseState.ASSESSED and self.state is CaseState.VIEWED:
            _need(
                _CASE,
                step.to,
                Text("先に記入した見立て", "an own view written first"),
                step.own_view,
            )
        if step.to in {CaseState.CONNECTED, CaseState.TRANSFERRED} and not resumed:
            _need(_CASE, step.to, Text("受領の記録", "a receipt"), step.receipt)
        if step.to is CaseState.TRANSFERRED and step.handover is None:
            _need(_CASE, step.to, Text("移管か情報提供かの別", "the kind of handover"), "")
        held_from = self.state if step.to is CaseState.HELD else None
        return Case(step.to, held_from)
