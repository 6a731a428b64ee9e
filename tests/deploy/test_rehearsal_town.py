"""The rehearsal on a small synthetic town, and on folders at the edge of sense."""

from __future__ import annotations

from pathlib import Path

import pytest

import deploy
from deploy.rehearsal import find_mappings, rehearse
from deploy.rehearsal_output import as_json, write_output
from deploy.town.generate import generate
from deploy.town.rates import DIRTY, TYPICAL, Difficulty
from nodes.ingest.kinds import ImportKind
from nodes.intake import take_in
from privacy.governance.catalogue import read_catalogue

TOML = 'file = "{name}.csv"\nid = "id"\n[fields]\nfull_name = "n"\nbirth_date = "d"\n'


def department(folder: Path, name: str, *rows: str) -> None:
    (folder / f"{name}.csv").write_text("\n".join(["id,n,d", *rows]), encoding="utf-8")
    (folder / f"{name}.toml").write_text(TOML.format(name=name), encoding="utf-8")


@pytest.mark.parametrize(("difficulty", "least"), [(TYPICAL, 0.97), (DIRTY, 0.94)])
def test_a_town_is_linked_across_all_its_departments(
    tmp_path: Path, difficulty: Difficulty, least: float
) -> None:
    generate(tmp_path, children=600, difficulty=difficulty, seed=3)

    rehearsal = rehearse(tmp_path, truth=tmp_path / "truth" / "rows.csv", key=bytes(range(32)))

    assert rehearsal.score is not None
    assert rehearsal.score.unknown == 0
    assert rehearsal.score.evaluation.across.true > 1000
    assert rehearsal.score.evaluation.across.f1 >= least


def test_every_fact_of_the_town_fits_the_sample_catalogue(tmp_path: Path) -> None:
    generate(tmp_path, children=300, seed=4)
    samples = Path(deploy.__file__).parent / "samples"
    catalogue = read_catalogue((samples / "catalogue.yaml").read_text("utf-8"))

    intakes = [take_in(mapping, catalogue) for mapping in find_mappings(tmp_path)]

    items = {fact.item for intake in intakes for fact in intake.facts}
    assert {"D-02", "D-05", "D-07", "D-08", "D-09", "D-12", "D-22", "D-39"} <= items
    kinds = {problem.kind for intake in intakes for problem in intake.report.problems}
    assert not kinds & {*ImportKind}


def test_the_clusters_of_one_key_are_always_the_same(tmp_path: Path) -> None:
    generate(tmp_path, children=300, seed=4)

    one, two = (rehearse(tmp_path, key=bytes(32)).clusters for _ in range(2))

    assert one == two


def test_one_department_alone_has_only_its_own_duplicates(tmp_path: Path) -> None:
    department(tmp_path, "a", "1,佐藤 花,2014-04-02", "2,佐藤 花,H26.4.2", "3,鈴木 空,2014-05-06")

    assert rehearse(tmp_path).clusters == ((1, 1, 2),)


def test_a_department_whose_rows_are_all_dropped_does_not_stop_the_others(tmp_path: Path) -> None:
    department(tmp_path, "a", "1,佐藤 花,2014-04-02", "2,鈴木 空,2014-05-06")
    department(tmp_path, "b", "1,佐藤 花,2014-04-02")
    department(tmp_path, "c", "1,,2014-04-02")

    rehearsal = rehearse(tmp_path)
    write_output(rehearsal, tmp_path / "out")

    assert rehearsal.clusters == ((1, 2), (1,), (-1,))
    assert as_json(rehearsal)["clusters_by_departments"] == {1: 1, 2: 1}
    assert "c,1,\n" in (tmp_path / "out" / "clusters.csv").read_text("utf-8")
