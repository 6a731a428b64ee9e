"""How a link round's answer speaks of clerical review: one line of counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from privacy.errors import Text


def review_lines(report: Mapping[str, Any]) -> list[Text]:
    """Return what review came to in a quality *report*; nothing before anybody was asked."""
    review = report.get("review")
    if not review or not (review["pairs"] or review["questions"]):
        return []
    both, agreed = review["both"], review["agreed"]
    joined, parted, asked = review["joined"], review["parted"], review["questions"]
    return [
        Text(
            f"  名寄せの確認: 両方が答えた {both} 組(うち同じ答え {agreed})、"
            f"つないだ {joined}、離した {parted}、新しく尋ねた {asked} 組",
            f"  review: {both} pairs answered by both ({agreed} alike), {joined} joined, "
            f"{parted} parted; {asked} pairs asked now",
        )
    ]
