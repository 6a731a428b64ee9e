"""A link epoch over real processes: full, incremental, closed; cases stay with their children."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.integration.federation import Federation
from tests.integration.outcome import check_slots, left_over, linked_pairs

pytestmark = pytest.mark.timeout(240)

Row = list[str]


def _rewrite(federation: Federation, node: str, change: Callable[[list[Row]], list[Row]]) -> None:
    """Change the rows of a department's identity file and import it again."""
    seat = federation.seat(node)
    path = federation.stage.folder.town / node / "児童生徒名簿.csv"
    with path.open(encoding="cp932", newline="") as file:
        header, *rows = list(csv.reader(file))
    with path.open("w", encoding="cp932", newline="") as file:
        csv.writer(file, lineterminator="\r\n").writerows([header, *change(rows)])
    _verb(federation, ["node", "import", "--config", str(seat.config)])


def _verb(federation: Federation, arguments: list[str]) -> dict[str, Any]:
    child = federation.processes.begin("epochs", [*arguments, "--json", "--lang", "en"])
    assert federation.wait(child) == 0, federation.said(child)
    said: dict[str, Any] = json.loads(child.out.read_text(encoding="utf-8"))
    return said


def _coordinator(federation: Federation, *arguments: str) -> dict[str, Any]:
    config = ["--config", str(federation.stage.coordinator_config)]
    return _verb(federation, ["coordinator", *arguments, *config])


def _held(federation: Federation) -> list[Path]:
    folder = federation.coordinator / "spool" / "epochs"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _sent(federation: Federation, node: str, step: str) -> list[int]:
    query = "SELECT rows FROM sent WHERE step = ? ORDER BY id"
    return [r for (r,) in federation.rows(federation.seat(node).database, query, (step,))]


def _open_pairs(federation: Federation) -> set[frozenset[tuple[str, str]]]:
    """Return the pairs of open departments: a sealed one breaks ties by a random order."""
    return {p for p in linked_pairs(federation) if all(node != "welfare" for node, _ in p)}


def _alerts(federation: Federation) -> list[tuple[Any, ...]]:
    query = "SELECT plan_digest, row_id, state FROM alerts WHERE record >= 0 ORDER BY id"
    return federation.rows(federation.seat("school").database, query)


def test_an_epoch_from_its_first_round_to_its_end(linked: Federation) -> None:
    linked.start()
    assert linked.wait(linked.coordinator_verb(*linked.round_arguments("screen"))) == 0
    alerts = _alerts(linked)
    until = (date.today() + timedelta(days=200)).isoformat()  # noqa: DTZ011 - the operator's day

    _coordinator(linked, "round", "link", "--keep-codes", until)
    assert len(_held(linked)) == 1
    epochs = _coordinator(linked, "epoch", "status")["epochs"]
    assert [(e["epoch"], e["state"], e["codes_until"]) for e in epochs] == [(2, "open", until)]
    everything = _sent(linked, "school", "encodings/first")[-1]

    gone = {row_id for _, row_id, _ in alerts[:1]}
    _rewrite(linked, "school", lambda rows: [r for r in rows if r[0] not in gone][:-2])
    _coordinator(linked, "round", "link", "--incremental")

    check_slots(linked)
    assert _sent(linked, "school", "encodings/first")[-1] == 0
    assert everything > 200
    incremental = _open_pairs(linked)
    _coordinator(linked, "round", "link", "--again")
    assert _open_pairs(linked) == incremental
    assert _sent(linked, "school", "encodings/first")[-1] == everything - 2 - len(gone)
    # Cases stay with their children over three slot tables and one import.
    assert _alerts(linked) == [each for each in alerts if each[1] not in gone]

    school = _verb(linked, ["node", "status", "--config", str(linked.seat("school").config)])
    assert "holds codes of" in school["epoch"][1]
    closed = _coordinator(linked, "epoch", "close")

    assert closed["untold"] == []
    assert _held(linked) == []
    assert left_over(linked) == []
    for node in linked.nodes:
        status = _verb(linked, ["node", "status", "--config", str(linked.seat(node).config)])
        assert "holds no codes" in status["epoch"][1], node
        keys = linked.seat(node).folder / "keys" / "epochs"
        assert [path.name for path in keys.rglob("*")] == []
    late = linked.coordinator_verb("round", "link", "--incremental")
    assert linked.wait(late) == 1
