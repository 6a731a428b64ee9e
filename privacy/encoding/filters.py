"""Bloom filters of records: gram ids enciphered under the key of the record's salt value.

PROTOCOL 2 step 2: AES-256-ECB of a gram id under HKDF(salt key of the view, salt value)
gives the gram's positions.  One block is enciphered once under one key, and equal blocks
must give equal positions, which is what the electronic codebook does.  Records of one
salt value are enciphered in one call; which they are is found once for all views of a pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

from privacy.encoding.batch import Codes
from privacy.encoding.kernels import Kernels
from privacy.encoding.schema import BITS
from privacy.keys import deriver

BLOCK_BYTES = 16


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


@dataclass(frozen=True, slots=True)
class Salts:
    """Records grouped by salt value.

    ``group``: n, the group of each record; ``values``: the salt value of each group;
    ``order``: the records, those of one group together.
    """

    group: NDArray[np.int64] = field(repr=False)
    values: tuple[bytes, ...] = field(repr=False)
    order: NDArray[np.int64] = field(repr=False)

    @classmethod
    def of(cls, salts: Sequence[str]) -> Salts:
        """Group n records by their salt values."""
        number: dict[str, int] = {}
        group = np.fromiter(
            (number.setdefault(salt, len(number)) for salt in salts), np.int64, len(salts)
        )
        values = tuple(salt.encode() for salt in number)
        return cls(group, values, np.argsort(group, kind="stable"))


def build_filters(
    content: Content,
    salts: Salts,
    present: NDArray[np.bool_],
    salt_key: bytes,
    kernels: Kernels,
) -> Codes:
    """Return n x 16 words: the filters of the records that are *present*, zero for others.

    Args:
        content: the grams of n records.
        salts: of n records; those of absent ones are not used.
        present: n, which records have a filter.
        salt_key: the key of this view under which salt values become cipher keys.
        kernels: the implementation of the inner loop.
    """
    filters = np.zeros((len(present), BITS // 64), dtype=np.uint64)
    rows = salts.order[present[salts.order]]
    if not len(rows):
        return filters
    counts = content.counts[rows].ravel()
    ends = np.cumsum(counts)
    starts = content.starts[rows].ravel()
    gathered = np.repeat(starts - (ends - counts), counts) + np.arange(ends[-1])
    blocks = np.ascontiguousarray(content.ids[gathered], dtype="<u8")
    record_ends = ends[content.counts.shape[1] - 1 :: content.counts.shape[1]]
    positions = _enciphered(blocks, salts.group[rows], record_ends, salts.values, salt_key)
    hashes = np.repeat(content.hashes[rows].ravel(), counts)
    gram_rows = np.repeat(rows, np.diff(record_ends, prepend=0))
    kernels.set_positions(positions, hashes, gram_rows, filters)
    return filters


def _enciphered(
    blocks: NDArray[np.uint64],
    group: NDArray[np.int64],
    record_ends: NDArray[np.int64],
    values: Sequence[bytes],
    salt_key: bytes,
) -> NDArray[np.uint64]:
    """Return *blocks* enciphered, each run of records of one group in one call."""
    last = np.flatnonzero(np.diff(group, append=-1))
    ends = (record_ends[last] * BLOCK_BYTES).tolist()
    plain = blocks.view(np.uint8).reshape(-1).data
    # The cipher asks for a block of room beyond what it writes.
    octets = np.empty(len(plain) + BLOCK_BYTES, dtype=np.uint8)
    out, start, mode = octets.data, 0, modes.ECB()  # noqa: S305 - see the module's docstring
    key_of = deriver(salt_key, "position")
    for at, end in zip(group[last].tolist(), ends, strict=True):
        cipher = Cipher(algorithms.AES(key_of(values[at])), mode).encryptor()
        cipher.update_into(plain[start:end], out[start : end + BLOCK_BYTES])
        start = end
    return octets[:-BLOCK_BYTES].view("<u8").reshape(-1, 2).astype(np.uint64, copy=False)
