"""Opening an alert: own view first, then the gate, then the cards; every step is logged.

The software shows signals with dates and sources; it never says what they mean, and
holds no number, rank or colour for a child.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from nodes.driver.accounts import Signed
from nodes.driver.context import NodeContext
from nodes.driver.runs import ALERT_ROLE, role_key_name
from nodes.governance import Governance
from nodes.own_rows import read_facts
from nodes.store import Tables
from nodes.store.alerts import LOCAL, LOOKUP, OPENED, StoredAlert, StoredView
from privacy.audit import EntryKind
from privacy.canonical import Json, canonical_bytes
from privacy.errors import BadInputError, RefusedError, Text
from privacy.governance.actions import Action
from privacy.governance.gate import GateClosed, GateRequest, GateRules, pass_gate
from privacy.governance.state import CaseState
from privacy.identity import AgreementKey
from privacy.plan import Plan
from privacy.roster import Roster
from privacy.sealing import CardContext, agree_as_receiver, open_cards

if TYPE_CHECKING:
    from privacy.screening.cards import CardSignal

ROLL = "D-02"
VIEWS = ("fine", "concerned", "unsure")
"""What a member of staff may say before the signals: fine, of concern, cannot tell."""


@dataclass(frozen=True, slots=True)
class OpenedAlert:
    """What is shown after the gate: signals by department, what applies, what is missing."""

    id: int
    row_id: str
    due: str
    bases: tuple[Text, ...]
    signals: Mapping[str, tuple[CardSignal, ...]] = field(repr=False)
    silent: tuple[str, ...]
    """Departments that put nothing on their card: no row, no signal, or not allowed to say."""


class Opening:
    """One node's staff and its alerts."""

    def __init__(self, context: NodeContext) -> None:
        """Work on *context*."""
        self._context = context

    def listed(self) -> list[StoredAlert]:
        """Return all alerts in order of due date; nothing of them is opened."""
        with self._context.store.reading() as tables:
            return tables.alerts.all()

    def record_view(self, number: int, who: Signed, observation: str, view: str) -> None:
        """Record what *who* saw and thinks, before any signal is shown; the first one stands.

        Raises:
            BadInputError: no such alert, an empty observation, or another word than `VIEWS`.
        """
        if view not in VIEWS or not observation.strip():
            raise BadInputError(
                Text(
                    "最近の様子と、見立て(fine/concerned/unsure)を書いてください。",
                    "Write what you saw, and your view: fine, concerned or unsure.",
                ),
            )
        context = self._context
        with context.store.transaction() as tables:
            alert = self._alert(tables, number)
            tables.alerts.add_view(
                StoredView(alert.id, who.account, context.stamp(), observation.strip(), view)
            )
            if alert.state == "sealed":
                tables.alerts.move(alert.id, CaseState.VIEWED.value)
            context.log(tables, EntryKind.CHANGED, "own-view", alert=alert.id, by=who.account)

    def open(self, number: int, who: Signed, purpose: str, reason: str = "") -> OpenedAlert:
        """Open an alert through the gate; the outcome is logged either way.

        Raises:
            GateClosed: a check of the gate failed; the first one is named.
            BadInputError: no such alert.
            ProtocolError: a card does not open.
        """
        context = self._context
        governance = Governance.load(context.config.governance_folder)
        with context.store.transaction() as tables:
            alert = self._alert(tables, number)
            _check_not_expired(alert, context.stamp())
            plan = self._plan(tables, alert)
            request = self._request(tables, alert, plan, governance, who, purpose, reason)
            rules = GateRules(governance.purposes, governance.bases, governance.catalogue)
            try:
                passed = pass_gate(request, rules)
            except GateClosed as closed:
                context.log(
                    tables,
                    EntryKind.REFUSED,
                    "alert.open",
                    alert=alert.id,
                    by=who.account,
                    rule=closed.rule.value,
                )
                refused: GateClosed | None = closed
            else:
                refused = None
                if alert.state == CaseState.VIEWED:
                    tables.alerts.move(alert.id, CaseState.ASSESSED.value)
                context.log(
                    tables,
                    EntryKind.OPENED,
                    "alert.open",
                    alert=alert.id,
                    by=who.account,
                    purpose=purpose,
                    basis="+".join(sorted({basis.id for _, basis in passed.bases})),
                )
            roster = context.roster(tables)
        if refused is not None:
            raise refused
        signals = self._signals(alert, plan, roster)
        self._keep(alert, signals)
        spoken = {name: card for name, card in signals.items() if card}
        silent = tuple(sorted(set(signals) - set(spoken)))
        return OpenedAlert(alert.id, alert.row_id, alert.due, passed.statements(), spoken, silent)

    def _keep(self, alert: StoredAlert, signals: dict[str, tuple[CardSignal, ...]]) -> None:
        """Keep what opened cards said; destroy the role key once no sealed alert needs it."""
        if alert.kind != LOOKUP:
            return
        said: Json = {
            holder: [[s.signal, s.day.isoformat() if s.day else "", s.item] for s in card]
            for holder, card in signals.items()
        }
        context = self._context
        with context.store.transaction() as tables:
            tables.alerts.keep_opened(alert.id, canonical_bytes(said))
            left = tables.alerts.still_sealed(alert.plan_digest, context.stamp())
            if left == 0:
                context.log(tables, EntryKind.CHANGED, "role-key-destroyed")
        if left == 0:
            context.keys.destroy(role_key_name(alert.plan_digest))

    def _alert(self, tables: Tables, number: int) -> StoredAlert:
        alert = tables.alerts.one(number)
        if alert is None:
            raise BadInputError(
                Text(f"気づき {number} はありません。", f"There is no alert {number}."),
                Text(
                    "`enishi node alerts list` で番号を見てください。",
                    "See `enishi node alerts list`.",
                ),
            )
        return alert

    def _plan(self, tables: Tables, alert: StoredAlert) -> Plan:
        stored = tables.plans.get(alert.plan_digest)
        if stored is None:
            raise BadInputError(Text("計画がありません。", "The plan of this alert is not here."))
        return Plan.from_bytes(stored.canonical)

    def _request(
        self,
        tables: Tables,
        alert: StoredAlert,
        plan: Plan,
        governance: Governance,
        who: Signed,
        purpose: str,
        reason: str,
    ) -> GateRequest:
        now = self._context.now()
        school, school_class = _school(tables, alert.row_id)
        own = {row.row_id for row in tables.records.rows() if row.record == alert.record}
        week = (now - timedelta(days=now.weekday())).date().isoformat()
        view = tables.alerts.view(alert.id, who.account)
        items = (
            plan.items.get(self._context.node, ())
            if alert.kind == LOCAL
            else tuple(sorted({item for held in plan.items.values() for item in held}))
        )
        return GateRequest(
            action=Action.ALERT_OPEN,
            purpose=purpose if purpose == plan.purpose else "",
            items=items,
            today=now.date(),
            account=governance.staff.get(who.account),
            two_factor_fresh=who.two_factor,
            school=school,
            school_class=school_class,
            restrictions=tuple(r for r in tables.restrictions.all() if r.row_id in own),
            case_state=CaseState.CANDIDATE if alert.state == "sealed" else CaseState(alert.state),
            own_view_recorded=view is not None,
            meeting_open=False,
            opened_this_week=tables.alerts.opened_since(who.account, week) - (view is not None),
            capacity_reason=reason,
        )

    def _signals(
        self, alert: StoredAlert, plan: Plan, roster: Roster
    ) -> dict[str, tuple[CardSignal, ...]]:
        """Return department -> what its card says; nothing where it is blank."""
        from privacy.screening.cards import CardSignal, read_card  # noqa: PLC0415  # pandas

        if alert.kind == LOCAL:
            return {self._context.node: read_card(alert.sealed)}
        if alert.kind == OPENED:
            return {
                holder: tuple(
                    CardSignal(name, date.fromisoformat(day) if day else None, item)
                    for name, day, item in card
                )
                for holder, card in json.loads(alert.sealed).items()
            }
        role = AgreementKey(self._context.keys.read(role_key_name(alert.plan_digest)))
        transcript = bytes.fromhex(alert.transcript)
        opened: dict[str, tuple[CardSignal, ...]] = {}
        for holder, parts in json.loads(alert.sealed).items():
            where = CardContext(holder, plan.receiver, ALERT_ROLE, transcript)
            public = roster.member(holder).static_public
            key = agree_as_receiver(where, role, public, base64.b64decode(parts["agreement"]))
            outer = {alert.position: bytes.fromhex(parts["outer"])}
            boxes = {alert.position: base64.b64decode(parts["box"])}
            text = open_cards(key, outer, boxes)[alert.position]
            opened[holder] = read_card(text) if text else ()
        return opened


def _check_not_expired(alert: StoredAlert, now: str) -> None:
    if alert.kind == LOOKUP and alert.expires <= now:
        raise RefusedError(
            Text("この気づきは期限が切れ、もう開けません。", "This alert has expired."),
            Text("次の時点のスクリーニングを待ってください。", "Wait for the next time-point."),
        )


def _school(tables: Tables, row_id: str) -> tuple[str, str]:
    """Return the child's school and class as this node's roll says."""
    roll = read_facts(tables, [ROLL]).get(ROLL)
    if roll is None:
        return "", ""
    own = roll[roll["row_id"] == row_id].sort_values("period", kind="stable")
    if own.empty:
        return "", ""
    last = own.iloc[-1]
    return str(last.get("school", "")), str(last.get("class", ""))
