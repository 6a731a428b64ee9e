"""Sealed departments: the coordinator's side and the node's own.

A department whose mere holding of a child is sensitive uploads nothing.  The
coordinator streams, in random order, two entries for every slot without the departments
they came from; the node matches its rows locally with the models that the coordinator
fitted.  The coordinator learns nothing about whom it knows; the node, which holds the
linkage key, can tell of people it can name that they have a slot (PROTOCOL 2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from privacy.encoding.batch import Batch, Codes, Labels, Tokens
from privacy.errors import ProtocolError, Text
from privacy.linkage.candidates import Pairs, candidates_between
from privacy.linkage.evidence import Number, evidence_between
from privacy.linkage.features import Floats
from privacy.linkage.slots import random_permutation
from privacy.linkage.stack import Ids, Stack, check_batch, stack
from privacy.linkage.weights import MatchModels, probabilities

ENTRIES_PER_SLOT = 2
_UNIVERSE = "*"


@dataclass(frozen=True, slots=True)
class Universe:
    """Two entries a slot in random order: slot, tokens, views, labels of each; no department."""

    slots: Ids = field(repr=False)
    tokens: Mapping[str, Tokens] = field(repr=False)
    views: Mapping[str, Codes] = field(repr=False)
    labels: Mapping[str, Labels] = field(default_factory=dict, repr=False)

    @property
    def count(self) -> int:
        """Return the number of slots."""
        return len(self.slots) // ENTRIES_PER_SLOT


def choose_entries(stacked: Stack, slot: Ids) -> Ids:
    """Return two rows for each slot, slots x 2; the second is -1 where one says it all.

    The first is the row with most tokens and views; the second is the row least similar
    to it, so that a changed family name or a typing error at one department still finds
    its child at the other.
    """
    richness = _richness(stacked)
    order = np.lexsort((-richness, slot))
    firsts = order[np.searchsorted(slot[order], np.arange(int(slot.max(initial=-1)) + 1))]
    first_of = firsts[slot]
    unlikeness = np.zeros(stacked.rows)
    for codes in stacked.views.values():
        there = codes.any(axis=1) & codes[first_of].any(axis=1)
        apart = np.bitwise_count(codes ^ codes[first_of]).sum(axis=1)
        unlikeness += np.where(there, apart / (64 * codes.shape[1]), 0.0)
        unlikeness += 0.25 * (codes.any(axis=1) & ~codes[first_of].any(axis=1))
    for ids in stacked.tokens.values():
        unlikeness += 0.5 * ((ids >= 0) & (ids != ids[first_of]))
    entries = np.full((len(firsts), ENTRIES_PER_SLOT), -1, dtype=np.int64)
    entries[:, 0] = firsts
    best = np.lexsort((-unlikeness, slot))
    seconds = best[np.searchsorted(slot[best], np.arange(len(firsts)))]
    useful = unlikeness[seconds] > 0
    entries[useful, 1] = seconds[useful]
    return entries


def _richness(stacked: Stack) -> Ids:
    views = sum(
        (codes.any(axis=1).astype(np.int64) for codes in stacked.views.values()),
        np.zeros(stacked.rows, dtype=np.int64),
    )
    return views + sum(
        ((ids >= 0).astype(np.int64) for ids in stacked.tokens.values()),
        np.zeros(stacked.rows, dtype=np.int64),
    )


@dataclass(frozen=True, slots=True)
class Offer:
    """The universe before it is laid out: whose codes stand where; parts are made one by one."""

    slots: Ids = field(repr=False)
    _source: Ids = field(repr=False)
    _stack: Stack = field(repr=False)
    _tokens: Mapping[str, Tokens] = field(repr=False)
    _dummies: Batch = field(repr=False)

    @property
    def count(self) -> int:
        """Return the number of slots."""
        return len(self.slots) // ENTRIES_PER_SLOT

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the kinds of tokens, in order."""
        return tuple(sorted(self._tokens))

    @property
    def words(self) -> dict[str, int]:
        """Return the width of each view's codes, in words, by view in order."""
        return {view: self._stack.views[view].shape[1] for view in sorted(self._stack.views)}

    @property
    def blocked(self) -> tuple[str, ...]:
        """Return the passes whose entries carry block labels, in order."""
        return tuple(sorted(self._stack.labels))

    def part(self, here: slice) -> Universe:
        """Return the entries of *here*."""
        source = self._source[here]
        return Universe(
            self.slots[here],
            {kind: self._tokens[kind][source] for kind in self.kinds},
            {view: self._codes(view, source) for view in self.words},
            {name: self._labels(name, source) for name in self.blocked},
        )

    def _codes(self, view: str, source: Ids) -> Codes:
        rows = self._stack.rows
        codes = self._stack.views[view][np.minimum(source, rows - 1)]
        pool = self._dummies.views.get(view)
        dummy = source >= rows
        codes[dummy] = 0 if pool is None else pool[source[dummy] - rows]
        return codes

    def _labels(self, name: str, source: Ids) -> Labels:
        rows = self._stack.rows
        labels = self._stack.labels[name][np.minimum(source, rows - 1)]
        pool = self._dummies.labels.get(name)
        dummy = source >= rows
        labels[dummy] = 0 if pool is None else pool[source[dummy] - rows]
        return labels


def offer(
    batches: Sequence[Batch], stacked: Stack, slot: Ids, dummies: Batch, seed: bytes
) -> Offer:
    """Return the entries that every sealed department is sent, in an order drawn from *seed*.

    *batches* are those of *stacked* (their tokens are used), *slot* is the slot of each
    stacked row, *dummies* come from the pool that the nodes supply; one fills each
    missing second place.

    Raises:
        ProtocolError: the pool of dummies is too small to hide the missing places.
    """
    entries = choose_entries(stacked, slot).ravel()
    slots = np.repeat(np.arange(len(entries) // ENTRIES_PER_SLOT), ENTRIES_PER_SLOT)
    missing = np.flatnonzero(entries < 0)
    if len(missing) > dummies.rows:
        raise ProtocolError(
            Text(
                f"ダミー符号が {len(missing)} 件必要ですが {dummies.rows} 件しかありません。",
                f"{len(missing)} dummy codes are needed, the pool holds {dummies.rows}",
            ),
            Text("各部署のダミー数を増やしてください。", "let each department supply more dummies"),
        )
    entries[missing] = stacked.rows + np.arange(len(missing))
    order = random_permutation(len(entries), seed, b"enishi/universe")
    tokens = {
        kind: np.concatenate([_tokens(batch, kind) for batch in (*batches, dummies)])
        for kind in sorted({kind for batch in batches for kind in batch.tokens})
    }
    return Offer(slots[order], entries[order], stacked, tokens, dummies)


def _tokens(batch: Batch, kind: str) -> Tokens:
    return batch.tokens.get(kind, np.zeros((batch.rows, 32), dtype=np.uint8))


def match_locally(
    offered: Universe, own: Batch, models: MatchModels, threshold: float = 0.5
) -> Ids:
    """Return the slot of each own row, -1 where none is likely enough; it never leaves the node.

    A slot takes at most one row (own duplicates are resolved before), and a row one slot.
    An entry with another resident number is never the row's, as among open departments.
    """
    entries = len(offered.slots)
    batch = Batch(_UNIVERSE, entries, {}, dict(offered.views), dict(offered.labels))
    check_batch(batch)
    check_batch(own)
    tokens = stack([replace(batch, tokens=dict(offered.tokens), views={}), replace(own, views={})])
    passes = tuple(dict.fromkeys(view.partition("/")[0] for view in models.views))
    pairs = candidates_between(tokens, passes, offered.views, own.views)
    shown = evidence_between(tokens, pairs, models.views, offered.views, own.views)
    agreed = shown.number != Number.DIFFERENT
    pairs, shown = pairs.where(agreed), shown.where(agreed)
    weight = models.weigh(shown)
    row, slot = pairs.right - tokens.offsets[1], offered.slots[pairs.left]
    # The better of a slot's two entries speaks for the slot.
    order = np.lexsort((-weight, slot, row))
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (np.diff(row[order]) != 0) | (np.diff(slot[order]) != 0)
    best = order[first]
    sides = Stack(
        (_UNIVERSE, own.department),
        (0, offered.count, offered.count + own.rows),
        np.repeat([0, 1], [offered.count, own.rows]),
        {},
        {},
    )
    choices = Pairs(slot[best], row[best] + offered.count)
    probability = probabilities(weight[best], choices, sides)
    return _assign(choices, probability, offered.count, own.rows, threshold)


def _assign(choices: Pairs, probability: Floats, slots: int, rows: int, cut: float) -> Ids:
    taken = np.zeros(slots, dtype=np.bool_)
    result = np.full(rows, -1, dtype=np.int64)
    for index in np.argsort(-probability, kind="stable").tolist():
        slot, row = choices.left[index], choices.right[index] - slots
        if probability[index] < cut:
            break
        if not taken[slot] and result[row] < 0:
            taken[slot], result[row] = True, slot
    return result
