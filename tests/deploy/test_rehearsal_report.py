"""The rehearsal's explanations and its report in one file: every pair adds up, no name leaves."""

from __future__ import annotations

import csv
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli import app
from deploy.rehearsal import Rehearsal, rehearse
from deploy.rehearsal_output import write_output
from deploy.rehearsal_pairs import FIXED
from deploy.town.generate import generate
from privacy.errors import BadInputError

pytestmark = pytest.mark.timeout(120)
runner = CliRunner()
Row = dict[str, str]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> tuple[Rehearsal, Path]:
    folder = tmp_path_factory.mktemp("town")
    generate(folder / "in", children=300, seed=6)
    truth = folder / "in" / "truth" / "rows.csv"
    rehearsal = rehearse(folder / "in", truth=truth, key=bytes(range(32)))
    write_output(rehearsal, folder / "out")
    return rehearsal, folder / "out"


def pairs(out: Path) -> list[Row]:
    with (out / "pairs.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def asked(out: Path, *arguments: str) -> tuple[int, str]:
    result = runner.invoke(app, ["link", "explain", str(out), *arguments])
    return result.exit_code, result.stdout


def rows_of(pair: Row) -> tuple[str, str]:
    return tuple(f"{pair[f'department_{n}']}:{pair[f'row_id_{n}']}" for n in (1, 2))  # type: ignore[return-value]


def test_every_pair_s_columns_add_up_to_its_weight(town: tuple[Rehearsal, Path]) -> None:
    rehearsal, out = town
    written = pairs(out)

    assert sum(pair["fate"] == "linked" for pair in written) == rehearsal.quality.linked_pairs
    weights = [name for name in written[0] if name.endswith(" weight")]
    for pair in written:
        parts = sum(float(pair[name]) for name in ("prior", "identity", *weights))
        assert parts == pytest.approx(float(pair["weight"]), abs=1e-3)
    assert {name for name in written[0] if "/" not in name} == set(FIXED)


def test_true_pairs_that_stayed_apart_are_all_there(town: tuple[Rehearsal, Path]) -> None:
    rehearsal, out = town
    assert rehearsal.score is not None
    across = rehearsal.score.evaluation.across

    apart = [p for p in pairs(out) if p["truth"] == "same" and p["fate"] != "linked"]

    assert 0 < len(apart) <= across.true - across.correct


def test_two_rows_are_explained_in_words_json_and_a_picture(
    town: tuple[Rehearsal, Path], tmp_path: Path
) -> None:
    _, out = town
    pair = next(p for p in pairs(out) if p["fate"] == "linked")
    one, two = rows_of(pair)

    status, said = asked(out, one, two, "--lang", "en", "--svg", str(tmp_path / "why.svg"))
    _, answer = asked(out, two, one, "--json")

    assert status == 0
    assert said.startswith("They share a cluster.")
    assert "match weight, before rivals" in said
    (found,) = json.loads(answer)["pairs"]
    assert found["fate"] == "linked"
    steps = found["explanation"]["steps"]
    assert sum(s["weight"] for s in steps[:-1]) == found["explanation"]["weight"]
    assert found["explanation"]["weight"] == pytest.approx(1e6 * float(pair["weight"]), abs=1e3)
    assert ET.parse(tmp_path / "why.svg").getroot().attrib["role"] == "img"


def test_rows_that_only_other_rows_join_are_explained_by_these(
    town: tuple[Rehearsal, Path],
) -> None:
    _, out = town
    direct = {frozenset(rows_of(pair)) for pair in pairs(out)}
    clusters: dict[str, dict[str, str]] = {}
    with (out / "clusters.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            known = clusters.setdefault(row["cluster_id"], {})
            known.setdefault(row["department"], f"{row['department']}:{row['row_id']}")
    joined = [
        (one, two)
        for cluster, rows in clusters.items()
        for one in rows.values()
        for two in rows.values()
        if cluster and one < two and frozenset((one, two)) not in direct
    ]

    assert joined
    _, answer = asked(out, *joined[0], "--json")

    way = json.loads(answer)["pairs"]
    assert len(way) > 1
    assert {":".join(way[0]["rows"][0]), ":".join(way[0]["rows"][1])} & set(joined[0])


def test_what_cannot_be_answered_is_said(town: tuple[Rehearsal, Path], tmp_path: Path) -> None:
    _, out = town
    one, two = rows_of(pairs(out)[0])

    assert "同じ部署の同じ記録" in asked(out, one, one)[1]
    assert asked(out, "nowhere", two)[0] == 2
    assert asked(out, "nowhere:1", two)[0] == 2
    assert asked(tmp_path, one, two)[0] == 2
    (tmp_path / "clusters.csv").write_text("a,b\n1,2\n")
    assert asked(tmp_path, one, two)[0] == 2
    assert asked(out, one, one, "--svg", str(tmp_path / "no.svg"))[0] == 2


class Page(HTMLParser):
    """Collects what a page would load, its ids, and how deep it is."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag in {"script", "link", "img", "iframe"} or "src" in found:
            self.loads.append(tag)


def test_the_report_is_one_file_in_both_languages_without_a_name_or_row(
    town: tuple[Rehearsal, Path],
) -> None:
    rehearsal, out = town
    text = (out / "report.html").read_text(encoding="utf-8")

    page = Page()
    page.feed(text)

    assert page.loads == []
    assert len(page.ids) == len(set(page.ids))
    assert "連結のリハーサル" in text
    assert "Precision-recall curve" in text
    assert "name length: short" in text
    english = text.partition('<div id="en"')[2]
    assert set(re.findall(r"[\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff]+", english)) == set()
    pictures = re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL)
    assert len(pictures) >= 2 * 8
    for picture in pictures:
        ET.fromstring(picture)
    shown = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
    for intake in rehearsal.intakes:
        assert not any(row_id in shown for row_id in intake.records.row_ids)
        names = {person.family + person.given for person in intake.records.persons}
        assert not any(name in shown for name in names if len(name) > 3)


def test_groups_cover_every_record_once_a_dimension(town: tuple[Rehearsal, Path]) -> None:
    rehearsal, _ = town
    records = sum(len(intake.records.persons) for intake in rehearsal.intakes)
    assert rehearsal.score is not None
    across = rehearsal.score.evaluation.across

    kinds = {group.kind for group in rehearsal.subgroups}

    assert kinds == {
        *("name_length", "name_script", "kana", "address", "other_name", "sex", "grade"),
        *("moved", "family_name"),
    }
    for kind in kinds:
        groups = [group for group in rehearsal.subgroups if group.kind == kind]
        assert sum(group.records for group in groups) == records
        for group in groups:
            assert 0 <= group.linked <= group.records
            assert group.score is not None
            assert group.score.correct <= min(group.score.found, group.score.true)
            assert group.score.true <= across.true + 20
    sexes = [g.score for g in rehearsal.subgroups if g.kind == "sex"]
    assert sum(score.true for score in sexes if score) >= across.true - 20


def test_without_a_truth_groups_are_estimated_and_a_full_table_leaves_sure_pairs_out(
    town: tuple[Rehearsal, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("deploy.rehearsal_pairs.MOST", 400)

    rehearsal = rehearse(town[1].parent / "in", key=bytes(32))
    write_output(rehearsal, tmp_path / "out")

    assert {group.score for group in rehearsal.subgroups} == {None}
    assert {"moved", "family_name"}.isdisjoint(group.kind for group in rehearsal.subgroups)
    report = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
    assert {group["truth"] for group in report["subgroups"]} == {None}
    written = pairs(tmp_path / "out")
    assert {pair["truth"] for pair in written} == {""}
    assert report["pairs"] == {"written": len(written), "left_out": rehearsal.pairs.left_out}
    assert rehearsal.pairs.left_out > 0
    assert len(written) == 400


def test_the_error_of_a_question_speaks_both_languages(tmp_path: Path) -> None:
    from deploy.rehearsal_question import explain_rows  # noqa: PLC0415 - as the verb does

    with pytest.raises(BadInputError) as caught:
        explain_rows(tmp_path, "a:1", "b:2")

    assert "clusters.csv" in caught.value.render("ja")
    assert "cannot be read" in caught.value.render("en")
