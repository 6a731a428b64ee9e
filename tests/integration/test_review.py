"""Clerical review over real processes and real gRPC: asked, answered, applied, killed meanwhile."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nodes.driver.context import NodeContext
from nodes.driver.reviewing import Reviewing
from privacy.linkage.asking import Answer, Kind
from tests.integration.federation import Federation
from tests.integration.outcome import check_ended

pytestmark = pytest.mark.timeout(180)
OPEN = ("health", "residents", "school", "survey")


def _quality(federation: Federation) -> dict[str, Any]:
    rows = federation.rows(
        federation.coordinator / "coordinator.db",
        "SELECT body FROM round_values JOIN rounds ON id = round_id WHERE name = 'quality' "
        "ORDER BY created DESC",
    )
    return dict(json.loads(rows[0][0]))


def _pairs(federation: Federation) -> dict[str, set[str]]:
    query = "SELECT pair FROM reviews"
    return {
        node: {pair for (pair,) in federation.rows(federation.seat(node).database, query)}
        for node in federation.nodes
    }


def _answer_all(federation: Federation) -> int:
    """Answer every question at every open node: conflicts of numbers are one child."""
    answered = 0
    for node in OPEN:
        context = NodeContext.open(federation.seat(node).config)
        reviewing = Reviewing(context)
        for sheet in reviewing.sheets():
            kind = sheet.review.kind
            answer = Answer.SAME if kind is Kind.NUMBER else Answer.UNSURE
            reviewing.answer(sheet.review.pair, answer, "operator1")
            answered += 1
        context.store.close()
    return answered


def test_two_holders_answer_and_the_next_round_acts(linked: Federation) -> None:
    asked = _pairs(linked)
    assert asked["welfare"] == set()
    for node in OPEN:
        others = set().union(*(asked[other] for other in OPEN if other != node))
        assert asked[node] <= others
    child = linked.processes.begin(
        "school",
        ["node", "review", "list", "--json", "--config", str(linked.seat("school").config)],
    )
    assert linked.wait(child) == 0
    listed = json.loads(child.out.read_text(encoding="utf-8"))
    assert listed["waiting"] == len(listed["pairs"]) > 0
    before = _quality(linked)["review"]
    assert before["pairs"] == 0
    assert before["questions"] == len(set().union(*asked.values()))
    answered = _answer_all(linked)
    linked.start(kills={"school": "SendReviewAnswers:stored", "residents": "AskReview:after"})

    round_ = linked.coordinator_verb(*linked.round_arguments("link"))
    for node in ("school", "residents"):
        linked.servers[node].process.wait(60)
        linked.start(node)

    assert linked.wait(round_) == 0, linked.said(round_)
    check_ended(linked, "link")
    review = _quality(linked)["review"]
    assert review["pairs"] == before["questions"]
    assert sum(d["answered"] for d in review["departments"]) == answered
    assert 0 < review["both"] <= review["pairs"]
    assert review["joined"] > 0


def test_an_unknown_pair_is_refused_on_the_command_line(linked: Federation) -> None:
    config = str(linked.seat("school").config)
    child = linked.processes.begin(
        "school",
        ["node", "review", "answer", "feedfacefeed", "same", "--by", "operator1",
         "--config", config, "--json"],
    )  # fmt: skip

    assert linked.wait(child) == 1
    assert "feedfacefeed" in linked.said(child)
