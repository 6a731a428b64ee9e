"""Compile a definition to a local rule, digits and one public table (PROTOCOL 4).

The rule is split.  What the receiver's own facts suffice for is a *local alert*: it
needs no other department, so its presence or absence can tell nothing about one.  The
lookup covers the rest: children for whom the departments' facts must come together.
Which class of its own signals a department adds, and the whole table, are public in the
plan; a child's digits are not seen by anybody.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from privacy.errors import BadInputError, RefusedError, Text
from privacy.governance.catalogue import Catalogue, ItemClass
from privacy.lookup.digits import Digit, DigitPlan
from privacy.lookup.tables import RECEIVER_RADIX, Table
from privacy.screening.checks import check_missing_alert
from privacy.screening.classes import (
    Codes,
    Shared,
    States,
    classify,
    rule_over,
    share,
    states_of,
)
from privacy.screening.compiled import (
    HOLD,
    RECEIVER,
    SOURCES,
    SUPPORTED,
    Compiled,
    Part,
)
from privacy.screening.definition import Definition
from privacy.screening.evaluation import Bits
from privacy.screening.together import check_together


@dataclass(frozen=True, slots=True)
class ScreeningPolicy:
    """What a member allows of a compiled screening."""

    min_nodes: int = 3
    max_domain: int = 4096


def compile_screening(
    definition: Definition,
    *,
    receiver: str,
    nodes: Sequence[str],
    holders: Mapping[str, str],
    catalogue: Catalogue,
    as_of: dt.date,
    policy: ScreeningPolicy | None = None,
    opened: Sequence[Compiled] = (),
) -> Compiled:
    """Return the compiled screening.

    Args:
        definition: what to screen for.
        receiver: the node that receives the alerts.
        nodes: all nodes of the roster; each takes part.
        holders: catalogue item id -> the node that holds it.
        catalogue: for which held items say that a child is supported.
        as_of: the day of the time-point; the definition must be valid on it.
        policy: limits; the defaults of `ScreeningPolicy` where left out.
        opened: what the same receiver has opened on this slot table and at the previous
            time-point, compiled again from the archived definitions.

    Raises:
        BadInputError: an item nobody holds, a receiver outside the roster, more sources
            than there are, or digits that multiply to more than the domain.
        RefusedError: expired, too few nodes, too many combinations, or a table whose
            missing alert, alone or beside an opened table, would show a hold or a support.
    """
    limits = policy or ScreeningPolicy()
    definition.check_current(as_of)
    members = tuple(sorted(set(nodes)))
    _check_members(definition, receiver, members, holders, limits)
    states = states_of(definition, holders)
    supporting = _supporting(definition, holders, catalogue, members)
    parts, rule, axes = _divide(definition, states, receiver)
    digits = _digits(definition, receiver, members, axes, states, supporting, limits)
    table = Table.listing(digits, RECEIVER, _listed(definition, digits, rule, axes))
    compiled = Compiled(definition, as_of, receiver, members, parts, supporting, digits, table)
    check_missing_alert(table, receiver, receiver_digit=RECEIVER, secret=(HOLD, SUPPORTED))
    check_together(compiled, opened)
    return compiled


def _check_members(
    definition: Definition,
    receiver: str,
    members: tuple[str, ...],
    holders: Mapping[str, str],
    limits: ScreeningPolicy,
) -> None:
    if receiver not in members:
        raise BadInputError(
            Text(
                f"受取ノード {receiver} が名簿にありません。",
                f"The receiver {receiver} is not enrolled.",
            )
        )
    if len(members) < limits.min_nodes:
        raise RefusedError(
            Text(
                f"ノードが {len(members)} で、規則の最小数 {limits.min_nodes} に足りません。",
                f"{len(members)} nodes are fewer than the policy's minimum {limits.min_nodes}.",
            ),
            Text("参加部署を増やしてください。", "Enrol more departments."),
        )
    for item in definition.items:
        if holders.get(item) not in members:
            raise BadInputError(
                Text(f"項目 {item} を持つノードがありません。", f"No node holds the item {item}."),
                Text("取り込むか、シグナルを外してください。", "Import it or remove its signals."),
            )
    departments = {holders[item] for item in definition.items}
    if definition.min_sources > len(departments):
        raise BadInputError(
            Text(
                f"min_sources {definition.min_sources} は"
                f"データのある部署数 {len(departments)} を超えます。",
                f"min_sources {definition.min_sources} exceeds the {len(departments)} departments"
                " with data.",
            ),
            Text("min_sources を下げてください。", "Lower min_sources."),
        )


def _supporting(
    definition: Definition,
    holders: Mapping[str, str],
    catalogue: Catalogue,
    members: tuple[str, ...],
) -> tuple[str, ...]:
    """Return the nodes whose data can say that a child is supported already."""
    if not definition.exclude_supported:
        return ()
    found = set()
    for name, node in holders.items():
        item = catalogue.find(name)
        if item is not None and item.item_class is ItemClass.SUPPORTED and node in members:
            found.add(node)
    if not found:
        raise BadInputError(
            Text(
                "支援中の子どもを除けません。支援の名簿を持つノードがありません。",
                "Supported children cannot be excluded: no node holds a roll of them.",
            ),
            Text(
                "D-39 などを取り込んでください。", "Import D-39 or another item of class supported."
            ),
        )
    return tuple(sorted(found))


def _divide(
    definition: Definition, states: tuple[States, ...], receiver: str
) -> tuple[tuple[Part, ...], Bits, tuple[Shared, ...]]:
    """Split off the receiver's local rule and cut the rest to classes."""
    rule = rule_over(definition, states)
    nodes = [each.node for each in states]
    local = np.zeros(0, dtype=np.bool_)
    if receiver in nodes:
        place = nodes.index(receiver)
        local = np.moveaxis(rule, place, 0).reshape(states[place].size, -1)[:, 0].copy()
        rule = np.take(rule, np.flatnonzero(~local), axis=place)
    if not rule.any():
        raise RefusedError(
            Text(
                "この規則は受取部署のデータだけで決まり、照会は要りません。",
                "The receiver's own facts decide this rule; there is nothing to look up.",
            ),
            Text("部署の中だけで運用してください。", "Use it as a local rule."),
        )
    classes: list[Codes] = []
    for axis in range(len(states)):
        found, rule = classify(rule, axis)
        classes.append(found)
    rule, axes = share(rule, nodes, receiver)
    named = {node: _digit_name(axis) for axis in axes for node in axis.nodes if any(axis.limits)}
    parts = []
    for each, found in zip(states, classes, strict=True):
        own = each.node == receiver
        whole = found
        if own:
            whole = np.zeros(each.size, dtype=np.int64)
            whole[~local] = found
        varies = bool(found.max())
        parts.append(
            Part(
                states=each,
                classes=tuple(int(value) for value in whole),
                local=tuple(bool(value) for value in local) if own else (),
                digit=named[each.node] if varies else "",
                counts_as_source=definition.min_sources > 1,
            )
        )
    return tuple(parts), rule, axes


def _digit_name(axis: Shared) -> str:
    return "signals:" + "+".join(axis.nodes)


def _digits(
    definition: Definition,
    receiver: str,
    members: tuple[str, ...],
    axes: tuple[Shared, ...],
    states: tuple[States, ...],
    supporting: tuple[str, ...],
    limits: ScreeningPolicy,
) -> DigitPlan:
    found = [
        Digit(
            _digit_name(axis),
            tuple((node, most) for node, most in zip(axis.nodes, axis.limits, strict=True) if most),
        )
        for axis in axes
        if any(axis.limits)
    ]
    if definition.min_sources > 1:
        found.append(Digit.flag(SOURCES, [each.node for each in states]))
    found += [Digit.flag(HOLD, members), Digit.of(RECEIVER, receiver, RECEIVER_RADIX)]
    size = math.prod(digit.radix for digit in found)
    apart = Digit.flag(SUPPORTED, supporting) if supporting else None
    # A supported child and a held one are unlisted alike, so a tight domain lets a node
    # say either in its one hold digit.
    if apart is not None and size * apart.radix <= limits.max_domain:
        return DigitPlan((*found, apart))
    if size > limits.max_domain:
        named = " × ".join(f"{digit.name} {digit.radix}" for digit in found)
        raise BadInputError(
            Text(
                f"桁の積 {size} が上限 {limits.max_domain} を超えます: {named}。",
                f"The digits multiply to {size}, over {limits.max_domain}: {named}.",
            ),
            Text(
                "シグナルや部署を減らすか、定義を分けてください。",
                "Use fewer signals or departments, or split the definition.",
            ),
        )
    return DigitPlan(tuple(found))


def _listed(
    definition: Definition, digits: DigitPlan, rule: Bits, axes: tuple[Shared, ...]
) -> Bits:
    """Return the rule over the digits' grid: signals, and neither held nor supported."""
    grid = digits.grid()
    nothing = np.zeros(digits.size, dtype=np.int64)
    listed: Bits = rule[tuple(grid.get(_digit_name(axis), nothing) for axis in axes)]
    listed &= grid[HOLD] == 0
    if SUPPORTED in grid:
        listed &= grid[SUPPORTED] == 0
    if SOURCES in grid:
        listed &= grid[SOURCES] >= definition.min_sources
    return listed
