"""Verbs that make a coordinator and its registry: init, node add, list, revoke."""

from __future__ import annotations

from pathlib import Path

from coordinator.answer import Answer
from coordinator.founding import CONFIG_FILE, found
from coordinator.process import CoordinatorProcess, utc_now
from coordinator.store.members import MemberRole, Registered
from privacy.errors import Text

_STATES = {
    "invited": Text("招待中", "invited"),
    "joined": Text("参加済み", "joined"),
    "revoked": Text("取り消し", "revoked"),
}


def init(
    folder: Path, *, city: str, listen: str, join_listen: str, join_address: str, web: str
) -> Answer:
    """Make a coordinator in *folder*."""
    config = found(
        folder,
        city=city,
        listen=listen,
        join_listen=join_listen,
        join_address=join_address,
        web=web,
        now=utc_now(),
    )
    return Answer(
        {"config": str(folder / CONFIG_FILE), "city": city, "coordinator": config.coordinator},
        [
            Text(
                f"統括を作りました: {folder / CONFIG_FILE}",
                f"Made a coordinator: {folder / CONFIG_FILE}",
            ),
            Text(
                "次: `enishi coordinator node add` で各部署を招待してください。",
                "Next: invite each department with `enishi coordinator node add`.",
            ),
        ],
    )


def add(process: CoordinatorProcess, member: Registered, out: Path | None) -> Answer:
    """Register a member and write its join file."""
    path = out or process.config.home / f"{member.member_id}.join.json"
    join_file = process.registrar().invite(member)
    join_file.write(path)
    hours = process.config.join_code_hours
    return Answer(
        {"member": member.member_id, "join_file": str(path), "expires": join_file.expires},
        [
            Text(
                f"{member.member_id} の参加ファイル: {path}({hours}時間有効、1回だけ使えます)",
                f"Join file of {member.member_id}: {path} (valid {hours} hours, usable once)",
            ),
            Text(
                "中のコードは秘密です。担当者に直接渡してください。",
                "The code inside is secret: hand it over in person.",
            ),
        ],
    )


def listed(process: CoordinatorProcess) -> Answer:
    """Show the registry."""
    found_members = process.members.all()
    values = [
        {
            "id": m.member_id,
            "role": m.role.value,
            "name_ja": m.name_ja,
            "name_en": m.name_en,
            "address": m.address,
            "sealed": m.sealed,
            "state": m.state.value,
            "certificate_ends": m.certificate_ends,
        }
        for m in found_members
    ]
    return Answer({"members": values}, [_line(m) for m in found_members])


def revoke(process: CoordinatorProcess, member_id: str) -> Answer:
    """Revoke a member: it is not dialled any more, and the next roster is without it."""
    process.members.revoke(member_id)
    return Answer(
        {"member": member_id, "state": "revoked"},
        [
            Text(f"{member_id} を取り消しました。", f"Revoked {member_id}."),
            Text(
                "`enishi coordinator roster` で新しい名簿を作ってください。",
                "Make a new roster with `enishi coordinator roster`.",
            ),
        ],
    )


def _line(member: Registered) -> Text:
    state = _STATES[member.state.value]
    sealed = Text("(封印)", " (sealed)") if member.sealed else Text("", "")
    role = (
        Text("ディーラー", "dealer") if member.role is MemberRole.DEALER else Text("部署", "node")
    )
    return Text(
        f"{member.member_id}\t{role.ja}{sealed.ja}\t{state.ja}\t{member.address}\t{member.name_ja}",
        f"{member.member_id}\t{role.en}{sealed.en}\t{state.en}\t{member.address}\t{member.name_en}",
    )
