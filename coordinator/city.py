"""Roster and contributory city secret: who signs what, in which order (PROTOCOL 1).

The coordinator relays commitments, sealed shares and confirmations between the nodes;
it checks that all of them are there and learns no key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from coordinator.errors import naming
from coordinator.messages import Confirmation, HpkeSealed
from coordinator.peers import MemberClient, NodeClient
from privacy.errors import EnishiError, ProtocolError, Text
from privacy.roster import Roster


@dataclass(frozen=True, slots=True)
class Signing:
    """How far a roster is: signatures by signer, and those who have not signed and why."""

    signatures: Mapping[str, bytes]
    waiting: Mapping[str, Text]


async def collect_signatures(
    roster: Roster, known: Mapping[str, bytes], clients: Sequence[MemberClient]
) -> Signing:
    """Ask every member that has not signed; a wrong signature is refused by name.

    Raises:
        ProtocolError: a member's signature is not of this roster.
    """
    signatures = dict(known)
    waiting: dict[str, Text] = {}
    missing = [client for client in clients if client.member_id not in signatures]
    asked = await asyncio.gather(
        *(client.propose_roster(roster, signatures) for client in missing), return_exceptions=True
    )
    for client, answer in zip(missing, asked, strict=True):
        if isinstance(answer, EnishiError):
            waiting[client.member_id] = answer.what
        elif isinstance(answer, BaseException):
            raise answer
        elif answer is None:
            waiting[client.member_id] = Text(
                "担当者の署名を待っています(`roster sign`)。",
                "Its operator has not signed yet (`roster sign`).",
            )
        else:
            roster.check_signature(client.member_id, answer)
            signatures[client.member_id] = answer
    return Signing(signatures, waiting)


async def hand_over_roster(
    roster: Roster, signatures: Mapping[str, bytes], clients: Sequence[MemberClient]
) -> None:
    """Give every member the roster with all signatures.

    Raises:
        EnishiError: a member did not take it; the message names the member.
    """
    roster.check_signatures(signatures)
    for client in clients:
        with naming(client.member_id):
            await client.accept_roster(roster, signatures)


async def make_city_secret(roster: Roster, city_epoch: int, nodes: Sequence[NodeClient]) -> None:
    """Run the contribution of all nodes for *city_epoch*, once, to its end.

    Raises:
        EnishiError: a node failed or broke the protocol (named); start again with a
            fresh epoch.
    """
    digest = roster.digest
    commitments = {}
    for node in nodes:
        with naming(node.member_id):
            commitments[node.member_id] = await node.commit(digest, city_epoch)
    shares: list[HpkeSealed] = []
    for node in nodes:
        with naming(node.member_id):
            sent = await node.send_contributions(digest, city_epoch, commitments)
            _check_shares(node.member_id, sent, set(commitments))
            shares += sent
    confirmations: list[Confirmation] = []
    for node in nodes:
        with naming(node.member_id):
            own = [share for share in shares if share.receiver == node.member_id]
            confirmation = await node.receive_contributions(digest, city_epoch, own)
            if confirmation.node != node.member_id:
                raise _wrong_share()
            confirmations.append(confirmation)
    for node in nodes:
        with naming(node.member_id):
            await node.confirm_city(digest, city_epoch, confirmations)


def _check_shares(sender: str, shares: Sequence[HpkeSealed], nodes: set[str]) -> None:
    receivers = [share.receiver for share in shares]
    if sorted(receivers) != sorted(nodes - {sender}) or any(s.sender != sender for s in shares):
        raise _wrong_share()


def _wrong_share() -> ProtocolError:
    return ProtocolError(
        Text(
            "鍵の寄与の宛先または送信元が正しくありません。",
            "A key contribution has a wrong sender or receiver.",
        ),
        Text(
            "ノードの版を揃え、鍵の作成をやり直してください。",
            "Bring the nodes to one version and start the contribution again.",
        ),
    )
