"""Gathers the summary: from the nodes' own status, the databases and the town's truth."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from deploy.demo.alert import Alerts
from deploy.demo.outcome import Links, read_all
from deploy.demo.pairwise import two_at_once
from deploy.demo.phases import Phases
from deploy.demo.planted import check_planted
from deploy.demo.scan import (
    Needles,
    Scan,
    check_sighted,
    gather_needles,
    scan_files,
    table_counts,
)
from deploy.demo.stage import RECEIVER, Seat, Stage
from deploy.demo.summary import DepartmentSummary, Quality, Summary, summarise_department

_NANO, _MILLION = 10**9, 10**6
_OWN_DATES = timedelta(days=400)
"""Dates of the last months are the federation's own as well as babies' birth dates."""


def gather(
    stage: Stage,
    phases: Phases,
    linked: dict[str, Any],
    alerts: Alerts,
    tables: dict[str, Any],
) -> Summary:
    """Return the summary of a demo that went through; its times are the caller's to add.

    Raises:
        BlindScanError: the search for children would not find any.
    """
    phases.tell("truth", 0.1)
    links = read_all(stage.seats, stage.folder.town / "truth" / "rows.csv")
    departments = tuple(two_at_once(lambda seat: _department(stage, seat, links), stage.seats))
    phases.tell("scan", 0.4)
    needles = _needles(stage)
    scans = _scans(stage, needles)
    quality = linked["quality"]
    manifest = stage.manifest
    return Summary(
        town={
            name: manifest[name]
            for name in ("city", "children", "people", "pupils", "schools", "difficulty", "seed")
        },
        departments=departments,
        estimated={name: quality[name] for name in ("precision", "recall")},
        true=Quality.of(links.across),
        slots=int(quality["clusters"]),
        screening={"as_of": stage.as_of, "lookup": alerts.lookup, "local": alerts.local},
        opened=alerts.opened,
        tables={name: _table(answer) for name, answer in tables.items()},
        coordinator=table_counts(stage.folder.coordinator / "coordinator.db"),
        scans=scans,
        needles=needles.count,
        planted=tuple(check_planted(manifest["planted"], links, alerts.kinds, RECEIVER)),
        peak_bytes=stage.processes.peaks(),
        addresses={
            "coordinator": f"http://{stage.addresses.web}/",
            **{seat.department: f"http://{seat.web}/" for seat in stage.seats},
        },
    )


def _department(stage: Stage, seat: Seat, links: Links) -> DepartmentSummary:
    own = next(one for one in links.departments if one.department == seat.department)
    status = stage.node(seat, "status")
    web = f"http://{seat.web}/"
    return summarise_department(
        own, links, name=seat.name, sealed=seat.sealed, web=web, status=status
    )


def _table(answer: dict[str, Any]) -> dict[str, Any]:
    """Return a release as the summary shows it."""
    body = answer["release"]
    return {
        "dimensions": body["dimensions"],
        "cells": body["cells"],
        "rho": body["nano_rho"] / _NANO,
        "epsilon": body["epsilon_millionths"] / _MILLION,
        "from_archive": answer["archived"],
    }


def _needles(stage: Stage) -> Needles:
    keys = [seat.folder / "keys" for seat in stage.seats]
    departments = [seat.department for seat in stage.seats]
    return gather_needles(stage.folder.town, departments, keys)


def _scans(stage: Stage, needles: Needles) -> dict[str, Scan]:
    """Search what the coordinator and the dealer keep, and all that they logged."""
    since = (min(stage.today, date.fromisoformat(stage.as_of)) - _OWN_DATES).isoformat()
    receiver = stage.seat(RECEIVER)
    check_sighted(receiver.folder / "keys", receiver.database, needles, since)
    scans = {}
    for name, folder in (
        ("coordinator", stage.folder.coordinator),
        ("dealer", stage.folder.dealer),
    ):
        own = sorted(folder.rglob("*"))
        logs = sorted(stage.folder.logs.glob(f"*-{name}-*"))
        logs = [path for path in logs if path.suffix == ".log" or "serve" in path.name]
        scans[name] = scan_files([*own, *logs], needles, since)
    return scans
