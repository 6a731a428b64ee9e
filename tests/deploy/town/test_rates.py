"""The shares: people as many as intended, dirt at the stated rates."""

from pathlib import Path

import pytest

from deploy.town.generate import generate
from deploy.town.manifest import Manifest
from deploy.town.rates import CLEAN, DIRTY, TYPICAL
from tests.deploy.town.extracts import entities, read, truth


def _share(values: "list[bool]") -> float:
    return sum(values) / len(values)


def test_difficulties_scale_errors_but_not_people() -> None:
    assert CLEAN.people == TYPICAL.people == DIRTY.people
    assert CLEAN.welfare.birth_typo == pytest.approx(0.15 * TYPICAL.welfare.birth_typo)
    assert DIRTY.welfare.birth_typo == pytest.approx(2.5 * TYPICAL.welfare.birth_typo)
    assert DIRTY.welfare.number_missing <= 0.9
    assert DIRTY.school.number_missing == 1.0


@pytest.mark.parametrize(
    ("column", "low", "high"),
    [
        ("twin", 0.012, 0.035),
        ("foreign", 0.025, 0.06),
        ("name_changed", 0.05, 0.09),
        ("moved", 0.06, 0.12),
        ("moved_since_infancy", 0.26, 0.42),
        ("left", 0.08, 0.14),
    ],
)
def test_people_are_as_mixed_as_in_a_real_city(
    town_folder: Path, column: str, low: float, high: float
) -> None:
    share = truth(town_folder, "persons")[column].astype(int).mean()
    assert low < share < high


def test_pupils_are_exactly_as_many_as_asked(town: Manifest) -> None:
    persons = truth(town.out, "persons")
    standing = persons.standing.value_counts()
    assert (
        town.pupils
        == standing["municipal"]
        == round(6000 * 8256 / 15690) + round(6000 * 3434 / 15690)
    )
    assert standing["municipal"] + standing["younger"] == 6000


def test_surnames_have_a_common_head_and_a_long_tail(town_folder: Path) -> None:
    names = read(town_folder, "residents")["氏名"].str.split("　").str[0]
    counts = names.value_counts(normalize=True)
    assert 0.008 < counts.iloc[0] < 0.025
    assert len(counts) > 1000


@pytest.mark.parametrize(
    ("department", "column", "low", "high"),
    [
        ("residents", "宛名番号", 0.003, 0.02),
        ("welfare", "宛名番号", 0.42, 0.58),
        ("welfare", "フリガナ", 0.17, 0.27),
        ("health", "宛名番号", 0.2, 0.29),
        ("health", "住所", 0.16, 0.24),
        ("survey", "姓", 0.0, 0.0),
    ],
)
def test_values_are_missing_at_the_stated_rates(
    town_folder: Path, department: str, column: str, low: float, high: float
) -> None:
    empty = (read(town_folder, department)[column] == "").mean()
    assert low <= empty <= high


@pytest.mark.parametrize(
    ("department", "low", "high"),
    [
        ("residents", 0, 0.001),
        ("school", 0.001, 0.009),
        ("welfare", 0.012, 0.05),
        ("health", 0.004, 0.018),
    ],
)
def test_duplicates_are_typed_at_the_stated_rates(
    town: Manifest, department: str, low: float, high: float
) -> None:
    assert low <= town.duplicates[department] / town.rows[department] <= high


def test_birth_dates_disagree_in_about_two_percent_of_true_pairs(town_folder: Path) -> None:
    births: dict[str, str] = dict(
        zip(
            truth(town_folder, "persons").person_id,
            truth(town_folder, "persons").birth_date,
            strict=True,
        )
    )
    health = read(town_folder, "health")["生年月日"]
    owner = entities(town_folder, "health")
    wrong = [value != births[owner[str(row)]].replace("-", "") for row, value in health.items()]
    assert 0.003 < _share(wrong) < 0.02


def test_a_fifth_of_the_children_are_known_to_welfare(town: Manifest) -> None:
    assert 0.13 < town.rows["welfare"] / town.people < 0.23


def test_unwritable_characters_become_geta_or_plain_forms(town_folder: Path) -> None:
    registry = "".join(read(town_folder, "residents")["氏名"])
    school = "".join(read(town_folder, "school")["氏名"])
    assert "𠮷" in registry
    assert "髙" in registry
    assert "𠮷" not in school
    assert "〓" in school


def test_a_dirty_town_is_dirtier_than_a_clean_one(tmp_path: Path) -> None:
    missing = {}
    for level in (CLEAN, DIRTY):
        generate(tmp_path / level.name, children=1500, difficulty=level)
        missing[level.name] = (read(tmp_path / level.name, "welfare")["フリガナ"] == "").mean()
    assert missing["clean"] < 0.1
    assert missing["dirty"] > 0.4
