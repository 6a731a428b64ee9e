"""Joining over real TLS, on port 0."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from coordinator.authority import make_authority
from coordinator.config import DealerConfig
from coordinator.enrolment_server import make_enrolment_server
from coordinator.joining import join_as_dealer
from coordinator.process import CoordinatorProcess
from coordinator.process_keys import ProcessKeys
from coordinator.store.members import MemberRole, MemberState, Registered
from privacy.errors import BadInputError, RefusedError, UnreachableError
from protos.joinfile import JoinFile
from tests.coordinator.conftest import TurnedClock

DEALER = Registered(
    member_id="dealer",
    role=MemberRole.DEALER,
    name_ja="議会事務局",
    name_en='The council\'s "office"',
    address="127.0.0.1:50048",
)

OTHER = replace(DEALER, member_id="dealer-2")


def _on_any_port(process: CoordinatorProcess) -> CoordinatorProcess:
    return replace(process, config=replace(process.config, join_listen="127.0.0.1:0"))


async def _joined(
    process: CoordinatorProcess,
    folder: Path,
    change: Callable[[JoinFile], JoinFile] = lambda join_file: join_file,
) -> DealerConfig:
    server, port = make_enrolment_server(_on_any_port(process), lambda *_: None)
    await server.start()
    try:
        join_file = process.registrar().invite(DEALER)
        join_file = change(replace(join_file, address=f"127.0.0.1:{port}"))
        return await join_as_dealer(folder, join_file)
    finally:
        await server.stop(0)


def test_a_dealer_joins_over_tls(process: CoordinatorProcess, tmp_path: Path) -> None:
    config = asyncio.run(_joined(process, tmp_path / "dealer"))

    member = process.members.get("dealer")
    assert member.state is MemberState.JOINED
    assert member.identity_public == ProcessKeys(config.keys).identity.public
    assert config.name_ja == "議会事務局"


def test_a_wrong_code_is_refused_over_tls_in_both_languages(
    process: CoordinatorProcess, tmp_path: Path
) -> None:
    with pytest.raises(RefusedError) as caught:
        asyncio.run(_joined(process, tmp_path / "dealer", lambda file: replace(file, code="WRONG")))

    assert "コード" in caught.value.what.ja
    assert "WRONG" not in caught.value.render("en") + caught.value.render("ja")


def test_a_server_of_another_authority_is_not_joined(
    process: CoordinatorProcess, tmp_path: Path, clock: TurnedClock
) -> None:
    other = make_authority("toda", clock()).certificate_pem.decode()

    with pytest.raises(UnreachableError):
        asyncio.run(
            _joined(process, tmp_path / "dealer", lambda file: replace(file, authority_pem=other))
        )


def test_an_interrupted_joining_is_repeated_with_the_same_keys(
    process: CoordinatorProcess, tmp_path: Path
) -> None:
    folder = tmp_path / "dealer"
    join_file = replace(process.registrar().invite(DEALER), address="127.0.0.1:1")
    with pytest.raises(UnreachableError):
        asyncio.run(join_as_dealer(folder, join_file))
    identity = ProcessKeys(folder / "keys").identity.public

    asyncio.run(_joined(process, folder))

    assert process.members.get("dealer").identity_public == identity


def test_a_node_s_join_file_makes_no_dealer(process: CoordinatorProcess, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="dealer"):
        asyncio.run(_joined(process, tmp_path / "dealer", lambda file: replace(file, role="node")))


def test_a_folder_with_a_joined_dealer_is_left_alone(
    process: CoordinatorProcess, tmp_path: Path
) -> None:
    folder = tmp_path / "dealer"
    asyncio.run(_joined(process, folder))
    join_file = replace(process.registrar().invite(OTHER), address="127.0.0.1:1")

    with pytest.raises(BadInputError, match="joined"):
        asyncio.run(join_as_dealer(folder, join_file))


def test_a_taken_port_is_bad_input(process: CoordinatorProcess) -> None:
    async def twice() -> None:
        server, port = make_enrolment_server(_on_any_port(process), lambda *_: None)
        taken = replace(process.config, join_listen=f"127.0.0.1:{port}")
        try:
            make_enrolment_server(replace(process, config=taken), lambda *_: None)
        finally:
            await server.stop(0)

    with pytest.raises(BadInputError, match="cannot be listened on"):
        asyncio.run(twice())
