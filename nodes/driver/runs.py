"""Readys, the transcript, the frozen snapshot, the dealer's seeds, and the end of a run."""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from nodes.contributions import Snapshot, freeze
from nodes.driver.budget import charge, check_budget, ledger_total, settle
from nodes.driver.context import NodeContext
from nodes.driver.plans import approved_plan, check_policy
from nodes.driver.session import Session
from nodes.governance import Governance
from nodes.messages import Dealt
from nodes.runs import RunState, check_step, reached
from nodes.store import Tables
from nodes.store.rounds import StoredRun
from nodes.wire import ready_bytes, ready_from_bytes, readys_bytes
from privacy.audit import EntryKind
from privacy.canonical import canonical_digest
from privacy.envelope import Context, hpke_info, hpke_open, unseal
from privacy.errors import ProtocolError, RefusedError, Text
from privacy.identity import AgreementKey
from privacy.keys import KEY_BYTES, derive
from privacy.lookup.parsing import digits_from
from privacy.plan import Plan, PlanKind
from privacy.transcript import Ready, RoleKey, check_missing, check_readys
from privacy.transcript import transcript as transcript_of

ALERT_ROLE = "alert_reader"
ROLE_KEY_DAYS = 60
CORRECTION = "correction"


class Runs:
    """One node in screening and statistics runs, up to the dealing, and at the end."""

    def __init__(self, context: NodeContext) -> None:
        """Work on *context*."""
        self._context = context

    def ready(self, plan_digest: bytes) -> Ready:
        """Return this node's signed Ready for a plan; the same one whenever asked.

        Raises:
            RefusedError: not approved, expired, against a rule, or over this node's budget.
        """
        context, digest = self._context, plan_digest.hex()
        with context.store.transaction() as tables:
            plan = approved_plan(context, tables, plan_digest, PlanKind.SCREEN, PlanKind.STATISTICS)
            known = tables.runs.get(digest)
            if known is not None:
                return ready_from_bytes(known.ready)
            check_policy(context, tables, plan)
            check_budget(context, tables, plan)
            ready = self._make_ready(tables, plan)
            run = StoredRun(
                plan_digest=digest,
                transcript="",
                ready=ready_bytes(ready),
                readys=b"",
                snapshot_salt=b"",
                snapshot=b"",
                state=RunState.READY.value,
                slot_table=plan.slot_table,
                updated_at=context.stamp(),
            )
            tables.runs.put(run)
            context.log(tables, EntryKind.SENT, "ready", plan=digest)
            return ready

    def begin(
        self, plan_digest: bytes, transcript: bytes, dealer: str, readys: Sequence[Ready]
    ) -> None:
        """Verify all Readys, fix the transcript, freeze this node's inputs; charge.

        Raises:
            ProtocolError: a Ready is wrong, the transcript differs, or inputs were already
                masked under another one.
            RefusedError: a needed node is missing, a rule does not allow it any more, or the
                budget is spent.
        """
        context, digest = self._context, plan_digest.hex()
        with context.store.transaction() as tables:
            plan = approved_plan(context, tables, plan_digest, PlanKind.SCREEN, PlanKind.STATISTICS)
            run = tables.runs.get(digest)
            if run is None:
                raise ProtocolError(
                    Text("Readyを出していません。", "No Ready was made for this plan."),
                )
            if run.transcript == transcript.hex():
                return
            check_step(RunState(run.state), RunState.BEGUN)
            self._check(tables, plan, run, transcript, dealer, readys)
            check_policy(context, tables, plan)
            snapshot = freeze(context.node, plan, tables, self._governance())
            charge(context, tables, plan, transcript, readys)
            tables.runs.put(
                replace(
                    run,
                    transcript=transcript.hex(),
                    readys=readys_bytes(readys),
                    snapshot_salt=secrets.token_bytes(32),
                    snapshot=zlib.compress(snapshot.to_bytes(), 3),
                    state=RunState.BEGUN.value,
                    updated_at=context.stamp(),
                )
            )
            context.log(
                tables, EntryKind.COMPUTED, "snapshot", plan=digest, transcript=transcript.hex()
            )

    def deal(self, plan_digest: bytes, transcript: bytes, pieces: Iterable[Dealt]) -> None:
        """Take the dealer's seeds, and the correction pieces if they are ours.

        Raises:
            ProtocolError: not from the dealer of the plan, not for this run, or incomplete.
        """
        session = Session.load(self._context, plan_digest, transcript)
        if session.reached(RunState.DEALT):
            return
        context, dealer = self._context, session.roster.member(session.plan.dealer)
        names = (dealer.node_id.encode(), context.node.encode())
        info = hpke_info("dealing", transcript, *names)
        both = b""
        corrections: dict[int, bytes] = {}
        for piece in pieces:
            if piece.sealed_seeds:
                both = hpke_open(
                    session.ephemeral(), dealer.static_public, info, piece.sealed_seeds
                )
                if len(both) != 2 * KEY_BYTES:
                    raise _bad_dealing()
            if piece.correction:
                key = derive(both[:KEY_BYTES], CORRECTION, transcript)
                where = Context(dealer.node_id, context.node, CORRECTION, transcript)
                corrections[piece.counter] = unseal(key, where, piece.counter, piece.correction)
        if not both or (session.lookup.corrected == context.node) != bool(corrections):
            raise _bad_dealing()
        with context.store.transaction() as tables:
            if session.passed(tables, RunState.DEALT):
                return
            context.keys.write(session.key_name("seeds"), both)
            for counter, body in corrections.items():
                run = session.run.transcript
                tables.messages.put(run, CORRECTION, dealer.node_id, context.node, counter, body)
            session.advance(tables, RunState.DEALT)
            context.log(tables, EntryKind.COMPUTED, "dealt", transcript=transcript.hex())

    def end(self, plan_digest: bytes) -> None:
        """End a run: destroy its seeds and ephemeral keys, forget its messages.

        Keys go first: a process killed in between ends the run when it is asked again.
        """
        context = self._context
        for name in context.keys.names(f"run-{plan_digest.hex()[:32]}"):
            context.keys.destroy(name)
        with context.store.transaction() as tables:
            run = tables.runs.get(plan_digest.hex())
            if run is None or run.state == RunState.ENDED:
                return
            tables.messages.forget(run.transcript)
            if run.transcript:
                done = reached(RunState(run.state), RunState.ANSWERED)
                settle(context, tables, run.transcript, answered=done)
            ended = replace(
                run,
                transcript=run.transcript if reached(RunState(run.state), RunState.MASKED) else "",
                state=RunState.ENDED.value,
                snapshot=b"",
                updated_at=context.stamp(),
            )
            tables.runs.put(ended)
            context.log(tables, EntryKind.CHANGED, "run-ended", plan=plan_digest.hex())

    def _governance(self) -> Governance:
        return Governance.load(self._context.config.governance_folder)

    def _make_ready(self, tables: Tables, plan: Plan) -> Ready:
        context = self._context
        folder = f"run-{plan.digest.hex()[:32]}"
        ephemeral = AgreementKey(
            context.keys.keep(f"{folder}/ephemeral", AgreementKey.generate().private)
        )
        role = None
        if plan.receiver == context.node:
            fresh = AgreementKey.generate().private
            public = AgreementKey(context.keys.keep(role_key_name(plan.digest.hex()), fresh)).public
            expires = int(plan.expires.timestamp()) + ROLE_KEY_DAYS * 86_400
            role = RoleKey(public, ALERT_ROLE, expires)
        table = tables.links.slot_table(plan.slot_table)
        if table is None:
            raise RefusedError(
                Text("スロット表がありません。", "The slot table is not here."),
                Text("連携をやり直してください。", "Repeat the link round."),
            )
        governance = self._governance()
        return Ready(
            node_id=context.node,
            plan_digest=plan.digest,
            roster_digest=context.roster(tables).digest,
            slot_table_digest=bytes.fromhex(table.digest),
            nonce=secrets.token_bytes(32),
            ephemeral_public=ephemeral.public,
            policy_digest=canonical_digest(governance.policy_json(context.config.policy)),
            ledger_total_nano=ledger_total(context, tables, plan),
            role_key=role,
        ).signed(context.identity)

    def _check(
        self,
        tables: Tables,
        plan: Plan,
        run: StoredRun,
        transcript: bytes,
        dealer: str,
        readys: Sequence[Ready],
    ) -> None:
        context = self._context
        roster = context.roster(tables)
        check_readys(plan, roster, readys, context.now())
        present = [ready.node_id for ready in readys]
        check_missing(plan, present, _needed(plan), context.config.policy.min_nodes)
        own = [ready for ready in readys if ready.node_id == context.node]
        same = len(own) == 1 and ready_bytes(own[0]) == run.ready
        if not same or dealer != plan.dealer:
            raise ProtocolError(
                Text("自分のReadyまたは配布者が違います。", "Not our Ready, or not the dealer."),
            )
        if transcript_of(plan.digest, dealer, readys) != transcript:
            raise ProtocolError(
                Text(
                    "記録要約が一致しません。ノードごとに違うものが送られた恐れがあります。",
                    "The transcript differs: nodes may have been told different things.",
                ),
                Text("監査記録を照合してください。", "Compare the audit logs."),
            )


def _needed(plan: Plan) -> dict[str, bool]:
    """Return for each node whether the run cannot do without it.

    A node whose digits the plan uses, the hold digit among them, or whose share of the
    noise was counted on: a run without it would list a child that it holds back, or would
    cost more than the plan says.
    """
    if plan.kind is PlanKind.STATISTICS:
        return dict.fromkeys(plan.nodes, True)
    used = {node for digit in digits_from(plan.digits).digits for node in digit.contributors}
    return {node: node in used or node in plan.items for node in plan.nodes}


def role_key_name(plan_digest: str) -> str:
    """Return the keystore name of the role key of a screening plan."""
    return f"role/{plan_digest[:32]}"


def load_snapshot(session: Session) -> Snapshot:
    """Return the inputs that were frozen when the run began."""
    return Snapshot.from_bytes(zlib.decompress(session.run.snapshot))


def _bad_dealing() -> ProtocolError:
    return ProtocolError(
        Text("配布者から届いた乱数が揃っていません。", "What the dealer sent is not complete."),
        Text("この段階をもう一度送ってください。", "Send this step again."),
    )
