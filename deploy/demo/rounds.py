"""The demo's three kinds of round, run through the coordinator's own verbs."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any

from deploy.demo.governance import DEFINITION
from deploy.demo.outcome import open_read_only
from deploy.demo.stage import ANCHOR, RECEIVER, Stage

RHO = "0.05"
"""What each release costs."""
CAPACITY = 240
"""How many children the receiver's staff can take up at this time-point."""
GRADES = ("P1", "P2", "P3", "P4", "P5", "P6", "J1", "J2", "J3")

Tell = Callable[[str], None]
"""Told the state that the newest round has reached."""


def link(stage: Stage, tell: Tell) -> dict[str, Any]:
    """Run a link round to its end; return its answer with the quality report."""
    return stage.coordinator("round", "link", meanwhile=_watching(stage, tell))


def screen(stage: Stage, tell: Tell) -> dict[str, Any]:
    """Run the screening of the sample definition at the town's time-point."""
    definition = stage.folder.coordinator / "governance" / "definitions" / DEFINITION
    return stage.coordinator(
        "round", "screen", "--definition", str(definition), "--timepoint", stage.as_of,
        "--receiver", RECEIVER, "--capacity", str(CAPACITY), meanwhile=_watching(stage, tell),
    )  # fmt: skip


def release(
    stage: Stage, name: str, dimensions: list[dict[str, Any]], tell: Tell
) -> dict[str, Any]:
    """Ask one count by *dimensions* (name, node, values) and release it at rho 0.05."""
    path = stage.folder.coordinator / f"query-{name}.yaml"
    query = {"purpose": "school_karte", "anchor": ANCHOR, "dimensions": dimensions}
    path.write_text(json.dumps(query, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return stage.coordinator(
        "release", "--query", str(path), "--rho", RHO, meanwhile=_watching(stage, tell),
    )  # fmt: skip


def _watching(stage: Stage, tell: Tell) -> Callable[[], None]:
    path = stage.folder.coordinator / "coordinator.db"

    def look() -> None:
        with suppress(sqlite3.Error), closing(open_read_only(path)) as database:
            found = database.execute("SELECT state FROM rounds ORDER BY created DESC, updated DESC")
            newest = found.fetchone()
            if newest is not None:
                tell(str(newest[0]))

    return look
