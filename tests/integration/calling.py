"""Calling a member of the federation for real, with whichever certificate one holds."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grpc

from deploy.demo.stage import CITY
from protos import coordinator_pb2, node_pb2
from protos.problems import raised_by
from protos.transport import TlsFiles, open_channel
from tests.integration.federation import DEALER, Federation

SERVICES = {
    "node": node_pb2.DESCRIPTOR.services_by_name["Node"],
    "dealer": coordinator_pb2.DESCRIPTOR.services_by_name["Dealer"],
    "enrolment": coordinator_pb2.DESCRIPTOR.services_by_name["Enrolment"],
}
LONGEST_S = 20.0
CITY_NAME = CITY


def tls_of(federation: Federation, member: str) -> TlsFiles:
    """Return the TLS files of a member, or of the coordinator."""
    own = {"coordinator": federation.coordinator, DEALER: federation.stage.folder.dealer}
    folder = own.get(member) or federation.seat(member).folder
    return tls_in(folder / "keys")


def tls_in(keys: Path) -> TlsFiles:
    """Return the TLS files of a key folder."""
    return TlsFiles(keys / "tls.key", keys / "tls.crt", keys / "authority.crt")


def address_of(federation: Federation, member: str) -> str:
    """Return where a member listens."""
    if member == DEALER:
        return federation.stage.addresses.dealer_listen
    return federation.seat(member).listen


def service_of(member: str) -> Any:
    """Return the descriptor of what a member serves."""
    return SERVICES["dealer" if member == DEALER else "node"]


def call(
    address: str, name: str, tls: TlsFiles, method: Any, messages: Sequence[bytes]
) -> list[bytes]:
    """Send raw *messages* to *method*; return the raw replies.

    Raises:
        EnishiError: as the coordinator's own client would.
        grpc.aio.AioRpcError: never.
    """

    async def once() -> list[bytes]:
        async with open_channel(address, name, tls) as channel:
            try:
                return await ask(channel, method, messages)
            except grpc.aio.AioRpcError as error:
                raise raised_by(name, error) from None

    return asyncio.run(once())


async def ask(channel: Any, method: Any, messages: Sequence[bytes]) -> list[bytes]:
    """Send raw bytes to a method of any shape and return all raw replies."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    if method.client_streaming and method.server_streaming:
        raise AssertionError("no such method")
    if method.client_streaming:
        return [bytes(await channel.stream_unary(path)(iter(messages), timeout=LONGEST_S))]
    if method.server_streaming:
        stream = channel.unary_stream(path)(messages[0], timeout=LONGEST_S)
        return [bytes(reply) async for reply in stream]
    return [bytes(await channel.unary_unary(path)(messages[0], timeout=LONGEST_S))]
