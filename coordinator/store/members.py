"""Who belongs to the federation: invited, joined, revoked; rosters, signatures, city epochs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, insert, select, update

from coordinator.errors import UnknownMemberError
from coordinator.store.engine import Database
from coordinator.store.tables import cities, codes, members, roster_signatures, rosters
from privacy.errors import Text


class MemberRole(StrEnum):
    """What a registered member does."""

    NODE = "node"
    """A department's process."""
    DEALER = "dealer"
    """The process of another body that deals randomness."""


class MemberState(StrEnum):
    """Where a registered member stands."""

    INVITED = "invited"
    """A join file was written; its code was not used yet."""
    JOINED = "joined"
    """It holds a certificate, and the registry its public keys."""
    REVOKED = "revoked"
    """It is not dialled any more and stands in no new roster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """One member as the coordinator's registry knows it: public values only."""

    member_id: str
    role: MemberRole
    name_ja: str
    name_en: str
    address: str
    sealed: bool = False
    state: MemberState = MemberState.INVITED
    identity_public: bytes = b""
    """Ed25519, 32 bytes; empty until it has joined."""
    static_public: bytes = b""
    """X25519, 32 bytes; empty until it has joined."""
    certificate_pem: bytes = b""
    certificate_ends: str = ""


@dataclass(frozen=True, slots=True)
class JoinCode:
    """What is kept of a one-time code: its SHA-256, whose it is, until when, who used it."""

    code_hash: bytes
    member_id: str
    expires: datetime
    request_digest: bytes | None = None


@dataclass(frozen=True, slots=True)
class StoredRoster:
    """A roster's canonical bytes with the signatures that have come in."""

    version: int
    digest: bytes
    body: bytes
    accepted: bool
    signatures: dict[str, bytes]


class MemberStore:
    """The registry's tables."""

    def __init__(self, database: Database) -> None:
        """Use *database*."""
        self._database = database

    def all(self) -> tuple[Registered, ...]:
        """Return every member that was ever added, by id."""
        with self._database.read() as connection:
            rows = connection.execute(select(members).order_by(members.c.id)).mappings()
            return tuple(_registered(row) for row in rows)

    def joined(self, role: MemberRole) -> tuple[Registered, ...]:
        """Return the members of *role* that have joined and are not revoked, by id."""
        return tuple(m for m in self.all() if m.role is role and m.state is MemberState.JOINED)

    def get(self, member_id: str) -> Registered:
        """Return one member.

        Raises:
            UnknownMemberError: no member has this id.
        """
        with self._database.read() as connection:
            return _get(connection, member_id)

    def invite(self, member: Registered, code: JoinCode) -> None:
        """Register *member* (or invite it again), with the only code that is now valid."""
        with self._database.write() as connection:
            known = connection.execute(
                select(members.c.id).where(members.c.id == member.member_id)
            ).first()
            if known is None:
                connection.execute(insert(members).values(_values(member)))
            else:
                connection.execute(
                    update(members).where(members.c.id == member.member_id).values(_values(member))
                )
            connection.execute(codes.delete().where(codes.c.member_id == member.member_id))
            connection.execute(
                insert(codes).values(
                    code_hash=code.code_hash,
                    member_id=code.member_id,
                    expires=code.expires.isoformat(),
                )
            )

    def code(self, code_hash: bytes) -> JoinCode | None:
        """Return the code with this hash, or nothing."""
        with self._database.read() as connection:
            row = (
                connection.execute(select(codes).where(codes.c.code_hash == code_hash))
                .mappings()
                .first()
            )
        if row is None:
            return None
        expires = datetime.fromisoformat(row["expires"])
        return JoinCode(row["code_hash"], row["member_id"], expires, row["request_digest"])

    def join(self, member: Registered, code_hash: bytes, request_digest: bytes) -> bool:
        """Store *member* as joined and the code as used, in one transaction.

        Returns:
            Whether the code was still unused; if not, nothing is stored.
        """
        with self._database.write() as connection:
            used = connection.execute(
                update(codes)
                .where(codes.c.code_hash == code_hash, codes.c.request_digest.is_(None))
                .values(request_digest=request_digest)
            )
            if used.rowcount != 1:
                return False
            connection.execute(
                update(members).where(members.c.id == member.member_id).values(_values(member))
            )
        return True

    def revoke(self, member_id: str) -> None:
        """Mark a member as revoked and its codes as gone.

        Raises:
            UnknownMemberError: no member has this id.
        """
        with self._database.write() as connection:
            _get(connection, member_id)
            connection.execute(
                update(members)
                .where(members.c.id == member_id)
                .values(state=MemberState.REVOKED.value)
            )
            connection.execute(codes.delete().where(codes.c.member_id == member_id))


class RosterStore:
    """Rosters with their signatures, and the city epochs made under them."""

    def __init__(self, database: Database) -> None:
        """Use *database*."""
        self._database = database

    def newest(self) -> StoredRoster | None:
        """Return the roster with the highest version, or nothing."""
        with self._database.read() as connection:
            row = (
                connection.execute(select(rosters).order_by(rosters.c.version.desc()).limit(1))
                .mappings()
                .first()
            )
            if row is None:
                return None
            signed = connection.execute(
                select(roster_signatures).where(roster_signatures.c.version == row["version"])
            ).mappings()
            signatures = {s["signer"]: s["value"] for s in signed}
        return StoredRoster(row["version"], row["digest"], row["body"], row["accepted"], signatures)

    def propose(self, version: int, digest: bytes, body: bytes) -> None:
        """Keep a new roster that nobody has signed yet."""
        with self._database.write() as connection:
            connection.execute(
                insert(rosters).values(version=version, digest=digest, body=body, accepted=False)
            )

    def sign(self, version: int, signer: str, value: bytes) -> None:
        """Keep one member's signature; a second one of the same member changes nothing."""
        with self._database.write() as connection:
            key = (roster_signatures.c.version == version, roster_signatures.c.signer == signer)
            if connection.execute(select(roster_signatures).where(*key)).first() is None:
                connection.execute(
                    insert(roster_signatures).values(version=version, signer=signer, value=value)
                )

    def accept(self, version: int) -> None:
        """Note that every member holds the roster with all signatures."""
        with self._database.write() as connection:
            connection.execute(
                update(rosters).where(rosters.c.version == version).values(accepted=True)
            )

    def city_epoch(self, roster_digest: bytes) -> int | None:
        """Return the newest city epoch that all nodes of this roster confirmed, or nothing."""
        with self._database.read() as connection:
            row = connection.execute(
                select(cities.c.epoch)
                .where(cities.c.roster_digest == roster_digest, cities.c.confirmed)
                .order_by(cities.c.epoch.desc())
                .limit(1)
            ).first()
        return None if row is None else int(row[0])

    def last_city_epoch(self) -> int:
        """Return the highest city epoch ever used, 0 before the first."""
        with self._database.read() as connection:
            return _last_epoch(connection)

    def new_city_epoch(self, roster_digest: bytes, *, at_least: int) -> int:
        """Open a city epoch whose number was never used before."""
        with self._database.write() as connection:
            epoch = max(at_least, _last_epoch(connection) + 1)
            connection.execute(
                insert(cities).values(epoch=epoch, roster_digest=roster_digest, confirmed=False)
            )
        return epoch

    def confirm_city(self, epoch: int) -> None:
        """Note that every node has checked every confirmation of *epoch*."""
        with self._database.write() as connection:
            connection.execute(update(cities).where(cities.c.epoch == epoch).values(confirmed=True))


def _last_epoch(connection: Connection) -> int:
    found = connection.execute(
        select(cities.c.epoch).order_by(cities.c.epoch.desc()).limit(1)
    ).scalar()
    return 0 if found is None else int(found)


def _get(connection: Connection, member_id: str) -> Registered:
    row = connection.execute(select(members).where(members.c.id == member_id)).mappings().first()
    if row is None:
        raise UnknownMemberError(
            Text(f"{member_id} は登録されていません。", f"{member_id} is not registered."),
            Text("`node list` で一覧を見てください。", "See the list with `node list`."),
        )
    return _registered(row)


def _registered(row: RowMapping) -> Registered:
    return Registered(
        member_id=row["id"],
        role=MemberRole(row["role"]),
        name_ja=row["name_ja"],
        name_en=row["name_en"],
        address=row["address"],
        sealed=row["sealed"],
        state=MemberState(row["state"]),
        identity_public=row["identity_public"] or b"",
        static_public=row["static_public"] or b"",
        certificate_pem=row["certificate_pem"] or b"",
        certificate_ends=row["certificate_ends"] or "",
    )


def _values(member: Registered) -> dict[str, object]:
    return {
        "id": member.member_id,
        "role": member.role.value,
        "name_ja": member.name_ja,
        "name_en": member.name_en,
        "address": member.address,
        "sealed": member.sealed,
        "state": member.state.value,
        "identity_public": member.identity_public or None,
        "static_public": member.static_public or None,
        "certificate_pem": member.certificate_pem or None,
        "certificate_ends": member.certificate_ends or None,
    }
