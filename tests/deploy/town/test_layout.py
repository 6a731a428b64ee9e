"""The files: encodings, mappings, truth, determinism, sizes."""

import hashlib
import json
from pathlib import Path

import pytest

from deploy.town.generate import generate
from deploy.town.manifest import Manifest
from deploy.town.rates import CLEAN, DEPARTMENTS, FIVE
from privacy.errors import BadInputError
from tests.deploy.town.extracts import mapping, read, truth

ENCODINGS = {
    "residents": "utf-8-sig",
    "school": "cp932",
    "survey": "utf-8-sig",
    "welfare": "cp932",
    "health": "utf-8-sig",
    "benefits": "cp932",
    "clubs": "cp932",
}


def _digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("department", DEPARTMENTS)
def test_every_file_is_in_the_stated_encoding_with_the_mapped_columns(
    town_folder: Path, department: str
) -> None:
    settings = mapping(town_folder, department)
    assert settings["encoding"] == ENCODINGS[department]
    frame = read(town_folder, department)
    for columns in settings["fields"].values():
        for column in [columns] if isinstance(columns, str) else columns:
            assert column in frame.columns
    for fact in settings.get("facts", []):
        facts = read(town_folder, department, fact["file"])
        assert fact["id"] == settings["id"]
        assert set(facts.index) <= set(frame.index)
        assert fact.get("period", facts.columns[0]) in facts.columns
        for columns in fact["columns"].values():
            for column in [columns] if isinstance(columns, str) else columns:
                assert column in facts.columns


@pytest.mark.parametrize("department", DEPARTMENTS)
def test_the_truth_names_every_row_once(town_folder: Path, department: str) -> None:
    rows = truth(town_folder, "rows")
    mine = rows[rows.department == department]
    assert mine.row_id.is_unique
    assert set(mine.row_id) == set(read(town_folder, department).index)
    assert set(mine.entity_id) <= set(truth(town_folder, "persons").person_id)


def test_only_the_welfare_department_is_sealed(town_folder: Path) -> None:
    sealed = [one for one in DEPARTMENTS if mapping(town_folder, one)["mode"] == "sealed"]
    assert sealed == ["welfare"]


def test_no_department_holds_a_person_id(town_folder: Path) -> None:
    persons = set(truth(town_folder, "persons").person_id)
    for department in DEPARTMENTS:
        frame = read(town_folder, department)
        assert not persons & {value for column in frame for value in frame[column]}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_town(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        generate(tmp_path / name, children=300, seed=seed, difficulty=CLEAN)
    assert _digests(tmp_path / "a") == _digests(tmp_path / "b")
    assert _digests(tmp_path / "a") != _digests(tmp_path / "c")


def test_five_departments_are_the_default_and_seven_add_two(tmp_path: Path) -> None:
    five = generate(tmp_path, children=300)
    assert five.departments == FIVE
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [*FIVE, "manifest.json", "truth"]
    )


@pytest.mark.parametrize("seed", range(4))
def test_a_town_of_300_children_has_every_planted_case(tmp_path: Path, seed: int) -> None:
    manifest = generate(tmp_path, children=300, seed=seed)
    cases = {
        f"P-{number:02d}" for number in (*range(1, 15), *range(21, 24), *range(25, 29), 31, 32)
    }
    assert cases <= set(manifest.planted)


def test_the_manifest_file_says_what_was_returned(town: Manifest) -> None:
    content = json.loads((town.out / "manifest.json").read_text(encoding="utf-8"))
    assert content["rows"] == town.rows
    assert content["city_code"] == "112909"
    planted = [row for rows in content["planted"].values() for row in rows if row["row"]]
    by_department = {one: read(town.out, one) for one in town.departments}
    assert all(row["row"] in by_department[row["department"]].index for row in planted)


@pytest.mark.parametrize(("children", "departments"), [(299, 5), (200_001, 5), (300, 6)])
def test_sizes_out_of_range_are_refused(tmp_path: Path, children: int, departments: int) -> None:
    with pytest.raises(BadInputError):
        generate(tmp_path, children=children, departments=departments)


def test_progress_rises_to_one(tmp_path: Path) -> None:
    seen: list[float] = []
    generate(tmp_path, children=300, progress=lambda _what, share: seen.append(share))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
