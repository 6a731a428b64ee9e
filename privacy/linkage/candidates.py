"""Candidate pairs: equal tokens, and views that similarity lifts out of the noise.

Codes under different salts or of different people are unrelated: their distance is
binomial, its standard deviation sqrt(L)/2 bits.  The cut is where that null
distribution, over all comparisons made, leaves a stated number of false candidates;
so no block labels and no hand-set threshold are needed (PROTOCOL 2).

Pairs inside one department are kept as well: its rows are different people, so they
show what pairs of different people look like (`weights.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import comb

import numpy as np
from numpy.typing import NDArray

from privacy.encoding.batch import Codes, Labels
from privacy.linkage.blocks import Blocks, among, between
from privacy.linkage.stack import Ids, Stack
from privacy.similarity.engine import LOCAL, Engine
from privacy.similarity.search import pairs_among, pairs_within, present
from privacy.similarity.sinks import MemorySink, Sinks
from privacy.similarity.tiles import HERE, Found, TileExecutor

TOKENS = ("T1", "A", "B")
_FALSE_PER_ROW = 1.0
_FALSE_PER_PASS = 3.0
"""False candidates worth weighing for each row, by one view and by all views of a pass."""
_FALSE_REMAINING = 120_000
"""False candidates worth weighing among the rows that stay open, over all views."""
_LARGEST_GROUP = 3
"""Rows a department may have under one token before it counts as a placeholder."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of rows, left < right, each once, ordered."""

    left: Ids = field(repr=False)
    right: Ids = field(repr=False)

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.left)

    def where(self, keep: NDArray[np.bool_] | Ids) -> Pairs:
        """Return the pairs that *keep* selects."""
        return Pairs(self.left[keep], self.right[keep])

    def across(self, stack: Stack) -> NDArray[np.bool_]:
        """Return for each pair whether it joins two departments."""
        return np.asarray(stack.department[self.left] != stack.department[self.right])


def largest_distance(bits: int, comparisons: int, false_pairs: float) -> int:
    """Return the largest Hamming distance that chance meets at most *false_pairs* times.

    Over *comparisons* of unrelated codes of *bits* bits, exactly, by the binomial tail.
    Never nearer to the middle of the noise than one standard deviation.
    """
    highest = int(bits / 2 - 0.5 * bits**0.5)
    limit, tail = -1, 0
    allowed = int(false_pairs / max(1, comparisons) * (1 << 64))
    while limit < highest:
        tail += comb(bits, limit + 1)
        if (tail << 64) >> bits > allowed:
            break
        limit += 1
    return max(limit, 0)


def merge(parts: Iterable[Pairs], rows: int, sinks: Sinks = MemorySink) -> Pairs:
    """Return the union of *parts* over *rows* rows: each pair once, in order."""
    sink = sinks(rows)
    for part in parts:
        sink.add(part.left, part.right)
    return Pairs(*sink.take())


def pairs_by_token(stack: Stack, name: str) -> Pairs:
    """Return pairs across departments whose token *name* is equal.

    A token that more rows share than departments could explain is a placeholder
    (000000 for "unknown"): it makes no pair.
    """
    ids = stack.token(name)
    rows = np.flatnonzero(ids >= 0)
    rows = rows[np.argsort(ids[rows], kind="stable")]
    group, counts = np.unique(ids[rows], return_counts=True)
    usable = counts <= _LARGEST_GROUP * len(stack.departments)
    rows = rows[np.isin(ids[rows], group[usable])]
    parts = []
    for shift in range(1, int(counts[usable].max(initial=0))):
        low, high = rows[:-shift], rows[shift:]
        same = ids[low] == ids[high]
        parts.append(Pairs(np.minimum(low, high)[same], np.maximum(low, high)[same]))
    pairs = merge(parts, stack.rows)
    return pairs.where(pairs.across(stack))


def pairs_by_view(
    stack: Stack, view: str, *, false_per_row: float = _FALSE_PER_ROW, engine: Engine = LOCAL
) -> Iterator[Pairs]:
    """Yield all pairs, also inside departments, that *view* lifts out of the noise, as found.

    Where rows carry block labels, only pairs of one block.
    """
    codes, labels = stack.views[view], stack.label(view)
    bits = 64 * codes.shape[1]
    if labels is None:
        count = len(present(codes))
        limit = largest_distance(bits, count * (count - 1) // 2, false_per_row * count)
        found = pairs_among(codes, limit, executor=engine.executor)
    else:
        blocks = Blocks.of(codes, labels)
        limit = largest_distance(bits, blocks.pairs, false_per_row * len(blocks.rows))
        found = among(codes, blocks, limit, engine.executor)
    for hits in found:
        yield Pairs(hits.left, hits.right)


def candidates(stack: Stack, passes: Iterable[str], engine: Engine = LOCAL) -> Pairs:
    """Return the candidate pairs of all tokens and of all views of *passes*."""

    def parts() -> Iterator[Pairs]:
        for name in TOKENS:
            if name in stack.tokens:
                yield pairs_by_token(stack, name)
        for name in passes:
            views = [view for view in stack.views if view.startswith(f"{name}/")]
            share = min(_FALSE_PER_ROW, _FALSE_PER_PASS / max(1, len(views)))
            for view in views:
                yield from pairs_by_view(stack, view, false_per_row=share, engine=engine)

    return merge(parts(), stack.rows, engine.sinks)


def candidates_between(
    tokens: Stack, passes: Iterable[str], left: Mapping[str, Codes], right: Mapping[str, Codes]
) -> Pairs:
    """Return the candidate pairs across two departments, and no others.

    For a sealed department against the universe: the universe is not compared with itself,
    and the codes of both are left where they are.

    Args:
        tokens: the two departments' rows, tokens and labels; pairs number these rows.
        passes: whose views are compared.
        left: views of the first department.
        right: views of the second department.
    """
    wanted = tuple(f"{name}/" for name in passes)
    parts = [pairs_by_token(tokens, name) for name in TOKENS if name in tokens.tokens]
    for view, codes in left.items():
        if view.startswith(wanted) and view in right:
            labels, cut = tokens.label(view), tokens.offsets[1]
            sides = None if labels is None else (labels[:cut], labels[cut:])
            count = len(present(right[view]))
            found = _between(codes, right[view], sides, _FALSE_PER_ROW * count)
            parts += [Pairs(hits.left, hits.right + cut) for hits in found]
    return merge(parts, tokens.rows)


def remaining_candidates(
    stack: Stack,
    seekers: NDArray[np.bool_],
    sought: NDArray[np.bool_],
    engine: Engine = LOCAL,
) -> Pairs:
    """Return pairs of rows that seek a match with rows that may still take one, in any view.

    Far fewer comparisons than all pairs, so chance reaches less high and the cut is
    lower: what was lost in the noise of everybody may stand out among the rest.
    """

    def parts() -> Iterator[Pairs]:
        for view, codes in stack.views.items():
            left = np.where(seekers[:, None], codes, np.uint64(0))
            right = np.where(sought[:, None], codes, np.uint64(0))
            false = _FALSE_PER_ROW * len(present(left))
            allowed = max(false, _FALSE_REMAINING / len(stack.views))
            labels = stack.label(view)
            sides = None if labels is None else (labels, labels)
            for hits in _between(left, right, sides, allowed, engine.executor):
                low, high = np.minimum(hits.left, hits.right), np.maximum(hits.left, hits.right)
                yield Pairs(low[low < high], high[low < high])

    return merge(parts(), stack.rows, engine.sinks)


def _between(
    left: Codes,
    right: Codes,
    labels: tuple[Labels, Labels] | None,
    allowed: float,
    executor: TileExecutor = HERE,
) -> Iterator[Found]:
    """Yield the pairs of a row of each side, in one block where there are *labels*.

    The cut leaves about *allowed* false candidates among the comparisons that are made.
    """
    bits = 64 * left.shape[1]
    if labels is None:
        comparisons = len(present(left)) * len(present(right))
        limit = largest_distance(bits, comparisons, allowed)
        yield from pairs_within(left, right, limit, executor=executor)
        return
    one, other = Blocks.of(left, labels[0]), Blocks.of(right, labels[1])
    limit = largest_distance(bits, one.pairs_with(other), allowed)
    yield from between(left, right, one, other, limit, executor)
