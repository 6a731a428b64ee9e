"""The verbs `status` and `doctor`: what stands, what waits and why, what is wrong."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from coordinator.answer import Answer
from coordinator.authority import ends
from coordinator.connections import Connections
from coordinator.epoch_plans import link_schema
from coordinator.errors import RosterMissingError
from coordinator.messages import MemberStatus
from coordinator.process import CoordinatorProcess
from coordinator.process_keys import TLS_CERTIFICATE
from coordinator.retries import Retries
from coordinator.rosters import roster_in_force
from coordinator.self_tests import self_test_of
from coordinator.store.members import MemberRole, MemberState, Registered
from coordinator.store.rounds import StoredRound
from coordinator.verbs.rounds import STATES
from privacy.errors import EnishiError, Text
from privacy.roster import Roster

WARN_BEFORE = timedelta(days=30)
LEAST_FREE_BYTES = 1 << 30


def status(config: Path) -> Answer:
    """Show members, roster, slot table, and every round with whom it waits for."""
    with CoordinatorProcess.open(config) as process:
        rounds = [_round(process, stored) for stored in process.rounds.all()]
        roster = _roster(process)
        table = process.rounds.slot_table()
        members = process.members.all()
        values: dict[str, Any] = {
            "city": process.config.city,
            "roster": None if roster is None else roster.digest.hex(),
            "city_epoch": None if roster is None else process.rosters.city_epoch(roster.digest),
            "members": [{"id": m.member_id, "state": m.state.value} for m in members],
            "slot_table": None
            if table is None
            else {"version": table.version, "slots": table.slots, "created": table.created},
            "rounds": rounds,
        }
    joined = sum(m.state is MemberState.JOINED for m in members)
    lines = [
        Text(
            f"連合 {values['city']}: 参加 {joined}/{len(members)}、"
            f"名簿 {'有効' if roster else 'なし'}",
            f"Federation {values['city']}: {joined} of {len(members)} joined, "
            f"roster {'in force' if roster else 'missing'}",
        )
    ]
    for one in rounds:
        lines += _lines(one)
    return Answer(values, lines)


def _roster(process: CoordinatorProcess) -> Roster | None:
    try:
        return roster_in_force(process)
    except RosterMissingError:
        return None


def _round(process: CoordinatorProcess, stored: StoredRound) -> dict[str, Any]:
    quality = process.rounds.value(stored.round_id, "quality")
    result = process.rounds.value(stored.round_id, "result")
    return {
        "id": stored.round_id,
        "kind": stored.kind,
        "state": stored.state,
        "created": stored.created.isoformat(),
        "updated": stored.updated.isoformat(),
        "reason": {"ja": stored.reason_ja, "en": stored.reason_en},
        "waiting": [
            {"member": w.member_id, "ja": w.what.ja, "en": w.what.en, "since": w.since}
            for w in process.rounds.waiting(stored.round_id)
        ],
        "quality": json.loads(quality) if quality else None,
        "result": json.loads(result) if result else None,
    }


def _lines(one: dict[str, Any]) -> list[Text]:
    state, short = STATES[one["state"]], one["id"][:12]
    reason = one["reason"]
    lines = [
        Text(
            f"{short}\t{one['kind']}\t{state.ja}\t{reason['ja']}",
            f"{short}\t{one['kind']}\t{state.en}\t{reason['en']}",
        )
    ]
    lines += [
        Text(f"  待ち {w['member']}: {w['ja']}", f"  waiting for {w['member']}: {w['en']}")
        for w in one["waiting"]
    ]
    return lines


def doctor(config: Path) -> Answer:
    """Look at keys, certificates, disk, roster and every member; say what to do."""
    with CoordinatorProcess.open(config) as process:
        found = [*_own(process), _self_test(process), *asyncio.run(_members(process))]
    good = all(ok for ok, _ in found)
    values = {
        "ok": good,
        "checks": [{"ok": ok, "ja": text.ja, "en": text.en} for ok, text in found],
    }
    mark = {True: "✓", False: "✗"}
    return Answer(
        values, [Text(f"{mark[ok]} {text.ja}", f"{mark[ok]} {text.en}") for ok, text in found]
    )


def _own(process: CoordinatorProcess) -> list[tuple[bool, Text]]:
    until = ends(process.keys.keystore.read(TLS_CERTIFICATE))
    found = [_expiry(process.config.coordinator, until, process.clock())]
    space = os.statvfs(process.config.home)
    free = space.f_bavail * space.f_frsize
    found.append(
        (
            free >= LEAST_FREE_BYTES,
            Text(f"ディスクの空き {free >> 20} MiB", f"{free >> 20} MiB of free disk space"),
        )
    )
    in_force = _roster(process) is not None
    found.append(
        (in_force, Text("名簿と都市鍵", "roster and city secret"))
        if in_force
        else (
            False,
            Text(
                "名簿がありません: `roster` を実行してください。",
                "There is no roster in force: run `roster`.",
            ),
        )
    )
    return found


def _self_test(process: CoordinatorProcess) -> tuple[bool, Text]:
    """Look whether the next link round would pass the gate here."""
    schema = link_schema(process.config)
    try:
        record = self_test_of(process, schema, _roster(process))
    except EnishiError as error:
        return False, Text(error.render("ja"), error.render("en"))
    report, worst = record.report, record.report.asked.worst
    return True, Text(
        f"自己点検: {schema.name} は {report.known} 人、同じ生年月日 "
        f"{report.per_birth_date:.1f} 人で最大 {worst.share:.2%}（{record.made}）",
        f"self-test: {schema.name} gave away {worst.share:.2%} at most, among {report.known} "
        f"people, {report.per_birth_date:.1f} to a birth date ({record.made})",
    )


def _expiry(member_id: str, until: datetime, now: datetime) -> tuple[bool, Text]:
    days = (until - now).days
    return until - now > WARN_BEFORE, Text(
        f"{member_id} の証明書はあと {days} 日", f"certificate of {member_id}: {days} days left"
    )


async def _members(process: CoordinatorProcess) -> list[tuple[bool, Text]]:
    roster = _roster(process)
    connections = Connections(process, Retries(attempts=1))
    found = []
    try:
        for member in process.members.all():
            if member.state is not MemberState.JOINED:
                text = Text(f"{member.member_id} は未参加", f"{member.member_id} has not joined")
                found.append((member.state is MemberState.REVOKED, text))
                continue
            until = datetime.fromisoformat(member.certificate_ends)
            found.append(_expiry(member.member_id, until, process.clock()))
            found.append(await _member(connections, member, roster))
    finally:
        await connections.close()
    return found


async def _member(
    connections: Connections, member: Registered, roster: Roster | None
) -> tuple[bool, Text]:
    dealer = member.role is MemberRole.DEALER
    client = connections.dealer if dealer else connections.node
    try:
        said: MemberStatus = await client(member.member_id).status()
    except EnishiError as error:
        return False, Text(
            f"{member.member_id}: {error.render('ja')}", f"{member.member_id}: {error.render('en')}"
        )
    agrees = roster is None or said.roster_digest == roster.digest
    why = Text("", "") if agrees else Text("、名簿が違います", ", holds another roster")
    return agrees, Text(
        f"{member.member_id} は応答(版 {said.version}){why.ja}",
        f"{member.member_id} answers (version {said.version}){why.en}",
    )
