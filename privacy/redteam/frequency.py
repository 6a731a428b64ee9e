"""Attacks that need no similarity: equal codes counted, frequent grams mined, weights read.

* Frequency: values written often give codes seen often; who knows how often each value
  occurs names them by rank (Niedermeyer, Steinmetzer, Kroll and Schnell 2014).
* Pattern mining: the positions of a frequent gram are set in every code that holds it
  (Christen, Ranbaduge, Vatsalan and Schnell, PAKDD 2017).
* Weight: a majority vote over all codes, against each code, reads how full its filter
  was; centred sharpening is made to withstand this (PROTOCOL 2 step 3).
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
from privacy.redteam.matching import Match

_MINED_GRAMS = 40
_FEWEST_CODES = 20


def contents(view: View, persons: Sequence[Person], salt: Sequence[str] = ()) -> list[str]:
    """Return what each person says in *view*, as one text: the value that codes stand for."""
    names = (*view.fields, *salt)
    return ["\x1f".join(getattr(person, name) for name in names) for person in persons]


def named_by_frequency(
    codes: Codes, known: Sequence[str], encoded: Sequence[str]
) -> tuple[int, int]:
    """Return how many codes are given their value by rank of frequency, and how many there are.

    Ties in frequency are broken by set bits, which follow the length of the value.

    Args:
        codes: n x words of one view.
        known: the value of each known person.
        encoded: the true value of each code, to count.
    """
    there = np.flatnonzero(codes.any(axis=1))
    if not len(there):
        return 0, 0
    patterns, of, counts = np.unique(codes[there], axis=0, return_inverse=True, return_counts=True)
    bits = np.bitwise_count(patterns).sum(axis=1)
    values = Counter(value for value in known if value.strip("\x1f"))
    lengths = {value: len(value.replace("\x1f", "")) for value in values}
    ranked_values = sorted(values, key=lambda value: (-values[value], -lengths[value], value))
    ranked_codes = np.lexsort((-bits.astype(np.int64), -counts))
    guess = dict(zip(ranked_codes.tolist(), ranked_values, strict=False))
    right = sum(
        guess.get(one) == encoded[row] for one, row in zip(of.tolist(), there.tolist(), strict=True)
    )
    return right, len(there)


def mined_grams(
    schema: Schema, view: View, codes: Codes, known: Sequence[Person], encoded: Sequence[Person]
) -> tuple[int, int]:
    """Return how far mined patterns tell which codes hold which frequent grams.

    For each of the most frequent grams of the known population the columns are sought
    that are set together about as often; whoever sets them all is said to hold the gram.
    What chance would get right is taken off; statements about most codes are not made.

    Returns:
        statements that are right beyond chance, statements made.
    """
    there = np.flatnonzero(codes.any(axis=1))
    if not len(there):
        return 0, 0
    bits = unpack(codes[there]).astype(np.float32)
    together = (bits.T @ bits / len(bits)).astype(np.float32)
    held = [_grams(schema, view, encoded[row]) for row in there.tolist()]
    counted = Counter(gram for person in known for gram in _grams(schema, view, person))
    made, beyond = 0, 0.0
    used = np.zeros(bits.shape[1], dtype=np.bool_)
    for gram, count in sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:_MINED_GRAMS]:
        share = count / max(len(known), 1)
        columns = _pattern(together, share, schema.field(gram[0]).hashes, used)
        rows = np.flatnonzero(bits[:, columns].all(axis=1))
        if not len(columns) or len(rows) > len(there) / 2:
            continue
        used[columns] = True
        made += len(rows)
        base = sum(gram in grams for grams in held) / len(held)
        beyond += sum(gram in held[row] for row in rows.tolist()) - base * len(rows)
    return max(0, round(beyond)), made


def weight_correlation(codes: Codes, filters: Codes) -> float:
    """Return how agreement with the majority code correlates with the weight of *filters*.

    Args:
        codes: n x words of one view, as seen.
        filters: n x words, the same rows before hardening (only a test has them).

    Returns:
        the absolute correlation; 0 where the view has few codes or nothing varies.
    """
    there = codes.any(axis=1) & filters.any(axis=1)
    if there.sum() < _FEWEST_CODES:
        return 0.0
    bits = unpack(codes[there])
    weight = np.bitwise_count(filters[there]).sum(axis=1).astype(np.float64)
    majority = bits.mean(axis=0) >= 0.5  # noqa: PLR2004 - the majority
    agreement = (bits == majority).mean(axis=1)
    if not agreement.std() or not weight.std():
        return 0.0
    return abs(float(np.corrcoef(agreement, weight)[0, 1]))


def _pattern(
    together: NDArray[np.float32], share: float, hashes: int, used: NDArray[np.bool_]
) -> Match:
    """Return the columns, fresh ones, that are most often set together about *share* of the time.

    Args:
        together: bits x bits, how often two columns are both set.
        share: how often the gram sought is held.
        hashes: columns that a gram sets.
        used: columns that an earlier gram took.
    """
    fits = np.flatnonzero((together.diagonal() >= 0.9 * share) & ~used)
    if len(fits) < hashes or not share:
        return fits[:0]
    pairs = together[np.ix_(fits, fits)]
    likely = np.abs(pairs - share) < 0.1 * share
    centre = int(likely.sum(axis=1).argmax())
    order = np.argsort(-pairs[centre] + 10.0 * ~likely[centre], kind="stable")[:hashes]
    return np.asarray(fits[order], dtype=np.int64)


def _grams(schema: Schema, view: View, person: Person) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for name in view.fields:
        spec = schema.field(name)
        if spec.kind is FieldKind.QGRAM:
            found |= {(name, gram) for gram in split(spec, getattr(person, name))}
    return found
