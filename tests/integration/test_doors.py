"""Busy ports, messages over the limit, members that are down."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import pytest

from privacy.errors import ProtocolError
from protos.problems import raised_by
from protos.transport import MAX_MESSAGE_BYTES, server_name
from tests.integration.calling import address_of, ask, call, service_of, tls_of
from tests.integration.federation import DEALER, Federation, until
from tests.integration.outcome import check_ended

pytestmark = pytest.mark.timeout(120)


@contextmanager
def taken(address: str) -> Iterator[None]:
    """Listen at *address*."""
    host, port = address.rsplit(":", 1)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, int(port)))
        listener.listen()
        yield


def serving(federation: Federation, who: str) -> tuple[dict[str, object], list[str]]:
    """Return a process's settings and the verb that serves."""
    part = who if who in {"coordinator", DEALER} else "node"
    folder = {"coordinator": federation.coordinator, DEALER: federation.stage.folder.dealer}.get(
        who
    ) or federation.seat(who).folder
    path = folder / f"{part}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")), [part, "serve", "--config", str(path)]


@pytest.mark.parametrize(
    ("who", "door"),
    [
        ("school", "listen"), ("school", "web"), (DEALER, "listen"),
        ("coordinator", "listen"), ("coordinator", "join_listen"), ("coordinator", "web"),
    ],
)  # fmt: skip
def test_a_busy_port_is_bad_input_that_names_the_address(
    linked: Federation, who: str, door: str
) -> None:
    settings, arguments = serving(linked, who)
    address = str(settings[door])
    with taken(address):
        for language in ("ja", "en"):
            child = linked.processes.begin(who, [*arguments, "--lang", language])
            assert linked.wait(child, 30) == 2, linked.said(child)
            said = linked.said(child)
            assert address in said
            assert "Traceback" not in said
            assert ("待ち受け" if language == "ja" else "listened on") in said
    child = linked.processes.begin(who, arguments)
    linked.processes.ready(child)


def test_a_second_server_of_one_member_does_not_start(linked: Federation) -> None:
    linked.start("school", DEALER)
    for member in ("school", DEALER):
        _, arguments = serving(linked, member)
        child = linked.processes.begin(member, arguments)
        assert linked.wait(child, 30) == 2, linked.said(child)


def test_a_message_over_the_limit_is_refused_and_the_member_serves_on(linked: Federation) -> None:
    linked.start("school", DEALER)
    key, certificate, authority = tls_of(linked, "coordinator").read()

    async def send(member: str, method: object) -> None:
        options = (
            ("grpc.ssl_target_name_override", server_name(member)),
            ("grpc.max_send_message_length", -1),
        )
        credentials = grpc.ssl_channel_credentials(authority, key, certificate)
        address = address_of(linked, member)
        async with grpc.aio.secure_channel(address, credentials, options=options) as channel:
            try:
                await ask(channel, method, [b"\x0a" + bytes(MAX_MESSAGE_BYTES + 1)])
            except grpc.aio.AioRpcError as error:
                raise raised_by(member, error) from None

    for member in ("school", DEALER):
        for method in service_of(member).methods:
            with pytest.raises(ProtocolError) as raised:
                asyncio.run(send(member, method))
            assert "over the limit" in raised.value.what.en
            assert member in raised.value.what.ja
        status = next(m for m in service_of(member).methods if m.name == "GetStatus")
        assert call(
            address_of(linked, member), member, tls_of(linked, "coordinator"), status, [b""]
        )


def waiting_for(federation: Federation) -> list[str]:
    """Return whom the newest round waits for, as `status --json` shows it."""
    child = federation.coordinator_verb("status")
    assert federation.wait(child) == 0
    newest = json.loads(child.out.read_text(encoding="utf-8"))["rounds"][0]
    assert all(one["ja"] and one["en"] for one in newest["waiting"])
    return [one["member"] for one in newest["waiting"]]


@pytest.mark.parametrize(("kind", "absent"), [("screen", "survey"), ("statistics", DEALER)])
def test_a_round_says_whom_it_waits_for_and_goes_on_when_they_come(
    linked: Federation, kind: str, absent: str
) -> None:
    linked.start(*(member for member in linked.members if member != absent))
    driver = linked.coordinator_verb(*linked.round_arguments(kind))
    for _ in until(60, 0.3):
        if linked.has_round(kind) and waiting_for(linked) == [absent]:
            break
    driver.process.send_signal(signal.SIGINT)
    assert linked.wait(driver) == 3
    assert "round resume" in linked.said(driver)
    linked.start(absent)
    resumed = linked.coordinator_verb("round", "resume", linked.newest_round()["id"])
    assert linked.wait(resumed) == 0, linked.said(resumed)
    check_ended(linked, kind)


def test_doctor_names_the_member_that_is_down(linked: Federation) -> None:
    linked.start(*(member for member in linked.members if member != "health"))
    child = linked.coordinator_verb("doctor")
    assert linked.wait(child) == 3
    checks = json.loads(child.out.read_text(encoding="utf-8"))["checks"]
    bad = [check["en"] for check in checks if not check["ok"]]
    assert len(bad) == 1, bad
    assert bad[0].startswith("health")
