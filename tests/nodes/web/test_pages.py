from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from nodes.store import Store
from nodes.web.app import node_app
from nodes.web.status import fiscal_year
from tests.nodes.web.filled import NOW, SECRETS, config, fill

PAGES = ("/", "/ledger")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_an_empty_node_has_every_page(client: TestClient, path: str, language: str) -> None:
    answer = client.get(path, params={"lang": language})

    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_no_page_shows_a_record_or_a_fact(client: TestClient, store: Store, path: str) -> None:
    fill(store)

    page = client.get(path).text

    assert not [secret for secret in SECRETS if secret in page]


def test_the_status_page_shows_counts_budget_plans_and_what_waits(
    client: TestClient, store: Store
) -> None:
    fill(store)

    page = client.get("/?lang=en").text

    assert "A plan waits for your approval." in page
    assert "policy.purposes: child-support" in page
    assert "0.025 <small>/ 0.50 ρ</small>" in page
    assert "3,772,800 bytes." in page
    assert "D-07" in page
    assert "School affairs" in page
    assert "2026-07-06 10:30" in page


def test_the_first_page_shows_the_newest_of_what_left_and_the_ledger_all(
    client: TestClient, store: Store
) -> None:
    fill(store)

    assert client.get("/").text.count("encodings/") == 8
    assert client.get("/ledger").text.count("encodings/") == 10


def test_a_sealed_node_says_that_it_uploads_nothing(store: Store, tmp_path: Path) -> None:
    fill(store)
    app = node_app(config(tmp_path, sealed=True), store, lambda: NOW)

    page = TestClient(app, base_url="http://127.0.0.1").get("/?lang=en").text

    assert "sealed: links locally, uploads nothing" in page


def test_the_language_stays_when_it_was_chosen_once(client: TestClient) -> None:
    assert "ノードの状態" in client.get("/").text
    client.get("/?lang=en")
    assert "State of this node" in client.get("/ledger").text + client.get("/").text
    client.get("/?lang=ja")
    assert "ノードの状態" in client.get("/").text


def test_pages_come_with_the_frame_s_rules(client: TestClient) -> None:
    answer = client.get("/")

    assert answer.headers["content-security-policy"].startswith("default-src 'self';")
    assert client.get("/", headers={"host": "elsewhere"}).status_code == 400
    assert client.post("/").status_code == 405
    assert client.get("/nothing").status_code == 404


@pytest.mark.parametrize(
    ("day", "year"), [(date(2026, 3, 31), 2025), (date(2026, 4, 1), 2026), (date(2027, 1, 1), 2026)]
)
def test_a_fiscal_year_begins_in_april(day: date, year: int) -> None:
    assert fiscal_year(datetime(day.year, day.month, day.day)) == year  # noqa: DTZ001  # a wall clock
