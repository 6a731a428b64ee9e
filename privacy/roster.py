"""The roster: the members of a federation, their pinned keys, and everyone's signature.

Members compare fingerprints out of band, then all sign the same roster; keys are valid
only through it (PROTOCOL 1).  Joining or leaving is a new roster and a new city epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from privacy.canonical import Json, canonical_digest, framed
from privacy.errors import BadInputError, ProtocolError, Text
from privacy.identity import KEY_BYTES, IdentityKey, verify

LEAST_NODES = 2
"""Nodes of a roster; two only with both sides' written acceptance (checked by policy)."""


class Role(StrEnum):
    """What a member does."""

    NODE = "node"
    DEALER = "dealer"
    COORDINATOR = "coordinator"


class Mode(StrEnum):
    """How a department takes part in linkage."""

    OPEN = "open"
    """It uploads encodings."""
    SEALED = "sealed"
    """It uploads nothing and links locally; nobody learns whom it holds."""


@dataclass(frozen=True, slots=True)
class Member:
    """One enrolled process and its public keys (32 bytes each); ``mode`` matters for nodes."""

    node_id: str
    role: Role
    name: Text
    identity_public: bytes
    static_public: bytes
    mode: Mode = Mode.OPEN

    def to_json(self) -> Json:
        """Return the member as canonical JSON takes it."""
        return {
            "node_id": self.node_id,
            "role": str(self.role),
            "name_ja": self.name.ja,
            "name_en": self.name.en,
            "identity_public": self.identity_public.hex(),
            "static_public": self.static_public.hex(),
            "mode": str(self.mode),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, str]) -> Member:
        """Read a member; unknown or missing keys are refused.

        Raises:
            BadInputError: it cannot be read.
        """
        try:
            member = cls(
                raw["node_id"],
                Role(raw["role"]),
                Text(raw["name_ja"], raw["name_en"]),
                bytes.fromhex(raw["identity_public"]),
                bytes.fromhex(raw["static_public"]),
                Mode(raw["mode"]),
            )
        except (KeyError, ValueError, TypeError) as error:
            raise _bad(
                f"構成員を読めません（{error}）", f"a member cannot be read ({error})"
            ) from error
        if member.to_json() != dict(raw):
            raise _bad("構成員に余分な項目があります", "a member has unknown or unusual entries")
        return member


@dataclass(frozen=True, slots=True)
class Roster:
    """All members of one city epoch, sorted by id."""

    city: str
    city_epoch: int
    members: tuple[Member, ...]

    def __post_init__(self) -> None:
        """Check what makes a roster usable.

        Raises:
            BadInputError: an id or key twice, a key of wrong size, no sorted order, other
                than one coordinator, more than one dealer, or too few nodes.
        """
        ids = [m.node_id for m in self.members]
        keys = [k for m in self.members for k in (m.identity_public, m.static_public)]
        roles = [m.role for m in self.members]
        if ids != sorted(set(ids)) or not all(ids):
            raise _bad("ID が重複または未整列です", "ids are repeated, empty or not sorted")
        if len(set(keys)) != len(keys) or any(len(key) != KEY_BYTES for key in keys):
            raise _bad("鍵が重複または長さ違いです", "keys are repeated or of another size")
        if roles.count(Role.COORDINATOR) != 1 or roles.count(Role.DEALER) > 1:
            raise _bad(
                "調整者は 1、配布者は 1 以下です", "it has one coordinator, at most one dealer"
            )
        if roles.count(Role.NODE) < LEAST_NODES:
            raise _bad("ノードが 2 未満です", "it has fewer than two nodes")

    @property
    def digest(self) -> bytes:
        """Return SHA-256 of the canonical JSON (32 bytes)."""
        return canonical_digest(self.to_json())

    @property
    def nodes(self) -> tuple[str, ...]:
        """Return the ids of the nodes, sorted."""
        return tuple(m.node_id for m in self.members if m.role is Role.NODE)

    def member(self, node_id: str) -> Member:
        """Return the member *node_id*.

        Raises:
            ProtocolError: nobody has this id.
        """
        for candidate in self.members:
            if candidate.node_id == node_id:
                return candidate
        raise ProtocolError(
            Text(f"{node_id} は名簿にありません。", f"{node_id} is not in the roster."),
            Text("名簿の版を照合してください。", "Compare the versions of the roster."),
        )

    def to_json(self) -> Json:
        """Return the roster as canonical JSON takes it."""
        members = [m.to_json() for m in self.members]
        return {"city": self.city, "city_epoch": self.city_epoch, "members": members}

    @classmethod
    def from_json(cls, raw: Mapping[str, object]) -> Roster:
        """Read a roster.

        Raises:
            BadInputError: it cannot be read or breaks a rule of rosters.
        """
        city, epoch, members = raw.get("city"), raw.get("city_epoch"), raw.get("members")
        if (
            set(raw) != {"city", "city_epoch", "members"}
            or not isinstance(city, str)
            or type(epoch) is not int
            or not isinstance(members, list)
        ):
            raise _bad("項目が不足または余分です", "entries are missing or unknown")
        return cls(city, epoch, tuple(Member.from_json(m) for m in members))

    def sign(self, identity: IdentityKey) -> bytes:
        """Return one member's signature of this roster."""
        return identity.sign(self._signed())

    def check_signatures(self, signatures: Mapping[str, bytes]) -> None:
        """Check that every member, dealer and coordinator too, signed this roster.

        Raises:
            ProtocolError: naming who has not signed, or whose signature is wrong.
        """
        missing = [m.node_id for m in self.members if m.node_id not in signatures]
        if missing:
            names = ", ".join(missing)
            raise ProtocolError(
                Text(f"名簿に未署名の構成員がいます: {names}。", f"Not all have signed: {names}."),
                Text(
                    "指紋を照合したうえで署名を求めてください。",
                    "Compare fingerprints and ask them to sign the roster.",
                ),
            )
        for m in self.members:
            self.check_signature(m.node_id, signatures[m.node_id])

    def check_signature(self, node_id: str, signature: bytes) -> None:
        """Check one member's signature.

        Raises:
            ProtocolError: *node_id* is no member, or did not sign this roster.
        """
        verify(self.member(node_id).identity_public, self._signed(), signature, node_id)

    def _signed(self) -> bytes:
        return framed(b"enishi/v1/roster", self.digest)


def _bad(ja: str, en: str) -> BadInputError:
    return BadInputError(
        Text(f"名簿が不正です: {ja}。", f"The roster is wrong: {en}."),
        Text("名簿ファイルを作り直してください。", "Make the roster file again."),
    )
