"""What a pair shows: similarity of each view and agreement of each token, missing kept apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from privacy.encoding.batch import Codes
from privacy.linkage.candidates import Pairs
from privacy.linkage.stack import Ids, Stack
from privacy.similarity.tiles import distances


class Number(IntEnum):
    """How the resident numbers of a pair compare."""

    MISSING = 0
    """At least one side holds none."""
    EQUAL = 1
    """Equal, and equal together with the birth date (token B)."""
    CONFLICT = 2
    """Equal, but not with the birth date: a wrong number, or a wrong date."""
    DIFFERENT = 3


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence of pairs: ``similarity`` pairs x views in [-1, 1], NaN where missing."""

    views: tuple[str, ...]
    similarity: NDArray[np.float32] = field(repr=False)
    number: NDArray[np.int8] = field(repr=False)
    exact: NDArray[np.bool_] = field(repr=False)
    """Token T1 is equal."""

    def where(self, keep: NDArray[np.bool_] | Ids | slice) -> Evidence:
        """Return the evidence of the pairs that *keep* selects."""
        return Evidence(self.views, self.similarity[keep], self.number[keep], self.exact[keep])

    def of_views(self, count: int) -> Evidence:
        """Return the same evidence without any but the first *count* views."""
        return Evidence(self.views[:count], self.similarity[:, :count], self.number, self.exact)

    def brief(self) -> Brief:
        """Return what stays of the evidence once the pairs are weighed."""
        highest = np.full(len(self.number), -1.0, dtype=np.float32)
        for view in range(len(self.views)):
            np.fmax(highest, self.similarity[:, view], out=highest)
        return Brief(highest, self.number, self.exact)


@dataclass(frozen=True, slots=True)
class Brief:
    """Token outcomes of pairs, and the highest similarity of any view (-1: none is held)."""

    highest: NDArray[np.float32] = field(repr=False)
    number: NDArray[np.int8] = field(repr=False)
    exact: NDArray[np.bool_] = field(repr=False)

    def where(self, keep: NDArray[np.bool_] | Ids) -> Brief:
        """Return the evidence of the pairs that *keep* selects."""
        return Brief(self.highest[keep], self.number[keep], self.exact[keep])

    def followed_by(self, other: Brief) -> Brief:
        """Return this evidence and then *other*'s."""
        return Brief(
            np.concatenate([self.highest, other.highest]),
            np.concatenate([self.number, other.number]),
            np.concatenate([self.exact, other.exact]),
        )


def evidence(stack: Stack, pairs: Pairs, views: Sequence[str]) -> Evidence:
    """Return the evidence of *pairs* in *views*: correlation of codes (1 - 2 h / L), and tokens."""
    similarity = np.empty((len(pairs), len(views)), dtype=np.float32)
    for at, view in enumerate(views):
        codes = stack.views[view]
        similarity[:, at] = _agreement(codes, codes, pairs.left, pairs.right)
    return Evidence(tuple(views), similarity, *_tokens(stack, pairs))


def evidence_between(
    tokens: Stack,
    pairs: Pairs,
    views: Sequence[str],
    left: Mapping[str, Codes],
    right: Mapping[str, Codes],
) -> Evidence:
    """Return the evidence of *pairs* across two departments whose codes stand apart.

    A view that a side lacks is missing.  Arguments as for `candidates_between`.
    """
    similarity = np.full((len(pairs), len(views)), np.nan, dtype=np.float32)
    own = pairs.right - tokens.offsets[1]
    for at, view in enumerate(views):
        if view in left and view in right:
            similarity[:, at] = _agreement(left[view], right[view], pairs.left, own)
    return Evidence(tuple(views), similarity, *_tokens(tokens, pairs))


def _agreement(left: Codes, right: Codes, one: Ids, two: Ids) -> NDArray[np.float32]:
    apart = distances(left, right, one, two)
    result: NDArray[np.float32] = (1 - 2 * apart / (64 * left.shape[1])).astype(np.float32)
    held, other = (np.asarray(codes.any(axis=1)) for codes in (left, right))
    result[~(held[one] & other[two])] = np.nan
    return result


def _tokens(stack: Stack, pairs: Pairs) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    """Return how the numbers of *pairs* compare, and whether token T1 is equal."""
    number, dated, exact = stack.token("A"), stack.token("B"), stack.token("T1")
    left, right = pairs.left, pairs.right
    outcome = np.full(len(pairs), Number.MISSING, dtype=np.int8)
    both = (number[left] >= 0) & (number[right] >= 0)
    outcome[both] = Number.DIFFERENT
    outcome[both & (number[left] == number[right])] = Number.CONFLICT
    outcome[(dated[left] >= 0) & (dated[left] == dated[right])] = Number.EQUAL
    return outcome, (exact[left] >= 0) & (exact[left] == exact[right])
