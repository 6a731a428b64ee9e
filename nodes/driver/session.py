"""A begun run at this node: its plan, its keys, its peers; derived anew at every call."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nodes.driver.context import NodeContext
from nodes.driver.plans import approved_plan
from nodes.runs import RunState, check_step, reached
from nodes.store import Tables
from nodes.store.rounds import StoredRun
from nodes.wire import readys_from_bytes
from privacy.errors import ProtocolError, Text
from privacy.identity import AgreementKey
from privacy.keys import PairSecret, RunKeys
from privacy.lookup.run import LookupRun
from privacy.lookup.shuffled import EXTRA
from privacy.plan import Plan, PlanKind
from privacy.roster import Roster
from privacy.transcript import Ready

SCREEN_STEP = "rule"
STATISTICS_STEP = "cells"


@dataclass(frozen=True, slots=True)
class Session:
    """One run at this node, once its transcript is fixed."""

    context: NodeContext
    plan: Plan
    roster: Roster
    run: StoredRun
    readys: tuple[Ready, ...]
    positions: int

    @classmethod
    def load(cls, context: NodeContext, plan_digest: bytes, transcript: bytes) -> Session:
        """Load the run of *plan_digest* under *transcript*.

        Raises:
            RefusedError: the plan is not approved or has expired.
            ProtocolError: the run has not begun here, or under another transcript.
        """
        with context.store.reading() as tables:
            plan = approved_plan(context, tables, plan_digest, PlanKind.SCREEN, PlanKind.STATISTICS)
            run = tables.runs.get(plan_digest.hex())
            if run is None or run.transcript != transcript.hex():
                raise ProtocolError(
                    Text(
                        "この記録要約の実行はありません。", "No run of this transcript has begun."
                    ),
                    Text("Begin からやり直してください。", "Start again with Begin."),
                )
            roster = context.roster(tables)
            table = tables.links.slot_table(plan.slot_table)
        slots = 0 if table is None else table.total
        extra = EXTRA if plan.kind is PlanKind.SCREEN else 0
        return cls(context, plan, roster, run, readys_from_bytes(run.readys), slots + extra)

    @property
    def state(self) -> RunState:
        """Where the run stands."""
        return RunState(self.run.state)

    @property
    def transcript(self) -> bytes:
        """The 32-byte transcript."""
        return bytes.fromhex(self.run.transcript)

    @property
    def lookup(self) -> LookupRun:
        """The run as `privacy.lookup` takes it."""
        step = SCREEN_STEP if self.plan.kind is PlanKind.SCREEN else STATISTICS_STEP
        return LookupRun(self.transcript, step, self.nodes, self.positions)

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes of the transcript, sorted."""
        return tuple(sorted(ready.node_id for ready in self.readys))

    @property
    def peers(self) -> tuple[str, ...]:
        """The other nodes of the transcript."""
        return tuple(node for node in self.nodes if node != self.context.node)

    @property
    def receives(self) -> bool:
        """Whether this node is the receiving node of a screening."""
        return self.plan.receiver == self.context.node

    def ready(self, node: str) -> Ready:
        """Return the Ready of *node*."""
        return next(ready for ready in self.readys if ready.node_id == node)

    def key_name(self, what: str) -> str:
        """Return the keystore name of a secret of this run."""
        return f"run-{self.run.plan_digest[:32]}/{what}"

    def ephemeral(self) -> AgreementKey:
        """Return this node's ephemeral key of the run."""
        return AgreementKey(self.context.keys.read(self.key_name("ephemeral")))

    def pairs(self) -> dict[str, PairSecret]:
        """Return the pair secrets with all peers."""
        keys = RunKeys(self.context.node, self.ephemeral(), self.context.static)
        return {
            peer: keys.pair_secret(
                peer,
                self.ready(peer).ephemeral_public,
                self.roster.member(peer).static_public,
                self.transcript,
            )
            for peer in self.peers
        }

    def seeds(self) -> tuple[bytes, bytes]:
        """Return the lookup seed and the card seed from the dealer."""
        both = self.context.keys.read(self.key_name("seeds"))
        return both[:32], both[32:]

    def reached(self, state: RunState) -> bool:
        """Say whether the run has passed *state*."""
        return reached(self.state, state)

    def passed(self, tables: Tables, state: RunState) -> bool:
        """Say, inside a transaction, whether the run has passed *state* by now.

        Another call may have done the step since this session was loaded.
        """
        return reached(RunState(self._now(tables).state), state)

    def advance(self, tables: Tables, state: RunState) -> None:
        """Persist the run's next *state*; where it stands now is read again.

        Raises:
            ProtocolError: it does not follow, or the run has another transcript by now.
        """
        run = self._now(tables)
        check_step(RunState(run.state), state)
        tables.runs.put(replace(run, state=state.value, updated_at=self.context.stamp()))

    def _now(self, tables: Tables) -> StoredRun:
        run = tables.runs.get(self.run.plan_digest)
        if run is None or run.transcript != self.run.transcript:
            raise ProtocolError(
                Text("この実行は別の記録要約に移りました。", "The run has another transcript now."),
            )
        return run
