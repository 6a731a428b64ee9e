"""What only a rehearsal can draw: linkage by kind of child; by the truth, errors and the curve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup

from coordinator.web.figures import Figure, number, same, share
from deploy.rehearsal_errors import WORDS, Errors, Missed, Point, Wrong
from deploy.rehearsal_subgroups import GroupQuality
from privacy.errors import Language, Text
from protos.web.chart import ALERT, TONES, Line, Series, Words, lines, rows

_PAIRS = Text("組", "pairs")


def subgroup_figure(groups: Sequence[GroupQuality]) -> Figure:
    """Return records linked by kind of child; with a truth, precision and recall."""
    title = Text("子どもの種類ごとのつながり", "Links by kind of child")
    scored = any(group.score is not None for group in groups)

    def draw(language: Language) -> Markup:
        linked = tuple(float(group.linked) for group in groups)
        rest = tuple(float(group.records - group.linked) for group in groups)
        series = [
            Series(Text("つながった", "linked").in_language(language), linked, TONES[0]),
            Series(Text("つながらない", "not linked").in_language(language), rest, TONES[2]),
        ]
        said = Text(
            "種類ごとに、記録の何割がほかの部署とつながったかを横棒で示す。",
            "For each kind, the share of records linked to another department.",
        )
        words = Words(title.in_language(language), said.in_language(language))
        labels = [": ".join(t.in_language(language) for t in group.words) for group in groups]
        return rows(words, labels, series, shares=True)

    head = [
        Text("種類", "kind"),
        Text("記録", "records"),
        Text("つながった割合", "share linked"),
        Text("適合率(推定)", "precision (estimated)"),
        Text("再現率(推定・上限寄り)", "recall (estimated, from above)"),
    ]
    if scored:
        head += [Text("適合率(正解)", "precision (truth)"), Text("再現率(正解)", "recall (truth)")]
    return Figure(
        "subgroups",
        title,
        Text(
            "組は、少なくとも一方の記録がその種類のものを数えます。推定は組の確率によるもので、"
            "候補にならなかった取りこぼしを含みません。学年は生年月日から数えました。",
            "Pairs count where at least one record is of the kind. Estimates rest on pairs' "
            "probabilities and miss what was no candidate. Grades are counted from birth dates.",
        ),
        tuple(head),
        tuple(_row(group) for group in groups),
        draw,
    )


def _row(group: GroupQuality) -> tuple[Text, ...]:
    kind, value = group.words
    name = Text(f"{kind.ja}: {value.ja}", f"{kind.en}: {value.en}")
    cells = [name, number(group.records), share(group.linked, group.records)]
    cells += [same(f"{group.precision:.4f}"), same(f"{group.recall:.4f}")]
    if group.score is not None:
        cells += [same(f"{group.score.precision:.4f}"), same(f"{group.score.recall:.4f}")]
    return tuple(cells)


def curve_figure(points: Sequence[Point]) -> Figure:
    """Return precision against recall over the cut on probability."""
    title = Text("適合率と再現率の曲線", "Precision-recall curve")
    lowest = min([0.95, *(p.precision for p in points), *(p.recall for p in points)])
    floor = int(lowest * 20) / 20

    def draw(language: Language) -> Markup:
        said = Text(
            "確率の切り方を変えたときの適合率(縦)と再現率(横)。統合の前の、レコードの組で数える。",
            "Precision (up) and recall (across) over the cut on probability, before solving.",
        )
        axes = Text("再現率", "recall"), Text("適合率", "precision")
        words = Words(*(text.in_language(language) for text in (title, said, *axes)))
        line = Line("", tuple((point.recall, point.precision) for point in points))
        return lines(words, [line], x=(floor, 1.0), y=(floor, 1.0), dots=True)

    return Figure(
        "curve",
        title,
        Text("両軸とも途中から始まります。", "Both axes begin above zero."),
        (
            Text("確率が次以上の組", "pairs at least this probable"),
            Text("適合率", "precision"),
            Text("再現率", "recall"),
        ),
        tuple(
            (
                same(f"{point.cut:g}"),
                same(f"{point.precision:.4f}"),
                same(f"{point.recall:.4f}"),
            )
            for point in points
        ),
        draw,
    )


def error_figures(errors: Errors) -> tuple[Figure, ...]:
    """Return missed and wrong pairs by kind, and the curve."""
    missed = Text("連結されなかった組(重複して数えます)", "Missed pairs (one may count twice)")
    wrong = Text("誤って連結した組", "Wrong pairs")
    figures = [
        _kinds("missed", missed, errors.missed),
        _kinds("wrong", wrong, errors.wrong),
    ]
    return (*figures, *([curve_figure(errors.curve)] if errors.curve else []))


def _kinds(key: str, title: Text, counts: Counter[Missed] | Counter[Wrong]) -> Figure:
    found = [(WORDS[kind], count) for kind, count in counts.most_common()]

    def draw(language: Language) -> Markup:
        said = Text("種類ごとの組の数。", "Pairs by kind.")
        words = Words(title.in_language(language), said.in_language(language))
        labels = [name.in_language(language) for name, _ in found]
        return rows(words, labels, [Series("", tuple(count for _, count in found), ALERT)])

    return Figure(
        key,
        title,
        Text("正解と比べた数です。", "Against the truth."),
        (Text("種類", "kind"), _PAIRS),
        tuple((name, number(count)) for name, count in found) or ((Text("なし", "none"), same(0)),),
        draw if found else None,
    )
