"""The gRPC plumbing that every process shares: mutual TLS, limits, peers, errors.

Authorisation is by the SPIFFE id in the peer's certificate (PROTOCOL 1), never by
its common name; the client checks the server by the name `<id>.enishi.internal`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import grpc

from privacy.errors import BadInputError, Text
from protos.guard import Guard, Report

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
"""No message is larger; streams are cut into chunks below it."""

CHUNK_BYTES = 1024 * 1024
"""The payload that one message of a stream aims for."""

_OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
)
_SERVER_OPTIONS = (
    *_OPTIONS,
    ("grpc.server_handshake_timeout_ms", 3_000),
    ("grpc.so_reuseport", 0),
)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Paths of one process's key, its certificate and the federation's authority."""

    key: Path
    certificate: Path
    authority: Path

    def read(self) -> tuple[bytes, bytes, bytes]:
        """Return key, certificate and authority as PEM.

        Raises:
            BadInputError: a file is missing or unreadable.
        """
        try:
            return (
                self.key.read_bytes(),
                self.certificate.read_bytes(),
                self.authority.read_bytes(),
            )
        except OSError as error:
            name = Path(error.filename or "").name
            raise BadInputError(
                Text(
                    f"TLSのファイル {name} を読めません。", f"The TLS file {name} cannot be read."
                ),
                Text("参加の手続き(join)をやり直してください。", "Join the federation again."),
            ) from error


def spiffe_id(city: str, role: str, member: str) -> str:
    """Return the SPIFFE id of a member: `spiffe://<city>/<role>/<id>`."""
    return f"spiffe://{city}/{role}/{member}"


def server_name(member: str) -> str:
    """Return the DNS name in *member*'s certificate, which clients verify."""
    return f"{member}.enishi.internal"


def server_credentials(
    tls: TlsFiles, *, client_certificates: bool = True
) -> grpc.ServerCredentials:
    """Return TLS credentials of a server; mutual unless *client_certificates* is off.

    Raises:
        BadInputError: a file is missing or unreadable.
    """
    key, certificate, authority = tls.read()
    return grpc.ssl_server_credentials(
        [(key, certificate)],
        root_certificates=authority if client_certificates else None,
        require_client_auth=client_certificates,
    )


def open_channel(address: str, member: str, tls: TlsFiles) -> grpc.aio.Channel:
    """Open a mutual-TLS channel to *member* at *address*.

    Raises:
        BadInputError: a TLS file is missing or unreadable.
    """
    key, certificate, authority = tls.read()
    credentials = grpc.ssl_channel_credentials(authority, key, certificate)
    options = (*_OPTIONS, ("grpc.ssl_target_name_override", server_name(member)))
    return grpc.aio.secure_channel(address, credentials, options=options)


def open_joining_channel(address: str, member: str, authority_pem: bytes) -> grpc.aio.Channel:
    """Open a channel to the enrolment service: the server proves itself, we show a code."""
    credentials = grpc.ssl_channel_credentials(authority_pem)
    options = (*_OPTIONS, ("grpc.ssl_target_name_override", server_name(member)))
    return grpc.aio.secure_channel(address, credentials, options=options)


def make_server(allowed: Mapping[str, frozenset[str] | None], report: Report) -> grpc.aio.Server:
    """Make a gRPC server with the shared limits and the peer guard."""
    return grpc.aio.server(
        interceptors=(Guard(allowed, report),), options=_SERVER_OPTIONS, maximum_concurrent_rpcs=64
    )


def bind(server: grpc.aio.Server, address: str, credentials: grpc.ServerCredentials) -> int:
    """Bind *server* to *address* and return the port.

    Raises:
        BadInputError: the address is in use or not of this machine.
    """
    try:
        port = server.add_secure_port(address, credentials)
    except RuntimeError:
        port = 0
    if port == 0:
        raise BadInputError(
            Text(f"{address} で待ち受けられません。", f"{address} cannot be listened on."),
            Text(
                "別のプログラムが使っていないか確かめるか、設定の `listen` を変えてください。",
                "See whether another program uses it, or change `listen` in the configuration.",
            ),
        )
    return port
