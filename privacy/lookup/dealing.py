"""The dealer's part: correlated randomness from short seeds (PROTOCOL 4, 5).

One-time truth tables of Ishai, Kushilevitz, Meldgaard, Orlandi and Paskin-Cherniavsky
(TCC 2013), for n nodes.  Every node but one expands its share from its seed; the node
``transcript mod n`` also gets correction chunks.  The dealer receives nothing.  Dealer and
one node together can read all inputs: the dealer must be apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from privacy.errors import ProtocolError, Text
from privacy.lookup.run import Chunk, Chunking, LookupRun
from privacy.lookup.stream import KEY_BYTES, Words, input_mask, pad, words
from privacy.lookup.tables import Table

COUNT_WORD = "<u4"
SUM_WORD = "<u8"
UNIT = "unit"
PRODUCT = "product"


@dataclass(frozen=True, slots=True)
class Seeds:
    """One fresh 32-byte seed for each node of one run.

    Raises:
        ProtocolError: a node without a seed, a foreign one, or one seed for two nodes.
    """

    run: LookupRun
    by_node: Mapping[str, bytes] = field(repr=False)

    def __post_init__(self) -> None:
        """Check that there is one distinct seed for each node."""
        if set(self.by_node) != set(self.run.nodes):
            what = Text("シードとノードが一致しません。", "Seeds do not match the run's nodes.")
            raise ProtocolError(what)
        if len(set(self.by_node.values())) != len(self.by_node):
            what = Text("シードが重複しています。", "Two nodes were given one seed.")
            raise ProtocolError(what)

    @classmethod
    def draw(cls, run: LookupRun, draw: Callable[[int], bytes]) -> Self:
        """Draw a seed for each node; *draw* returns secret random bytes (``secrets``)."""
        return cls(run, {node: draw(KEY_BYTES) for node in run.nodes})

    def total_input_mask(self, chunk: Chunk, domain: int) -> NDArray[np.uint16]:
        """Return r = sum of all r_i mod *domain* for one chunk."""
        total = np.zeros(chunk.size, dtype=np.uint16)
        for seed in self.by_node.values():
            total += input_mask(seed, self.run, chunk, domain)
        return total & np.uint16(domain - 1)

    def pads(self, chunk: Chunk, columns: int, word: str, label: str = "pad") -> Iterator[Words]:
        """Yield the shares of all nodes that expand theirs from a seed."""
        for node in self.run.peers(self.run.corrected):
            yield pad(self.by_node[node], self.run, chunk, columns, word, label)


def deal_lookup(seeds: Seeds, table: Table) -> Iterator[bytes]:
    """Yield the correction share of the node ``transcript mod n``, chunk by chunk.

    R[s, y] = T[(y - r_s) mod D], bits packed along y for an opened table, words modulo the
    next domain for a layer.  ``N' D / 8`` bytes in all for an opened table.
    """
    rotations = _rotations(table)
    for chunk in Chunking.of(seeds.run, table.row_bytes):
        share = rotations[seeds.total_input_mask(chunk, table.domain)]
        for part in seeds.pads(chunk, table.columns, table.word):
            if table.opened:
                share ^= part
            else:
                share -= part
        if not table.opened:
            share &= share.dtype.type(table.modulus - 1)
        yield share.tobytes()


def _rotations(table: Table) -> Words:
    """Return row r = T[(y - r) mod D] over y, packed for an opened table (D x columns)."""
    twice = np.tile(table.array(), 2)
    windows = sliding_window_view(twice, table.domain)[table.domain : 0 : -1]
    if table.opened:
        return np.packbits(windows.astype(np.uint8), axis=1, bitorder="little")
    return np.ascontiguousarray(windows)


def deal_histogram(seeds: Seeds, domain: int) -> Iterator[bytes]:
    """Yield the correction share of the unit vectors e(r_s), additive modulo 2^32.

    ``4 N D`` bytes in all (PROTOCOL 5).
    """
    for chunk in Chunking.of(seeds.run, histogram_row_bytes(domain)):
        share: Words = np.zeros((chunk.size, domain), dtype=COUNT_WORD)
        share[np.arange(chunk.size), seeds.total_input_mask(chunk, domain)] = 1
        for part in seeds.pads(chunk, domain, COUNT_WORD, UNIT):
            share -= part
        yield share.tobytes()


def deal_sum(seeds: Seeds, domain: int) -> Iterator[bytes]:
    """Yield correction shares of e(r_s), then of rho_s e(r_s), additive modulo 2^64.

    rho_s is the sum of the nodes' `measure_mask`; each yielded chunk is the one block
    followed by the other.
    """
    for chunk in Chunking.of(seeds.run, sum_row_bytes(domain)):
        at = (np.arange(chunk.size), seeds.total_input_mask(chunk, domain))
        unit: Words = np.zeros((chunk.size, domain), dtype=SUM_WORD)
        product = unit.copy()
        unit[at] = 1
        for seed in seeds.by_node.values():
            product[at] += measure_mask(seed, seeds.run, chunk)
        for part in seeds.pads(chunk, domain, SUM_WORD, UNIT):
            unit -= part
        for part in seeds.pads(chunk, domain, SUM_WORD, PRODUCT):
            product -= part
        yield unit.tobytes() + product.tobytes()


def measure_mask(seed: bytes, run: LookupRun, chunk: Chunk) -> Words:
    """Return a node's share of rho_s for one chunk, modulo 2^64."""
    return words(seed, run, "measure-mask", chunk.index, (chunk.size,), SUM_WORD)


def histogram_row_bytes(domain: int) -> int:
    """Return the bytes of one position's share in a histogram."""
    return domain * np.dtype(COUNT_WORD).itemsize


def sum_row_bytes(domain: int) -> int:
    """Return the bytes of one position's shares in a bounded sum."""
    return 2 * domain * np.dtype(SUM_WORD).itemsize
