"""The end of every round: members exchange and counter-sign the heads of their logs.

So nobody, the coordinator included, can rewrite a log alone (PROTOCOL 9).
"""

from __future__ import annotations

from collections.abc import Container

from coordinator.messages import RunId
from coordinator.work import Work
from privacy.audit import SignedHead
from privacy.errors import ProtocolError, Text


async def exchange_heads(work: Work, run: RunId, without: Container[str] = ()) -> int:
    """Collect all heads, have each counter-signed by every other member, keep them.

    Args:
        work: The round.
        run: The run.
        without: Members that the round went on without; their next round brings their heads.

    Returns:
        How many heads were exchanged.

    Raises:
        MemberError: a head or a signature is wrong; the member is named.
        WaitingError: a member does not answer.
    """
    keys = {m.node_id: m.identity_public for m in work.roster.members}
    identity = work.process.keys.identity
    own_id = work.process.config.coordinator
    clients = {
        client.member_id: client for client in work.members() if client.member_id not in without
    }

    async def head_of(member: str) -> SignedHead:
        signed = await clients[member].exchange_heads(run)
        if signed.head.log != member:
            raise _foreign(member)
        signed.check(keys)
        return signed

    heads = await work.ask_all(clients, head_of)
    own = SignedHead.of(work.process.audit.head(), identity.sign)
    heads[own_id] = own

    async def countersigned(member: str) -> dict[str, bytes]:
        others = [heads[log] for log in sorted(heads) if log != member]
        signatures = await clients[member].countersign(others)
        witnessed = {
            head.head.log: signature for head, signature in zip(others, signatures, strict=True)
        }
        for head in others:
            pair = (member, witnessed[head.head.log])
            SignedHead(head.head, head.signature, (pair,)).check(keys)
        return witnessed

    signed_by = await work.ask_all(clients, countersigned)
    for log, head in heads.items():
        witnesses = [(member, signed[log]) for member, signed in signed_by.items() if log in signed]
        whole = SignedHead(head.head, head.signature, tuple(witnesses))
        if log != own_id:
            whole = whole.countersign(own_id, identity.sign)
        work.process.audit.keep_head(whole)
    return len(heads)


def _foreign(member: str) -> ProtocolError:
    return ProtocolError(
        Text(
            f"{member} が別の機関の監査記録を返しました。",
            f"{member} answered with the head of another member's log.",
        ),
        Text("ノードの設定を確かめてください。", "Check the node's settings."),
    )
