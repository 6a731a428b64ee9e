"""Statistics queries: from the operator's YAML to a typed query, and back out of a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from privacy.dp.ledger import Account
from privacy.errors import NOTHING, BadInputError, Text
from privacy.governance.catalogue import Catalogue
from privacy.linkage.subgroups import IDENTITY_ITEM, MOVED_IN, PREFIX, Subgroup, domain, item_of
from privacy.plan import Plan
from privacy.statistics.query import OTHERS, CountQuery, Dimension, others

LISTED = "alerts.listed"
"""The receiver's own alerts: a dimension that is no catalogue item."""


def query_of(plan: Plan) -> CountQuery:
    """Return the query of a statistics plan.

    Raises:
        BadInputError: the plan holds none.
    """
    raw = plan.definition
    try:
        values: Mapping[str, Any] = raw if isinstance(raw, Mapping) else {}
        dimensions = tuple(
            Dimension(d["name"], d["node"], tuple(d["values"])) for d in values["dimensions"]
        )
        account = Account(values["population"], values["fiscal_year"])
        nodes = tuple(values["nodes"])
        return CountQuery(account, values["slot_table"], nodes, values["anchor"], dimensions)
    except (KeyError, TypeError) as error:
        raise BadInputError(
            Text("計画の問いを読めません。", "The plan's query cannot be read.")
        ) from error


def read_query(
    document: Mapping[str, Any],
    *,
    nodes: Sequence[str],
    slot_table: str,
    catalogue: Catalogue,
    account: Account,
    anchor: str,
) -> CountQuery:
    """Return the query that a YAML *document* asks.

    A dimension is ``{name: D-02.grade}``, with optional ``values`` (else the catalogue's)
    and ``node`` (else the item's holder).  ``{name: linkage.name_length}`` and the like
    are the anchor's own view of a record; ``{name: linkage.departments}`` counts the other
    departments with a row.

    Raises:
        BadInputError: naming the entry that is missing or unknown.
    """
    unknown = sorted(
        set(document) - {"purpose", "population", "fiscal_year", "anchor", "dimensions"}
    )
    listed = document.get("dimensions")
    if unknown or not isinstance(listed, list) or not listed:
        raise _bad("dimensions" if not unknown else ", ".join(unknown))
    year = document.get("fiscal_year", account.fiscal_year)
    if not isinstance(year, int) or isinstance(year, bool):
        raise _bad("fiscal_year")
    paying = Account(str(document.get("population", account.population)), year)
    counted = str(document.get("anchor", anchor))
    return CountQuery(
        paying,
        slot_table,
        tuple(nodes),
        counted,
        tuple(_dimension(entry, catalogue, nodes, counted) for entry in listed),
    )


def items_of(query: CountQuery) -> dict[str, tuple[str, ...]]:
    """Return the data items that the query uses, by department."""
    items: dict[str, set[str]] = {}
    for dimension in query.dimensions:
        if dimension.name == OTHERS:
            for node in query.nodes:
                if node != query.anchor:
                    items.setdefault(node, set()).add(IDENTITY_ITEM)
        elif "." in dimension.name and dimension.name != LISTED:
            items.setdefault(dimension.node, set()).add(item_of(dimension.name))
    return {node: tuple(sorted(found)) for node, found in sorted(items.items())}


def _dimension(entry: object, catalogue: Catalogue, nodes: Sequence[str], anchor: str) -> Dimension:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
        raise _bad("dimensions.name")
    name = str(entry["name"])
    if unknown := sorted(str(key) for key in set(entry) - {"name", "node", "values"}):
        raise _bad(f"{name}: {', '.join(unknown)}")
    item_id, dot, variable_name = name.partition(".")
    values, node = entry.get("values"), entry.get("node")
    if name.startswith(PREFIX):
        return _of_linkage(name, node or anchor, values, nodes)
    if dot and name != LISTED:
        item = catalogue.item(item_id, name)
        variable = item.variable(variable_name)
        if variable is None:
            known = ", ".join(f"{item_id}.{each.name}" for each in item.variables)
            raise _bad(name, Text(f"この項目の変数: {known}", f"Its variables: {known}."))
        node = node or item.holder
        values = values or variable.values
    if not node or not values:
        raise _bad(
            f"{name}: {'values' if node else 'node'}",
            Text(
                f"目録に決まった値がないので、{{name: {name}, values: [値, 値, …]}} のように"
                "数える値を並べてください。",
                f"The catalogue fixes none: list them, like {{name: {name}, values: [a, b]}}.",
            )
            if node
            else NOTHING,
        )
    return Dimension(name, str(node), tuple(str(value) for value in values))


def _of_linkage(name: str, node: object, values: object, nodes: Sequence[str]) -> Dimension:
    """Return a dimension by which linkage is judged; its domain is fixed and complete."""
    if name == OTHERS:
        return others(nodes)
    fixed = domain(name)
    if not fixed or values:
        known = ", ".join([OTHERS, MOVED_IN, *(f"{PREFIX}{each}" for each in Subgroup)])
        raise _bad(
            name if not fixed else f"{name}: values",
            Text(
                f"連携の区分(値は決まっています): {known}",
                f"Dimensions of linkage, with values of their own: {known}.",
            ),
        )
    return Dimension(name, str(node), fixed)


def _bad(what: str, fix: Text | None = None) -> BadInputError:
    return BadInputError(
        Text(f"問いの {what} が不足または不正です。", f"In the query, {what} is missing or wrong."),
        fix
        or Text(
            "dimensions: [{name: D-02.grade, values: [P1, P2]}] のように書いてください。",
            "Write it like dimensions: [{name: D-02.grade, values: [P1, P2]}].",
        ),
    )
