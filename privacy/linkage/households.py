"""Who lives together: household evidence of all departments -> one random number a position.

The coordinator runs this on keyed tokens at secret positions.  It learns how many children
live together and which open departments show evidence of them, at positions that it can
lay beside no code; it names nobody.

Precision before recall.  A department's own 世帯番号 decides: two numbers of one
department are never joined by an address.  Two flats of one family name in one building
are two homes, and then the building alone joins nobody.  What would join more than
`MOST_CHILDREN` (a home for children, a barrack) joins nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from privacy.canonical import Json
from privacy.encoding.households import Evidence, HouseholdSchema, Kind, household_schema
from privacy.linkage.slots import SEED_BYTES, random_permutation
from privacy.linkage.stack import Ids

MOST_CHILDREN = 8
"""Positions of one home at most; more under one token is no family."""
_LARGEST_COUNTED = 4


@dataclass(frozen=True, slots=True)
class Households:
    """The grouping of all positions, singletons included.

    ``home``: position -> home, numbered without meaning; ``refused``: tokens that joined
    nobody, by the rule that forbade it; ``withheld``: positions kept alone on demand.
    """

    home: Ids = field(repr=False)
    evidenced: int
    withheld: int
    refused: dict[str, int]

    def report(self, departments: Sequence[str], abstained: Sequence[str]) -> Json:
        """Return counts for the quality report: sizes from four children on are one class."""
        size = np.bincount(self.home) if len(self.home) else np.zeros(0, dtype=np.int64)
        capped = np.minimum(size, _LARGEST_COUNTED)
        return {
            "slots": len(self.home),
            "with_evidence": self.evidenced,
            "withheld": self.withheld,
            "homes_by_children": {
                str(n): int((capped == n).sum()) for n in range(1, _LARGEST_COUNTED + 1)
            },
            "children_with_siblings": int(size[size > 1].sum()),
            "not_joined": {rule: self.refused[rule] for rule in sorted(self.refused)},
            "departments": list(departments),
            "abstained": list(abstained),
        }


def group_households(
    evidence: Sequence[Evidence], positions: int, schema: HouseholdSchema | None = None
) -> Households:
    """Return the homes of all *positions* (0..positions-1) by the departments' *evidence*.

    The result does not depend on the order of departments or entries: rooms are weighed
    before buildings, tokens in the order of their bytes.
    """
    kinds = (schema or household_schema()).kinds
    alone = np.zeros(positions, dtype=np.bool_)
    seen = np.zeros(positions, dtype=np.bool_)
    for one in evidence:
        alone[one.withheld] = True
        for values in one.tokens.values():
            seen[one.positions[values.any(axis=1)]] = True
    homes = _Homes(positions)
    refused: defaultdict[str, int] = defaultdict(int)
    for kind in kinds:
        finer = next((k for k in kinds if k.of == kind.name), None)
        groups = list(_groups(evidence, kind, finer, alone))
        if kind.own:
            homes.note(groups)
        for group in groups:
            if rule := homes.join(group):
                refused[rule] += 1
    home = np.unique(homes.roots(), return_inverse=True)[1].astype(np.int64)
    return Households(home, int((seen & ~alone).sum()), int(alone.sum()), dict(refused))


def number_households(home: Ids, seed: bytes) -> Ids:
    """Return position -> household number, drawn from 0..positions-1 by *seed*.

    *seed* is 32 fresh bytes of operating-system randomness, kept nowhere: numbers of two
    slot tables have nothing in common, and how many homes there are is not told.

    Raises:
        ValueError: the seed has another length.
    """
    if len(seed) != SEED_BYTES:
        raise ValueError(f"a household seed has {SEED_BYTES} bytes")
    return random_permutation(len(home), seed, b"enishi/households")[home]


@dataclass(slots=True)
class _Group:
    """Positions that agree in one token.

    ``roomed``: those whose flat is known; ``issuer``: the department whose own number the
    token is.
    """

    token: bytes
    issuer: str
    members: set[int] = field(default_factory=set)
    roomed: set[int] = field(default_factory=set)


def _groups(
    evidence: Sequence[Evidence], kind: Kind, finer: Kind | None, alone: NDArray[np.bool_]
) -> Iterator[_Group]:
    """Yield the groups of *kind* in the order of their tokens; lone positions join nobody."""
    found: dict[bytes, _Group] = {}
    for one in evidence:
        values = one.tokens[kind.name]
        rooms = np.zeros(len(values), dtype=np.bool_)
        if finer is not None:
            rooms |= one.tokens[finer.name].any(axis=1)
        for row in np.flatnonzero(values.any(axis=1) & ~alone[one.positions]).tolist():
            token = values[row].tobytes()
            group = found.get(token)
            if group is None:
                group = found[token] = _Group(token, one.department if kind.own else "")
            position = int(one.positions[row])
            group.members.add(position)
            if rooms[row]:
                group.roomed.add(position)
    for token in sorted(found):
        # A department's own number counts of one child alone: it forbids what follows.
        if kind.own or len(found[token].members) > 1:
            yield found[token]


class _Homes:
    """Union-find over positions that knows sizes and departments' own numbers."""

    def __init__(self, positions: int) -> None:
        self._parent = list(range(positions))
        self._size = [1] * positions
        self._numbers: dict[int, dict[str, bytes]] = {}

    def note(self, groups: Sequence[_Group]) -> None:
        """Take the departments' own numbers down, all of them before anything is joined."""
        for group in groups:
            for member in group.members:
                self._numbers.setdefault(self._root(member), {})[group.issuer] = group.token

    def join(self, group: _Group) -> str:
        """Join a group's positions; return the rule that forbids it, or nothing."""
        roots = sorted({self._root(one) for one in group.members})
        if len(roots) == 1:
            return ""
        if sum(self._size[root] for root in roots) > MOST_CHILDREN:
            return "too_many"
        if len({self._root(one) for one in group.roomed}) > 1:
            return "two_rooms"
        numbers: dict[str, bytes] = {}
        for root in roots:
            for issuer, number in self._numbers.get(root, {}).items():
                if numbers.setdefault(issuer, number) != number:
                    return "two_numbers"
        first, *others = roots
        for other in others:
            self._parent[other] = first
            self._size[first] += self._size[other]
            self._numbers.pop(other, None)
        if numbers:
            self._numbers[first] = numbers
        return ""

    def roots(self) -> Ids:
        """Return position -> the position that stands for its home."""
        return np.array([self._root(at) for at in range(len(self._parent))], dtype=np.int64)

    def _root(self, one: int) -> int:
        while self._parent[one] != one:
            self._parent[one] = self._parent[self._parent[one]]
            one = self._parent[one]
        return one
