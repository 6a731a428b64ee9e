"""Pattern mining: positions that are set together are one gram's, and their pattern names it.

A gram sets the same positions in every code that holds it, so its columns are set and
unset together: they are found by counting alone, without a key or a hash function
(Christen, Ranbaduge, Vatsalan and Schnell, PAKDD 2017; Christen, Vidanage, Ranbaduge and
Schnell, PAKDD 2018: maximal frequent patterns of bit positions).  Which gram a pattern is
follows from how often it is set, and with which other patterns: the same graph matching
as of people, over grams (Vidanage, Ranbaduge, Christen and Schnell, ICDE 2019, extend
patterns by such co-occurrence).  Under a salt a gram has other positions in every block,
and there is nothing to mine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from privacy.encoding.batch import Codes
from privacy.encoding.grams import split
from privacy.encoding.hardening import unpack
from privacy.encoding.schema import FieldKind, Schema, View
from privacy.normalise.person import Person
from privacy.redteam.assignment import assign
from privacy.redteam.matching import Match

Sets = NDArray[np.bool_]
"""n x k: which of n rows hold which of k patterns or grams."""

_MOST_PATTERNS = 60
_GRAMS_A_PATTERN = 3
"""Grams of the population that compete for one pattern."""
_LEAST_SHARE = 0.03
"""Share of the codes that hold a gram, below which its pattern is not sought."""
_SEEDS_A_COLUMN = 3
_TOGETHER = 0.3
"""Jaccard similarity of two columns from which they may be of one gram."""
_WHEREVER = 0.98
_SAME = 0.8
_TURNS = 20


def mined_grams(
    schema: Schema, view: View, codes: Codes, known: Sequence[Person], encoded: Sequence[Person]
) -> tuple[int, int]:
    """Return how far mined patterns tell which codes hold which grams.

    Each pattern says of every code that sets all of it: this one holds that gram.  What
    chance would get right is taken off each pattern, so that guesses count 0.

    Args:
        schema: public: it says how many positions a gram sets.
        view: one unsalted view.
        codes: n x words of the view.
        known: whose grams the attacker can count.
        encoded: the records of the codes, to count what is right.

    Returns:
        statements that are right beyond chance, statements made.
    """
    there = np.flatnonzero(codes.any(axis=1))
    held = [_grams(schema, view, encoded[row]) for row in there.tolist()]
    hashes = max(schema.field(name).hashes for name in view.fields)
    patterns = _patterns(unpack(codes[there]), hashes)
    owned = [_grams(schema, view, person) for person in known]
    counted = Counter(gram for grams in owned for gram in grams)
    most = _GRAMS_A_PATTERN * patterns.shape[1]
    grams = sorted(counted, key=lambda gram: (-counted[gram], gram))[:most]
    if not patterns.shape[1] or len(grams) < patterns.shape[1]:
        return 0, 0
    there_known = [one for one in owned if one]
    named = _named(patterns, np.array([[gram in one for gram in grams] for one in there_known]))
    made, right = 0, 0.0
    for pattern, gram in zip(patterns.T, named.tolist(), strict=True):
        holds = np.array([grams[gram] in one for one in held])
        base, said = float(holds.mean()), int(pattern.sum())
        made += said
        right += (float(holds[pattern].sum()) - base * said) / max(1 - base, 1 / len(held))
    return max(0, round(right)), made


def _patterns(bits: NDArray[np.uint8], hashes: int) -> Sets:
    """Return which rows set all columns of each pattern found, frequent patterns first.

    Two columns that are mostly set together are a seed; the columns set wherever both
    are make the pattern, if they are as many as a gram sets.

    Args:
        bits: n x columns.
        hashes: columns that a gram sets at most.
    """
    ones = bits.astype(np.float32)
    together = ones.T @ ones
    often = together.diagonal()
    alike = together / np.maximum(often[:, None] + often[None, :] - together, 1.0)
    np.fill_diagonal(alike, 0.0)
    near = np.argsort(-alike, axis=1, kind="stable")[:, :_SEEDS_A_COLUMN]
    left = np.repeat(np.arange(len(near)), near.shape[1])
    right = near.ravel()
    likely = (together[left, right] >= _LEAST_SHARE * len(bits)) & (alike[left, right] >= _TOGETHER)
    left, right = left[likely], right[likely]
    seeds = ones[:, left] * ones[:, right]
    implied = (seeds.T @ ones) >= _WHEREVER * seeds.sum(axis=0)[:, None]
    width = implied.sum(axis=1)
    whole = (width >= round(0.75 * hashes)) & (width < bits.shape[1] / 2)
    implied = implied[whole].astype(np.float32)
    rows = (ones @ implied.T) >= implied.sum(axis=1)
    return _distinct(rows)


def _distinct(rows: Sets) -> Sets:
    """Return the columns of *rows* that differ from each other, frequent ones first."""
    counts = rows.sum(axis=0)
    kept: list[NDArray[np.bool_]] = []
    for column in rows.T[np.argsort(-counts, kind="stable")]:
        again = any((column & other).sum() > _SAME * (column | other).sum() for other in kept)
        if column.any() and not again:
            kept.append(column)
        if len(kept) == _MOST_PATTERNS:
            break
    return np.array(kept, dtype=np.bool_).reshape(len(kept), len(rows)).T


def _named(patterns: Sets, grams: Sets) -> Match:
    """Return the gram of each pattern: by how often it is held, alone and with the others.

    Args:
        patterns: codes x k.
        grams: persons x m, m >= k.
    """
    scale = len(patterns) / max(len(grams), 1)
    ours = patterns.T.astype(np.float32) @ patterns.astype(np.float32)
    theirs = (grams.T.astype(np.float32) @ grams.astype(np.float32)) * np.float32(scale)
    alone = -((ours.diagonal()[:, None] - theirs.diagonal()) ** 2) / (theirs.diagonal() + 1.0)
    found, seen = assign(alone), set[bytes]()
    while found.tobytes() not in seen and len(seen) < _TURNS:
        seen.add(found.tobytes())
        scores = alone.copy()
        for at, gram in enumerate(found.tolist()):
            pair = -((ours[:, at][:, None] - theirs[:, gram]) ** 2) / (theirs[:, gram] + 1.0)
            scores += np.where(np.arange(len(found))[:, None] == at, 0.0, np.maximum(pair, -9.0))
        found = assign(scores)
    return found


def _grams(schema: Schema, view: View, person: Person) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for name in view.fields:
        spec = schema.field(name)
        if spec.kind is FieldKind.QGRAM:
            found |= {(name, gram) for gram in split(spec, getattr(person, name))}
    return found
