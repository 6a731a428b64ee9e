"""A few pairs to look at: near the threshold, in conflict, linked at random; in views only.

A sampled pair has a number of this report and nothing else: no row, no slot, no cluster.
The order is drawn, so a number does not tell where the pair's rows stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from privacy.canonical import Json
from privacy.linkage.breakdown import linked_pairs
from privacy.linkage.explain import Explanation, explain
from privacy.linkage.linker import Linker, drawn
from privacy.linkage.stack import Ids

PAIRS_PER_KIND = 6
_DOUBTFUL = 0.48
"""Distance from one half within which a probability is near the threshold."""


class Kind(StrEnum):
    """Why a pair is in the sample."""

    LINKED = "linked"
    """Any linked pair, drawn at random."""
    NEAR = "near"
    """Among those whose probability is nearest to one half."""
    CONFLICT = "conflict"
    """Likely, and kept apart by numbers."""


@dataclass(frozen=True, slots=True)
class SampledPair:
    """One pair of the sample: its number in the report, why it is there, and its waterfall."""

    number: int
    kind: Kind
    departments: tuple[str, str]
    linked: bool
    explanation: Explanation

    def to_json(self) -> Json:
        """Return the pair as canonical JSON takes it."""
        return {
            "number": self.number,
            "kind": str(self.kind),
            "departments": list(self.departments),
            "linked": self.linked,
            "explanation": self.explanation.to_json(),
        }


def sample_pairs(linker: Linker, seed: bytes) -> tuple[SampledPair, ...]:
    """Return up to `PAIRS_PER_KIND` pairs of each kind, numbered in an order that *seed* draws.

    A pair that is of two kinds is taken once.
    """
    linked, stacked = linker.linked, linker.stack
    chance = drawn(seed, len(linked.pairs))
    together = linked_pairs(linker)
    doubt = np.abs(linked.probability - 0.5)
    near = np.argsort(doubt, kind="stable")[:PAIRS_PER_KIND]
    groups = {
        Kind.CONFLICT: _drawn(linked.solution.conflicts, chance),
        Kind.NEAR: near[doubt[near] < _DOUBTFUL],
        Kind.LINKED: _drawn(linked.solution.linked, chance),
    }
    kinds: dict[int, Kind] = {}
    for kind, chosen in groups.items():
        for pair in chosen.tolist():
            kinds.setdefault(pair, kind)
    order = sorted(kinds, key=lambda pair: int(chance[pair]))
    explained = explain(linker, np.array(order, dtype=np.int64))
    names, of_row = stacked.departments, stacked.department
    return tuple(
        SampledPair(
            number,
            kinds[pair],
            (names[of_row[linked.pairs.left[pair]]], names[of_row[linked.pairs.right[pair]]]),
            bool(together[pair]),
            why,
        )
        for number, (pair, why) in enumerate(zip(order, explained, strict=True), start=1)
    )


def _drawn(pairs: Ids, chance: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> Ids:
    return pairs[np.argsort(chance[pairs], kind="stable")][:PAIRS_PER_KIND]
