"""The dealer over real gRPC and mutual TLS: who may call, and what an error looks like."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from coordinator.authority import Subject, issue, make_authority
from coordinator.calls import Caller, CallLimits
from coordinator.client import GrpcDealer
from coordinator.config import DealerConfig
from coordinator.dealer_server import make_dealer_server
from coordinator.messages import RunId
from coordinator.process import CoordinatorProcess
from coordinator.process_keys import (
    AUTHORITY_CERTIFICATE,
    TLS_CERTIFICATE,
    TLS_KEY,
    ProcessKeys,
)
from coordinator.retries import Retries
from coordinator.store.engine import Database
from privacy.errors import ProtocolError, RefusedError, UnreachableError
from protos import coordinator_pb2_grpc
from protos.joining import make_key_and_request
from protos.transport import open_channel

T = TypeVar("T")
RUN = RunId(bytes(32), b"t" * 32)


def _certify(process: CoordinatorProcess, folder: Path, role: str, member: str) -> ProcessKeys:
    keys = ProcessKeys(folder)
    keys.make()
    key_pem, request_pem = make_key_and_request()
    subject = Subject("toda", role, member, "127.0.0.1")
    authority = process.keys.authority
    certificate = issue(authority, request_pem, subject, process.clock(), 9_999)
    keys.keystore.write(TLS_KEY, key_pem)
    keys.keystore.write(TLS_CERTIFICATE, certificate)
    keys.keystore.write(AUTHORITY_CERTIFICATE, authority.certificate_pem)
    return keys


def _called(
    process: CoordinatorProcess,
    tmp_path: Path,
    caller: ProcessKeys,
    call: Callable[[GrpcDealer], Awaitable[T]],
) -> T:
    _certify(process, tmp_path / "dealer" / "keys", "dealer", "dealer")
    config = DealerConfig(city="toda", listen="127.0.0.1:0", home=tmp_path / "dealer")

    async def work() -> T:
        database = Database(config.database_url)
        server, port = make_dealer_server(config, database, lambda *_: None)
        await server.start()
        limits = CallLimits(10, 10, Retries(attempts=1))
        try:
            async with open_channel(f"127.0.0.1:{port}", "dealer", caller.tls) as channel:
                make: Callable[..., coordinator_pb2_grpc.DealerAsyncStub]
                make = coordinator_pb2_grpc.DealerStub
                return await call(GrpcDealer(make(channel), Caller("dealer", limits)))
        finally:
            await server.stop(0)
            database.close()

    return asyncio.run(work())


def test_the_coordinator_is_answered(process: CoordinatorProcess, tmp_path: Path) -> None:
    caller = _certify(process, tmp_path / "c", "coordinator", "coordinator")

    status = _called(process, tmp_path, caller, lambda dealer: dealer.status())

    assert status.member_id == "dealer"


@pytest.mark.parametrize(
    ("role", "member"), [("node", "school"), ("node", "coordinator"), ("coordinator", "other")]
)
def test_nobody_else_is_answered(
    process: CoordinatorProcess, tmp_path: Path, role: str, member: str
) -> None:
    caller = _certify(process, tmp_path / "c", role, member)

    with pytest.raises(RefusedError, match="may not make this call"):
        _called(process, tmp_path, caller, lambda dealer: dealer.status())


def test_a_certificate_of_another_authority_does_not_connect(
    process: CoordinatorProcess, tmp_path: Path
) -> None:
    caller = _certify(process, tmp_path / "c", "coordinator", "coordinator")
    other = make_authority("toda", process.clock())
    subject = Subject("toda", "coordinator", "coordinator", "127.0.0.1")
    key_pem, request_pem = make_key_and_request()
    foreign = issue(other, request_pem, subject, process.clock(), 9_999)
    caller.keystore.write(TLS_KEY, key_pem)
    caller.keystore.write(TLS_CERTIFICATE, foreign)

    with pytest.raises(UnreachableError, match="dealer"):
        _called(process, tmp_path, caller, lambda dealer: dealer.status())


def test_a_refusal_arrives_as_the_same_kind_in_both_languages(
    process: CoordinatorProcess, tmp_path: Path
) -> None:
    caller = _certify(process, tmp_path / "c", "coordinator", "coordinator")

    with pytest.raises(ProtocolError) as caught:
        _called(process, tmp_path, caller, lambda dealer: dealer.open_cards(RUN, (1,)))

    assert "この実行" in caught.value.what.ja


def test_ending_an_unknown_run_is_no_error(process: CoordinatorProcess, tmp_path: Path) -> None:
    caller = _certify(process, tmp_path / "c", "coordinator", "coordinator")

    ended = _called(process, tmp_path, caller, lambda dealer: dealer.end_run(RUN))

    assert ended is None
