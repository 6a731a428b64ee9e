"""After a whole run, nothing of any child and no node's key stands outside the nodes.

Searched are all files of the coordinator and of the dealer, databases and their journals
included, and everything that both wrote to their streams, with gRPC's own log turned up.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import pytest

from deploy.demo.scan import Needles, check_sighted, gather_needles, scan_files
from tests.integration.federation import DEALER, Federation
from tests.integration.notations import birth_dates, dates_in, secrets_in

pytestmark = pytest.mark.timeout(180)

CHATTY = {"GRPC_VERBOSITY": "DEBUG", "GRPC_TRACE": "api,http,call_error"}


def needles_of(federation: Federation) -> Needles:
    """Return every identifier of the town and every secret of every node."""
    keys = [federation.seat(node).folder / "keys" for node in federation.nodes]
    return gather_needles(federation.stage.folder.town, federation.nodes, keys)


def chatty(federation: Federation, name: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a verb as a command line would, with gRPC's log turned up."""
    with (federation.logs / f"leaks-{name}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "deploy.demo.leash", str(os.getpid()), *arguments],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **CHATTY},
            start_new_session=True,
        )  # fmt: skip


def hits(paths: Iterable[Path], needles: Needles, since: str) -> int:
    """Return how many needles stand in *paths*; something must have been searched."""
    scan = scan_files(paths, needles, since)
    assert scan.bytes_searched > 10_000
    return scan.hits


def test_nothing_of_a_child_reaches_the_coordinator_or_the_dealer(founded: Federation) -> None:
    folder = founded.stage.folder
    founded.start(*founded.nodes)
    config = ["--config", str(folder.dealer / "dealer.toml")]
    dealer = chatty(founded, DEALER, "dealer", "serve", *config)
    config = ["--config", str(founded.stage.coordinator_config), "--json"]
    try:
        for kind in ("link", "screen", "statistics"):
            arguments = founded.round_arguments(kind)
            child = chatty(founded, f"coordinator-{kind}", "coordinator", *arguments, *config)
            assert child.wait(100) == 0, kind
            assert founded.newest_round()["state"] == "done"
        needles = needles_of(founded)
        today = min(date.today(), date.fromisoformat(founded.stage.as_of))  # noqa: DTZ011
        first_own_day = today - timedelta(400)
        since = first_own_day.isoformat()
        school = founded.seat("school")
        check_sighted(school.folder / "keys", school.database, needles, since)
        logs = sorted(founded.logs.glob("leaks-*.log"))
        assert all(b"chttp2" in log.read_bytes() for log in logs)
        for place in (founded.coordinator, folder.dealer):
            assert hits(place.rglob("*"), needles, since) == 0, place.name
        assert hits(logs, needles, since) == 0
        check_dates_and_keys(founded, first_own_day, logs)
    finally:
        dealer.terminate()
        dealer.wait(20)
    assert hits(folder.dealer.rglob("*"), needles, since) == 0


def check_dates_and_keys(federation: Federation, first_own_day: date, logs: list[Path]) -> None:
    """Check that no birth date in any notation, and no node's key in any code, stands there."""
    folder = federation.stage.folder
    known = birth_dates(folder.town, first_own_day)
    extracts = (path for path in folder.town.glob("*/*.csv") if path.parent.name != "truth")
    # Every department writes dates in its own way, and the search must see them all.
    seen = {path.parent.name for path in extracts if dates_in(path.read_bytes(), known)}
    assert seen >= {"residents", "school", "health", "welfare"}
    keys = [federation.seat(node).folder / "keys" for node in federation.nodes]
    own = (folder.node("school") / "keys" / "identity").read_bytes()
    assert [Path(name).name for name in secrets_in(own.hex().encode(), keys)] == ["identity"]
    places = [*federation.coordinator.rglob("*"), *folder.dealer.rglob("*"), *logs]
    for path in places:
        if path.is_file():
            body = path.read_bytes()
            assert dates_in(body, known) == set(), path.name
            assert secrets_in(body, keys) == [], path.name
