"""Plans at a node: seen, checked by its own rules, approved by its own people (PROTOCOL 8)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from nodes.config import StandingApproval
from nodes.driver.context import NodeContext
from nodes.driver.epochs import check_link_epoch
from nodes.governance import Governance
from nodes.household_policy import asked_purpose, check_households
from nodes.policy import Situation, review
from nodes.questions import check_question
from nodes.schema_policy import check_encoding
from nodes.self_test_policy import check_tested
from nodes.store import Tables
from nodes.store.rounds import StoredPlan
from privacy.audit import EntryKind
from privacy.canonical import canonical_bytes
from privacy.errors import RefusedError, Text
from privacy.governance.staff import StaffRole
from privacy.linkage.subgroups import IDENTITY_ITEMS
from privacy.plan import Plan, PlanKind
from privacy.roster import Role, Roster

LEAST_PREFIX = 8
"""Characters of a digest that name a plan on the command line."""


class Decision(StrEnum):
    """A node's word on a plan."""

    APPROVED = "approved"
    """The operator, or a standing approval, agrees to this digest."""
    PENDING = "pending"
    """The rules hold; the operator has not decided."""
    REFUSED = "refused"
    """A rule or the operator says no.  Terminal for this digest."""


@dataclass(frozen=True, slots=True)
class Review:
    """What a node answers to a plan; ``error`` says why it waits or refuses."""

    decision: Decision
    error: RefusedError | None = None


class Plans:
    """Reviews, approves and refuses plans."""

    def __init__(self, context: NodeContext) -> None:
        """Work on *context*."""
        self._context = context

    def review(self, plan: Plan, signer: str, signature: bytes) -> Review:
        """Check *plan* and return this node's word; the first review is kept.

        Raises:
            ProtocolError: the signature is not the coordinator's of the roster.
        """
        context, digest = self._context, plan.digest.hex()
        with context.store.transaction() as tables:
            known = tables.plans.get(digest)
            if known is not None and known.decision != Decision.PENDING:
                return _stored(known)
            roster = context.roster(tables)
            _check_signer(plan, roster, signer, signature)
            if known is None:
                tables.plans.add(
                    StoredPlan(
                        digest,
                        plan.kind.value,
                        plan.to_bytes(),
                        signature,
                        context.stamp(),
                        Decision.PENDING.value,
                    )
                )
                context.log(
                    tables, EntryKind.ASKED, plan.kind.value, plan=digest, purpose=plan.purpose
                )
            try:
                check_policy(context, tables, plan)
            except RefusedError as error:
                self._decide(tables, digest, Decision.REFUSED, context.node, error)
                return Review(Decision.REFUSED, error)
            standing = self._standing(plan)
            if standing is None:
                return Review(Decision.PENDING, _waiting(digest))
            self._decide(tables, digest, Decision.APPROVED, standing.approved_by, None)
            return Review(Decision.APPROVED)

    def approve(self, digest: str, by: str) -> None:
        """Record the operator's approval of a waiting plan.

        Raises:
            RefusedError: no such plan waits, it has expired, or *by* may not approve.
        """
        context = self._context
        self._check_approver(by)
        with context.store.transaction() as tables:
            stored = self._pending(tables, digest)
            Plan.from_bytes(stored.canonical).check_current(context.now())
            self._decide(tables, stored.digest, Decision.APPROVED, by, None)

    def refuse(self, digest: str, by: str, reason: str) -> None:
        """Record the operator's refusal of a waiting plan, with the reason.

        Raises:
            RefusedError: no such plan waits, or *by* may not decide.
        """
        self._check_approver(by)
        error = RefusedError(
            Text(f"担当者が断りました: {reason}", f"The operator refused: {reason}"),
            Text("部署の担当者と相談してください。", "Talk to the department's operator."),
        )
        with self._context.store.transaction() as tables:
            stored = self._pending(tables, digest)
            self._decide(tables, stored.digest, Decision.REFUSED, by, error)

    def _check_approver(self, by: str) -> None:
        account = Governance.load(self._context.config.governance_folder).staff.get(by)
        if StaffRole.NODE_APPROVER not in account.roles:
            raise RefusedError(
                Text(f"{by} は承認する役割ではありません。", f"{by} has no role that approves."),
                Text(
                    "staff.yaml で node_approver の役割を持つ職員が判断します。",
                    "Someone with the role node_approver in staff.yaml decides.",
                ),
            )

    def _pending(self, tables: Tables, digest: str) -> StoredPlan:
        enough = len(digest) >= LEAST_PREFIX
        found = [p for p in tables.plans.all() if enough and p.digest.startswith(digest)]
        if len(found) != 1 or found[0].decision != Decision.PENDING:
            raise RefusedError(
                Text("その計画は承認待ちではありません。", "No such plan waits for approval."),
                Text(
                    "`enishi node plans list` で確かめてください。", "See `enishi node plans list`."
                ),
            )
        return found[0]

    def _decide(
        self, tables: Tables, digest: str, decision: Decision, by: str, error: RefusedError | None
    ) -> None:
        context = self._context
        reason = "" if error is None else canonical_bytes(_problem(error)).decode()
        tables.plans.decide(digest, decision.value, context.stamp(), by, reason)
        kind = EntryKind.REFUSED if decision is Decision.REFUSED else EntryKind.CHANGED
        context.log(tables, kind, f"plan-{decision.value}", plan=digest, by=by)

    def _standing(self, plan: Plan) -> StandingApproval | None:
        today: date = self._context.now().date()
        for approval in self._context.config.standing_approvals:
            fits = (approval.kind, approval.purpose) == (plan.kind.value, asked_purpose(plan))
            if fits and today <= approval.until:
                return approval
        return None


def approved_plan(context: NodeContext, tables: Tables, digest: bytes, *kinds: PlanKind) -> Plan:
    """Return the plan *digest* if this node approved it, it is current, and of one of *kinds*.

    Raises:
        RefusedError: not approved, expired, or of another kind.
    """
    stored = tables.plans.get(digest.hex())
    if stored is None or stored.decision != Decision.APPROVED:
        raise RefusedError(
            Text("この計画は承認されていません。", "This plan is not approved here."),
            Text("部署の担当者の承認を待ってください。", "Wait for the department's operator."),
        )
    plan = Plan.from_bytes(stored.canonical)
    plan.check_current(context.now())
    if plan.kind not in kinds:
        raise RefusedError(
            Text("この計画は別の種類の処理のものです。", "This plan is of another kind of round."),
        )
    return plan


def check_policy(context: NodeContext, tables: Tables, plan: Plan) -> None:
    """Check *plan* against this node's rules as they stand now.

    The review, `Ready` and the beginning of a run each ask: between them another run may
    have used up a limit, a basis may have ended, a newer slot table may have come.

    Raises:
        RefusedError: a rule does not allow it.
        ProtocolError: the plan is dated in the future, or its query is about something else.
    """
    table = tables.links.slot_table(plan.slot_table) if plan.slot_table else None
    situation = Situation(
        node=context.node,
        policy=context.config.policy,
        roster=context.roster(tables),
        governance=Governance.load(context.config.governance_folder),
        items=frozenset(tables.facts.items()) | _identity(tables),
        now=context.now(),
        slot_table=None if table is None else (table.version, table.total),
        newest_slot_table=getattr(tables.links.slot_table(), "version", 0),
        earlier=tuple(
            Plan.from_bytes(other.canonical)
            for other in tables.runs.plans_on(plan.slot_table)
            if other.digest != plan.digest.hex()
        ),
    )
    review(plan, situation)
    check_encoding(plan, situation.policy)
    check_households(plan, situation)
    if plan.kind is PlanKind.LINK:
        check_link_epoch(context, tables, plan)
        check_tested(plan, situation, tables.records.crowding())
    if plan.kind is PlanKind.STATISTICS:
        check_question(plan, situation.policy.populations)


def _identity(tables: Tables) -> frozenset[str]:
    """Return the items that records consist of, where there are any."""
    return IDENTITY_ITEMS if tables.records.count()[2] else frozenset()


def _check_signer(plan: Plan, roster: Roster, signer: str, signature: bytes) -> None:
    coordinator = roster.member(signer)
    if coordinator.role is not Role.COORDINATOR:
        raise RefusedError(
            Text("計画の署名者が統括ではありません。", "The signer is not the coordinator."),
        )
    plan.check_signature(signature, coordinator.identity_public, signer)


def stored_reason(plan: StoredPlan) -> RefusedError | None:
    """Return why a stored plan was refused, or None."""
    if not plan.reason:
        return None
    values = json.loads(plan.reason)
    return RefusedError(Text(*values["what"]), Text(*values["fix"]))


def _problem(error: RefusedError) -> dict[str, list[str]]:
    return {"what": list(error.what), "fix": list(error.fix)}


def _stored(plan: StoredPlan) -> Review:
    return Review(Decision(plan.decision), stored_reason(plan))


def _waiting(digest: str) -> RefusedError:
    return RefusedError(
        Text("担当者の承認を待っています。", "It waits for the operator's approval."),
        Text(
            f"ノードで `enishi node plans approve {digest[:12]}` を行うと進みます。",
            f"It goes on after `enishi node plans approve {digest[:12]}` at the node.",
        ),
    )
