"""Block labels as they leave a node: coarse blocks of many salt values, padded with dummies.

Above a population's policy size comparing all pairs costs too much, so rows say in which
block they stand, and only rows of one block are compared (PROTOCOL 2).  A block is the
low bits of the keyed label of a salt value (`tokens.block_labels`): rows of one birth date
share a block with those of several others, about `CHILDREN_A_BLOCK` children in all.

What the coordinator learns: which rows share a block, and padded sizes.  In the first pass
a node pads every block, empty ones too, to a multiple of a step; how far beyond its real
size is a secret of the node, drawn once an epoch (`padded_size`), so that a padded size
says the real one to two steps.  What is told is a function of the full label, so attacks
on full labels (the self-test's) succeed at least as often.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from privacy.encoding.batch import Batch, Labels
from privacy.keys import derive, keystream

CHILDREN_A_BLOCK = 256
"""Fewest children, by the population's published size, that a block holds on average."""
_WORD_BYTES = 8
_PRESENT = np.uint64(1 << 63)
"""Set in every dummy's label: an all-zero one would be missing.  No bit of any block."""


def label_bits(population: int) -> int:
    """Return how many bits of a label may leave for a *population* of so many children."""
    return max(0, (population // CHILDREN_A_BLOCK).bit_length() - 1)


def blocks_of_labels(labels: Labels, bits: int) -> Labels:
    """Return the blocks of full *labels* (n words): 1 .. 2 ** bits; 0 stays missing."""
    low = (labels & np.uint64((1 << bits) - 1)) + np.uint64(1)
    return np.where(labels == 0, np.uint64(0), low)


def in_blocks(batch: Batch, bits: int) -> Batch:
    """Return *batch* with its full labels cut to blocks of *bits* bits."""
    cut = {name: blocks_of_labels(labels, bits) for name, labels in batch.labels.items()}
    return replace(batch, labels=cut)


@dataclass(frozen=True, slots=True)
class Padding:
    """How one node pads its blocks in one link epoch.

    ``secret``: 32 bytes that never leave the node; ``epochs``: city and link epoch;
    ``step``: padded sizes are its multiples.
    """

    secret: bytes = field(repr=False)
    epochs: tuple[int, int]
    bits: int
    step: int

    def extended(self, real: Labels, dummies: Labels, least: int) -> Labels:
        """Return the blocks of this node's dummies, after adding those that padding lacks.

        Dummies are only added, in any later round of the epoch too: else two rounds would
        show which rows they are.

        Args:
            real: blocks of the real rows in the first pass; 0 where a row has none.
            dummies: blocks of the dummies drawn so far, by number.
            least: dummies wanted at least; those beyond the padding come a step a block.
        """
        count = 1 << self.bits
        sizes = np.bincount(real.astype(np.int64), minlength=count + 1)[1:]
        held = np.bincount(dummies.astype(np.int64), minlength=count + 1)[1:]
        lacking = np.maximum(self.padded_sizes(sizes) - sizes - held, 0)
        lacking += -(sizes + held + lacking) % self.step
        drawn, more = self._words("more", count), np.zeros(count, dtype=np.int64)
        missing = least - len(dummies) - int(lacking.sum())
        if missing > 0:
            steps, rest = divmod(-(-missing // self.step), count)
            more += steps
            more[np.argsort(drawn, kind="stable")[:rest]] += 1
        added = np.repeat(np.arange(1, count + 1), lacking + self.step * more)
        return np.concatenate([dummies, added.astype(np.uint64)])

    def padded_sizes(self, sizes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the padded size of each block: the multiple of the step at or above size + r.

        r is 1 .. step, drawn once an epoch for each block: an empty block shows one step, a
        size of k steps stands for any real size above k - 2 and below k steps.
        """
        drawn = self._words("offset", len(sizes)) % np.uint64(self.step)
        wanted = sizes + drawn.astype(np.int64) + 1
        return np.asarray(-(-wanted // self.step) * self.step, dtype=np.int64)

    def labels_of(self, blocks: Labels, first: int) -> Labels:
        """Return full labels that stand in *blocks*, of dummies numbered from *first*.

        The bits beyond the block's are drawn by the dummy's number.
        """
        low = np.uint64((1 << self.bits) - 1)
        drawn = self._words("label", first + len(blocks))[first:]
        return np.asarray((drawn & ~low) | (blocks - np.uint64(1)) | _PRESENT, dtype=np.uint64)

    def _words(self, use: str, count: int) -> NDArray[np.uint64]:
        context = b"".join(n.to_bytes(8, "big") for n in (*self.epochs, self.bits))
        key = derive(self.secret, "padding", use.encode(), context)
        return np.frombuffer(keystream(key, _WORD_BYTES * count), dtype="<u8").astype(np.uint64)
