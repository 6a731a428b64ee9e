"""From a field's text to gram ids, cached for the life of an encoder (one link epoch).

A gram id is BLAKE2b-128 under the n-gram key over ``field|gram``; in an order-free view
`ANY` stands for the field.  Distinct values
repeat over records (names, towns, dates), so ids are kept per value: a table of ids in
order of first sight, and for each value where its ids stand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from privacy.encoding.schema import FieldKind, FieldSpec

GRAM_BYTES = 16
START, END = "\u0002", "\u0003"
"""Padding before and after a q-gram field, q - 1 of each; normalised text has neither."""

ANY = "any"
"""Stands for the field in a gram id of an order-free view."""


def split(spec: FieldSpec, value: str) -> tuple[str, ...]:
    """Return the distinct grams of a normalised *value*, in order; none for missing text."""
    if not value:
        return ()
    if spec.kind is FieldKind.WHOLE:
        return (value,)
    if spec.kind is FieldKind.DATE:
        year, month, day = value.split("-")
        return (f"y{year}", f"m{month}", f"d{day}")
    padded = START * (spec.q - 1) + value + END * (spec.q - 1)
    spans = range(len(padded) - spec.q + 1)
    return tuple(dict.fromkeys(padded[at : at + spec.q] for at in spans))


def gram_id(key: bytes, field: str, gram: str) -> bytes:
    """Return the 16-byte id of one *gram* of *field*."""
    return hashlib.blake2b(f"{field}|{gram}".encode(), digest_size=GRAM_BYTES, key=key).digest()


class GramTable:
    """Gram ids of every value of one field that this encoder has seen.

    Holds values in clear and ids: it lives in the node's memory only.
    """

    def __init__(self, spec: FieldSpec, key: bytes, field: str | None = None) -> None:
        """Start an empty table for *spec* under the n-gram *key*; ids name *field*, else it."""
        self._spec = spec
        self._field = field or spec.name
        self._key = key
        self._index = {"": 0}
        self._starts, self._counts, self._hashes = [0], [0], [0]
        self._ids = bytearray()
        self._known: dict[str, bytes] = {}

    def look_up(self, values: Sequence[str]) -> NDArray[np.int64]:
        """Return for each value its index in the table, after adding the new ones."""
        index = self._index
        for value in dict.fromkeys(values):
            if value not in index:
                index[value] = len(index)
                grams = split(self._spec, value)
                self._starts.append(len(self._ids) // GRAM_BYTES)
                self._counts.append(len(grams))
                self._hashes.append(self._spec.hashes_of(value))
                for gram in grams:
                    self._ids += self._known.get(gram) or self._learn(gram)
        return np.fromiter(map(index.__getitem__, values), dtype=np.int64, count=len(values))

    def _learn(self, gram: str) -> bytes:
        return self._known.setdefault(gram, gram_id(self._key, self._field, gram))

    def columns(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]:
        """Return by index: where a value's ids start, how many, and positions a gram sets."""
        return (
            np.array(self._starts, dtype=np.int64),
            np.array(self._counts, dtype=np.int64),
            np.array(self._hashes, dtype=np.uint8),
        )

    def ids(self) -> NDArray[np.uint64]:
        """Return a copy of all ids, m x 2 words."""
        return np.frombuffer(bytes(self._ids), dtype="<u8").reshape(-1, 2).astype(np.uint64)
