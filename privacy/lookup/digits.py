"""Mixed-radix digits: many small private facts as one number that cannot overflow (PROTOCOL 4).

A digit's radix is one more than all that its nodes may add together, and every node
clamps before it adds, so no carry ever reaches the next digit.  Zero always means
"no row or unknown".
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from privacy.canonical import Json
from privacy.errors import BadInputError, RefusedError, Text

MAX_DOMAIN = 4096
MIN_DOMAIN = 8
"""Rows of packed bits fill whole bytes."""


@dataclass(frozen=True, slots=True)
class Digit:
    """One digit and the most that each contributing node may add to it.

    Args:
        name: Unique in its plan.
        limits: (node id, largest contribution >= 1) pairs; kept sorted by node.
    """

    name: str
    limits: tuple[tuple[str, int], ...]

    def __post_init__(self) -> None:
        """Sort and check the contributions."""
        object.__setattr__(self, "limits", tuple(sorted(self.limits)))
        nodes = [node for node, _ in self.limits]
        sound = self.name and nodes and len(set(nodes)) == len(nodes)
        if not sound or any(limit < 1 for _, limit in self.limits):
            raise BadInputError(
                Text(
                    f"桁 {self.name} には、重複のないノードと 1 以上の上限が必要です。",
                    f"Digit {self.name} needs distinct nodes, each with a limit of at least 1.",
                )
            )

    @classmethod
    def of(cls, name: str, node: str, radix: int) -> Self:
        """Return a digit with *radix* values that only *node* sets."""
        return cls(name, ((node, radix - 1),))

    @classmethod
    def flag(cls, name: str, nodes: Sequence[str]) -> Self:
        """Return a digit that any of *nodes* may set, such as ``hold``: radix n + 1.

        A table treats every value >= 1 of it as set.
        """
        return cls(name, tuple((node, 1) for node in nodes))

    @property
    def radix(self) -> int:
        """Return 1 + the sum of the largest contributions."""
        return 1 + sum(limit for _, limit in self.limits)

    @property
    def contributors(self) -> tuple[str, ...]:
        """Return the nodes that may add to this digit."""
        return tuple(node for node, _ in self.limits)

    def limit(self, node: str) -> int:
        """Return the most that *node* may add; 0 when it may add nothing."""
        return dict(self.limits).get(node, 0)


@dataclass(frozen=True, slots=True)
class DigitPlan:
    """The digits of one lookup, least significant first.

    Raises:
        BadInputError: no digit, or a name twice.
        RefusedError: the radices multiply to more than 4096.
    """

    digits: tuple[Digit, ...]

    def __post_init__(self) -> None:
        """Check names and the product of the radices."""
        names = [digit.name for digit in self.digits]
        if not names or len(set(names)) != len(names):
            what = Text("桁がないか、名前が重複しています。", "No digit, or one name twice.")
            raise BadInputError(what)
        if self.size > MAX_DOMAIN:
            radices = " x ".join(f"{digit.name}:{digit.radix}" for digit in self.digits)
            raise RefusedError(
                Text(
                    f"桁の積 {self.size} が上限 {MAX_DOMAIN} を超えます（{radices}）。",
                    f"The digits multiply to {self.size}, over {MAX_DOMAIN} ({radices}).",
                ),
                Text(
                    "桁を減らすか、段階判定に分けてください。",
                    "Use fewer or smaller digits, or split the rule into layers.",
                ),
            )

    @property
    def size(self) -> int:
        """Return the product of the radices: the used part of the domain."""
        return math.prod(digit.radix for digit in self.digits)

    @property
    def domain(self) -> int:
        """Return D, the power of two at or above `size`."""
        return max(MIN_DOMAIN, 1 << (self.size - 1).bit_length())

    def digit(self, name: str) -> Digit:
        """Return the digit called *name*.

        Raises:
            BadInputError: there is none.
        """
        for digit in self.digits:
            if digit.name == name:
                return digit
        raise BadInputError(Text(f"桁 {name} はありません。", f"There is no digit {name}."))

    def weight(self, name: str) -> int:
        """Return the place value of the digit called *name*."""
        self.digit(name)
        weight = 1
        for digit in self.digits:
            if digit.name == name:
                break
            weight *= digit.radix
        return weight

    def pack(
        self, node: str, values: Mapping[str, NDArray[np.integer]], positions: int
    ) -> NDArray[np.uint16]:
        """Return the node's x_i in Z_D^positions; nothing here leaves the node.

        Args:
            node: Whose contribution it is.
            values: Digit name -> integers of shape (positions,); digits left out are 0.
                Values outside 0 .. limit are clamped.
            positions: N'.

        Raises:
            BadInputError: an unknown digit, one that *node* may not add to, another
                length, or values that are not integers.
        """
        total = np.zeros(positions, dtype=np.int64)
        for name, given in values.items():
            limit = self.digit(name).limit(node)
            whole = np.asarray(given)
            if limit == 0 or whole.shape != (positions,) or whole.dtype.kind not in "iu":
                raise BadInputError(
                    Text(
                        f"ノード {node} の桁 {name} は、{positions} 個の整数で、"
                        "このノードに許された桁でなければなりません。",
                        f"Digit {name} of node {node} must be {positions} integers and a digit "
                        "that the node may add to.",
                    )
                )
            total += np.clip(whole, 0, limit).astype(np.int64) * self.weight(name)
        return total.astype(np.uint16)

    def unpack(self, totals: NDArray[np.integer]) -> dict[str, NDArray[np.int64]]:
        """Return each digit's values of packed *totals* (same shape)."""
        rest = np.asarray(totals, dtype=np.int64)
        values = {}
        for digit in self.digits:
            rest, values[digit.name] = np.divmod(rest, digit.radix)
        return values

    def grid(self) -> dict[str, NDArray[np.int64]]:
        """Return the digits' values at 0 .. size - 1, for writing a table's rule on arrays."""
        return self.unpack(np.arange(self.size))

    def canonical(self) -> Json:
        """Return the plan's part for canonical JSON."""
        return [
            {"name": digit.name, "limits": [[node, limit] for node, limit in digit.limits]}
            for digit in self.digits
        ]
