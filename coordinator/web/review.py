"""Clerical review as figures of the quality page: counts, from the report's JSON."""

from __future__ import annotations

from collections.abc import Mapping

from coordinator.web.figures import DEPARTMENT, Figure, Report, number, same, share
from privacy.errors import Text


def review_figures(report: Report, named: Mapping[str, Text]) -> tuple[Figure, ...]:
    """Return the figures of the review in *report*: none before anybody was asked."""
    review = report.get("review")
    if not review or not (review["pairs"] or review["questions"]):
        return ()
    return (_outcome(review), _reviewers(review, named))


def _outcome(review: Report) -> Figure:
    rows = (
        (Text("尋ねている組", "pairs in review"), number(review["pairs"])),
        (Text("両方が答えた組", "answered by both holders"), number(review["both"])),
        (Text("うち答えが同じ", "of them alike"), share(review["agreed"], review["both"])),
        (Text("答えでつないだ組", "joined by answers"), number(review["joined"])),
        (Text("答えで離した組", "parted by answers"), number(review["parted"])),
        (Text("片方だけが知る組", "named by one holder only"), number(review["lone"])),
        (
            Text("この回で新しく尋ねた組(囮を含む)", "asked after this round, decoys among them"),
            number(review["questions"]),
        ),
    )
    return Figure(
        "review",
        Text("名寄せの確認", "Clerical review"),
        Text(
            "二つの部署が、それぞれ自分の行だけを見て答えた結果です。両方が同じ子どもと答えた組を"
            "つなぎ、どちらかが別の子どもと答えた組は離します。氏名・性別・生年月日が同じで番号も"
            "違わない組は、両方が別と答えたときだけ離します。",
            "Two holders, each looking at its own row only. What both call the same child is "
            "joined, what either calls different is parted; a pair with the same names, sex and "
            "date of birth and no other number is parted by both answers only.",
        ),
        (Text("", ""), Text("数", "count")),
        rows,
    )


def _reviewers(review: Report, named: Mapping[str, Text]) -> Figure:
    def row(each: Report) -> tuple[Text, ...]:
        name = each["department"]
        return (
            named.get(name, same(name)),
            number(each["asked"]),
            number(each["answered"]),
            number(each["unsure"]),
            _right(each, "identical"),
            _right(each, "unlike"),
        )

    return Figure(
        "reviewers",
        Text("確認の確かさ", "How sure review is"),
        Text(
            "囮などの、重みが疑いなく示す組での答えです。「明らかに同じ」は同じと答えたとき、"
            "「明らかに別」は同じと答えなかったときを正しいと数えます。別の子どもの囮に"
            "「同じ」が多い部署の答えは、書類でなく言葉だけを見ている疑いがあります。",
            "Answers on pairs that the weights leave no doubt of, decoys among them: right is "
            "`same` on one child, anything but `same` on two. Many `same` on two children: "
            "someone may be reading the words on the page, not the documents.",
        ),
        (
            DEPARTMENT,
            Text("尋ねた", "asked"),
            Text("答えた", "answered"),
            Text("判断できない", "cannot tell"),
            Text("明らかに同じ", "clearly one child"),
            Text("明らかに別", "clearly two"),
        ),
        tuple(row(each) for each in review["departments"]),
    )


def _right(each: Report, sort: str) -> Text:
    right, whole = each[f"{sort}_right"], each[sort]
    rate = share(right, whole).ja
    return Text(f"{right}/{whole} ({rate})", f"{right}/{whole} ({rate})")
