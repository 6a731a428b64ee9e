"""The quality page and verb show households in counts, and only where a round asked for them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from starlette.testclient import TestClient

from coordinator.store.engine import Database
from coordinator.store.rounds import RoundStore
from coordinator.verbs.households import household_lines
from coordinator.web.households import households_of_round, rule_words
from privacy.canonical import canonical_bytes
from privacy.linkage.households import Households
from tests.coordinator.web.filled import QUALITY, fill

HOMES = Households(np.array([0, 0, 1, 2, 2, 2]), 6, 1, {"two_rooms": 2, "new_rule": 1}).report(
    ["residents", "school"], ["welfare"]
)


@pytest.fixture
def with_households(database: Database) -> str:
    """Add a newer link round that asked for households; return its id."""
    first = RoundStore(database).get(fill(database)["link"])
    later = replace(first, round_id="ff" * 32, created=first.created + timedelta(days=1))
    values = {"quality": canonical_bytes(QUALITY.to_json()), "households": canonical_bytes(HOMES)}
    RoundStore(database).add(later, values)
    return later.round_id


def test_the_page_shows_counts_of_homes(client: TestClient, with_households: str) -> None:
    page = client.get("/linkage?lang=en").text

    assert with_households[:12] in page
    assert "Households (siblings)" in page
    assert "Children with a sibling: 5" in page
    assert "one family name in two flats 2" in page
    assert "new_rule 1" in page
    assert "abstained from households: welfare" in page
    assert "世帯(きょうだい)" in client.get("/linkage?lang=ja").text


def test_a_round_without_households_shows_none(client: TestClient, database: Database) -> None:
    link = fill(database)["link"]

    assert households_of_round(database, link) is None
    assert 'id="households"' not in client.get("/linkage").text


def test_lines_say_the_same_in_both_languages() -> None:
    report = json.loads(canonical_bytes(HOMES))

    lines = household_lines(report)

    assert "1: 1, 2: 1, 3: 1, 4: 0" in lines[0].en
    assert all(line.ja and line.en and line.ja != line.en for line in lines)
    assert rule_words("two_numbers").en == "two household numbers"


def test_the_report_counts_four_and_more_as_one() -> None:
    big = Households(np.zeros(7, dtype=np.int64), 7, 0, {}).report([], [])

    assert isinstance(big, dict)
    assert big["homes_by_children"] == {"1": 0, "2": 0, "3": 0, "4": 1}
    assert big["children_with_siblings"] == 7
