"""The dealer as a member: its roster, its operator's signature, its log's heads."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from coordinator.errors import RosterMissingError
from coordinator.process_keys import ProcessKeys
from coordinator.store.audit import AuditLog
from coordinator.store.engine import Database
from coordinator.store.members import RosterStore
from privacy.audit import EntryKind, SignedHead
from privacy.canonical import canonical_bytes
from privacy.errors import ProtocolError, RefusedError, Text
from privacy.roster import Roster


class Membership:
    """What a member keeps of its federation besides its keys."""

    def __init__(
        self,
        member_id: str,
        keys: ProcessKeys,
        database: Database,
        clock: Callable[[], datetime],
    ) -> None:
        """Use the member's *keys* and *database*."""
        self._member_id = member_id
        self._keys = keys
        self._rosters = RosterStore(database)
        self._audit = AuditLog(database, member_id)
        self._clock = clock

    def propose(self, roster: Roster) -> bytes | None:
        """Keep a proposed roster; return our signature once the operator has given it.

        Raises:
            ProtocolError: it names other keys for this member, or is older than ours.
        """
        own = roster.member(self._member_id)
        ours = (self._keys.identity.public, self._keys.static.public)
        if (own.identity_public, own.static_public) != ours:
            raise ProtocolError(
                Text("名簿にある当方の鍵が違います。", "The roster names other keys for us."),
                Text("参加の手続きをやり直してください。", "Join the federation again."),
            )
        newest = self._rosters.newest()
        if newest is None or newest.version < roster.city_epoch:
            body = canonical_bytes(roster.to_json())
            self._rosters.propose(roster.city_epoch, roster.digest, body)
            return None
        if newest.digest != roster.digest:
            raise ProtocolError(
                Text(
                    "同じか新しい番号の、別の名簿が手元にあります。",
                    "Another roster of this or a newer number is here.",
                ),
                Text(
                    "統括の担当者と照合してください。", "Compare with the coordinator's operator."
                ),
            )
        return newest.signatures.get(self._member_id)

    def sign(self, digest: str = "") -> Roster:
        """Sign the proposed roster by the operator's word; they have compared fingerprints.

        With *digest*, only if the roster is still the one that they compared.

        Raises:
            RosterMissingError: none was proposed.
            RefusedError: another roster has been proposed since.
        """
        newest = self._rosters.newest()
        if newest is None:
            raise RosterMissingError
        roster = Roster.from_json(json.loads(newest.body))
        if digest and digest != roster.digest.hex():
            raise RefusedError(
                Text("この要約値の名簿は届いていません。", "No roster of this digest has arrived."),
                Text(
                    "`enishi dealer status` で見直し、照合し直してください。",
                    "Look again with `enishi dealer status`, and compare again.",
                ),
            )
        self._rosters.sign(newest.version, self._member_id, roster.sign(self._keys.identity))
        self._audit.note(
            EntryKind.CHANGED,
            self._clock(),
            {"roster": roster.digest.hex(), "members": len(roster.members)},
        )
        return roster

    def proposed(self) -> Roster | None:
        """Return the newest roster that was proposed, or nothing."""
        newest = self._rosters.newest()
        return None if newest is None else Roster.from_json(json.loads(newest.body))

    def accept(self, roster: Roster, signatures: Mapping[str, bytes]) -> None:
        """Put a roster in force that all have signed, this member's operator among them.

        Raises:
            ProtocolError: a signature is missing or wrong.
            RefusedError: our operator has not signed this roster.
        """
        roster.check_signatures(signatures)
        newest = self._rosters.newest()
        known = newest is not None and newest.digest == roster.digest
        if newest is None or not known or self._member_id not in newest.signatures:
            raise RefusedError(
                Text(
                    "当方の担当者はこの名簿に署名していません。", "Our operator has not signed it."
                ),
                Text("`roster sign` で署名してください。", "Sign it with `roster sign`."),
            )
        if not newest.accepted:
            for signer, value in signatures.items():
                self._rosters.sign(newest.version, signer, value)
            self._rosters.accept(newest.version)
            self._audit.note(
                EntryKind.CHANGED, self._clock(), {"roster_accepted": roster.digest.hex()}
            )

    def roster(self) -> Roster:
        """Return the roster in force.

        Raises:
            RosterMissingError: there is none.
        """
        newest = self._rosters.newest()
        if newest is None or not newest.accepted:
            raise RosterMissingError
        return Roster.from_json(json.loads(newest.body))

    def head(self, run: str) -> SignedHead:
        """Return the signed head of our log after *run*, kept for later comparison."""
        self._audit.note(EntryKind.ASKED, self._clock(), {"head_for": run})
        signed = SignedHead.of(self._audit.head(), self._keys.identity.sign)
        self._audit.keep_head(signed)
        return signed

    def countersign(self, heads: Sequence[SignedHead]) -> tuple[bytes, ...]:
        """Check, keep and sign other members' heads, in their order.

        Raises:
            AuditBrokenError: a head's signature is wrong.
            ProtocolError: a log was rewritten: another digest at a number that we know, or
                fewer entries than we know of.
        """
        keys = {m.node_id: m.identity_public for m in self.roster().members}
        signatures = []
        for signed in heads:
            signed.check(keys)
            known = {k.head.number: k.head.digest for k in self._audit.heads(signed.head.log)}
            shorter = signed.head.number < max(known, default=0)
            if shorter or known.get(signed.head.number, signed.head.digest) != signed.head.digest:
                raise ProtocolError(
                    Text(
                        f"{signed.head.log} の監査記録が書き換えられています。",
                        f"The audit log of {signed.head.log} was rewritten.",
                    ),
                    Text(
                        "記録を保全し、監査してください。", "Keep the logs and have them audited."
                    ),
                )
            self._audit.keep_head(signed)
            signatures.append(self._keys.identity.sign(signed.head.signed_bytes()))
        return tuple(signatures)
