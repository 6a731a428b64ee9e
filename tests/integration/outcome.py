"""What is true after a round, read from every database: whole, once, and nothing left over."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import combinations

import numpy as np

from deploy.demo.outcome import UNLINKED, read_all, read_links
from deploy.demo.stage import RECEIVER
from tests.integration.federation import Federation

KEPT = {
    "link": {"quality", "slot_table"},
    "screen": {"result", "transcript"},
    "statistics": {"result", "transcript"},
}
"""What the coordinator keeps of a round that has ended."""


def check_ended(federation: Federation, kind: str) -> None:
    """Check what holds after every round that is done, however often someone was killed."""
    newest = federation.newest_round()
    assert (newest["kind"], newest["state"]) == (kind, "done"), newest
    database = federation.coordinator / "coordinator.db"
    names = federation.rows(
        database, "SELECT name FROM round_values WHERE round_id = ?", (newest["id"],)
    )
    assert {name for (name,) in names} <= KEPT[kind]
    assert federation.rows(database, "SELECT member_id FROM waits") == []
    left = left_over(federation)
    assert left == [], left
    for node in federation.nodes:
        arguments = ["node", "audit", "verify", "--config", str(federation.seat(node).config)]
        assert federation.wait(federation.processes.begin(node, [*arguments, "--json"])) == 0
    {"link": check_slots, "screen": check_alerts, "statistics": check_charges}[kind](federation)


def left_over(federation: Federation) -> list[str]:
    """Return what a round should have destroyed: spools, run keys, seeds, messages."""
    found = [path for path in (federation.coordinator / "spool").rglob("*") if path.is_file()]
    for node in federation.nodes:
        keys = federation.seat(node).folder / "keys"
        found += [path for path in keys.rglob("run-*/*") if path.is_file()]
    seeds = federation.stage.folder.dealer / "keys" / "runs"
    found += [path for path in seeds.rglob("*") if path.is_file()]
    named = [str(path.relative_to(federation.stage.folder.path)) for path in found]
    for node in federation.nodes:
        rows = federation.rows(federation.seat(node).database, "SELECT DISTINCT step FROM messages")
        named += [f"{node}: {step}" for (step,) in rows]
    return named


def check_slots(federation: Federation) -> None:
    """Check that all nodes hold the coordinator's newest table, each row once."""
    query = "SELECT version, digest, slots FROM slot_tables ORDER BY version DESC"
    version, digest, total = federation.rows(federation.coordinator / "coordinator.db", query)[0]
    for node in federation.nodes:
        path = federation.seat(node).database
        query = "SELECT version, digest, total, slots FROM slot_tables ORDER BY version DESC"
        told = federation.rows(path, query)[0]
        assert told[:3] == (version, digest.hex(), total), node
        pairs = np.frombuffer(told[3], dtype="<u4").reshape(-1, 2)
        records = {record for (record,) in federation.rows(path, "SELECT record FROM persons")}
        held = pairs[:, 0].tolist()
        assert len(set(held)) == len(held), node
        # A sealed node's row may match nobody; an open node's row always has a slot.
        assert set(held) <= records if federation.seat(node).sealed else set(held) == records, node
        assert pairs[:, 1].max() < total
    score = read_all(
        federation.stage.seats, federation.stage.folder.town / "truth" / "rows.csv"
    ).across
    assert score.f1 > 0.95, score


def linked_pairs(federation: Federation) -> frozenset[frozenset[tuple[str, str]]]:
    """Return which two rows of all departments share a slot; names of slots do not matter."""
    groups: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for seat in federation.stage.seats:
        links = read_links(seat)
        for row_id, slot in zip(links.row_ids, links.slots.tolist(), strict=True):
            if slot != UNLINKED:
                groups[slot].add((seat.department, row_id))
    return frozenset(
        frozenset(pair) for group in groups.values() for pair in combinations(sorted(group), 2)
    )


def check_alike(
    killed: frozenset[frozenset[tuple[str, str]]],
    undisturbed: frozenset[frozenset[tuple[str, str]]],
) -> None:
    """Check that two link rounds found the same; dummies are drawn anew, so an edge may move."""
    assert len(killed & undisturbed) > 0.96 * len(killed | undisturbed)


def check_alerts(federation: Federation) -> None:
    """Check that nobody is listed twice in a screening."""
    query = "SELECT plan_digest, record FROM alerts"
    alerts = federation.rows(federation.seat(RECEIVER).database, query)
    assert alerts
    assert len(set(alerts)) == len(alerts)


def listed_rows(federation: Federation) -> frozenset[tuple[str, str]]:
    """Return kind and row of every alert at the receiver."""
    query = "SELECT kind, row_id FROM alerts"
    return frozenset(federation.rows(federation.seat(RECEIVER).database, query))


def check_charges(federation: Federation) -> None:
    """Check one charge a transcript in every ledger, the same everywhere, and one release."""
    own = [
        json.loads(body)
        for (body,) in federation.rows(
            federation.coordinator / "coordinator.db", "SELECT body FROM charges ORDER BY number"
        )
    ]
    charged = [entry["transcript"] for entry in own if entry["state"] == "charged"]
    assert len(set(charged)) == len(charged) == 1
    assert [entry["state"] for entry in own].count("released") == 1
    for node in federation.nodes:
        lines = federation.rows(federation.seat(node).database, "SELECT line FROM ledger")
        entries = [json.loads(line) for (line,) in lines]
        assert [e["transcript"] for e in entries if e["state"] == "charged"] == charged, node
    releases = federation.rows(federation.coordinator / "coordinator.db", "SELECT id FROM releases")
    assert len(releases) == 1


def dealt_and_opened(federation: Federation) -> tuple[int, int]:
    """Return how many runs the dealer dealt for, and how often it gave keys, by its own log."""
    path = federation.stage.folder.dealer / "dealer.db"
    lines = [json.loads(line) for (line,) in federation.rows(path, "SELECT line FROM audit")]
    kinds = [line["kind"] for line in lines]
    return kinds.count("sent"), kinds.count("opened")
