"""A plan in plain words, with a notice of its own where it asks for households."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from starlette.testclient import TestClient

from nodes.plan_words import notice, plan_words
from nodes.store import Store
from nodes.store.households import StoredHouseholds
from nodes.store.rounds import StoredPlan, StoredSlotTable
from privacy.encoding.schema import default_schema
from privacy.plan import Plan, PlanKind
from tests.nodes.web.filled import AT, NOW
from tests.privacy.members import screening_plan, statistics_plan

LINK = Plan(
    kind=PlanKind.LINK,
    purpose="linkage",
    legal_basis=(),
    items={},
    nodes=("health", "school", "welfare"),
    roster_digest=bytes(32),
    link_epoch=1,
    schema_digest=default_schema().digest,
    created=NOW,
    expires=NOW + timedelta(days=7),
)
HOMES = replace(LINK, households=True)


def _keep(store: Store, plans: Sequence[Plan], decision: str = "pending") -> None:
    with store.transaction() as tables:
        for plan in plans:
            tables.plans.add(
                StoredPlan(plan.digest.hex(), plan.kind.value, plan.to_bytes(), b"", AT, decision)
            )


def test_every_kind_of_plan_says_what_leaves_and_who_learns_what() -> None:
    for plan in (LINK, screening_plan(), statistics_plan()):
        sentences = plan_words(plan)
        assert len(sentences) == (4 if plan is LINK else 3)
        assert all(one.ja and one.en and one.ja != one.en for one in sentences)
        assert notice(plan) is None


def test_households_add_their_own_words_and_their_own_notice() -> None:
    sentences, published = plan_words(HOMES), notice(HOMES)

    assert len(sentences) == len(plan_words(LINK)) + 4
    assert any("which of its own children live together" in one.en for one in sentences)
    assert published is not None
    assert "申し出てください" in published.ja
    assert "left out" in published.en


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_page_of_a_plan_with_households_shows_both(
    client: TestClient, store: Store, language: str
) -> None:
    _keep(store, [LINK, HOMES])
    path = f"/plans/{HOMES.digest.hex()[:16]}?lang={language}"

    page = client.get(path).text
    other = client.get(f"/plans/{LINK.digest.hex()}?lang={language}").text

    word = "お知らせ" if language == "ja" else "Notice"
    assert page.count(word) >= 2
    assert word not in other
    assert "policy.households" in page
    assert "enishi node plans approve" in page
    assert f'href="/plans/{HOMES.digest.hex()[:16]}"' in client.get("/").text


def test_after_the_round_the_page_counts_this_departments_own_children(
    client: TestClient, store: Store
) -> None:
    _keep(store, [HOMES], "approved")
    slots = np.arange(5, dtype=np.uint32)
    numbers = np.array([4, 4, 1, 0, 2], dtype=np.uint32)
    digest = HOMES.digest.hex()
    with store.transaction() as tables:
        tables.links.add_slot_table(StoredSlotTable(3, digest, "ab" * 32, 9, AT, slots, slots))
        tables.households.keep(StoredHouseholds(3, digest, AT, slots, numbers))

    page = client.get(f"/plans/{digest}?lang=en").text

    assert "Own children with a household number: 5" in page
    assert "of whom have a sibling here: 2" in page


@pytest.mark.parametrize("wanted", ["ffffffffffff", "%25", "ab"])
def test_an_unknown_or_short_digest_has_no_page(
    client: TestClient, store: Store, wanted: str
) -> None:
    _keep(store, [LINK])

    assert client.get(f"/plans/{wanted}").status_code == 404
