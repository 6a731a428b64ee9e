"""The flow of one linkage: first pass, whom to ask again, second pass, clusters.

Pure and resumable: every step returns a new value, nothing is fetched or sent here.
Whoever runs it (the coordinator; `enishi link`) sees encodings, never records, and
learns a pseudonymous membership pattern.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from privacy.encoding.batch import Batch
from privacy.errors import ProtocolError, Text
from privacy.linkage.candidates import Pairs, candidates, merge, remaining_candidates
from privacy.linkage.clusters import Solution, Thresholds, numbers_bind, solve
from privacy.linkage.evidence import Brief, Number, evidence
from privacy.linkage.features import Floats
from privacy.linkage.stack import Ids, Stack, stack, stack_labels, stack_views
from privacy.linkage.training import draw, fit
from privacy.linkage.weights import MatchModel, MatchModels, probabilities
from privacy.similarity.engine import LOCAL, Engine

FIRST = "first"
_REMAINDERS = 8
_SURE = 0.99
"""Probability without the numbers at which a pair shows how reliable the numbers are."""
_WORTHWHILE = 0.001
"""Share of clusters that a look at the remainder must join for another look."""
_NO_ROWS = np.zeros(0, dtype=np.int64)
DEFAULT_SHARE = 0.5
"""Share of its rows that each department is asked to encode again."""


@dataclass(frozen=True, slots=True)
class Linked:
    """What linkage found: cross-department pairs with what they show, and the clusters.

    ``refined``: the models of the looks at the remainder; ``source``: for each pair which
    model weighed it, 0 for ``models`` and i for ``refined[i - 1]``.
    """

    pairs: Pairs = field(repr=False)
    shown: Brief = field(repr=False)
    weight: Floats = field(repr=False)
    probability: Floats = field(repr=False)
    solution: Solution = field(repr=False)
    models: MatchModels
    refined: tuple[MatchModel, ...]
    source: NDArray[np.int8] = field(repr=False)
    binding: bool = True
    """Whether different resident numbers keep rows apart (`clusters.numbers_bind`)."""


@dataclass(frozen=True, slots=True)
class Linker:
    """A linkage in progress; `start` makes one, each step returns the next."""

    stack: Stack
    linked: Linked
    everything: Pairs = field(repr=False)
    thresholds: Thresholds
    engine: Engine = LOCAL

    @property
    def departments(self) -> tuple[str, ...]:
        """Return the departments in the order of their rows."""
        return self.stack.departments

    @property
    def solution(self) -> Solution:
        """Return the clusters found so far, over the stacked rows."""
        return self.linked.solution

    @property
    def models(self) -> MatchModels:
        """Return the models that a sealed department matches with."""
        return self.linked.models

    def clusters(self) -> dict[str, Ids]:
        """Return for each department row -> cluster, 0..N-1, singletons included."""
        cluster = self.linked.solution.cluster
        return {name: cluster[self.stack.of(at)] for at, name in enumerate(self.departments)}

    def ask(
        self,
        seed: bytes,
        share: float = DEFAULT_SHARE,
        *,
        wanted: Mapping[str, Ids] | None = None,
        chance: NDArray[np.uint64] | None = None,
    ) -> dict[str, Ids]:
        """Return the rows that each department is asked to encode for the second pass, ascending.

        Always `share` of a department's rows, so that the number says nothing: first
        those *wanted* (rows in clerical review, whose pairs must be weighed again), then
        those without a link, then one or more representatives of each cluster, so that
        the unlinked find whom to compare with.  Ties are drawn from *seed* (32 random
        bytes): being asked does not tell a department that nobody else knows the child.
        With *chance*, one word a stacked row, they are drawn from that instead: rows that
        keep their word keep their rank, whichever rows come and go (`incremental.chances`).

        Raises:
            ValueError: the share is not above 0 and at most 1.
        """
        if not 0 < share <= 1:
            raise ValueError("the share of rows asked lies above 0 and at most at 1")
        if chance is None:
            chance = drawn(seed, self.stack.rows)
        cluster = self.linked.solution.cluster
        size = np.bincount(cluster, minlength=self.linked.solution.count)
        # The place of each row in its own cluster, in random order.
        order = np.lexsort((chance, cluster))
        starts = np.concatenate([[0], np.cumsum(size)[:-1]])
        place = np.empty(self.stack.rows, dtype=np.int64)
        place[order] = np.arange(self.stack.rows) - starts[cluster[order]]
        asked = {}
        for index, name in enumerate(self.departments):
            here = self.stack.of(index)
            known = size[cluster[here]] > 1
            late = np.ones(len(known), dtype=np.bool_)
            late[(wanted or {}).get(name, _NO_ROWS)] = False
            rank = np.lexsort((chance[here], place[here], known, late))
            count = -(-round(share * 1_000_000) * len(rank) // 1_000_000)
            asked[name] = np.sort(rank[:count])
        return asked

    def second_pass(self, batches: Sequence[Batch], rows: Mapping[str, Ids]) -> Linker:
        """Take the second-pass views of the asked *rows* (per department) and link again.

        Raises:
            ProtocolError: a batch of another department, or with another number of rows.
        """
        by_name = {batch.department: batch for batch in batches}
        unknown = set(by_name) - set(self.departments)
        if unknown or len(by_name) != len(batches):
            raise ProtocolError(
                Text(
                    "第二パスに想定外の部署があります。", "the second pass holds a wrong department"
                )
            )
        ordered = [
            by_name.get(name, Batch(department=name, rows=0, tokens={}, views={}))
            for name in self.departments
        ]
        where = [
            np.asarray(rows[name]) if name in by_name else np.zeros(0, dtype=np.int64)
            for name in self.departments
        ]
        counts = np.diff(self.stack.offsets).tolist()
        views = stack_views(ordered, where, counts)
        enlarged = self.stack.with_views(views, stack_labels(ordered, where, counts))
        passes = tuple(dict.fromkeys(view.partition("/")[0] for view in views))
        again = candidates(enlarged, passes, self.engine)
        found = merge([self.everything, again], enlarged.rows, self.engine.sinks)
        return _link(enlarged, found, self.models.first, self.thresholds, self.engine)


def start(
    batches: Sequence[Batch], thresholds: Thresholds | None = None, engine: Engine = LOCAL
) -> Linker:
    """Link the first-pass *batches* of all departments, comparing codes by *engine*.

    Raises:
        ProtocolError: an array has another shape than agreed, or a department is there twice.
    """
    stacked = stack(batches)
    found = candidates(stacked, (FIRST,), engine)
    return _link(stacked, found, None, thresholds or Thresholds(), engine)


def _first_views(stacked: Stack) -> tuple[str, ...]:
    return tuple(view for view in stacked.views if view.startswith(f"{FIRST}/"))


def _eligible(stacked: Stack, views: Sequence[str]) -> NDArray[np.bool_]:
    there = np.zeros(stacked.rows, dtype=np.bool_)
    for view in views:
        there |= stacked.views[view].any(axis=1)
    return there


def _link(
    stacked: Stack,
    found: Pairs,
    first_model: MatchModel | None,
    thresholds: Thresholds,
    engine: Engine,
) -> Linker:
    """Weigh the pairs *found*, solve, then look again among the rows that stay open."""
    linked = _weighed(stacked, found, first_model, thresholds)
    if linked.models.second is not None:
        for _ in range(_REMAINDERS):
            before = linked.solution.count
            linked = _remainder(stacked, linked, linked.models.second, thresholds, engine)
            if before - linked.solution.count < _WORTHWHILE * before:
                break
    return Linker(stacked, linked, found, thresholds, engine)


def _weighed(
    stacked: Stack, found: Pairs, first_model: MatchModel | None, thresholds: Thresholds
) -> Linked:
    """Fit the models, weigh all pairs *found*, and solve once."""
    shown = evidence(stacked, found, tuple(stacked.views))
    first_views = _first_views(stacked)
    across = found.across(stacked)
    if first_model is None:
        first_model = fit(stacked, draw(stacked, found, shown.of_views(len(first_views))))
    models = MatchModels(first_model)
    later = tuple(view for view in stacked.views if view not in first_views)
    if later:
        again = _eligible(stacked, later)
        sample = draw(stacked, found, shown, seekers=again, sought=again)
        models = MatchModels(first_model, fit(stacked, sample))
        del sample
    weight = models.weigh(shown)
    brief = shown.brief()
    del shown
    return _solved(
        stacked,
        found.where(across),
        brief.where(across),
        weight[across],
        models,
        thresholds,
        (),
        np.zeros(int(across.sum()), dtype=np.int8),
    )


def _solved(
    stacked: Stack,
    pairs: Pairs,
    shown: Brief,
    weight: Floats,
    models: MatchModels,
    thresholds: Thresholds,
    refined: tuple[MatchModel, ...],
    source: NDArray[np.int8],
) -> Linked:
    """Solve *pairs* across departments."""
    probability = probabilities(weight, pairs, stacked)
    alone = weight - (models.second or models.first).number_weight(shown.number)
    sure = probabilities(alone, pairs, stacked) >= _SURE
    outcome = np.bincount(shown.number[sure], minlength=len(Number))
    binding = numbers_bind(int(outcome[Number.EQUAL]), int(outcome[Number.DIFFERENT]))
    solution = solve(stacked, pairs, probability, thresholds, binding=binding)
    return Linked(pairs, shown, weight, probability, solution, models, refined, source, binding)


def _remainder(
    stacked: Stack, linked: Linked, model: MatchModel, thresholds: Thresholds, engine: Engine
) -> Linked:
    """Compare the unlinked rows again with those that may take them, and solve anew."""
    cluster = linked.solution.cluster
    size = np.bincount(cluster)
    seekers = size[cluster] == 1
    sought = size[cluster] < len(stacked.departments)
    found = remaining_candidates(stacked, seekers, sought, engine)
    shown = evidence(stacked, found, tuple(stacked.views))
    sample = draw(stacked, found, shown, seekers=seekers, sought=sought, floor=0.0)
    refined = fit(stacked, sample, model)
    del sample
    across = found.across(stacked)
    fresh = shown.where(across)
    del shown
    pairs, source = joined(found.where(across), linked.pairs, stacked.rows)
    weight = np.concatenate([refined.weigh(fresh), linked.weight])[source]
    brief = fresh.brief().followed_by(linked.shown).where(source)
    models = (*linked.refined, refined)
    by = np.full(len(fresh.number), len(models), dtype=np.int8)
    by = np.concatenate([by, linked.source])[source]
    return _solved(stacked, pairs, brief, weight, linked.models, thresholds, models, by)


def joined(fresh: Pairs, known: Pairs, rows: int) -> tuple[Pairs, Ids]:
    """Return the union in order, and each pair's place in *fresh* followed by *known*.

    A pair of both keeps its place in *fresh*.
    """
    keys = np.concatenate([part.left * rows + part.right for part in (fresh, known)])
    merged, source = np.unique(keys, return_index=True)
    return Pairs(merged // max(rows, 1), merged % max(rows, 1)), source


def drawn(seed: bytes, count: int) -> NDArray[np.uint64]:
    """Return *count* 64-bit words that *seed* determines (SHAKE-256): secret order, repeatable."""
    return np.frombuffer(hashlib.shake_256(b"enishi/ask" + seed).digest(8 * count), dtype="<u8")
