"""One typed count query: children by public dimensions, compiled to digits and cells.

A query names its population and an anchor department; a child counts once, if the anchor
has a row for it (PROTOCOL 6).  Domains are public and complete: a cell that nobody is in
is released too.  Nothing here depends on data.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

from privacy.canonical import Json, canonical_digest
from privacy.dp.ledger import Account
from privacy.dp.loss import Noise, Rho
from privacy.errors import BadInputError, Text
from privacy.lookup.digits import Digit, DigitPlan
from privacy.lookup.tables import by_slot

HOLD = "hold"
NO_ROW = ""
"""The label of children that a department other than the anchor has no row for."""
EVERY = "*"
"""Held by no one node: the nodes other than the anchor add to it together."""
OTHERS = "linkage.departments"
"""The dimension that counts the departments other than the anchor with a row of the child."""


def others(nodes: Sequence[str]) -> Dimension:
    """Return the dimension `OTHERS` of a query over *nodes*: 0 to all but the anchor."""
    return Dimension(OTHERS, EVERY, tuple(str(count) for count in range(len(nodes))))


@dataclass(frozen=True, slots=True)
class Dimension:
    """One public dimension and who holds it.

    Args:
        name: Such as ``level`` or ``grade``.
        node: The department whose rows say the value.
        values: The public domain: all labels that are released, in the order of display.
            A row with any other label counts as no row, so a domain that is to be
            complete has a label for the rest.

    Raises:
        BadInputError: no value, an empty one, or one twice.
    """

    name: str
    node: str
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check names and values."""
        distinct = len(set(self.values)) == len(self.values) > 0
        if not self.name or not self.node or not distinct or NO_ROW in self.values:
            raise BadInputError(
                Text(
                    f"区分 {self.name} には、重複のない公開の値が必要です。",
                    f"Dimension {self.name} needs distinct, public, non-empty values.",
                )
            )

    @property
    def ordered(self) -> tuple[str, ...]:
        """Return the values in canonical order, which their codes follow."""
        return tuple(sorted(self.values))


@dataclass(frozen=True, slots=True)
class Cell:
    """One released number: its place in the domain and its label in each dimension."""

    place: int
    labels: tuple[str, ...]


def _holder(dimension: Dimension, nodes: Sequence[str]) -> str:
    """Return who holds *dimension*: nobody ("") the whole count of others, and no other."""
    whole = others(nodes)
    if (dimension.name, dimension.node, dimension.ordered) == (OTHERS, EVERY, whole.ordered):
        return ""
    return EVERY if dimension.name == OTHERS else dimension.node


@dataclass(frozen=True)
class CountQuery:
    """Count the children of a population by public dimensions.

    Args:
        account: The population and fiscal year that pay.
        slot_table: Id or digest of the slot table.
        nodes: All nodes of the roster; each may hold a child back.
        anchor: The department whose rows make a child count, normally the enrolment
            register.
        dimensions: At least one; any order gives the same question.

    Raises:
        BadInputError: an unknown node, no dimension or one twice.
        RefusedError: the digits do not fit (raised by `digits`).
    """

    account: Account
    slot_table: str
    nodes: tuple[str, ...]
    anchor: str
    dimensions: tuple[Dimension, ...]

    def __post_init__(self) -> None:
        """Check that holders are nodes and dimensions are distinct."""
        names = {dimension.name for dimension in self.dimensions}
        holders = {self.anchor, *(_holder(each, self.nodes) for each in self.dimensions)} - {""}
        if not names or len(names) != len(self.dimensions) or not holders <= set(self.nodes):
            raise BadInputError(
                Text(
                    "区分がないか重複しているか、参加していない部署を指しています。",
                    "A dimension is missing, named twice, or held by no node of the roster.",
                ),
                Text(
                    f"参加ノード: {', '.join(sorted(self.nodes))}",
                    f"The nodes are {', '.join(sorted(self.nodes))}.",
                ),
            )

    def held_by(self, node: str) -> tuple[Dimension, ...]:
        """Return the node's dimensions, in canonical order."""
        own = [dimension for dimension in self.dimensions if dimension.node == node]
        return tuple(sorted(own, key=lambda dimension: dimension.name))

    @cached_property
    def digits(self) -> DigitPlan:
        """Return one digit a department, 0 for no row, and the hold digit.

        Raises:
            RefusedError: their product is over 4096; the message names the radices.
        """
        holders = sorted({d.node for d in self.dimensions if d.node != EVERY} | {self.anchor})
        own = [
            Digit.of(node, node, 1 + math.prod(len(d.values) for d in self.held_by(node)))
            for node in holders
        ]
        if OTHERS in {dimension.name for dimension in self.dimensions}:
            own.append(Digit.flag(OTHERS, [node for node in self.nodes if node != self.anchor]))
        return DigitPlan((Digit.flag(HOLD, self.nodes), *own))

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Return the released cells; no-anchor, held and unused ones are not among them."""
        plan = self.digits
        holders = [digit.name for digit in plan.digits[1:]]
        codes = [range(1 if name == self.anchor else 0, plan.digit(name).radix) for name in holders]
        made = []
        for combination in product(*codes):
            place = sum(
                code * plan.weight(name) for code, name in zip(combination, holders, strict=True)
            )
            known = {
                name: label
                for code, node in zip(combination, holders, strict=True)
                for name, label in self._labels(node, code).items()
            }
            made.append(Cell(place, tuple(known[dimension.name] for dimension in self.dimensions)))
        return tuple(made)

    def _labels(self, node: str, code: int) -> dict[str, str]:
        """Return dimension name -> label of the node's digit at *code*."""
        if node == OTHERS:
            return {OTHERS: str(code)}
        own = self.held_by(node)
        if code == 0:
            return {dimension.name: NO_ROW for dimension in own}
        rest, labels = code - 1, {}
        for dimension in reversed(own):
            rest, index = divmod(rest, len(dimension.values))
            labels[dimension.name] = dimension.ordered[index]
        return labels

    def contribution(
        self,
        node: str,
        labels: Mapping[str, Sequence[str]],
        slots: NDArray[np.integer],
        held: NDArray[np.bool_],
        positions: int,
    ) -> NDArray[np.uint16]:
        """Return the node's packed codes over all positions; they never leave it in clear.

        Args:
            node: Whose rows these are.
            labels: Dimension name -> the label of each row; empty for a node that holds no
                dimension (an anchor then says only that it has a row).
            slots: Slot of each row.
            held: Whether each row's child is held back (objection, suspension).
            positions: N.

        Raises:
            BadInputError: lengths differ, a slot outside, or other dimensions than its own.
        """
        own = self.held_by(node)
        if set(labels) != {dimension.name for dimension in own}:
            what = Text("区分がこの部署のものと違います。", "These are not the node's dimensions.")
            raise BadInputError(what)
        sent = {HOLD: by_slot(np.asarray(held, dtype=np.int64), slots, positions)}
        if node in self.digits.digit(HOLD).contributors and (own or node == self.anchor):
            sent[node] = by_slot(self._codes(own, labels, len(slots)), slots, positions)
        if any(node in digit.contributors for digit in self.digits.digits if digit.name == OTHERS):
            sent[OTHERS] = by_slot(np.ones(len(slots), dtype=np.int64), slots, positions)
        return self.digits.pack(node, sent, positions)

    def _codes(
        self, own: tuple[Dimension, ...], labels: Mapping[str, Sequence[str]], rows: int
    ) -> NDArray[np.int64]:
        """Return each row's digit: 1 + its place among the values, 0 with any unknown label."""
        codes = np.zeros(rows, dtype=np.int64)
        known = np.ones(rows, dtype=bool)
        for dimension in own:
            index = {label: number for number, label in enumerate(dimension.ordered)}
            places = np.array([index.get(label, -1) for label in labels[dimension.name]])
            if places.shape != (rows,):
                what = Text("行の数が合いません。", "There must be one label a row.")
                raise BadInputError(what)
            known &= places >= 0
            codes = codes * len(dimension.values) + np.maximum(places, 0)
        return np.where(known, codes + 1, 0)

    def noise(self, rho: Rho) -> Noise:
        """Return the noise and charge of this query at *rho*: known before anything is spent.

        One child is in at most one cell, so the L2 sensitivity is 1 (add or remove).
        """
        return Noise.joint(len(self.nodes), rho, cells=len(self.cells))

    def canonical(self) -> Json:
        """Return the question for canonical JSON; orders that do not matter are sorted."""
        return {
            "kind": "count",
            "population": self.account.population,
            "fiscal_year": self.account.fiscal_year,
            "slot_table": self.slot_table,
            "nodes": sorted(self.nodes),
            "anchor": self.anchor,
            "dimensions": [
                {"name": d.name, "node": d.node, "values": list(d.ordered)}
                for d in sorted(self.dimensions, key=lambda dimension: dimension.name)
            ],
        }

    @property
    def release_id(self) -> str:
        """Return the digest of question and slot table: the same question, the same answer."""
        return canonical_digest(self.canonical()).hex()
