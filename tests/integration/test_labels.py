"""A link round with block labels over real processes: as good as without, a sealed node too."""

from __future__ import annotations

import pytest

from tests.integration.federation import Federation
from tests.integration.outcome import check_ended

pytestmark = pytest.mark.timeout(180)


def test_a_labelled_round_links_like_one_that_compares_all(linked: Federation) -> None:
    config = linked.coordinator / "coordinator.toml"
    large = "population_size = 2000\nlabels_above = 100\n"
    config.write_text(config.read_text("utf-8") + large, "utf-8")
    for node in linked.nodes:
        path = linked.seat(node).config
        text = path.read_text("utf-8")
        path.write_text(text.replace("[policy]", "[policy]\nlabels_above = 100", 1), "utf-8")
    linked.start()

    child = linked.coordinator_verb(*linked.round_arguments("link"))

    assert linked.wait(child) == 0, linked.said(child)
    check_ended(linked, "link")
    fields = linked.rows(
        linked.seat("school").database,
        "SELECT fields FROM sent WHERE step = 'encodings/first' ORDER BY at DESC LIMIT 1",
    )
    assert "block first" in fields[0][0]


def test_a_node_that_compares_all_says_why_it_refuses_labels(linked: Federation) -> None:
    config = linked.coordinator / "coordinator.toml"
    large = "population_size = 2000\nlabels_above = 100\n"
    config.write_text(config.read_text("utf-8") + large, "utf-8")
    linked.start()

    child = linked.coordinator_verb(*linked.round_arguments("link"))

    assert linked.wait(child) == 1, linked.said(child)
    newest = linked.newest_round()
    assert newest["state"] == "refused"
    assert "[labels]" in newest["reason_en"]
    assert "labels_above" in newest["reason_ja"]
