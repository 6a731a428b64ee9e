"""The verb `roster`: propose, collect signatures, hand over, make the city secret.

It does as much as can be done now and says what it waits for; run it again after the
operators have compared the fingerprints and signed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from coordinator.answer import Answer
from coordinator.city import collect_signatures, hand_over_roster, make_city_secret
from coordinator.connections import Connections
from coordinator.errors import RosterMissingError
from coordinator.peers import MemberClient, NodeClient, Peers
from coordinator.process import CoordinatorProcess
from coordinator.store.members import MemberRole, Registered, StoredRoster
from privacy.canonical import canonical_bytes
from privacy.errors import EnishiError, Text
from privacy.identity import fingerprint
from privacy.roster import Member, Mode, Role, Roster

CONTRIBUTION_RUNS = 3
"""A contribution run that fails is started again so often, each time in a fresh epoch."""


@dataclass(frozen=True, slots=True)
class RosterStep:
    """Where the roster stands after one run of the verb."""

    roster: Roster
    waiting: dict[str, Text]
    city_epoch: int | None


async def advance(process: CoordinatorProcess, connections: Peers) -> RosterStep:
    """Take the roster as far as it goes now.

    Raises:
        EnishiError: a member refused or broke the protocol, or nobody has joined.
    """
    stored, roster = current_roster(process)
    nodes = [connections.node(node_id) for node_id in roster.nodes]
    clients: list[MemberClient] = [*nodes]
    clients += [connections.dealer(m.node_id) for m in roster.members if m.role is Role.DEALER]
    known = dict(stored.signatures)
    own = process.config.coordinator
    if own not in known:
        known[own] = roster.sign(process.keys.identity)
        process.rosters.sign(stored.version, own, known[own])
    signing = await collect_signatures(roster, known, clients)
    for signer, value in signing.signatures.items():
        process.rosters.sign(stored.version, signer, value)
    if signing.waiting:
        return RosterStep(roster, dict(signing.waiting), None)
    await hand_over_roster(roster, signing.signatures, clients)
    process.rosters.accept(stored.version)
    epoch = process.rosters.city_epoch(roster.digest)
    if epoch is None:
        epoch = await _contribute(process, roster, nodes)
    return RosterStep(roster, {}, epoch)


def current_roster(process: CoordinatorProcess) -> tuple[StoredRoster, Roster]:
    """Return the newest roster, made anew where the registry has changed since.

    Raises:
        RosterMissingError: too few members have joined.
    """
    stored = process.rosters.newest()
    epoch = stored.version if stored is not None else 1
    roster = build_roster(process, epoch)
    if stored is not None and stored.digest == roster.digest:
        return stored, roster
    if stored is not None:
        epoch = max(stored.version, process.rosters.last_city_epoch()) + 1
        roster = build_roster(process, epoch)
    process.rosters.propose(epoch, roster.digest, canonical_bytes(roster.to_json()))
    fresh = process.rosters.newest()
    if fresh is None:  # pragma: no cover  # it was stored a line above
        raise RosterMissingError
    return fresh, roster


def build_roster(process: CoordinatorProcess, city_epoch: int) -> Roster:
    """Return the roster of all joined members and the coordinator itself."""
    members = process.members
    joined = [*members.joined(MemberRole.NODE), *members.joined(MemberRole.DEALER)]
    if not joined:
        raise RosterMissingError
    own = Member(
        process.config.coordinator,
        Role.COORDINATOR,
        Text(process.config.name_ja, process.config.name_en),
        process.keys.identity.public,
        process.keys.static.public,
    )
    everyone = sorted([own, *map(_member, joined)], key=lambda member: member.node_id)
    return Roster(process.config.city, city_epoch, tuple(everyone))


async def _contribute(
    process: CoordinatorProcess, roster: Roster, nodes: Sequence[NodeClient]
) -> int:
    for attempt in range(1, CONTRIBUTION_RUNS + 1):
        epoch = process.rosters.new_city_epoch(roster.digest, at_least=roster.city_epoch)
        try:
            await make_city_secret(roster, epoch, nodes)
        except EnishiError:
            if attempt == CONTRIBUTION_RUNS:
                raise
            continue
        process.rosters.confirm_city(epoch)
        return epoch
    raise AssertionError("a contribution run ends or raises")  # pragma: no cover


def _member(registered: Registered) -> Member:
    return Member(
        registered.member_id,
        Role.DEALER if registered.role is MemberRole.DEALER else Role.NODE,
        Text(registered.name_ja, registered.name_en),
        registered.identity_public,
        registered.static_public,
        Mode.SEALED if registered.sealed else Mode.OPEN,
    )


def answer(step: RosterStep) -> Answer:
    """Say where the roster stands, with the fingerprints that people compare."""
    prints = {
        m.node_id: fingerprint(m.identity_public, m.static_public) for m in step.roster.members
    }
    lines = [
        Text(f"{member}\t{found.render('ja')}", f"{member}\t{found.render('en')}")
        for member, found in prints.items()
    ]
    lines += [
        Text(f"待ち {member}: {why.ja}", f"waiting for {member}: {why.en}")
        for member, why in step.waiting.items()
    ]
    digest = step.roster.digest.hex()
    lines.append(Text(f"要約値 {digest}", f"Digest {digest}"))
    if step.waiting:
        lines.append(
            Text(
                "指紋を電話などで照合し、各部署は `enishi node roster sign 要約値`、ディーラーは "
                "`enishi dealer roster sign 要約値` で署名します。全員の署名後、もう一度 "
                "`enishi coordinator roster` を実行してください。",
                "Compare the fingerprints by telephone. Departments sign with `enishi node roster "
                "sign DIGEST`, the dealer with `enishi dealer roster sign DIGEST`; then run "
                "`enishi coordinator roster` again.",
            )
        )
    if step.city_epoch is not None:
        lines.append(
            Text(
                f"名簿に全員が署名し、都市鍵(第{step.city_epoch}期)ができました。",
                f"All have signed, and the city secret of epoch {step.city_epoch} is made.",
            )
        )
    values = {
        "roster_digest": step.roster.digest.hex(),
        "city_epoch": step.city_epoch,
        "waiting": {member: why._asdict() for member, why in step.waiting.items()},
        "fingerprints": {
            m: {"ja": f.ja, "en": f.en, "hex": f.hexadecimal} for m, f in prints.items()
        },
    }
    return Answer(values, lines)


def run(config: Path) -> Answer:
    """Open the coordinator at *config*, advance its roster, and say where it stands."""

    async def work(process: CoordinatorProcess) -> RosterStep:
        connections = Connections(process)
        try:
            return await advance(process, connections)
        finally:
            await connections.close()

    with CoordinatorProcess.open(config) as process:
        return answer(asyncio.run(work(process)))
