"""The figures of a linkage's quality report: pictures, each with its numbers in a table.

Made from the report's JSON, so that reports of earlier versions show what they hold.  The
coordinator's page and the rehearsal's report draw the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from markupsafe import Markup

from privacy.errors import Language, Text
from protos.web.chart import ALERT, TONES, Line, Rule, Series, Words, columns, lines, rows

Report = Mapping[str, Any]
_HIGHEST = 15
"""Largest weight that the chart of rows' own weights draws: the tail is nearly nobody."""
_AT_WEIGHTS = (0, 5, 10)

TOKEN = Text("符号で", "by token")
SIMILARITY = Text("類似度で", "by similarity")
REVIEW = Text("人の確認で", "by review")
UNLINKED = Text("つながらない", "not linked")
LINKED = Text("つないだ組", "linked")
APART = Text("つながない組", "not linked")
THRESHOLD = Text("しきい値", "threshold")
PAIRS = Text("組", "pairs")
DEPARTMENT = Text("部署", "department")
CONFLICTS = {
    "numbers_differ": Text("番号が違うので分けた", "kept apart: numbers differ"),
    "cluster_numbers_differ": Text(
        "まとまりの中の番号が違うので分けた", "kept apart: numbers inside the clusters differ"
    ),
    "department_taken": Text(
        "同じ部署の行が重なる、または人が別人とした",
        "kept apart: a department would be there twice, or people said no",
    ),
    "number_without_date": Text(
        "番号は同じで生年月日が違い、分けた", "kept apart: number equal, birth date not"
    ),
    "linked_without_date": Text(
        "番号は同じで生年月日が違い、つないだ", "linked: number equal, birth date not"
    ),
    "linked_against_number": Text("番号が違うがつないだ", "linked although numbers differ"),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: what it shows, the picture in a language, and its numbers as a table.

    ``folded``: the table is long and stands behind a summary.
    """

    key: str
    title: Text
    note: Text
    head: tuple[Text, ...]
    rows: tuple[tuple[Text, ...], ...]
    draw: Callable[[Language], Markup] | None = None
    folded: bool = False


def figures(report: Report, named: Mapping[str, Text]) -> tuple[Figure, ...]:
    """Return the figures of what *report* holds; *named*: department id -> name."""
    made: list[Figure] = []
    if report["departments"]:
        made.append(_by_department(report["departments"], named))
    if report.get("department_pairs"):
        made.append(_by_pair(report["department_pairs"], named))
    made.append(_weights(report))
    if any(d.get("own_weights") for d in report["departments"]):
        made.append(_unlinkable(report, named))
    if report.get("cluster_sizes"):
        made.append(_sizes(report["cluster_sizes"]))
    if report.get("conflicts"):
        made.append(_conflicts(report["conflicts"]))
    return tuple(made)


def same(value: object) -> Text:
    """Return a number or a word that is the same in both languages."""
    return Text(str(value), str(value))


def number(value: int) -> Text:
    """Return a count with separators."""
    return same(f"{value:,}")


def share(part: float, whole: float) -> Text:
    """Return a share in percent; a dash where there is nothing to share."""
    return same(f"{100 * part / whole:.1f} %" if whole else "–")


def _name(named: Mapping[str, Text], department: str) -> Text:
    return named.get(department, same(department))


def _by_department(departments: Sequence[Report], named: Mapping[str, Text]) -> Figure:
    kinds = (
        ("linked_by_token", TOKEN, TONES[0]),
        ("linked_by_similarity", SIMILARITY, TONES[1]),
        ("linked_by_review", REVIEW, TONES[3]),
        ("unlinked", UNLINKED, TONES[2]),
    )
    used = [k for k in kinds if k[0] != "linked_by_review" or any(d.get(k[0]) for d in departments)]
    title = Text("部署ごとのつながり", "Links by department")

    def draw(language: Language) -> Markup:
        series = [
            Series(name.in_language(language), tuple(d.get(key, 0) for d in departments), tone)
            for key, name, tone in used
        ]
        said = Text(
            "部署ごとに、行の何割がほかの部署とつながったかを横棒で示す。",
            "Per department, the share of rows linked to another department.",
        )
        words = Words(title.in_language(language), said.in_language(language))
        labels = [_name(named, d["department"]).in_language(language) for d in departments]
        return rows(words, labels, series, shares=True)

    return Figure(
        "departments",
        title,
        Text(
            "行の数にはダミーが混じることがあります。封緘の部署は手元で突合するため、ここには"
            "現れません。「比べられない」は符号もビューもない行です。",
            "Rows may include dummies. Sealed departments match locally and do not appear. "
            '"Nothing to compare" are rows without any token or view.',
        ),
        (
            DEPARTMENT,
            Text("行", "rows"),
            *(name for _, name, _ in used),
            Text("比べられない", "nothing to compare"),
            Text("つながった割合", "share linked"),
        ),
        tuple(
            (
                _name(named, d["department"]),
                number(d["rows"]),
                *(number(d.get(key, 0)) for key, _, _ in used),
                number(d["unlinkable"]),
                share(d["rows"] - d["unlinked"], d["rows"]),
            )
            for d in departments
        ),
        draw,
    )


def _by_pair(pairs: Sequence[Report], named: Mapping[str, Text]) -> Figure:
    def row(pair: Report) -> tuple[Text, ...]:
        one, two = (_name(named, name) for name in pair["departments"])
        by = pair["linked_by"]
        counts = (by["token"], by["similarity"], by["review"], by["others"])
        return (
            Text(f"{one.ja} – {two.ja}", f"{one.en} – {two.en}"),
            *(number(count) for count in (*counts, pair["to_review"], pair["conflicts"])),
        )

    return Figure(
        "pairs",
        Text("部署の組ごとのつながり", "Links by pair of departments"),
        Text(
            "「ほかの行を通じて」は、二つの行に直接の手がかりがなく、同じまとまりの別の行を"
            "介してつながった組です。",
            '"Through other rows": the two rows show nothing of their own; other rows of the '
            "cluster join them.",
        ),
        (
            Text("部署の組", "departments"),
            TOKEN,
            SIMILARITY,
            REVIEW,
            Text("ほかの行を通じて", "through other rows"),
            Text("人が確かめる組", "to review"),
            Text("番号の食い違い", "number conflicts"),
        ),
        tuple(row(pair) for pair in pairs),
    )


def _weights(report: Report) -> Figure:
    counts, linked = report["histogram"], report["linked_histogram"]
    lowest = report["lowest_weight"]
    title = Text("一致の重みの分布", "Pairs by match weight")

    def draw(language: Language) -> Markup:
        apart = tuple(all_ - part for all_, part in zip(counts, linked, strict=True))
        series = [
            Series(LINKED.in_language(language), tuple(linked), TONES[0]),
            Series(APART.in_language(language), apart, TONES[2]),
        ]
        said = Text(
            "候補の組の数を一致の重みごとに示す。点線がしきい値。",
            "Candidate pairs by match weight; the dashed line is the threshold.",
        )
        axis = Text("一致の重み", "match weight")
        words = Words(*(t.in_language(language) for t in (title, said, axis)))
        labels = [str(lowest + at) for at in range(len(counts))]
        rule = Rule(-lowest, THRESHOLD.in_language(language))
        return columns(words, labels, series, rules=[rule], roots=True, every=5)

    return Figure(
        "weights",
        title,
        Text(
            "重みは一致の対数オッズ(自然対数)です。点線がしきい値(五分五分)、棒の高さは件数の"
            "平方根、両端の棒はその先も含みます。",
            "A weight is the natural log odds of a match. The dashed line is the threshold (even "
            "odds), heights are roots of counts, the outer bars hold what lies beyond.",
        ),
        (Text("重み", "weight"), LINKED, APART),
        tuple(
            (same(f"{lowest + at} – {lowest + at + 1}"), number(part), number(all_ - part))
            for at, (all_, part) in enumerate(zip(counts, linked, strict=True))
            if all_
        ),
        draw,
        folded=True,
    )


def _unlinkable(report: Report, named: Mapping[str, Text]) -> Figure:
    lowest = report["lowest_weight"]
    departments = [d for d in report["departments"] if d.get("own_weights")]
    totals = [sum(column) for column in zip(*(d["own_weights"] for d in departments), strict=True)]
    title = Text("自分自身にもつなげない行", "Rows that could not be linked even to themselves")

    def draw(language: Language) -> Markup:
        below = [0, *accumulate(totals)]
        whole = below[-1] or 1
        points = [(lowest + at, 100 * count / whole) for at, count in enumerate(below)]
        shown = tuple(point for point in points if point[0] <= _HIGHEST)
        said = Text(
            "しきい値の重みを上げるほど、手がかりの少ない行からつなげなくなる。",
            "The higher the threshold, the more rows hold too little to be linked.",
        )
        words = Words(
            *(
                t.in_language(language)
                for t in (
                    title,
                    said,
                    Text("しきい値の重み", "weight of the threshold"),
                    Text("行の割合 (%)", "share of rows (%)"),
                )
            )
        )
        rule = Rule(0, THRESHOLD.in_language(language))
        return lines(words, [Line("", shown)], x=(lowest, _HIGHEST), y=(0, 100), rules=[rule])

    return Figure(
        "unlinkable",
        title,
        Text(
            "行が持つビューと符号がすべて一致した場合の重みを、行ごとに数えました。しきい値より下の"
            "行は、誰と比べてもつながりません。",
            "Counted by the weight a row would have if all views and tokens it holds agreed. Rows "
            "below the threshold cannot be linked to anybody.",
        ),
        (DEPARTMENT, *(Text(f"重み {w} 未満", f"below weight {w}") for w in _AT_WEIGHTS)),
        tuple(
            (
                _name(named, d["department"]),
                *(share(sum(d["own_weights"][: w - lowest]), d["rows"]) for w in _AT_WEIGHTS),
            )
            for d in departments
        ),
        draw,
    )


def _sizes(sizes: Sequence[int]) -> Figure:
    title = Text("いくつの部署にいるか", "Clusters by number of departments")

    def draw(language: Language) -> Markup:
        said = Text(
            "まとまり(同じ子と判断した行)の数を、行のある部署の数ごとに示す。",
            "Clusters by the number of departments that hold a row.",
        )
        axis = Text("部署の数", "departments")
        words = Words(*(t.in_language(language) for t in (title, said, axis)))
        labels = [str(at) for at in range(1, len(sizes) + 1)]
        return columns(words, labels, [Series("", tuple(sizes))])

    return Figure(
        "sizes",
        title,
        Text("1 はどの部署ともつながらなかった行です。", "1: rows linked to no other department."),
        (Text("部署の数", "departments"), Text("まとまり", "clusters")),
        tuple((same(at), number(count)) for at, count in enumerate(sizes, start=1)),
        draw,
    )


def _conflicts(counts: Mapping[str, int]) -> Figure:
    title = Text("食い違いの種類", "Conflicts by kind")
    order = [*(kind for kind in CONFLICTS if kind in counts), *(set(counts) - set(CONFLICTS))]
    known = [(CONFLICTS.get(kind, same(kind)), counts[kind]) for kind in order]

    def draw(language: Language) -> Markup:
        said = Text("食い違いの種類ごとの組の数。", "Pairs by kind of conflict.")
        words = Words(title.in_language(language), said.in_language(language))
        labels = [name.in_language(language) for name, _ in known]
        return rows(words, labels, [Series("", tuple(count for _, count in known), ALERT)])

    return Figure(
        "conflicts",
        title,
        Text(
            "番号の食い違いは自動ではつながず、人が確かめます。",
            "Contradicting numbers are never linked by themselves; people decide.",
        ),
        (Text("種類", "kind"), PAIRS),
        tuple((name, number(count)) for name, count in known),
        draw,
    )
