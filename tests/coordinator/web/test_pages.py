from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum

import pytest
from starlette.testclient import TestClient

from coordinator.config import CoordinatorConfig
from coordinator.rounds.link import LINK
from coordinator.rounds.screen import SCREEN
from coordinator.rounds.statistics import STATISTICS
from coordinator.store.engine import Database
from coordinator.store.releases import StoredRelease, add_release
from coordinator.store.rounds import RoundStore
from coordinator.web import words
from coordinator.web.status import read_round
from privacy.canonical import canonical_bytes
from tests.coordinator.web.filled import NAMES, NOW, QUALITY, fill, release_body

PAGES = ("/", "/linkage", "/releases")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_an_empty_coordinator_has_every_page(client: TestClient, path: str, language: str) -> None:
    answer = client.get(path, params={"lang": language})

    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text


def test_the_first_page_names_members_rounds_and_why_one_waits(
    client: TestClient, database: Database
) -> None:
    rounds = fill(database)

    japanese, english = client.get("/").text, client.get("/?lang=en").text

    for name in NAMES.values():
        assert name.ja in japanese
        assert name.en in english
    assert "担当者の承認を待っています。" in japanese
    assert "Its operator has not approved the plan yet." in english
    assert "welfare: the purpose is not allowed." in english
    assert "1,893" in english
    for round_id in rounds.values():
        assert f'href="/rounds/{round_id[:12]}"' in japanese


def test_a_round_page_shows_its_way_with_times_from_the_log(
    client: TestClient, database: Database
) -> None:
    rounds = fill(database)

    page = client.get(f"/rounds/{rounds['link']}").text
    read = read_round(database, CoordinatorConfig(city="toda"), rounds["link"])

    assert "令和8年7月6日 08:32" in page
    reached = {step.state: step.at for step in read.steps if step.at}
    assert set(reached) == {"proposed", "approved", "done"}
    assert all(step.reached for step in read.steps)


def test_a_waiting_round_says_what_each_member_does(client: TestClient, database: Database) -> None:
    page = client.get(f"/rounds/{fill(database)['screen'][:12]}?lang=en").text

    assert page.count("reviews the plan") == 3
    assert page.count("waits for the next step") == 1
    assert 'hx-trigger="every 5s"' in page
    assert "School affairs" in page
    assert "D-02, D-07" in page


def test_a_round_that_ended_early_shows_only_what_it_reached(
    client: TestClient, database: Database
) -> None:
    refused = fill(database)["statistics"]

    page = client.get(f"/rounds/{refused}").text
    read = read_round(database, CoordinatorConfig(city="toda"), refused)

    assert [step.state for step in read.steps] == ["proposed", "refused"]
    assert "福祉: 目的が許されていません。" in page
    assert "hx-get" not in page


@pytest.mark.parametrize("path", ["/rounds/ffff", "/rounds/%25", "/nothing"])
def test_an_unknown_address_is_a_page_that_says_so(client: TestClient, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 404
    assert "このページはありません。" in answer.text


def test_the_quality_page_shows_the_newest_link_round(
    client: TestClient, database: Database
) -> None:
    rounds = fill(database)
    first = RoundStore(database).get(rounds["link"])
    later = replace(first, round_id="ff" * 32, created=first.created + timedelta(days=1))
    RoundStore(database).add(
        later, {"quality": canonical_bytes(replace(QUALITY, review_pairs=77).to_json())}
    )

    page = client.get("/linkage?lang=en").text

    assert "99.72 %" in page
    assert "99.41 – 99.90 %" in page
    assert "<strong>77</strong>" in page
    assert "1,102" in page
    assert 'href="/rounds/ffffffffffff"' in page


def test_a_report_of_an_earlier_version_shows_what_it_holds(
    client: TestClient, database: Database
) -> None:
    rounds = fill(database)
    whole = QUALITY.to_json()
    assert isinstance(whole, dict)
    later = {"department_pairs", "cluster_sizes", "conflicts", "threshold", "sample", "linked_by"}
    before = {name: value for name, value in whole.items() if name not in later}
    kept = ("department", "rows", "linked_by_token", "linked_by_similarity", "unlinked")
    departments = [d.to_json() for d in QUALITY.departments]
    before["departments"] = [
        {name: d[name] for name in (*kept, "unlinkable")}  # type: ignore[index,call-overload]
        for d in departments
    ]
    first = RoundStore(database).get(rounds["link"])
    old = replace(first, round_id="ee" * 32, created=first.created + timedelta(days=1))
    RoundStore(database).add(old, {"quality": canonical_bytes(before)})

    page = client.get("/linkage?lang=en").text

    assert page.count("<svg") == 2
    assert "Why this pair" not in page


def test_the_quality_page_says_what_review_came_to(client: TestClient, database: Database) -> None:
    fill(database)

    page = client.get("/linkage?lang=en").text

    assert "Clerical review" in page
    assert "75.0 %" in page
    assert "1/4 (25.0 %)" in page
    assert "4/5 (80.0 %)" in page


def test_each_round_s_quality_has_a_page_and_the_round_leads_there(
    client: TestClient, database: Database
) -> None:
    rounds = fill(database)
    link, screen = rounds["link"][:12], rounds["screen"][:12]

    assert f'href="/linkage/{link}"' in client.get(f"/rounds/{link}").text
    assert "/linkage/" not in client.get(f"/rounds/{screen}").text
    assert "99.72 %" in client.get(f"/linkage/{link}").text
    assert client.get("/linkage/ffff").status_code == 404


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_picture_says_what_it_shows_and_has_its_table(
    client: TestClient, database: Database, language: str
) -> None:
    fill(database)

    page = client.get("/linkage", params={"lang": language}).text

    pictures = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    assert len(pictures) == 6
    assert page.count("<table>") >= len(pictures)
    for each in pictures:
        root = ET.fromstring(each)
        assert root.attrib["role"] == "img"
        assert [part.tag.rpartition("}")[2] for part in root[:2]] == ["title", "desc"]
        assert root[0].text
        assert root[1].text
        assert "style" not in each


def test_a_pair_is_explained_in_views_by_a_number_of_the_report(
    client: TestClient, database: Database
) -> None:
    fill(database)

    page = client.get("/linkage?lang=en").text

    assert "Pair 1: Resident records – School affairs" in page
    assert "kana names (by birth date)" in page
    assert "missing" in page
    assert "0.61" in page
    assert "25.0 %" in page


def test_released_numbers_stand_with_their_error_bars(
    client: TestClient, database: Database
) -> None:
    fill(database)

    page = client.get("/releases?lang=en").text

    assert page.count("± 11") == 4
    assert ">-3<" in page
    assert "95 %" in page
    assert "0.0250 ρ (ε = 1.18)" in page
    assert "no row in this department" in page
    assert page.count("<circle") == 4


def test_linked_children_by_subgroup_are_shown_as_released_with_noise(
    client: TestClient, database: Database
) -> None:
    rounds = fill(database)
    cells = [
        {"labels": [script, str(count)], "value": value, "half_width": 10}
        for script, values in {"kanji": (20, 400, 580), "latin": (3, 9, 2)}.items()
        for count, value in enumerate(values)
    ]
    body = json.loads(release_body())
    body |= {"dimensions": ["linkage.name_script", "linkage.departments"], "cells": cells}
    release = StoredRelease("cd" * 32, rounds["statistics"], 1, canonical_bytes(body), NOW)
    with database.write() as connection:
        add_release(connection, release)

    page = client.get("/linkage?lang=en").text
    tables = client.get("/releases?lang=ja").text

    assert "script of the name" in page
    assert "1,000 ± 18" in page
    assert "98.0 % (94.7 – 100.0)" in page
    assert "too few" in page
    assert "氏名の文字" in tables
    assert "ローマ字" in tables


@pytest.mark.parametrize(
    ("kind", "following"),
    [(machine.kind, machine.following) for machine in (LINK, SCREEN, STATISTICS)],
)
def test_every_state_has_a_name_and_every_state_that_goes_on_a_task(
    kind: str, following: Mapping[StrEnum, frozenset[StrEnum]]
) -> None:
    assert {state.value for state, after in following.items() if after} == set(words.TASKS[kind])
    assert {state.value for state in following} <= set(words.STATES)


def test_pages_come_with_the_frame_s_rules(client: TestClient) -> None:
    answer = client.get("/")

    assert answer.headers["content-security-policy"].startswith("default-src 'self';")
    assert answer.headers["cache-control"] == "no-store"
    assert client.get("/", headers={"host": "elsewhere"}).status_code == 400
    assert client.get("/health").json() == {"state": "serving"}


def test_pages_change_nothing(client: TestClient, database: Database) -> None:
    rounds = fill(database)
    before = database_rows(database)

    for path in (*PAGES, *(f"/rounds/{r}" for r in rounds.values())):
        assert client.get(path).status_code == 200
        assert client.post(path).status_code == 405

    assert database_rows(database) == before


def database_rows(database: Database) -> str:
    rounds = RoundStore(database)
    return repr([(r, rounds.waiting(r.round_id), rounds.names(r.round_id)) for r in rounds.all()])
