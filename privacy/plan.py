"""The plan: the signed, canonical description of one run (PROTOCOL 8).

Everything that a node decides on stands in it, so its digest is what operators approve
and what transcripts bind.  Canonical JSON, SHA-256, detached Ed25519.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from privacy.canonical import Json, canonical_bytes, canonical_digest, framed
from privacy.errors import BadInputError, ProtocolError, RefusedError, Text
from privacy.identity import IdentityKey, verify

VERSION = 1
_WHERE_TRUE = ("households",)
"""Entries that a plan has only where they are true: older members read all others."""
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


class PlanKind(StrEnum):
    """What a run does."""

    LINK = "link"
    SCREEN = "screen"
    STATISTICS = "statistics"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One run; texts are empty, bytes empty and numbers 0 where a kind has no use for them.

    Args:
        kind: link, screen or statistics.
        purpose: the purpose's id in the catalogue.
        legal_basis: ids of legal bases.
        items: data item ids (D-nn) by department.
        nodes: ids of the nodes that take part, sorted.
        roster_digest: 32 bytes.
        link_epoch: the epoch whose keys and slots the run uses.
        schema_digest: 32 bytes of the linkage schema.
        slot_table: version of the slot table; 0 before the first.
        created: when the plan was made, UTC, whole seconds.
        expires: when it may no longer run.
        dealer: id of the dealer.
        receiver: the receiving node of a screening.
        anchor: the anchor department of a statistic.
        definition: the screening definition or the query, as JSON.
        digits: the mixed-radix digits, as JSON.
        tables: the tables, as JSON; ``table_digest`` follows from them.
        rho_nano: the charge in nano-rho.
        households: whether a link round also says which slots live together; written
            only where it is true, so that other plans read as they always did.
    """

    kind: PlanKind
    purpose: str
    legal_basis: tuple[str, ...]
    items: Mapping[str, tuple[str, ...]]
    nodes: tuple[str, ...]
    roster_digest: bytes
    link_epoch: int
    schema_digest: bytes
    created: datetime
    expires: datetime
    slot_table: int = 0
    dealer: str = ""
    receiver: str = ""
    anchor: str = ""
    definition: Json = field(default=None)
    digits: Json = field(default=None)
    tables: Json = field(default=None)
    rho_nano: int = 0
    households: bool = False
    version: int = VERSION

    def __post_init__(self) -> None:
        """Check what every plan must hold.

        Raises:
            BadInputError: naming the entry that is wrong.
        """
        _check(self)

    @property
    def table_digest(self) -> bytes:
        """Return SHA-256 of the canonical JSON of the tables (32 bytes)."""
        return canonical_digest(self.tables)

    @property
    def digest(self) -> bytes:
        """Return SHA-256 of the canonical JSON (32 bytes): what is approved and bound."""
        return canonical_digest(self.to_json())

    def to_json(self) -> dict[str, Json]:
        """Return the plan as canonical JSON takes it."""
        plan: dict[str, Json] = {
            "version": self.version,
            "kind": str(self.kind),
            "purpose": self.purpose,
            "legal_basis": list(self.legal_basis),
            "items": {department: list(items) for department, items in self.items.items()},
            "nodes": list(self.nodes),
            "roster_digest": self.roster_digest.hex(),
            "link_epoch": self.link_epoch,
            "schema_digest": self.schema_digest.hex(),
            "slot_table": self.slot_table,
            "created": self.created.astimezone(UTC).strftime(_TIME_FORMAT),
            "expires": self.expires.astimezone(UTC).strftime(_TIME_FORMAT),
            "dealer": self.dealer,
            "receiver": self.receiver,
            "anchor": self.anchor,
            "definition": self.definition,
            "digits": self.digits,
            "tables": self.tables,
            "table_digest": self.table_digest.hex(),
            "rho_nano": self.rho_nano,
        }
        return plan | ({"households": True} if self.households else {})

    def to_bytes(self) -> bytes:
        """Return the canonical JSON; `from_bytes` reads it back."""
        return canonical_bytes(self.to_json())

    @classmethod
    def from_bytes(cls, data: bytes) -> Plan:
        """Read a plan from its canonical JSON.

        Raises:
            BadInputError: not a plan, unknown or missing entries, a wrong value, or JSON
                that is not in canonical form.
        """
        try:
            raw = json.loads(data)
            plan = cls(**_arguments(raw))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            kind = type(error).__name__
            raise _bad(f"読み取れません（{kind}）", f"it cannot be read ({kind})") from error
        if plan.to_bytes() != data:
            raise _bad("正準形ではありません", "it is not canonical or has unknown entries")
        return plan

    def sign(self, identity: IdentityKey) -> bytes:
        """Return the detached signature of this plan by *identity*."""
        return identity.sign(self._signed())

    def check_signature(self, signature: bytes, public: bytes, signer: str) -> None:
        """Check the detached *signature* by *signer*.

        Raises:
            ProtocolError: it is not of this plan by this key.
        """
        verify(public, self._signed(), signature, signer)

    def check_current(self, now: datetime) -> None:
        """Check the plan's time window against *now*.

        Raises:
            RefusedError: the plan has expired.
            ProtocolError: it is dated later than *now*.
        """
        if now >= self.expires:
            until = self.to_json()["expires"]
            raise RefusedError(
                Text(f"計画の期限（{until}）が過ぎています。", f"The plan expired at {until}."),
                Text(
                    "新しい計画を作成し、承認を得てください。", "Make a new plan; have it approved."
                ),
            )
        if now < self.created:
            raise ProtocolError(
                Text("計画の作成日時が未来です。", "The plan is dated in the future."),
                Text("双方の時計を確認してください。", "Check the clocks on both sides."),
            )

    def _signed(self) -> bytes:
        return framed(b"enishi/v1/plan", self.digest)


def _arguments(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the constructor's arguments from JSON; absent keys raise KeyError."""
    given = {f.name: raw[f.name] for f in fields(Plan) if f.name not in _WHERE_TRUE}
    given |= {name: raw.get(name, False) for name in _WHERE_TRUE}
    return given | {
        "kind": PlanKind(raw["kind"]),
        "legal_basis": tuple(raw["legal_basis"]),
        "items": {department: tuple(items) for department, items in raw["items"].items()},
        "nodes": tuple(raw["nodes"]),
        "roster_digest": bytes.fromhex(raw["roster_digest"]),
        "schema_digest": bytes.fromhex(raw["schema_digest"]),
        "created": _time(raw["created"]),
        "expires": _time(raw["expires"]),
    }


def _time(text: str) -> datetime:
    return datetime.strptime(text, _TIME_FORMAT).replace(tzinfo=UTC)


def _check(plan: Plan) -> None:
    if plan.version != VERSION:
        raise _bad("未対応の版です", "its version is unknown")
    for name in ("roster_digest", "schema_digest"):
        if len(getattr(plan, name)) != 32:  # noqa: PLR2004 - SHA-256
            raise _bad(f"{name} は 32 バイトです", f"{name} has not 32 bytes")
    for name in ("link_epoch", "slot_table", "rho_nano"):
        number = getattr(plan, name)
        if type(number) is not int or number < 0:
            raise _bad(f"{name} は 0 以上の整数です", f"{name} is not an integer from 0")
    for name in _WHERE_TRUE:
        if type(getattr(plan, name)) is not bool:
            raise _bad(f"{name} は真偽値です", f"{name} is not true or false")
    if list(plan.nodes) != sorted(set(plan.nodes)) or not plan.nodes:
        raise _bad("nodes は重複のない昇順です", "nodes are repeated, missing or not sorted")
    named = set(plan.items) | {n for n in (plan.receiver, plan.anchor) if n}
    if not named <= set(plan.nodes):
        raise _bad("nodes にない部署があります", "it names a department that is not in nodes")
    _check_times(plan)
    _check_kind(plan)


def _check_times(plan: Plan) -> None:
    for time in (plan.created, plan.expires):
        if time.tzinfo is None or time.microsecond:
            raise _bad("日時は秒単位で時差つきです", "times have a zone and whole seconds")
    if plan.expires <= plan.created:
        raise _bad("期限が作成より前です", "it expires before it begins")


def _check_kind(plan: Plan) -> None:
    if not plan.purpose:
        raise _bad("目的がありません", "its purpose is empty")
    if plan.households and plan.kind is not PlanKind.LINK:
        raise _bad("households は連携の計画だけです", "only a link plan asks for households")
    screening, statistics = plan.kind is PlanKind.SCREEN, plan.kind is PlanKind.STATISTICS
    if bool(plan.receiver) != screening:
        raise _bad("受取ノードはスクリーニングで 1 つです", "exactly a screening has a receiver")
    shared = screening or (statistics and len(plan.items) > 1)  # one department alone adds noise
    if shared and not (plan.dealer and plan.slot_table):
        raise _bad("配布者とスロット表が要ります", "it needs a dealer and a slot table")
    if statistics != bool(plan.rho_nano) or statistics != bool(plan.anchor):
        raise _bad(
            "統計には基準部署と費用が要ります", "exactly a statistic has an anchor and a charge"
        )


def _bad(ja: str, en: str) -> BadInputError:
    return BadInputError(
        Text(f"計画が不正です: {ja}。", f"The plan is wrong: {en}."),
        Text("調整者に正しい計画を求めてください。", "Ask the coordinator for a correct plan."),
    )
