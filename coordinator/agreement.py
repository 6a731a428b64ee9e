"""How a run begins: every node's Ready, the transcript of all of them, everyone's check of it.

From the transcript on the run is bound: a retry repeats the same bytes (PROTOCOL 4).
The coordinator sees public keys, digests and ledger totals.
"""

from __future__ import annotations

import contextlib

from coordinator.messages import RunId
from coordinator.wire_bytes import pack_ready, unpack_ready
from coordinator.work import Work
from privacy.errors import EnishiError, ProtocolError, Text
from privacy.transcript import Ready, check_readys, transcript

TRANSCRIPT = "transcript"
_READY = "ready/"


async def collect_readys(work: Work) -> dict[str, Ready]:
    """Ask every node for its Ready and check all of them together.

    Raises:
        MemberError: a node refused.
        ProtocolError: a Ready is wrong; the message names the node.
        WaitingError: a node does not answer.
    """
    digest = work.stored.plan_digest

    async def ready(member: str) -> Ready:
        found = await work.node(member).make_ready(digest)
        if found.node_id != member:
            raise ProtocolError(
                Text(
                    f"{member} が別のノードの準備完了を返しました。",
                    f"{member} answered with another node's Ready.",
                )
            )
        return found

    readys = await work.ask_all(work.nodes, ready)
    check_readys(work.plan, work.roster, list(readys.values()), work.process.clock())
    return readys


def ready_values(work: Work, readys: dict[str, Ready]) -> dict[str, bytes]:
    """Return what is stored of an agreement: every Ready, and the transcript."""
    fixed = transcript(work.stored.plan_digest, work.plan.dealer, list(readys.values()))
    values = {f"{_READY}{n}": pack_ready(r) for n, r in readys.items()}
    return values | {TRANSCRIPT: fixed}


def stored_readys(work: Work) -> tuple[Ready, ...]:
    """Return the Readys of the transcript, by node id."""
    found = (work.value(f"{_READY}{node}") for node in work.nodes)
    return tuple(unpack_ready(body) for body in found)


def run_of(work: Work) -> RunId:
    """Return the run that the transcript names."""
    return RunId(work.stored.plan_digest, work.value(TRANSCRIPT))


async def begin_everywhere(work: Work) -> None:
    """Have every node verify the transcript for itself and freeze its inputs.

    Raises:
        MemberError: a node computes another transcript, or fails.
        WaitingError: a node does not answer.
    """
    run, readys = run_of(work), stored_readys(work)

    async def begin(member: str) -> None:
        if await work.node(member).begin(run, work.plan.dealer, readys) != run:
            raise ProtocolError(
                Text("記録要約が一致しません。", "The transcript differs."),
                Text("新しい計画で始めてください。", "Start with a new plan."),
            )

    await work.ask_all(work.nodes, begin)


async def end_everywhere(work: Work) -> None:
    """Have the run's secrets destroyed at every node and at the dealer.

    Raises:
        WaitingError: a member does not answer.
    """
    run = run_of(work)
    clients = {client.member_id: client for client in work.members()}
    await work.ask_all(clients, lambda member: clients[member].end_run(run))


async def abandon(work: Work) -> None:
    """Tell the members of a run that ended early to destroy its secrets, if they answer."""
    transcript = work.process.rounds.value(work.stored.round_id, TRANSCRIPT)
    if transcript is None:
        return
    run = RunId(work.stored.plan_digest, transcript)
    for client in work.members():
        with contextlib.suppress(EnishiError):
            await client.end_run(run)
