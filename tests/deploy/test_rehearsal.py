"""`enishi link` on small folders: what it writes, and what it does with bad input."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from deploy.link_cli import link
from deploy.rehearsal import rehearse
from privacy.errors import Text

runner = CliRunner()
SCHOOL = """
file = "名簿.csv"
id = "児童生徒ID"
[fields]
full_name = "氏名"
full_name_kana = "フリガナ"
birth_date = "生年月日"
sex = "性別"
"""
HEALTH = """
file = "健診.csv"
encoding = "utf-8"
id = "No"
[fields]
family_name = "姓"
given_name = "名"
full_name_kana = ["セイ", "メイ"]
birth_date = ["年", "月", "日"]
"""
FAMILIES = [
    ("渡邊", "ワタナベ"), ("髙橋", "タカハシ"), ("佐藤", "サトウ"), ("鈴木", "スズキ"),
    ("田中", "タナカ"), ("伊藤", "イトウ"), ("山本", "ヤマモト"), ("中村", "ナカムラ"),
]  # fmt: skip
GIVEN = [
    ("陽翔", "ハルト"),
    ("結衣", "ユイ"),
    ("蓮", "レン"),
    ("美咲", "ミサキ"),
    ("翔太", "ショウタ"),
]


def app() -> typer.Typer:
    made = typer.Typer()
    made.command()(link)
    return made


def run(*arguments: object) -> tuple[int, str, str]:
    result = runner.invoke(app(), [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return forty children in two departments, and one row repeated, dropped, alone."""
    children = [(family, given) for family in FAMILIES for given in GIVEN]
    school, health = ["児童生徒ID,氏名,フリガナ,生年月日,性別"], ["No,姓,名,セイ,メイ,年,月,日"]
    truth = ["department,row_id,entity_id"]
    for number, ((family, family_kana), (given, given_kana)) in enumerate(children):
        month, day = number % 12 + 1, number % 28 + 1
        sex = "男" if number % 2 else "女"
        school.append(
            f"=S{number},{family} {given},{family_kana} {given_kana},H26.{month}.{day},{sex}"
        )
        health.append(
            f"{number},{family.replace('邊', '辺')},{given},{family_kana},{given_kana},"
            f"2014,{month},{day}"
        )
        truth += [f"school,=S{number},e{number}", f"health,{number},e{number}"]
    school += [
        "@S40,渡辺　陽翔,ﾜﾀﾅﾍﾞ ﾊﾙﾄ,平成26年1月1日,女",
        "-S41,,,H26.1.1,",
        "+S42,林 杏,,H27.2.30,女",
    ]
    truth += ["school,@S40,e0"]
    root = tmp_path / "in"
    (root / "health").mkdir(parents=True)
    (root / "名簿.csv").write_text("\n".join(school), encoding="cp932")
    (root / "school.toml").write_text(SCHOOL, encoding="utf-8")
    (root / "health" / "健診.csv").write_text("\n".join(health), encoding="utf-8")
    (root / "health" / "department.toml").write_text(HEALTH, encoding="utf-8")
    (tmp_path / "truth.csv").write_text("\n".join(truth), encoding="utf-8")
    return root


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_every_row_has_one_line_with_its_id_as_it_was_and_its_cluster(folder: Path) -> None:
    out = folder.parent / "out"

    status, shown, _ = run(folder, "--out", out, "--truth", folder.parent / "truth.csv")

    assert status == 0
    header, *lines = rows(out / "clusters.csv")
    assert header == ["department", "row_id", "cluster_id"]
    assert len(lines) == 43 + 40
    assert out.stat().st_mode & 0o077 == 0
    ids = {(name, row_id): cluster for name, row_id, cluster in lines}
    assert ids["school", "=S0"] == ids["school", "@S40"] == ids["health", "0"] == "1"
    assert ids["school", "-S41"] == ""
    assert ids["school", "+S42"] not in {ids["health", str(number)] for number in range(40)}
    assert rows(out / "dropped.csv") == [
        ["department", "row_id", "reason", "line"],
        ["school", "-S41", "name_missing", "43"],
    ]
    assert "| 正解との比較 | 1.0000 | 1.0000 | 1.0000 |" in shown


def test_forty_children_are_linked_under_any_key(folder: Path) -> None:
    """What a model fitted to a handful of pairs says must not part identical names."""
    for number in range(8):
        rehearsal = rehearse(folder, truth=folder.parent / "truth.csv", key=bytes([number]) * 32)
        assert rehearsal.score is not None
        assert rehearsal.score.evaluation.across.f1 == 1.0


def test_the_report_holds_counts_in_both_languages_and_no_value(folder: Path) -> None:
    out = folder.parent / "out"
    assert run(folder, "--out", out, "--truth", folder.parent / "truth.csv", "--json")[0] == 0

    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    shown = (out / "report.md").read_text(encoding="utf-8")

    assert report["truth"]["across_departments"]["f1"] == 1.0
    school = next(d for d in report["departments"] if d["department"] == "school")
    assert (school["rows"], school["used"], school["duplicate_groups"]) == (43, 42, 1)
    assert {count["kind"] for count in school["counts"]} >= {"name_missing", "date_impossible"}
    assert "# 連結のリハーサル" in shown
    assert "# Linkage rehearsal" in shown
    assert "名簿.csv 44行目「生年月日」: 暦にない日付" in shown
    for text in (shown, json.dumps(report, ensure_ascii=False)):
        assert not any(family in text for family, _ in FAMILIES)
        assert "=S" not in text


def test_the_answer_for_machines_is_json(folder: Path) -> None:
    status, shown, _ = run(folder, "--out", folder.parent / "out", "--json")

    assert status == 0
    answer = json.loads(shown)
    assert answer["rows"] == 83
    assert "truth" not in answer


def test_a_rehearsal_may_be_repeated_but_destroys_nothing_else(folder: Path) -> None:
    out = folder.parent / "out"
    assert run(folder, "--out", out)[0] == 0
    assert run(folder, "--out", out)[0] == 0
    (out / "mine.txt").write_text("kept")

    status, _, said = run(folder, "--out", out, "--lang", "en")

    assert status == 2
    assert "holds something else" in said
    assert (out / "mine.txt").read_text() == "kept"
    assert sorted(path.name for path in folder.parent.iterdir()) == ["in", "out", "truth.csv"]


def replaced(old: str, new: str, encoding: str = "utf-8") -> Callable[[bytes], bytes]:
    return lambda data: data.decode(encoding).replace(old, new).encode(encoding)


BAD: dict[str, tuple[str, Callable[[bytes], bytes], str, str]] = {
    "a broken line": ("名簿.csv", lambda data: data + b"\nX,Y", "45行目", "line 45"),
    "a wrong encoding": ("健診.csv", lambda data: data.decode().encode("cp932"), "cp932", "cp932"),
    "a missing column": (
        "school.toml",
        replaced("フリガナ", "ふりがな"),
        "ふりがな",
        "児童生徒ID, 氏名, フリガナ, 生年月日, 性別",
    ),
    "no rows": ("健診.csv", lambda data: data.split(b"\n")[0], "見出しだけ", "no rows"),
    "an empty file": ("名簿.csv", lambda data: data[:0], "空のファイル", "is empty"),
    "an id that rows share": (
        "school.toml",
        replaced('"児童生徒ID"', '"性別"'),
        "行の番号ではありません",
        "no row id",
    ),
    "an unknown field": ("school.toml", replaced("sex", "sexx"), "「sex」", "`sex`"),
    "a My Number column": (
        "名簿.csv",
        lambda data: (
            data.replace(
                "生年月日,性別".encode("cp932"), "生年月日,性別,個人番号".encode("cp932"), 1
            )
            .replace(b"\n", b",\n")
            .replace("個人番号,".encode("cp932"), "個人番号".encode("cp932"))
            + b","
        ),
        "マイナンバー（個人番号）のよう",
        "My Numbers",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_named_in_both_languages_and_nothing_is_written(
    folder: Path, what: str
) -> None:
    name, spoil, ja, en = BAD[what]
    path = next(folder.rglob(name))
    path.write_bytes(spoil(path.read_bytes()))
    out = folder.parent / "out"

    for language, expected in (("ja", ja), ("en", en)):
        status, shown, said = run(folder, "--out", out, "--lang", language)
        assert status == (1 if what == "a My Number column" else 2)
        assert expected in said
        assert shown == ""
    assert not out.exists()
    assert sorted(path.name for path in folder.parent.iterdir()) == ["in", "truth.csv"]


def test_an_error_for_machines_carries_both_languages(folder: Path) -> None:
    (folder / "名簿.csv").unlink()

    status, shown, _ = run(folder, "--out", folder.parent / "out", "--json")

    assert status == 2
    answer = json.loads(shown)
    assert answer["exit_status"] == 2
    assert "がありません" in answer["error"]["ja"]
    assert "does not exist" in answer["error"]["en"]


def test_ids_that_two_rows_share_are_dropped_with_their_lines(folder: Path) -> None:
    path = folder / "health" / "健診.csv"
    path.write_text(path.read_text("utf-8").replace("\n1,", "\n0,"), encoding="utf-8")
    out = folder.parent / "out"

    assert run(folder, "--out", out)[0] == 0

    assert [line for line in rows(out / "dropped.csv") if line[0] == "health"] == [
        ["health", "0", "row_id_conflict", "2"],
        ["health", "0", "row_id_conflict", "3"],
    ]


def test_one_row_a_department_is_enough(folder: Path) -> None:
    for name in ("名簿.csv", "健診.csv"):
        path = next(folder.rglob(name))
        path.write_bytes(b"\n".join(path.read_bytes().split(b"\n")[:2]))

    assert run(folder, "--out", folder.parent / "out")[0] == 0

    assert len(rows(folder.parent / "out" / "clusters.csv")) == 3


def test_a_folder_without_mappings_says_how_to_make_them(tmp_path: Path) -> None:
    status, _, said = run(tmp_path, "--out", tmp_path / "out", "--lang", "en")

    assert status == 2
    assert "--init" in said


def test_a_truth_without_its_columns_is_refused_before_anything_else(folder: Path) -> None:
    (folder.parent / "truth.csv").write_text("department,id,entity_id\nschool,1,2\n")

    status, _, said = run(
        folder, "--out", folder.parent / "out", "--truth", folder.parent / "truth.csv"
    )

    assert status == 2
    assert "row_id" in said


def test_a_folder_that_cannot_be_written_is_an_error_and_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("deploy.rehearsal_output.json.dumps", full)

    status, _, said = run(folder, "--out", folder.parent / "out", "--lang", "en")

    assert status == 3
    assert "the disk is full" in said
    assert sorted(path.name for path in folder.parent.iterdir()) == ["in", "truth.csv"]


def test_progress_is_told_in_both_languages_up_to_the_end(folder: Path) -> None:
    told: list[tuple[Text, int, int]] = []

    rehearse(folder, progress=lambda *step: told.append(step), key=bytes(32))

    assert [done for _, done, _ in told] == list(range(8))
    assert {total for *_, total in told} == {7}
    assert all(text.ja and text.en for text, *_ in told)
