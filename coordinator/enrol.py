"""Enrolment: invite a member with a one-time code, admit it with a certificate (PROTOCOL 1).

Whoever shows the code once, in time, becomes the member that it was made for; the
roster's comparison of fingerprints, by people, is what makes its keys valid.  The
registry learns public keys only.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from coordinator.authority import Issued, Subject, ends, issue
from coordinator.config import CoordinatorConfig, is_member_id
from coordinator.errors import JoinRefusedError
from coordinator.store.members import (
    JoinCode,
    MemberRole,
    MemberState,
    MemberStore,
    Registered,
)
from privacy.canonical import framed
from privacy.errors import BadInputError, Text
from protos.joinfile import JoinFile

CODE_BYTES = 20
KEY_BYTES = 32

Clock = Callable[[], datetime]
Randomness = Callable[[int], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What a member shows when it joins: the code, its id and public keys, a request."""

    code: str = field(repr=False)
    member_id: str
    role: MemberRole
    identity_public: bytes
    static_public: bytes
    request_pem: bytes

    @property
    def digest(self) -> bytes:
        """SHA-256 of everything shown: the same request may be repeated."""
        parts = (
            _hash(self.code),
            self.member_id.encode(),
            self.role.value.encode(),
            self.identity_public,
            self.static_public,
            self.request_pem,
        )
        return hashlib.sha256(framed(*parts)).digest()


class Registrar:
    """Invites and admits members; the only holder of the authority's key."""

    def __init__(
        self,
        config: CoordinatorConfig,
        authority: Issued,
        members: MemberStore,
        *,
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        """Use *clock* (UTC) and *randomness* (of the operating system)."""
        self._config = config
        self._authority = authority
        self._members = members
        self._clock = clock
        self._randomness = randomness

    def invite(self, member: Registered) -> JoinFile:
        """Register *member* and return its join file; earlier codes of it stop working.

        Raises:
            BadInputError: the id or the address cannot be used, or the member has joined.
        """
        self._check_invitation(member)
        code = base64.b32encode(self._randomness(CODE_BYTES)).decode().rstrip("=")
        expires = self._clock() + timedelta(hours=self._config.join_code_hours)
        self._members.invite(member, JoinCode(_hash(code), member.member_id, expires))
        return JoinFile(
            city=self._config.city,
            coordinator=self._config.coordinator,
            address=self._config.enrolment_address,
            member=member.member_id,
            role=member.role.value,
            sealed=member.sealed,
            name_ja=member.name_ja,
            name_en=member.name_en,
            listen=member.address,
            expires=expires.isoformat(),
            authority_pem=self._authority.certificate_pem.decode(),
            code=code,
        )

    def admit(self, admission: Admission) -> bytes:
        """Check *admission*, store the member's public keys, return its certificate (PEM).

        The same request again gets the same certificate, so that a lost reply is no
        dead end; anything else with a used code is refused.

        Raises:
            JoinRefusedError: the code is wrong, used or expired, or a key is not one.
        """
        found = self._members.code(_hash(admission.code))
        if found is None or found.member_id != admission.member_id:
            raise _refused("違います", "wrong")
        member = self._members.get(found.member_id)
        if found.request_digest is not None:
            if found.request_digest == admission.digest and member.certificate_pem:
                return member.certificate_pem
            raise _refused("使用済みです", "used already")
        if self._clock() >= found.expires:
            raise _refused("期限切れです", "expired")
        self._check_keys(admission, member)
        certificate = self._issue(member, admission.request_pem)
        joined = replace(
            member,
            state=MemberState.JOINED,
            identity_public=admission.identity_public,
            static_public=admission.static_public,
            certificate_pem=certificate,
            certificate_ends=ends(certificate).isoformat(),
        )
        if not self._members.join(joined, found.code_hash, admission.digest):
            raise _refused("使用済みです", "used already")
        return certificate

    def authority_pem(self) -> bytes:
        """Return the authority's certificate, as PEM."""
        return self._authority.certificate_pem

    def _issue(self, member: Registered, request_pem: bytes) -> bytes:
        host = member.address.rpartition(":")[0].strip("[]")
        subject = Subject(self._config.city, member.role.value, member.member_id, host)
        now, days = self._clock(), self._config.certificate_days
        return issue(self._authority, request_pem, subject, now, days)

    def _check_invitation(self, member: Registered) -> None:
        taken = {self._config.coordinator}
        if not is_member_id(member.member_id) or member.member_id in taken:
            raise BadInputError(
                Text(
                    "メンバーIDは英小文字・数字・ハイフンで、統括と別のものです。",
                    "A member id takes lower-case letters, digits and hyphens, "
                    "and is not the coordinator's.",
                )
            )
        check_address(member.address)
        known = {m.member_id: m for m in self._members.all()}.get(member.member_id)
        if known is not None and known.state is MemberState.JOINED:
            raise BadInputError(
                Text(
                    f"{member.member_id} は参加済みです。",
                    f"{member.member_id} has joined already.",
                ),
                Text(
                    "入れ替えるときは先に `node revoke` してください。",
                    "To replace it, `node revoke` it first.",
                ),
            )

    def _check_keys(self, admission: Admission, member: Registered) -> None:
        sizes = {len(admission.identity_public), len(admission.static_public)}
        if sizes != {KEY_BYTES} or admission.role is not member.role:
            raise JoinRefusedError(
                Text(
                    "参加の要求の鍵または役割が、登録と合いません。",
                    "The keys or the role in the request do not fit the registration.",
                ),
                Text(
                    "参加ファイルで `init` をやり直してください。",
                    "Run `init` again with the join file.",
                ),
            )
        others = (m for m in self._members.all() if m.member_id != member.member_id)
        if any(m.identity_public == admission.identity_public for m in others):
            raise JoinRefusedError(
                Text("この鍵は別のメンバーのものです。", "These keys belong to another member."),
                Text(
                    "鍵のフォルダを写さず、`init` をやり直してください。",
                    "Do not copy a key folder; run `init` again.",
                ),
            )


def check_address(address: str) -> None:
    """Check that *address* is ``host:port``.

    Raises:
        BadInputError: it is not.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 1 << 16:
        raise BadInputError(
            Text("アドレスは ホスト:ポート です。", "An address is host:port."),
            Text("例: 127.0.0.1:50051", "For example 127.0.0.1:50051."),
        )


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.strip().upper().encode()).digest()


def _refused(ja: str, en: str) -> JoinRefusedError:
    return JoinRefusedError(
        Text(f"参加コードが{ja}。", f"The join code is {en}."),
        Text(
            "統括の担当者に新しい参加ファイルを求めてください。",
            "Ask the coordinator's operator for a new join file.",
        ),
    )
