"""What every phase of the demo works with: options, folders, children, seats, the city."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from deploy.demo.folder import DemoFolder
from deploy.demo.options import DemoOptions
from deploy.demo.processes import Meanwhile, Processes
from privacy.errors import Text

CITY = "ashihara"
RECEIVER = "school"
ANCHOR = "residents"


@dataclass(frozen=True, slots=True)
class Seat:
    """One department of the demo: its node's folder and addresses."""

    department: str
    name: Text
    sealed: bool
    folder: Path
    extracts: Path
    listen: str
    web: str

    @property
    def config(self) -> Path:
        """The node's configuration."""
        return self.folder / "node.toml"

    @property
    def database(self) -> Path:
        """The node's database."""
        return self.folder / "node.db"


@dataclass(frozen=True, slots=True)
class CoordinatorSeat:
    """The coordinator's and the dealer's addresses."""

    listen: str
    join_listen: str
    web: str
    dealer_listen: str


@dataclass(slots=True)
class Stage:
    """One demo as it goes: filled by the phases, in their order."""

    options: DemoOptions
    folder: DemoFolder
    processes: Processes
    today: date
    manifest: dict[str, Any] = field(default_factory=dict)
    seats: tuple[Seat, ...] = ()
    addresses: CoordinatorSeat = field(default_factory=lambda: CoordinatorSeat("", "", "", ""))

    @property
    def coordinator_config(self) -> Path:
        """The coordinator's configuration."""
        return self.folder.coordinator / "coordinator.toml"

    @property
    def as_of(self) -> str:
        """The town's day of observation, which is the screening's time-point."""
        return str(self.manifest["as_of"])

    def seat(self, department: str) -> Seat:
        """Return one department's seat."""
        return next(seat for seat in self.seats if seat.department == department)

    def coordinator(self, *arguments: str, meanwhile: Meanwhile | None = None) -> dict[str, Any]:
        """Run one verb of the coordinator."""
        config = ["--config", str(self.coordinator_config)]
        return self.processes.run(
            "coordinator", ["coordinator", *arguments, *config], meanwhile=meanwhile
        )

    def node(self, seat: Seat, *arguments: str) -> dict[str, Any]:
        """Run one verb of a node."""
        return self.processes.run(
            seat.department, ["node", *arguments, "--config", str(seat.config)]
        )


def read_seats(folder: DemoFolder, departments: Sequence[str], ports: Sequence[str]) -> list[Seat]:
    """Return the seats of *departments*, two addresses each, as their mappings describe them."""
    seats = []
    for place, department in enumerate(departments):
        extracts = folder.town / department
        mapping = tomllib.loads((extracts / "department.toml").read_text(encoding="utf-8"))
        listen, web = ports[2 * place : 2 * place + 2]
        name = Text(mapping.get("name_ja", department), mapping.get("name_en", department))
        sealed = mapping.get("mode") == "sealed"
        home = folder.node(department)
        seats.append(Seat(department, name, sealed, home, extracts, listen, web))
    return seats


def read_manifest(folder: DemoFolder) -> dict[str, Any]:
    """Return the town's manifest."""
    text = (folder.town / "manifest.json").read_text(encoding="utf-8")
    manifest: dict[str, Any] = json.loads(text)
    return manifest
