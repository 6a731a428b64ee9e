"""The facts: months, holidays, outcomes, and signals that mean something."""

from pathlib import Path

import pandas as pd
import pytest

from deploy.town.manifest import Manifest
from tests.deploy.town.extracts import entities, mapping, read, truth


def _absence(town: Path) -> pd.DataFrame:
    days = read(town, "school", "出欠.csv").reset_index()
    days["欠席日数"] = days["欠席日数"].astype(int)
    wide = days.pivot_table(index="児童生徒ID", columns="年月", values="欠席日数", aggfunc="sum")
    wide.index = wide.index.map(entities(town, "school"))
    return wide[~wide.index.duplicated()].fillna(0)


def test_attendance_runs_for_fifteen_months_without_august(town_folder: Path) -> None:
    days = read(town_folder, "school", "出欠.csv")
    assert min(days["年月"]) == "2025-04"
    assert max(days["年月"]) == "2026-06"
    assert days["年月"].nunique() == 15
    assert (days[days["年月"] == "2025-08"]["欠席日数"] == "0").all()
    assert (days["欠席日数"].astype(int) <= days["授業日数"].astype(int)).all()


def test_long_absence_is_as_frequent_as_reported(town: Manifest) -> None:
    outcomes = truth(town.out, "outcomes")
    persons = truth(town.out, "persons")
    pupils = persons[persons.standing == "municipal"]
    primary = pupils.grade.astype(int).between(1, 6)
    known = outcomes.grade.astype(int)
    assert (known <= 6).sum() == pytest.approx(0.0086 * primary.sum(), abs=3)
    assert (known > 6).sum() == pytest.approx(0.0364 * (~primary).sum(), abs=3)


def test_absence_rises_before_the_onset_that_is_still_to_come(town_folder: Path) -> None:
    wide = _absence(town_folder)
    outcomes = truth(town_folder, "outcomes")
    soon = outcomes[outcomes.onset.isin(["2026-07", "2026-08", "2026-09"])].person_id
    spring = wide[["2026-04", "2026-05", "2026-06"]].sum(axis=1)
    assert spring.reindex(soon).mean() > 3 * spring.mean()


def test_welfare_knows_more_of_those_who_will_stay_away(town_folder: Path) -> None:
    outcomes = set(truth(town_folder, "outcomes").person_id)
    persons = truth(town_folder, "persons")
    pupils = set(persons[persons.standing == "municipal"].person_id)
    aided = set(
        read(town_folder, "welfare", "就学援助.csv").index.map(entities(town_folder, "welfare"))
    )
    assert len(aided & outcomes) / len(outcomes) > 1.5 * len(aided & pupils) / len(pupils)


def test_some_pupils_do_not_answer(town_folder: Path) -> None:
    persons = truth(town_folder, "persons")
    asked = persons[(persons.standing == "municipal") & persons.grade.astype(int).between(4, 9)]
    answers = read(town_folder, "survey", "児童生徒質問紙.csv")
    answered = answers[answers["実施年月"] == "2026-04"].index.nunique()
    assert 0.85 < answered / len(asked) < 0.98


def test_the_planted_school_achieves_over_its_context(town: Manifest) -> None:
    scores = read(town.out, "survey", "学力調査.csv")["国語"].astype(float)
    owner = entities(town.out, "survey")
    persons = truth(town.out, "persons")
    school = dict(zip(persons.person_id, persons.school, strict=True))
    high = town.planted["P-31"][0].detail
    means = scores.groupby(scores.index.map(owner).map(school)).mean()
    assert means[high] > means.drop(high).median()


def test_who_did_harm_is_in_no_mapping(town_folder: Path) -> None:
    record = next(one for one in mapping(town_folder, "survey")["facts"] if one["item"] == "D-18")
    assert record["columns"] == {"harmed": "被害"}
    assert "加害" in read(town_folder, "survey", record["file"]).columns


def test_one_school_records_no_visits_to_the_nurse(town: Manifest) -> None:
    visits = set(read(town.out, "school", "保健室利用.csv").index)
    roll = read(town.out, "school")
    silent = roll[roll["学校名"] == town.planted["P-24"][0].detail].index
    assert len(silent) > 0
    assert not visits & set(silent)


def test_one_grade_has_seven_pupils(town: Manifest) -> None:
    persons = truth(town.out, "persons")
    name = town.planted["P-32"][0].detail.removesuffix(" 4年")
    assert ((persons.school == name) & (persons.grade == "4")).sum() == 7
