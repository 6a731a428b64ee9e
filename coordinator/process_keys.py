"""What a process keeps secret on disk: its identity, its agreement key, its TLS key."""

from __future__ import annotations

from pathlib import Path

from coordinator.authority import Issued
from privacy.identity import AgreementKey, IdentityKey
from protos.keystore import Keystore
from protos.transport import TlsFiles

IDENTITY = "identity"
STATIC = "static"
TLS_KEY = "tls.key"
TLS_CERTIFICATE = "tls.crt"
AUTHORITY_KEY = "authority.key"
AUTHORITY_CERTIFICATE = "authority.crt"


class ProcessKeys:
    """The keys of one coordinator or dealer, read when they are needed."""

    def __init__(self, folder: Path) -> None:
        """Use the keystore at *folder*."""
        self.keystore = Keystore(folder)

    def make(self) -> None:
        """Make the identity and agreement keys that are not there yet."""
        self.keystore.keep(IDENTITY, IdentityKey.generate().seed)
        self.keystore.keep(STATIC, AgreementKey.generate().private)

    @property
    def identity(self) -> IdentityKey:
        """The Ed25519 key."""
        return IdentityKey(self.keystore.read(IDENTITY))

    @property
    def static(self) -> AgreementKey:
        """The X25519 key."""
        return AgreementKey(self.keystore.read(STATIC))

    @property
    def authority(self) -> Issued:
        """The TLS authority; only the coordinator holds its key."""
        key = self.keystore.read(AUTHORITY_KEY)
        return Issued(key, self.keystore.read(AUTHORITY_CERTIFICATE))

    @property
    def tls(self) -> TlsFiles:
        """Paths of key, certificate and authority for gRPC."""
        path = self.keystore.path
        return TlsFiles(path(TLS_KEY), path(TLS_CERTIFICATE), path(AUTHORITY_CERTIFICATE))
