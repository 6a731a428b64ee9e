"""Joining the federation: the roster, and the contributory city secret (PROTOCOL 1).

Commit -> contributions sealed to each pinned peer -> confirmations that every node
checks.  The coordinator relays and learns nothing but digests and ciphertexts.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping

from nodes.driver.context import ROSTER, NodeContext
from nodes.driver.epochs import close_all, destroy_closed
from nodes.store import Tables
from privacy.audit import EntryKind
from privacy.canonical import canonical_bytes
from privacy.envelope import hpke_info, hpke_open, hpke_seal
from privacy.errors import ProtocolError, RefusedError, Text
from privacy.keys import KEY_BYTES, CityKey, city_key, commitment
from privacy.roster import Member, Roster

PROPOSED = "roster/proposed"
SIGNATURE = "roster/signature"
CITY = "city"


class Enrolment:
    """One node's part in making a roster and a city key."""

    def __init__(self, context: NodeContext) -> None:
        """Work on *context*."""
        self._context = context

    def propose(self, roster: Roster) -> bytes | None:
        """Keep a proposed roster; return the operator's signature if it is there.

        Raises:
            RefusedError: the roster names other keys for this node than it has, or is older
                than the one in use.
        """
        self._check_own(roster)
        context = self._context
        with context.store.transaction() as tables:
            self._check_newer(tables, roster)
            known = tables.documents.get(PROPOSED)
            body = canonical_bytes(roster.to_json())
            if known != body:
                tables.documents.put(PROPOSED, context.stamp(), body)
                tables.documents.remove(SIGNATURE)
                context.log(tables, EntryKind.ASKED, "roster", digest=roster.digest.hex())
            return tables.documents.get(SIGNATURE)

    def proposed(self) -> Roster | None:
        """Return the roster that waits for the operator's signature, or was signed last."""
        with self._context.store.reading() as tables:
            body = tables.documents.get(PROPOSED)
        return Roster.from_json(json.loads(body)) if body else None

    def sign(self, digest: str) -> None:
        """Sign the proposed roster, after the operator compared all fingerprints.

        Raises:
            RefusedError: nothing waits, or something else than *digest* does.
        """
        roster = self.proposed()
        if roster is None or roster.digest.hex() != digest:
            raise RefusedError(
                Text("この要約値の名簿は届いていません。", "No roster of this digest has arrived."),
                Text(
                    "`enishi node roster show` で確かめてください。",
                    "See `enishi node roster show`.",
                ),
            )
        context = self._context
        signature = roster.sign(context.identity)
        with context.store.transaction() as tables:
            tables.documents.put(SIGNATURE, context.stamp(), signature)
            context.log(tables, EntryKind.CHANGED, "roster-signed", digest=digest)

    def accept(self, roster: Roster, signatures: Mapping[str, bytes]) -> None:
        """Take a roster that everybody signed, this node included, into use.

        Raises:
            ProtocolError: a signature is missing or wrong.
            RefusedError: this node did not sign this roster, or it is older than the one in use.
        """
        self._check_own(roster)
        roster.check_signatures(signatures)
        context = self._context
        body = canonical_bytes(roster.to_json())
        with context.store.transaction() as tables:
            if tables.documents.get(ROSTER) == body:
                return
            self._check_newer(tables, roster)
            if tables.documents.get(PROPOSED) != body:
                raise RefusedError(
                    Text(
                        "署名した名簿と違います。", "This is not the roster that was signed here."
                    ),
                )
            tables.documents.put(ROSTER, context.stamp(), body)
            context.log(
                tables,
                EntryKind.CHANGED,
                "roster",
                digest=roster.digest.hex(),
                members=len(roster.members),
            )

    def commit(self, roster_digest: bytes) -> bytes:
        """Draw this node's contribution to the city key, once a roster; return its digest."""
        roster = self._roster(roster_digest)
        fresh = secrets.token_bytes(KEY_BYTES)
        return commitment(self._context.keys.keep(_contribution(roster), fresh))

    def contributions(
        self, roster_digest: bytes, commitments: Mapping[str, bytes]
    ) -> dict[str, bytes]:
        """Return this node's contribution sealed to every peer, after all have committed.

        Raises:
            ProtocolError: a commitment is missing, or other ones were shown before.
        """
        context, roster = self._context, self._roster(roster_digest)
        own = context.keys.read(_contribution(roster))
        self._check_commitments(roster, commitments, own)
        sealed = {}
        with context.store.transaction() as tables:
            self._keep_commitments(tables, roster, commitments)
            run = f"city/{roster.digest.hex()}"
            for peer in self._peers(roster):
                body = tables.messages.body(run, "contribution", context.node, peer.node_id, 0)
                if body is None:
                    info = _info(roster, context.node, peer.node_id)
                    body = hpke_seal(peer.static_public, context.static, info, own)
                    tables.messages.put(run, "contribution", context.node, peer.node_id, 0, body)
                sealed[peer.node_id] = body
            context.log(tables, EntryKind.SENT, "contribution", city_epoch=roster.city_epoch)
        return sealed

    def receive(self, roster_digest: bytes, shares: Mapping[str, bytes]) -> bytes:
        """Open the peers' contributions, make the city key, return this node's confirmation.

        Raises:
            ProtocolError: a share is missing, from another sender, or not as committed.
        """
        context, roster = self._context, self._roster(roster_digest)
        with context.store.reading() as tables:
            commitments = self._kept_commitments(tables, roster)
        parts = {context.node: context.keys.read(_contribution(roster))}
        for peer in self._peers(roster):
            info = _info(roster, peer.node_id, context.node)
            share = shares.get(peer.node_id, b"")
            parts[peer.node_id] = hpke_open(context.static, peer.static_public, info, share)
        key = city_key(roster.city_epoch, parts, commitments)
        context.keys.write(_pending(roster), key.secret)
        return key.confirmation(context.node, roster.digest)

    def confirm(self, roster_digest: bytes, confirmations: Mapping[str, bytes]) -> None:
        """Check that all nodes hold the same city key, then take it into use.

        The contribution, the keys of older epochs, and every link epoch's secret are
        destroyed: encodings made from now on cannot be connected with those before.

        Raises:
            ProtocolError: a node did not confirm, or holds another key.
        """
        context, roster = self._context, self._roster(roster_digest)
        if context.keys.has(_city(roster.city_epoch)) and not context.keys.has(_pending(roster)):
            return
        key = CityKey(roster.city_epoch, context.keys.read(_pending(roster)))
        for node in roster.nodes:
            key.check_confirmation(node, roster.digest, confirmations.get(node, b""))
        context.keys.write(_city(roster.city_epoch), key.secret)
        with context.store.transaction() as tables:
            tables.documents.put(CITY, context.stamp(), str(roster.city_epoch).encode())
            tables.messages.forget(f"city/{roster.digest.hex()}")
            close_all(context, tables)
            context.log(tables, EntryKind.CHANGED, "city-key", city_epoch=roster.city_epoch)
        destroy_closed(context)
        older = [n for n in context.keys.names("city") if n != _city(roster.city_epoch)]
        # The pending key goes last: while it is there, a repeat of this step goes on here.
        for name in (_contribution(roster), *older, _pending(roster)):
            context.keys.destroy(name)

    def _check_own(self, roster: Roster) -> None:
        context = self._context
        own = roster.member(context.node)
        keys = (context.identity.public, context.static.public)
        if (own.identity_public, own.static_public) != keys:
            raise RefusedError(
                Text(
                    "名簿にあるこのノードの鍵が、手元の鍵と違います。",
                    "The roster names other keys for this node than it holds.",
                ),
                Text(
                    "統括に連絡し、参加からやり直してください。",
                    "Tell the coordinator; join again.",
                ),
            )

    def _check_newer(self, tables: Tables, roster: Roster) -> None:
        """Refuse to go back to an older roster: one that all once signed may name who has left."""
        body = tables.documents.get(ROSTER)
        if body is None or body == canonical_bytes(roster.to_json()):
            return
        epoch = Roster.from_json(json.loads(body)).city_epoch
        if roster.city_epoch <= epoch:
            raise RefusedError(
                Text(
                    f"使用中の名簿(第{epoch}期)より古い名簿です。",
                    f"This roster is no newer than the one in use (epoch {epoch}).",
                ),
                Text("新しい番号の名簿を作ってください。", "Make a roster of a new epoch."),
            )

    def _roster(self, digest: bytes) -> Roster:
        with self._context.store.reading() as tables:
            roster = self._context.roster(tables)
        if roster.digest != digest:
            raise ProtocolError(
                Text("名簿の要約値が手元と違います。", "The roster's digest is not ours."),
                Text("名簿を配り直してください。", "Distribute the roster again."),
            )
        return roster

    def _peers(self, roster: Roster) -> list[Member]:
        return [roster.member(node) for node in roster.nodes if node != self._context.node]

    def _check_commitments(
        self, roster: Roster, commitments: Mapping[str, bytes], own: bytes
    ) -> None:
        complete = set(commitments) == set(roster.nodes)
        if not complete or commitments[self._context.node] != commitment(own):
            raise ProtocolError(
                Text("鍵の約束値が揃っていません。", "The key commitments are not complete."),
                Text("鍵の作成を最初からやり直してください。", "Start the key contribution again."),
            )

    def _keep_commitments(
        self, tables: Tables, roster: Roster, commitments: Mapping[str, bytes]
    ) -> None:
        name = f"commitments/{roster.digest.hex()}"
        body = canonical_bytes({node: value.hex() for node, value in commitments.items()})
        known = tables.documents.get(name)
        if known is not None and known != body:
            raise ProtocolError(
                Text("前と違う約束値が届きました。", "Other commitments were shown before."),
                Text("新しい名簿でやり直してください。", "Start again with a new roster."),
            )
        if known is None:
            tables.documents.put(name, self._context.stamp(), body)

    def _kept_commitments(self, tables: Tables, roster: Roster) -> dict[str, bytes]:
        body = tables.documents.get(f"commitments/{roster.digest.hex()}")
        if body is None:
            raise ProtocolError(
                Text("約束値の前に寄与が届きました。", "Contributions came before commitments."),
            )
        return {node: bytes.fromhex(value) for node, value in json.loads(body).items()}


def current_city_key(context: NodeContext) -> CityKey:
    """Return the city key of the roster in use; an older one may be known to who has left.

    Raises:
        RefusedError: none has been made yet for this roster.
    """
    with context.store.reading() as tables:
        epoch = tables.documents.get(CITY)
        known = epoch is not None and int(epoch) == context.roster(tables).city_epoch
    if epoch is None or not known:
        raise RefusedError(
            Text("都市鍵がまだありません。", "There is no city key yet."),
            Text(
                "統括の名簿の手続きが終わるのを待ってください。",
                "Wait until the roster is complete.",
            ),
        )
    return CityKey(int(epoch), context.keys.read(_city(int(epoch))))


def _contribution(roster: Roster) -> str:
    return f"contribution/{roster.digest.hex()}"


def _pending(roster: Roster) -> str:
    return f"pending/{roster.digest.hex()}"


def _city(epoch: int) -> str:
    return f"city/{epoch}"


def _info(roster: Roster, sender: str, receiver: str) -> bytes:
    epoch = roster.city_epoch.to_bytes(8, "big")
    return hpke_info("contribution", roster.digest, epoch, sender.encode(), receiver.encode())
