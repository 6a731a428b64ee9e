"""What every step of a node needs: configuration, store, keys, clock, and the log."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nodes.config import NodeConfig
from nodes.store import Store, Tables
from privacy.audit import EntryKind, Head
from privacy.errors import RefusedError, Text
from privacy.identity import AgreementKey, IdentityKey
from privacy.roster import Roster
from protos.keystore import Keystore
from protos.transport import TlsFiles

IDENTITY = "identity"
STATIC = "static"
TLS_KEY = "tls.key"
TLS_CERTIFICATE = "tls.crt"
AUTHORITY = "authority.crt"
ROSTER = "roster"

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time now, UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class NodeContext:
    """One node's hands: everything that a step may touch."""

    config: NodeConfig
    store: Store
    keys: Keystore
    clock: Clock = utc_now

    @classmethod
    def open(cls, config_file: Path, clock: Clock = utc_now) -> NodeContext:
        """Open the node whose configuration is *config_file*.

        Raises:
            ConfigError: the configuration cannot be used.
            StorageError: the database cannot be opened.
        """
        config = NodeConfig.load(config_file)
        return cls(config, Store.open(config.home), Keystore(config.home / "keys"), clock)

    @property
    def node(self) -> str:
        """The id of this node."""
        return self.config.node

    @property
    def identity(self) -> IdentityKey:
        """The node's Ed25519 key."""
        return IdentityKey(self.keys.read(IDENTITY))

    @property
    def static(self) -> AgreementKey:
        """The node's X25519 key from the roster."""
        return AgreementKey(self.keys.read(STATIC))

    @property
    def tls(self) -> TlsFiles:
        """Paths of the node's TLS files."""
        return TlsFiles(
            self.keys.path(TLS_KEY), self.keys.path(TLS_CERTIFICATE), self.keys.path(AUTHORITY)
        )

    def now(self) -> datetime:
        """Return the time now, UTC, whole seconds."""
        return self.clock().replace(microsecond=0)

    def stamp(self) -> str:
        """Return the time now as text, RFC 3339."""
        return self.now().isoformat()

    def roster(self, tables: Tables) -> Roster:
        """Return the roster that all members have signed.

        Raises:
            RefusedError: there is none yet.
        """
        body = tables.documents.get(ROSTER)
        if body is None:
            raise RefusedError(
                Text("署名済みの名簿がまだありません。", "There is no signed roster yet."),
                Text(
                    "指紋を照合し、`enishi node roster sign` で署名してください。",
                    "Compare the fingerprints and sign with `enishi node roster sign`.",
                ),
            )
        return Roster.from_json(json.loads(body))

    def log(self, tables: Tables, kind: EntryKind, action: str, **about: str | int) -> None:
        """Append one entry to the audit log, in the transaction of what it tells of.

        ``about`` holds ids and counts only.  No log, no answer (PROTOCOL 9).  Each entry has
        a random salt: heads are shown to others, who could else try out a small count, such
        as how many children a sealed department has found, until the digest fits.
        """
        head = self.head(tables)
        said = {"action": action, **about, "salt": secrets.token_hex(16)}
        line, following = head.append(kind, self.stamp(), said)
        tables.audit.append(following.number, line.decode())

    def head(self, tables: Tables) -> Head:
        """Return where this node's log stands."""
        number, line = tables.audit.last()
        if number == 0:
            return Head.empty(self.node)
        return Head(self.node, number, hashlib.sha256(line.encode()).hexdigest())
