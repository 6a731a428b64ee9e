"""Every RPC of every server, over real mutual TLS, fed with what nobody should send.

The caller holds the coordinator's own certificate, so that what it says is read.  No
answer may be an internal failure, no server may die or log a fault, and a whole round
must work afterwards.
"""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import pytest

from privacy.encoding.schema import default_schema
from protos import common_pb2
from protos.problems import _detail
from protos.transport import open_channel
from tests.integration.calling import SERVICES, address_of, ask, service_of, tls_of
from tests.integration.federation import DEALER, Federation
from tests.integration.outcome import check_ended
from tests.integration.random_messages import Garbage

pytestmark = pytest.mark.timeout(180)

A_METHOD = 24
EXPECTED = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNIMPLEMENTED,
}


def known_values(federation: Federation) -> list[bytes]:
    """Return byte strings that mean something here: plan, roster and schema digests, keys."""
    database = federation.coordinator / "coordinator.db"
    rounds = [bytes.fromhex(r[0]) for r in federation.rows(database, "SELECT id FROM rounds")]
    rosters = [r[0] for r in federation.rows(database, "SELECT digest FROM rosters")]
    keys = federation.rows(
        database, "SELECT identity_public FROM members WHERE identity_public IS NOT NULL"
    )
    plans = [r[0] for r in federation.rows(database, "SELECT plan FROM rounds")]
    return [*rounds, *rosters, default_schema().digest, *(key[0] for key in keys), *plans]


async def fuzz(channel: grpc.aio.Channel, service: Any, garbage: Garbage) -> list[str]:
    """Send garbage to every method; return the answers that no sender should get."""
    wrong = []
    for method in service.methods:
        requests = garbage.requests(method.input_type, A_METHOD)
        for place, request in enumerate(requests):
            several = method.client_streaming and place % 3 == 2
            messages = requests[place : place + 3] if several else [request]
            try:
                await ask(channel, method, messages)
            except grpc.aio.AioRpcError as error:
                problem = _detail(error)
                if error.code() not in EXPECTED or not _complete(problem):
                    wrong.append(f"{method.name}[{place}]: {error.code().name}: {error.details()}")
    return wrong


def _complete(problem: common_pb2.Problem | None) -> bool:
    return problem is not None and bool(problem.what_ja and problem.what_en)


def fuzz_member(federation: Federation, member: str, seed: int) -> list[str]:
    """Fuzz one server with the coordinator's certificate."""
    garbage = Garbage(seed, known_values(federation))
    tls = tls_of(federation, "coordinator")

    async def run() -> list[str]:
        async with open_channel(address_of(federation, member), member, tls) as channel:
            return await fuzz(channel, service_of(member), garbage)

    return asyncio.run(run())


@pytest.mark.parametrize("member", ["school", "welfare", DEALER])
def test_no_garbage_fails_inside_a_member(linked: Federation, member: str) -> None:
    linked.start(member)
    assert fuzz_member(linked, member, 20261123) == []
    server = linked.servers[member]
    assert server.process.poll() is None
    said = linked.said(server)
    assert "Traceback" not in said
    assert "call-failed" not in said
    assert "failed_inside" not in said


def test_no_garbage_fails_inside_the_enrolment(linked: Federation) -> None:
    config = ["--config", str(linked.stage.coordinator_config)]
    server = linked.processes.begin("coordinator", ["coordinator", "serve", *config])
    linked.processes.ready(server)
    garbage = Garbage(7, known_values(linked))
    address = linked.stage.addresses.join_listen
    tls = tls_of(linked, "coordinator")

    async def run() -> list[str]:
        async with open_channel(address, "coordinator", tls) as channel:
            return await fuzz(channel, SERVICES["enrolment"], garbage)

    assert asyncio.run(run()) == []
    assert server.process.poll() is None
    assert "Traceback" not in linked.said(server)


def test_a_fuzzed_federation_still_screens(linked: Federation) -> None:
    linked.start()
    for seed, member in enumerate(("school", "welfare", DEALER)):
        fuzz_member(linked, member, seed)
    child = linked.coordinator_verb(*linked.round_arguments("screen"))
    assert linked.wait(child) == 0, linked.said(child)
    check_ended(linked, "screen")
