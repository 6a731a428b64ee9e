"""Households over real processes and mutual TLS: refused by default, linked where allowed."""

from __future__ import annotations

import csv
import json
import tomllib
from datetime import date, timedelta
from itertools import combinations

import numpy as np
import pytest

from deploy.demo.node_settings import _line
from deploy.demo.outcome import UNLINKED, read_links
from nodes.household_policy import PURPOSE
from tests.integration.federation import Federation
from tests.integration.outcome import check_slots, left_over
from tests.integration.test_leaks import hits, needles_of

pytestmark = pytest.mark.timeout(240)

_ROUND = ("round", "link", "--households")


def allow(federation: Federation, node: str, part: str) -> None:
    """Set ``policy.households`` of a node, and its purpose and standing approval where allowed."""
    path = federation.seat(node).config
    values = tomllib.loads(path.read_text(encoding="utf-8"))
    policy, approvals = values.pop("policy"), values.pop("standing_approvals")
    policy["households"] = part
    policy["purposes"].append(PURPOSE)
    approvals.append({**approvals[0], "purpose": PURPOSE})
    lines = [_line(name, value) for name, value in values.items()]
    lines += ["[policy]", *(_line(name, value) for name, value in policy.items())]
    for one in approvals:
        lines += ["[[standing_approvals]]", f"until = {one.pop('until').isoformat()}"]
        lines += [_line(name, value) for name, value in one.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def household_of_rows(federation: Federation, node: str) -> dict[str, int] | None:
    """Return row id -> household number as a node keeps it; None where it keeps none."""
    query = "SELECT body FROM documents WHERE name = 'households'"
    found = federation.rows(federation.seat(node).database, query)
    if not found:
        return None
    pairs = np.frombuffer(found[0][0].partition(b"\n")[2], dtype="<u4").reshape(-1, 2).tolist()
    number: dict[int, int] = dict(pairs)
    links = read_links(federation.seat(node))
    return {
        row: number[slot]
        for row, slot in zip(links.row_ids, links.slots.tolist(), strict=True)
        if slot != UNLINKED and slot in number
    }


def true_homes(federation: Federation, node: str) -> dict[str, tuple[str, str]]:
    """Return row id -> child and household of a node's rows."""
    path = federation.stage.folder.town / "truth" / "rows.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["department"] == node]
    return {row["row_id"]: (row["entity_id"], row["household_id"]) for row in rows}


def test_every_node_refuses_households_by_default_and_names_the_rule(linked: Federation) -> None:
    linked.start()

    child = linked.coordinator_verb(*_ROUND)

    assert linked.wait(child) == 1
    assert linked.newest_round()["state"] == "refused"
    assert "[households]" in linked.newest_round()["reason_en"]


def test_nodes_that_allow_it_learn_which_of_their_own_children_live_together(
    linked: Federation,
) -> None:
    for node in linked.nodes:
        allow(linked, node, "abstain" if node == "survey" else "allow")
    linked.start()

    child = linked.coordinator_verb(*_ROUND)

    assert linked.wait(child, 150) == 0, linked.said(child)
    answer = json.loads(child.out.read_text(encoding="utf-8"))
    report = answer["quality"]["households"]
    assert report["abstained"] == ["survey"]
    assert report["departments"] == ["health", "residents", "school"]
    check_slots(linked)
    assert left_over(linked) == []
    since = (min(date.today(), date.fromisoformat(linked.stage.as_of)) - timedelta(400)).isoformat()  # noqa: DTZ011
    assert hits(linked.coordinator.rglob("*"), needles_of(linked), since) == 0
    assert household_of_rows(linked, "survey") is None
    correct = found = 0
    for node in ("health", "residents", "school", "welfare"):
        number, truth = household_of_rows(linked, node), true_homes(linked, node)
        assert number, node
        for one, two in combinations(number, 2):
            if number[one] == number[two] and truth[one][0] != truth[two][0]:
                found += 1
                correct += truth[one][1] == truth[two][1]
    assert found > 50
    assert correct >= 0.98 * found
    numbers = [household_of_rows(linked, node) or {} for node in ("residents", "school")]
    assert any(set(numbers[0].values()) & set(numbers[1].values()))
