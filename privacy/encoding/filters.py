"""Bloom filters of records: gram ids enciphered under the key of the record's salt value.

PROTOCOL 2 step 2: AES-256-ECB of a gram id under HKDF(salt key of the view, salt value)
gives the gram's positions.  One block is enciphered once under one key, and equal blocks
must give equal positions, which is what the electronic codebook does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from Crypto.Cipher import AES
from numpy.typing import NDArray

from privacy.encoding.batch import Codes
from privacy.encoding.kernels import Kernels
from privacy.encoding.schema import BITS
from privacy.keys import derive


@dataclass(frozen=True, slots=True)
class Content:
    """Gram ids of n records from f fields; field s of record r is ids[start : start + count].

    ``starts`` and ``counts``: n x f; ``hashes``: n x f, positions that each gram sets;
    ``ids``: m x 2 words.
    """

    starts: NDArray[np.int64] = field(repr=False)
    counts: NDArray[np.int64] = field(repr=False)
    hashes: NDArray[np.uint8] = field(repr=False)
    ids: NDArray[np.uint64] = field(repr=False)

    def of_fields(self, columns: Sequence[int]) -> Content:
        """Return the content of the chosen fields only."""
        return Content(
            self.starts[:, columns], self.counts[:, columns], self.hashes[:, columns], self.ids
        )


def build_filters(
    content: Content,
    salts: Sequence[str],
    present: NDArray[np.bool_],
    salt_key: bytes,
    kernels: Kernels,
) -> Codes:
    """Return n x 16 words: the filters of the records that are *present*, zero for others.

    Args:
        content: the grams of n records.
        salts: n salt values; those of absent records are not used.
        present: n, which records have a filter.
        salt_key: the key of this view under which salt values become cipher keys.
        kernels: the implementation of the inner loop.
    """
    filters = np.zeros((len(salts), BITS // 64), dtype=np.uint64)
    rows = _grouped_by_salt(salts, present)
    if not len(rows):
        return filters
    counts = content.counts[rows].ravel()
    ends = np.cumsum(counts)
    starts = content.starts[rows].ravel()
    gathered = np.repeat(starts - (ends - counts), counts) + np.arange(ends[-1])
    blocks = np.ascontiguousarray(content.ids[gathered], dtype="<u8")
    record_ends = ends[content.counts.shape[1] - 1 :: content.counts.shape[1]]
    _encipher(blocks, rows, record_ends, salts, salt_key)
    hashes = np.repeat(content.hashes[rows].ravel(), counts)
    gram_rows = np.repeat(rows, np.diff(record_ends, prepend=0))
    kernels.set_positions(blocks, hashes, gram_rows, filters)
    return filters


def _grouped_by_salt(salts: Sequence[str], present: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the present rows so that rows of one salt value stand together."""
    number: dict[str, int] = {}
    rows = np.flatnonzero(present)
    groups = [number.setdefault(salts[row], len(number)) for row in rows.tolist()]
    return rows[np.argsort(np.array(groups, dtype=np.int64), kind="stable")]


def _encipher(
    blocks: NDArray[np.uint64],
    rows: NDArray[np.int64],
    record_ends: NDArray[np.int64],
    salts: Sequence[str],
    salt_key: bytes,
) -> None:
    """Encipher *blocks* in place, each run of records with one salt value in one call."""
    octets = blocks.view(np.uint8).reshape(-1).data
    values = [salts[row] for row in rows.tolist()]
    ends = (record_ends * 16).tolist()
    start = 0
    for at, value in enumerate(values):
        if at + 1 < len(values) and values[at + 1] == value:
            continue
        run = octets[start : ends[at]]
        cipher = AES.new(derive(salt_key, "position", value.encode()), AES.MODE_ECB)
        cipher.encrypt(run, output=run)
        start = ends[at]
