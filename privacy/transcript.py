"""``Ready`` messages and the transcript that binds a run to all of them (PROTOCOL 4).

Each node signs one `Ready` per attempt; the transcript is the digest over all, computed
and verified by every node for itself.  A coordinator that tells nodes different things
gives them different transcripts, so their keys and masks differ and nothing opens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from privacy.canonical import framed
from privacy.errors import ProtocolError, RefusedError, Text
from privacy.identity import IdentityKey, verify
from privacy.plan import Plan
from privacy.roster import Role, Roster

DIGEST_BYTES = 32
LEAST_NODES = 3
"""Nodes of a run; with two, the answer minus one's own input is the other's."""


@dataclass(frozen=True, slots=True)
class RoleKey:
    """The receiver's key for the cards of one run: public half, role, expiry (epoch seconds)."""

    public: bytes
    role_id: str
    expires_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A node's signed word that it will take part in one attempt of one plan.

    All public; ``ledger_total_nano`` is what the node's own ledger has charged so far, and
    ``role_key`` is given by the receiving node only.
    """

    node_id: str
    plan_digest: bytes
    roster_digest: bytes
    slot_table_digest: bytes
    nonce: bytes
    ephemeral_public: bytes
    policy_digest: bytes
    ledger_total_nano: int = 0
    role_key: RoleKey | None = None
    signature: bytes = b""

    def body(self) -> bytes:
        """Return the framed bytes that are signed: everything but the signature."""
        role = self.role_key
        return framed(
            b"enishi/v1/ready",
            self.node_id.encode(),
            self.plan_digest,
            self.roster_digest,
            self.slot_table_digest,
            self.nonce,
            self.ephemeral_public,
            self.policy_digest,
            self.ledger_total_nano.to_bytes(16, "big"),
            b"" if role is None else _role_bytes(role),
        )

    def signed(self, identity: IdentityKey) -> Ready:
        """Return this message with the node's signature."""
        return replace(self, signature=identity.sign(self.body()))


def transcript(plan_digest: bytes, dealer: str, readys: Sequence[Ready]) -> bytes:
    """Return the 32-byte transcript of an attempt over all *readys*, in any order.

    Signatures are not part of it: Ed25519 has one body and could have several of them.
    Use only after `check_readys`.
    """
    bodies = [ready.body() for ready in sorted(readys, key=lambda ready: ready.node_id)]
    parts = framed(b"enishi/v1/transcript", plan_digest, dealer.encode(), *bodies)
    return hashlib.sha256(parts).digest()


def check_readys(plan: Plan, roster: Roster, readys: Sequence[Ready], now: datetime) -> None:
    """Check all Readys of an attempt, as every node (and the dealer) does for itself.

    Which nodes must be there after one dropped out is `check_missing`'s question.

    Raises:
        ProtocolError: another roster or plan, a stranger, a node twice, a wrong signature,
            differing slot tables, a repeated key or nonce, or a role key that is missing,
            expired or not the receiver's; the message names the node.
    """
    if plan.roster_digest != roster.digest:
        raise _wrong("plan", "名簿が計画と違います", "the plan names another roster")
    if plan.dealer and roster.member(plan.dealer).role is Role.NODE:
        raise _wrong(plan.dealer, "ノードは配布者になれません", "a node cannot be the dealer")
    ids = [ready.node_id for ready in readys]
    for node_id in ids:
        if node_id not in plan.nodes or roster.member(node_id).role is not Role.NODE:
            raise _wrong(node_id, "計画にないノードです", "the plan does not name this node")
        if ids.count(node_id) > 1:
            raise _wrong(node_id, "準備完了が二重です", "two Readys of one node")
    for ready in readys:
        verify(
            roster.member(ready.node_id).identity_public,
            ready.body(),
            ready.signature,
            ready.node_id,
        )
        _check_bound(plan, roster, ready, readys[0])
        _check_role_key(plan, ready, now)
    _check_fresh(readys)


def _check_bound(plan: Plan, roster: Roster, ready: Ready, first: Ready) -> None:
    if ready.plan_digest != plan.digest or ready.roster_digest != roster.digest:
        raise _wrong(ready.node_id, "別の計画または名簿です", "another plan or roster")
    if ready.slot_table_digest != first.slot_table_digest:
        raise _wrong(ready.node_id, "スロット表が他と違います", "its slot table differs")
    sizes = (ready.nonce, ready.ephemeral_public, ready.policy_digest, ready.slot_table_digest)
    if any(len(value) != DIGEST_BYTES for value in sizes):
        raise _wrong(ready.node_id, "値の長さが違います", "a value of another size")


def _check_role_key(plan: Plan, ready: Ready, now: datetime) -> None:
    role = ready.role_key
    if (role is not None) != (ready.node_id == plan.receiver):
        raise _wrong(
            ready.node_id, "役割鍵は受取ノードだけのものです", "the receiver alone has a role key"
        )
    if role is not None and (len(role.public) != DIGEST_BYTES or role.expires_s <= now.timestamp()):
        raise _wrong(
            ready.node_id, "役割鍵が期限切れか不正です", "its role key is wrong or expired"
        )


def _check_fresh(readys: Sequence[Ready]) -> None:
    seen: set[bytes] = set()
    for ready in readys:
        fresh = {ready.nonce, ready.ephemeral_public}
        if fresh & seen:
            raise _wrong(
                ready.node_id, "他と同じ鍵または乱数です", "a key or nonce of another node"
            )
        seen |= fresh


def check_missing(
    plan: Plan, present: Sequence[str], contributing: Mapping[str, bool], least_nodes: int
) -> tuple[str, ...]:
    """Decide, before step 1, whether a run may go on without the nodes that are not *present*.

    Args:
        plan: the run's plan.
        present: ids of the nodes that are there.
        contributing: for each node of the plan, whether the plan uses its digits.
        least_nodes: the policy's minimum, at least 3 here whatever it says.

    Returns:
        The missing nodes, sorted: those present make new Readys, and the list names these.

    Raises:
        RefusedError: too few nodes, or the receiver, the anchor or a node whose digits the
            plan uses is missing; the message names which.
    """
    missing = tuple(sorted(set(plan.nodes) - set(present)))
    needed = {plan.receiver, plan.anchor} | {n for n in plan.nodes if contributing.get(n, True)}
    lost = [node_id for node_id in missing if node_id in needed]
    if lost:
        names = ", ".join(lost)
        raise RefusedError(
            Text(
                f"必要なノードがいません: {names}。",
                f"Nodes that the plan needs are missing: {names}.",
            ),
            Text("戻るのを待ち、新しく始めてください。", "Wait for them and start a new attempt."),
        )
    least = max(LEAST_NODES, least_nodes)
    there = len(set(plan.nodes) & set(present))
    if there < least:
        raise RefusedError(
            Text(
                f"ノードが {there} で、下限 {least} に足りません。",
                f"{there} nodes are there; the least is {least}.",
            ),
            Text("ほかのノードを待ってください。", "Wait for more nodes."),
        )
    return missing


def _role_bytes(role: RoleKey) -> bytes:
    return framed(role.public, role.role_id.encode(), role.expires_s.to_bytes(8, "big"))


def _wrong(node_id: str, ja: str, en: str) -> ProtocolError:
    return ProtocolError(
        Text(
            f"{node_id} の準備完了を使えません: {ja}。",
            f"The Ready of {node_id} cannot be used: {en}.",
        ),
        Text(
            "実行を止め、計画と名簿の版を双方で照合してください。",
            "Stop the run and compare plan and roster on both sides.",
        ),
    )
