"""Alerts arrive at the receiving node: decoys checked, positions mapped, cards kept sealed.

The receiver alone knows the order and its decoys, so it alone learns which of its own
children are listed (PROTOCOL 4, 7).  Nothing is opened here.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from nodes.contributions import Snapshot
from nodes.driver.context import NodeContext
from nodes.driver.enrolment import current_city_key
from nodes.driver.exchange import GROUP
from nodes.driver.runs import load_snapshot
from nodes.driver.session import Session
from nodes.messages import AlertMessage, receipt_signed
from nodes.own_rows import OwnRows, read_facts
from nodes.runs import RunState
from nodes.store import Tables
from nodes.store.alerts import LOCAL, LOOKUP, StoredAlert
from privacy.audit import EntryKind
from privacy.canonical import canonical_bytes
from privacy.envelope import hpke_info, hpke_open
from privacy.errors import ProtocolError, Text
from privacy.identity import verify
from privacy.keys import permutation
from privacy.lookup.shuffled import Decoys, listed_slots

ROLL = "D-02"
DAYS_TO_FIRST_WEEK = 7


class Delivery:
    """The receiving node at the end of a screening run."""

    def __init__(self, context: NodeContext, plan_digest: bytes, transcript: bytes) -> None:
        """Load the run.

        Raises:
            ProtocolError: it has not begun under this transcript, or is another node's.
        """
        self._context = context
        self._session = Session.load(context, plan_digest, transcript)
        if not self._session.receives:
            raise ProtocolError(
                Text("このノードは受取ノードではありません。", "This node is not the receiver."),
            )

    def deliver(self, message: AlertMessage) -> tuple[int, bytes]:
        """Turn listed positions into alerts; return (positions, signed receipt).

        Raises:
            ProtocolError: the signature, the decoys or the outer keys are wrong, a card is
                missing, or a child is listed that this department does not hold.
        """
        session, context = self._session, self._context
        coordinator = session.roster.member(context.config.coordinator)
        verify(
            coordinator.identity_public,
            message.signed_bytes(),
            message.signature,
            coordinator.node_id,
        )
        if not session.reached(RunState.ANSWERED):
            raise ProtocolError(Text("まだ答えていません。", "This run has not answered yet."))
        count = len(message.boxes)
        if not session.reached(RunState.DELIVERED):
            _check_whole(session, message)
            self._keep(message)
        receipt = receipt_signed(message.plan_digest, message.transcript, count)
        return count, context.identity.sign(receipt)

    def _keep(self, message: AlertMessage) -> None:
        session, context = self._session, self._context
        g = context.keys.read(session.key_name(GROUP))
        city = current_city_key(context)
        order = permutation(city.shuffle_key(session.transcript, g), session.positions)
        decoys = Decoys(tuple(context.keys.read(session.key_name("decoys"))))
        positions = np.array(sorted(message.boxes), dtype=np.int64)
        listed = set(listed_slots(positions, order, decoys).tolist())
        outer, today = self._outer_keys(message), context.now().date()
        at_slot = {int(order[p]): int(p) for p in positions.tolist() if int(order[p]) in listed}
        snapshot = load_snapshot(session)
        with context.store.transaction() as tables:
            rows = OwnRows.read(tables, session.plan.slot_table)
            if session.passed(tables, RunState.DELIVERED):
                return
            chosen = _first_rows(rows, at_slot)
            if len(chosen) != len(at_slot):
                raise _not_whole()
            alerts = [
                self._alert(rows, at, at_slot[int(rows.slots[at])], message, outer) for at in chosen
            ]
            alerts += _local_alerts(session, snapshot, rows)
            for alert in _with_due_dates(alerts, tables, snapshot.per_school_week, today):
                tables.alerts.add(alert)
            session.advance(tables, RunState.DELIVERED)
            context.log(
                tables,
                EntryKind.CHANGED,
                "alerts",
                plan=session.run.plan_digest,
                transcript=session.run.transcript,
                alerts=len(alerts),
            )

    def _outer_keys(self, message: AlertMessage) -> dict[str, dict[str, str]]:
        session, context = self._session, self._context
        dealer = session.roster.member(session.plan.dealer)
        names = (dealer.node_id.encode(), context.node.encode())
        info = hpke_info("outer-keys", session.transcript, *names)
        body = hpke_open(session.ephemeral(), dealer.static_public, info, message.outer_keys.box)
        keys: dict[str, dict[str, str]] = json.loads(body)
        places = {str(position) for position in message.boxes}
        if set(keys) != set(session.nodes) or any(places - set(own) for own in keys.values()):
            raise ProtocolError(
                Text("札の外側の鍵が揃っていません。", "Outer keys of a card holder are missing."),
            )
        return keys

    def _alert(
        self,
        rows: OwnRows,
        at: int,
        position: int,
        message: AlertMessage,
        outer: Mapping[str, Mapping[str, str]],
    ) -> StoredAlert:
        session = self._session
        boxes = message.boxes[position]
        sealed = {
            holder: {
                "box": base64.b64encode(box).decode(),
                "agreement": base64.b64encode(message.agreements[holder]).decode(),
                "outer": outer[holder][str(position)],
            }
            for holder, box in sorted(boxes.items())
        }
        return StoredAlert(
            plan_digest=session.run.plan_digest,
            transcript=session.run.transcript,
            record=int(rows.records[at]),
            row_id=rows.row_ids[at],
            kind=LOOKUP,
            due="",
            expires=min(message.expires.astimezone(UTC).isoformat(), _until(session)),
            position=position,
            sealed=canonical_bytes(sealed),
            state="sealed",
        )


def _first_rows(rows: OwnRows, at_slot: Mapping[int, int]) -> list[int]:
    """Return one row a listed slot: the first of the child's rows."""
    seen: set[int] = set()
    chosen = []
    for at, slot in enumerate(rows.slots.tolist()):
        if slot in at_slot and slot not in seen:
            seen.add(slot)
            chosen.append(at)
    return chosen


def _local_alerts(session: Session, snapshot: Snapshot, rows: OwnRows) -> list[StoredAlert]:
    """Return alerts for which this node's own facts suffice; they hold no foreign card."""
    first = {record: at for at, record in reversed(list(enumerate(rows.records.tolist())))}
    until = _until(session)
    return [
        StoredAlert(
            plan_digest=session.run.plan_digest,
            transcript=session.run.transcript,
            record=record,
            row_id=rows.row_ids[first[record]],
            kind=LOCAL,
            due="",
            expires=until,
            position=-1,
            sealed=card,
            state="sealed",
        )
        for record, card in sorted(snapshot.local.items())
    ]


def _until(session: Session) -> str:
    """Return when this node's role key of the run ends, as its signed Ready says."""
    key = session.ready(session.context.node).role_key
    return "" if key is None else datetime.fromtimestamp(key.expires_s, UTC).isoformat()


def _check_whole(session: Session, message: AlertMessage) -> None:
    """Check that every node's card is there for every position: none was held back."""
    nodes = set(session.nodes)
    if set(message.agreements) != nodes or any(set(b) != nodes for b in message.boxes.values()):
        raise _not_whole()


def _not_whole() -> ProtocolError:
    return ProtocolError(
        Text("届いた一覧がこの実行のものと合いません。", "The list is not that of this run."),
        Text("統括と監査記録を照合してください。", "Compare the audit logs with the coordinator."),
    )


def _with_due_dates(
    alerts: Sequence[StoredAlert], tables: Tables, per_school_week: int, today: date
) -> Iterable[StoredAlert]:
    """Spread alerts over weeks by school: the release calendar of the definition's capacity.

    Which child comes in which week is drawn by a digest, never by what fired.
    """
    school_of = _schools(tables)
    by_school: dict[str, list[StoredAlert]] = defaultdict(list)
    for alert in alerts:
        by_school[school_of.get(alert.row_id, "")].append(alert)
    for group in by_school.values():
        group.sort(key=lambda a: hashlib.sha256(f"{a.transcript}/{a.record}".encode()).digest())
        for number, alert in enumerate(group):
            weeks = number // per_school_week
            due = today + timedelta(days=DAYS_TO_FIRST_WEEK * (1 + weeks))
            yield replace(alert, due=due.isoformat())


def _schools(tables: Tables) -> dict[str, str]:
    roll = read_facts(tables, [ROLL]).get(ROLL)
    if roll is None or "school" not in roll.columns:
        return {}
    newest = roll.sort_values("period", kind="stable").drop_duplicates("row_id", keep="last")
    return dict(zip(newest["row_id"], newest["school"], strict=True))
