from __future__ import annotations

from collections.abc import Iterable

import pytest

from nodes.ingest.kinds import EXPLANATIONS, ImportKind, Kind, Severity, value_kind
from nodes.ingest.report import FactSummary, Fill, ImportReport, RowProblem
from privacy.canonical import canonical_bytes
from privacy.errors import Text
from privacy.normalise.person import ProblemKind


def test_every_kind_has_its_sentence_and_fix_in_both_languages() -> None:
    kinds: list[Kind] = [*ProblemKind, *ImportKind]
    for kind in kinds:
        what, fix = EXPLANATIONS[kind]
        assert all([what.ja, what.en, fix.ja, fix.en])


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("", "empty"),
        ("20140402", "8 digits"),
        ("２０１４", "4 digits"),
        ("2014/4/32", "digits and separators"),
        ("さとう", "hiragana"),
        ("ｻﾄｳ ﾊﾅ", "katakana"),
        ("佐藤 花", "kanji"),
        ("Sato Hana", "Latin letters"),
        ("平成26年", "letters and digits"),
        ("佐藤〓", "letters and signs"),
    ],
)
def test_a_value_is_described_by_its_kind(value: str, kind: str) -> None:
    assert value_kind(value).en == kind


def report(problems: Iterable[RowProblem] = ()) -> ImportReport:
    return ImportReport(
        department="school",
        file="a.csv",
        encoding="cp932",
        rows=1200,
        used=1190,
        records=1188,
        duplicate_groups=2,
        fills=(Fill("birth_date", "生年月日", 1199, 1200), Fill("sex", "性別", 0, 0)),
        facts=(FactSummary(item="D-07", file="b.csv", encoding="cp932", rows=3, used=2),),
        problems=tuple(problems),
        notes=(Text("注", "note"),),
    )


def problem(line: int) -> RowProblem:
    return RowProblem(
        file="a.csv",
        line=line,
        column="生年月日",
        kind=ProblemKind.DATE_IMPOSSIBLE,
        severity=Severity.FIELD_IGNORED,
        value_kind=value_kind("2014/2/30"),
    )


def test_a_report_reads_in_both_languages_and_counts_what_it_does_not_list() -> None:
    shown = report(problem(n) for n in range(2, 52))

    ja, en = shown.render("ja", limit=3), shown.render("en", limit=3)

    assert "1,200行、使用 1,190行、除外 10行、自部署の重複 2組" in ja
    assert "1,200 rows, 1,190 used, 10 dropped, 2 groups of own duplicates" in en
    assert "birth_date 99%" in en
    assert "sex 0%" in en
    assert "50 x no such day" in en
    assert "a.csv 4行目「生年月日」" in ja
    assert "and 47 more" in en
    assert "ほか 47件" in ja


def test_a_report_is_canonical_json() -> None:
    assert b'"dropped":10' in canonical_bytes(report([problem(2)]).as_json())
