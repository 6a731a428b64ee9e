"""review.csv of a rehearsal: each side under its department, answers taken back."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.deploy.test_rehearsal import FAMILIES, GIVEN, rows, run

MAPPING = """
file = "{name}.csv"
id = "番号"
[fields]
full_name = "氏名"
full_name_kana = "フリガナ"
birth_date = "生年月日"
resident_number = "宛名番号"
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder `in` of two departments, one number wrong between them, and its `out`."""
    root = tmp_path_factory.mktemp("review")
    children = [(family, given) for family in FAMILIES for given in GIVEN]
    (root / "in").mkdir()
    for name in ("住民", "学校"):
        lines = ["番号,氏名,フリガナ,生年月日,宛名番号"]
        for number, ((family, family_kana), (given, given_kana)) in enumerate(children):
            held = 77_000 if (name, number) == ("学校", 3) else number + 1
            day = f"2014-{number % 12 + 1:02}-{number % 28 + 1:02}"
            lines.append(
                f"{name}{number},{family} {given},{family_kana} {given_kana},{day},{held:010}"
            )
        (root / "in" / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")
        (root / "in" / f"{name}.toml").write_text(MAPPING.format(name=name), encoding="utf-8")
    assert run(root / "in", "--out", root / "out")[0] == 0
    return root


def _filled(result: Path, answer: str) -> Path:
    with (result / "out" / "review.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    path = result / f"{answer or 'empty'}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, lines[0].keys())
        writer.writeheader()
        writer.writerows({**line, "answer": answer} for line in lines)
    return path


def _clusters(out: Path) -> dict[str, str]:
    return {row_id: cluster for _, row_id, cluster in rows(out / "clusters.csv")[1:]}


def test_both_sides_of_a_conflict_stand_under_their_departments(result: Path) -> None:
    header, *lines = rows(result / "out" / "review.csv")
    found = [dict(zip(header, line, strict=True)) for line in lines]

    assert [line["department"] for line in found] == ["住民", "学校"]
    assert [line["row_id"] for line in found] == ["住民3", "学校3"]
    assert {line["kind"] for line in found} == {"number"}
    assert {line["number"] for line in found} == {"differ"}
    assert {line["names"] for line in found} == {"agree"}
    assert [line["own_number"] for line in found] == ["4", "77000"]
    assert {line["answer"] for line in found} == {""}
    clusters = _clusters(result / "out")
    assert clusters["住民3"] != clusters["学校3"]


@pytest.mark.parametrize(("answer", "joined"), [("same", 1), ("different", 0), ("", 0)])
def test_answers_act_as_in_the_federation(result: Path, answer: str, joined: int) -> None:
    out = result / f"out-{answer}"

    status, shown, _ = run(
        result / "in", "--out", out, "--answers", _filled(result, answer), "--json"
    )

    assert status == 0
    clusters = _clusters(out)
    assert (clusters["住民3"] == clusters["学校3"]) is bool(joined)
    review = json.loads(shown)["quality"]["review"]
    assert (review["pairs"], review["joined"]) == (1, joined)
    assert len(rows(out / "review.csv")) == (1 if answer else 3)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("学校3", "学校99"), "line 3: no extract has this row"),
        (("P00001,学校", "P00002,学校"), "P00001"),
        ((",same", ",maybe"), "line 2: same, different, unsure"),
        (("answer", "word"), "answer"),
    ],
)
def test_what_cannot_be_an_answer_is_refused_by_its_line(
    result: Path, change: tuple[str, str], said: str
) -> None:
    path = _filled(result, "same")
    path.write_text(path.read_text("utf-8").replace(*change), encoding="utf-8")

    status, _, told = run(result / "in", "--out", result / "no", "--answers", path, "--lang", "en")

    assert status == 2
    assert said in told
    assert not (result / "no").exists()
