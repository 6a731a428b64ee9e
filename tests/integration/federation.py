"""A small federation of real processes, founded once and set back to a known state at will.

It is founded by the demo's own steps.  `keep` copies its whole folder while nothing runs;
`restore` ends every process and puts the copy back in the same place, so that addresses
and paths stay true.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from deploy.demo import enrolment, rounds, up
from deploy.demo.folder import prepare
from deploy.demo.governance import DEFINITION
from deploy.demo.options import DemoOptions
from deploy.demo.outcome import open_read_only
from deploy.demo.phases import Phases
from deploy.demo.processes import Child
from deploy.demo.stage import RECEIVER, Seat, Stage
from tests.integration.forking import ForkedProcesses, Nursery
from tests.self_tests import write_record

CHILDREN = 300
DEALER = "dealer"
FOUNDED, LINKED = "founded", "linked"
_LONGEST_S = 90.0


class Federation:
    """Five nodes (welfare sealed), a dealer and a coordinator, in one folder."""

    def __init__(self, folder: Path, nursery: Nursery) -> None:
        """Stand in *folder*; `found` makes it."""
        options = DemoOptions(
            folder=folder / "federation", children=CHILDREN, difficulty="typical",
            departments=5, seed=7, once=True, language="en",
        )  # fmt: skip
        demo = prepare(options.folder)
        self._logs = folder / "logs"
        self._logs.mkdir()
        self._copies = folder / "copies"
        self.processes = ForkedProcesses(self._logs, nursery)
        self.stage = Stage(options, demo, self.processes, date.today())  # noqa: DTZ011 - the operator's own day
        self.servers: dict[str, Child] = {}

    @property
    def logs(self) -> Path:
        """Standard output and error of every process."""
        return self._logs

    @property
    def members(self) -> tuple[str, ...]:
        """All nodes and the dealer."""
        return (*self.nodes, DEALER)

    @property
    def nodes(self) -> tuple[str, ...]:
        """All nodes."""
        return tuple(seat.department for seat in self.stage.seats)

    @property
    def coordinator(self) -> Path:
        """The coordinator's folder."""
        return self.stage.folder.coordinator

    def seat(self, node: str) -> Seat:
        """Return one node's folder and addresses."""
        return self.stage.seat(node)

    def found(self) -> None:
        """Make the town, enrol everybody, sign the roster, make the city key, import."""
        phases = Phases("en")
        up._make_town(self.stage, phases)
        up._enrol(self.stage, phases)
        with (self.coordinator / "coordinator.toml").open("a", encoding="utf-8") as file:
            file.write("wait_s = 1\n")
        write_record(self.coordinator, date.today())  # noqa: DTZ011 - as above
        enrolment.agree_on_roster(self.stage)
        up._import(self.stage, phases)
        self.keep(FOUNDED)
        self.start()
        rounds.link(self.stage, lambda _state: None)
        self.keep(LINKED)

    def keep(self, name: str) -> None:
        """End all processes in good order and copy the folder as *name*."""
        self.processes.stop()
        self.servers.clear()
        shutil.copytree(self.stage.folder.path, self._copies / name)

    def restore(self, name: str) -> None:
        """Kill all processes and put the copy *name* in the folder's place."""
        self.kill_all()
        shutil.rmtree(self.stage.folder.path)
        shutil.copytree(self._copies / name, self.stage.folder.path)

    def kill_all(self) -> None:
        """Kill whatever lives."""
        for child in list(self.processes._live):
            child.process.kill()
            child.process.wait(10)
        self.processes._live.clear()
        self.servers.clear()

    def start(self, *members: str, kills: dict[str, str] | None = None) -> None:
        """Start members (all without names), each to die at its point in *kills*."""
        started = members or self.members
        for member in started:
            self.servers[member] = self.begin_server(member, (kills or {}).get(member))
        for member in started:
            self.processes.ready(self.servers[member])

    def begin_server(self, member: str, kill: str | None = None, limit: int = 0) -> Child:
        """Start one member's server without waiting until it serves."""
        if member == DEALER:
            config = str(self.stage.folder.dealer / "dealer.toml")
            arguments = ["dealer", "serve", "--config", config]
        else:
            arguments = ["node", "serve", "--config", str(self.seat(member).config)]
        return self.processes.begin(member, arguments, kill, limit)

    def coordinator_verb(self, *arguments: str, kill: str | None = None, limit: int = 0) -> Child:
        """Start a verb of the coordinator without waiting for its end."""
        config = ["--config", str(self.stage.coordinator_config), "--json"]
        words = ["coordinator", *arguments, *config]
        return self.processes.begin("coordinator", words, kill, limit)

    def round_arguments(self, kind: str) -> list[str]:
        """Return the verb that opens a round of *kind*."""
        if kind == "link":
            return ["round", "link"]
        if kind == "screen":
            definition = self.coordinator / "governance" / "definitions" / DEFINITION
            return [
                "round", "screen", "--definition", str(definition),
                "--timepoint", self.stage.as_of, "--receiver", RECEIVER, "--capacity", "240",
            ]  # fmt: skip
        query = self.coordinator / "query.json"
        query.write_text(_QUERY, encoding="utf-8")
        return ["release", "--query", str(query), "--rho", "0.05"]

    def newest_round(self) -> dict[str, Any]:
        """Return the newest round as it is stored: id, kind, state, reason."""
        found = self.rows(
            self.coordinator / "coordinator.db",
            "SELECT id, kind, state, reason_en, reason_ja FROM rounds ORDER BY created DESC, id",
        )
        return dict(zip(("id", "kind", "state", "reason_en", "reason_ja"), found[0], strict=True))

    def has_round(self, kind: str) -> bool:
        """Say whether a round of *kind* stands that has not ended."""
        found = self.rows(
            self.coordinator / "coordinator.db",
            "SELECT state FROM rounds WHERE kind = ? ORDER BY created DESC", (kind,),
        )  # fmt: skip
        return bool(found) and found[0][0] not in {"done", "refused", "failed", "cancelled"}

    @staticmethod
    def rows(path: Path, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return what *query* finds in the database at *path*."""
        with closing(open_read_only(path)) as database:
            return database.execute(query, values).fetchall()

    def wait(self, child: Child, seconds: float = _LONGEST_S) -> int:
        """Return the exit status of *child*."""
        return int(child.process.wait(seconds))

    def said(self, child: Child) -> str:
        """Return all that *child* wrote."""
        texts = (
            path.read_text(encoding="utf-8", errors="replace") for path in (child.out, child.log)
        )
        return "".join(texts)


def until(seconds: float = _LONGEST_S, pause: float = 0.05) -> Iterator[None]:
    """Yield again and again with pauses; fail after *seconds*."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(pause)
    raise AssertionError(f"not within {seconds} s")


@contextlib.contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """Change a database behind its owner's back, while the owner is down."""
    with closing(sqlite3.connect(path)) as database, database:
        yield database


_QUERY = """{
 "purpose": "school_karte", "anchor": "residents",
 "dimensions": [
  {"name": "D-02.grade", "node": "school", "values": ["P1", "P2", "P3", "P4", "P5", "P6"]},
  {"name": "D-25.receives", "node": "welfare", "values": ["1"]}
 ]
}
"""
