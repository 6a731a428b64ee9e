"""`enishi link --households`: who lives together, scored where the truth names households."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.rehearsal import Rehearsal, rehearse
from deploy.rehearsal_html import as_html
from deploy.rehearsal_output import as_json, as_markdown, write_output
from deploy.town.generate import generate
from tests.deploy.test_rehearsal import app, runner

KEY = bytes(range(32))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    generate(folder, children=900, seed=6)
    return folder


@pytest.fixture(scope="module")
def rehearsal(town: Path) -> Rehearsal:
    return rehearse(town, truth=town / "truth" / "rows.csv", key=KEY, households=True)


def test_siblings_of_a_town_are_found_with_few_strangers(rehearsal: Rehearsal) -> None:
    found = rehearsal.households

    assert found is not None
    assert found.score is not None
    assert found.score.true > 3_000
    assert found.score.precision >= 0.98
    assert found.score.recall >= 0.70
    assert found.report["departments"] == ["health", "residents", "school", "survey"]


def test_rows_of_one_cluster_have_one_household_and_welfare_only_what_it_opened(
    rehearsal: Rehearsal,
) -> None:
    assert rehearsal.households is not None
    household_of: dict[int, set[int]] = {}
    unopened = 0
    for mapping, clusters, numbers in zip(
        rehearsal.mappings, rehearsal.clusters, rehearsal.households.numbers, strict=True
    ):
        for cluster, number in zip(clusters, numbers, strict=True):
            if number >= 0:
                household_of.setdefault(cluster, set()).add(number)
            elif cluster >= 0:
                assert mapping.mode == "sealed"
                unopened += 1

    assert all(len(held) == 1 for held in household_of.values())
    assert unopened > 0


def test_a_child_under_protection_lives_with_nobody_in_any_department(
    rehearsal: Rehearsal,
) -> None:
    assert rehearsal.households is not None
    clusters_of: dict[int, set[int]] = {}
    protected: set[int] = set()
    for mapping, intake, clusters, numbers in zip(
        rehearsal.mappings,
        rehearsal.intakes,
        rehearsal.clusters,
        rehearsal.households.numbers,
        strict=True,
    ):
        records = intake.records
        for record, cluster, number in zip(records.record_of_row, clusters, numbers, strict=True):
            if number >= 0:
                clusters_of.setdefault(number, set()).add(cluster)
            if record in records.protected and mapping.mode == "open":
                protected.add(cluster)

    assert protected
    for home in clusters_of.values():
        assert len(home) == 1 or not home & protected


def test_the_reports_and_the_file_say_it(rehearsal: Rehearsal, tmp_path: Path) -> None:
    out = tmp_path / "out"

    write_output(rehearsal, out)

    with (out / "households.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sum(len(one) for one in rehearsal.clusters)
    assert {row["department"] for row in rows} >= {"residents", "welfare"}
    report = json.loads((out / "report.json").read_text("utf-8"))["households"]
    assert report["sibling_pairs"]["true"] > 3_000
    assert "Sibling pairs: precision" in as_markdown(rehearsal, "en")
    assert "きょうだいの組" in as_html(rehearsal)


def test_without_asking_nothing_of_households_is_written(rehearsal: Rehearsal) -> None:
    plain = replace(rehearsal, households=None)

    assert "households" not in as_json(plain)
    assert "世帯(きょうだい)" not in as_html(plain)


def test_a_truth_without_households_scores_none(tmp_path: Path) -> None:
    town = tmp_path / "town"
    generate(town, children=300, seed=6)
    source = (town / "truth" / "rows.csv").read_text("utf-8").splitlines()
    truth = tmp_path / "truth.csv"
    truth.write_text("\n".join(line.rsplit(",", 1)[0] for line in source), encoding="utf-8")
    out = tmp_path / "out"

    answer = runner.invoke(
        app(), [str(town), "--out", str(out), "--truth", str(truth), "--households", "--json"]
    )

    assert answer.exit_code == 0, answer.output
    report = json.loads(answer.output.splitlines()[-1])
    assert "sibling_pairs" not in report["households"]
    assert report["households"]["children_with_siblings"] > 0
