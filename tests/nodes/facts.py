"""Facts of the 150 children at the three nodes, with a few whose signals are known."""

from __future__ import annotations

from collections.abc import Callable

from nodes.driver.context import NodeContext
from tests.nodes.federation import CHILDREN

MONTHS = [f"2025-{m:02}" for m in range(4, 13)] + [f"2026-{m:02}" for m in range(1, 7)]
SURGE = 3
"""This child's absences surge: the school's own facts suffice."""
TOGETHER = 5
"""Nurse-room surge at school, home silence in the survey: only together two signals."""
SUPPORTED = 7
"""As `TOGETHER`, but welfare already supports the child."""
QUIET = 9


def give_facts(contexts: dict[str, NodeContext]) -> None:
    """Store every node's facts."""
    _monthly(contexts["school"], "D-02", ["school", "grade", "class"], lambda _c, _m: "S01,P5,1")
    _monthly(contexts["school"], "D-07", ["absent", "late_early"], _absences)
    _monthly(contexts["school"], "D-08", ["visits"], _visits)
    _monthly(contexts["school"], "D-09", ["absent_days_month"], lambda c, m: _absences(c, m)[0])
    survey = contexts["survey"]
    _once(survey, "D-10", ["talk_home"], lambda c: "4" if c in {TOGETHER, SUPPORTED} else "1")
    _once(survey, "D-11", ["q_understand", "q_fun"], lambda _c: "1,1")
    _once(survey, "D-12", ["no_teacher", "no_friend"], lambda _c: "0,0")
    _once(survey, "D-19", ["used"], lambda _c: "0")
    _once(survey, "D-20", ["used"], lambda _c: "0")
    _once(contexts["welfare"], "D-39", ["supported"], lambda c: "1" if c == SUPPORTED else "0")
    _once(contexts["welfare"], "D-25", ["receives"], lambda c: str(c % 4 == 0).lower())


def _absences(child: int, month: str) -> str:
    days = 6 if child == SURGE and month >= "2026-04" else child % 2
    return f"{days},0"


def _visits(child: int, month: str) -> str:
    often = child in {TOGETHER, SUPPORTED} and month >= "2026-04"
    return "5" if often else str(child % 2)


def _monthly(
    context: NodeContext, item: str, columns: list[str], value: Callable[[int, str], str]
) -> None:
    lines = [
        f"{context.node}-{child},{month},{value(child, month)}"
        for child in range(CHILDREN)
        for month in MONTHS
    ]
    _store(context, item, columns, lines)


def _once(context: NodeContext, item: str, columns: list[str], value: Callable[[int], str]) -> None:
    lines = [f"{context.node}-{child},2026-06-10,{value(child)}" for child in range(CHILDREN)]
    _store(context, item, columns, lines)


def _store(context: NodeContext, item: str, columns: list[str], lines: list[str]) -> None:
    text = "\n".join([",".join(["row_id", "period", *columns]), *lines]) + "\n"
    with context.store.transaction() as tables:
        tables.facts.replace(item, context.stamp(), len(lines), text.encode())
