"""What a node checks of a statistic's question before it takes part: it says what the plan says.

Pure.  The noise that each node adds follows from the nodes that the query names, the items
that a basis was checked for from the plan, and the budget from the population and year:
a query that names others would get less noise, other data or a fresh budget (PROTOCOL 6, 8).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from nodes.contributions import read_query
from nodes.labels import LISTED
from privacy.errors import ProtocolError, RefusedError, Text
from privacy.linkage.subgroups import IDENTITY_ITEM, item_of
from privacy.plan import Plan
from privacy.statistics.query import OTHERS, Dimension

_APRIL = 4


def check_question(plan: Plan, populations: Collection[str]) -> None:
    """Check that the query of a statistics plan is bound to the plan and to a known budget.

    Raises:
        BadInputError: the plan holds no query.
        ProtocolError: other nodes, another anchor, or an item that the plan does not name.
        RefusedError: a population that this node keeps no budget for, or another year.
    """
    query = read_query(plan)
    if tuple(sorted(query.nodes)) != plan.nodes or query.anchor != plan.anchor:
        raise _differs()
    for dimension in query.dimensions:
        for node, item in _used(dimension, plan):
            if item not in plan.items.get(node, ()):
                raise _differs()
    year = _fiscal_year(plan.created)
    if query.account.population not in populations or query.account.fiscal_year != year:
        named = ", ".join(populations)
        raise RefusedError(
            Text(
                f"[account] 予算のある母集団は {named}、年度は {year} です。",
                f"[account] This node keeps a budget for {named} in fiscal {year}.",
            ),
            Text(
                "問いの population と fiscal_year を直してください。",
                "Correct population and fiscal_year of the query.",
            ),
        )


def _used(dimension: Dimension, plan: Plan) -> list[tuple[str, str]]:
    """Return the nodes and items that *dimension* uses: whose basis the plan must name."""
    if dimension.name == LISTED:
        return []
    if dimension.name == OTHERS:
        return [(node, IDENTITY_ITEM) for node in plan.nodes if node != plan.anchor]
    return [(dimension.node, item_of(dimension.name))]


def _fiscal_year(moment: datetime) -> int:
    return moment.year if moment.month >= _APRIL else moment.year - 1


def _differs() -> ProtocolError:
    return ProtocolError(
        Text(
            "計画の問いが、計画のノード、基準部署、項目と合いません。",
            "The plan's query is not about the plan's nodes, anchor and items.",
        ),
        Text("計画を作り直してください。", "Make the plan again."),
    )
