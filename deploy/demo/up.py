"""`enishi demo up`: every phase in its order, then the summary, then waiting for Ctrl-C."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

from deploy.demo import enrolment, rounds
from deploy.demo.alert import open_one_alert
from deploy.demo.folder import DemoFolder, prepare
from deploy.demo.gathering import gather
from deploy.demo.holds import file_holds
from deploy.demo.options import DemoOptions
from deploy.demo.pairwise import two_at_once
from deploy.demo.phases import Phases
from deploy.demo.processes import Processes
from deploy.demo.stage import RECEIVER, Stage, read_manifest
from deploy.demo.summary import Summary


@contextmanager
def federation(options: DemoOptions) -> Iterator[tuple[Stage, Phases]]:
    """Yield an empty stage; whatever happens in the block, no process outlives it.

    Raises:
        BadInputError: the folder is not a demo's.
    """
    folder = prepare(options.folder)
    processes = Processes(folder.logs)
    try:
        yield Stage(options, folder, processes, date.today()), Phases(options.language)  # noqa: DTZ011 - the operator's own day
    finally:
        processes.stop()


def go_through(stage: Stage, phases: Phases) -> Summary:
    """Run every phase and return what was found; the servers stay up.

    Raises:
        EnishiError: a phase failed; `phases.now` names it.
    """
    began = time.monotonic()
    with phases.shown():
        with phases.phase("town"):
            _make_town(stage, phases)
        with phases.phase("enrol"):
            _enrol(stage, phases)
        with phases.phase("roster"):
            enrolment.agree_on_roster(stage)
        with phases.phase("import"):
            _import(stage, phases)
        with phases.phase("link"):
            linked = rounds.link(stage, phases.tell)
        with phases.phase("screen"):
            rounds.screen(stage, phases.tell)
        with phases.phase("alert"):
            alerts = open_one_alert(stage)
        with phases.phase("release"):
            tables = _release(stage, phases)
        with phases.phase("check"):
            stage.processes.check_alive()
            found = gather(stage, phases, linked, alerts, tables)
    wall_s = round(time.monotonic() - began, 1)
    summary = replace(found, seconds=dict(phases.seconds), wall_s=wall_s)
    summary.write(stage.folder.summary)
    return summary


def wait(stage: Stage) -> None:
    """Stay until a signal ends the demo, or a process of it dies.

    Raises:
        EnishiError: a process ended by itself; the message names it.
    """
    while True:
        stage.processes.check_alive()
        time.sleep(0.5)


def _make_town(stage: Stage, phases: Phases) -> None:
    from deploy.town.generate import generate  # noqa: PLC0415 - numpy comes with it
    from deploy.town.rates import DIFFICULTIES  # noqa: PLC0415

    options = stage.options
    generate(
        stage.folder.town,
        children=options.children,
        difficulty=DIFFICULTIES[options.difficulty],
        departments=options.departments,
        seed=options.seed,
        progress=phases.tell,
    )
    stage.manifest = read_manifest(stage.folder)


def _enrol(stage: Stage, phases: Phases) -> None:
    phases.tell(enrolment.COORDINATOR, 0.0)
    enrolment.found_coordinator(stage)
    enrolment.enrol_members(stage, phases.tell)


def _import(stage: Stage, phases: Phases) -> None:
    """Import everywhere, two at a time, the largest first; then file the holds."""
    rows = stage.manifest["rows"]
    seats = sorted(stage.seats, key=lambda seat: -int(rows[seat.department]))
    done: list[dict[str, Any]] = []
    for report in two_at_once(lambda seat: stage.node(seat, "import"), seats):
        done.append(report)
        phases.tell(f"{len(done)}/{len(seats)}", len(done) / (len(seats) + 1))
    file_holds(stage)


def _release(stage: Stage, phases: Phases) -> dict[str, Any]:
    """Release two tables: aid by grade over all departments, and alerts by school."""
    grades = {"name": "D-02.grade", "node": RECEIVER, "values": list(rounds.GRADES)}
    aid = {"name": "D-25.receives", "node": "welfare", "values": ["1"]}
    schools = {"name": "D-02.school", "node": RECEIVER, "values": _schools(stage.folder)}
    listed = {"name": "alerts.listed", "node": RECEIVER, "values": ["0", "1"]}
    return {
        "grade_by_aid": rounds.release(stage, "grade_by_aid", [grades, aid], phases.tell),
        "listed_by_school": rounds.release(
            stage, "listed_by_school", [schools, listed], phases.tell
        ),
    }


def _schools(folder: DemoFolder) -> list[str]:
    """Return the names of the municipal schools: a public list, whatever the data say."""
    with (folder.town / "truth" / "persons.csv").open(encoding="utf-8", newline="") as file:
        return sorted({row["school"] for row in csv.DictReader(file)} - {""})
