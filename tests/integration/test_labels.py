"""A link round with block labels over real processes: as good as without, a sealed node too."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.integration.federation import Federation
from tests.integration.outcome import check_slots
from tests.integration.test_epochs import _coordinator as coordinator
from tests.integration.test_epochs import _open_pairs as open_pairs
from tests.integration.test_epochs import _rewrite as rewrite
from tests.integration.test_epochs import _sent as sent

pytestmark = pytest.mark.timeout(240)

STEP = 16
"""`block_padding`, as policies have it unless they say otherwise."""


def _ask_for_labels(federation: Federation) -> None:
    config = federation.coordinator / "coordinator.toml"
    large = "population_size = 2000\nlabels_above = 100\n"
    config.write_text(config.read_text("utf-8") + large, "utf-8")


def test_labelled_rounds_link_like_those_that_compare_all_and_go_on_incrementally(
    linked: Federation,
) -> None:
    _ask_for_labels(linked)
    for node in linked.nodes:
        path = linked.seat(node).config
        text = path.read_text("utf-8")
        path.write_text(text.replace("[policy]", "[policy]\nlabels_above = 100", 1), "utf-8")
    linked.start()
    until = (date.today() + timedelta(days=200)).isoformat()  # noqa: DTZ011 - the operator's day

    coordinator(linked, "round", "link", "--keep-codes", until)
    check_slots(linked)
    rewrite(linked, "school", lambda rows: rows[:-3])
    coordinator(linked, "round", "link", "--incremental")
    check_slots(linked)
    incremental = open_pairs(linked)
    coordinator(linked, "round", "link", "--again")

    assert open_pairs(linked) == incremental
    full, changed, again = sent(linked, "school", "encodings/first")[-3:]
    assert full % STEP == again % STEP
    assert 0 < changed <= 3 + STEP
    fields = linked.rows(
        linked.seat("school").database,
        "SELECT fields FROM sent WHERE step = 'encodings/first' ORDER BY id DESC LIMIT 1",
    )
    assert "block first" in fields[0][0]


def test_a_node_that_compares_all_says_why_it_refuses_labels(linked: Federation) -> None:
    _ask_for_labels(linked)
    linked.start()

    child = linked.coordinator_verb(*linked.round_arguments("link"))

    assert linked.wait(child) == 1, linked.said(child)
    newest = linked.newest_round()
    assert newest["state"] == "refused"
    assert "[labels]" in newest["reason_en"]
    assert "labels_above" in newest["reason_ja"]
