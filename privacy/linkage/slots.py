"""Slots: the clusters under fresh secret numbers, told to each department for its own rows.

Slots are a uniformly random permutation of the clusters, drawn anew for every slot
table, so that a slot says nothing and two tables cannot be joined by their numbers
(PROTOCOL 3).  A department learns N and the slots of its own rows, nothing of others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from privacy.canonical import canonical_digest
from privacy.linkage.stack import Ids

SEED_BYTES = 32


@dataclass(frozen=True, slots=True)
class SlotTable:
    """One version of the slots: N of them, and for each department row -> slot."""

    version: int
    count: int
    rows: Mapping[str, Ids] = field(repr=False)

    @property
    def digest(self) -> bytes:
        """Return SHA-256 over version, N and each department's row-to-slot map (32 bytes)."""
        maps = {
            name: hashlib.sha256(slots.astype("<i8").tobytes()).hexdigest()
            for name, slots in self.rows.items()
        }
        return canonical_digest({"version": self.version, "count": self.count, "rows": maps})


def issue_slots(clusters: Mapping[str, Ids], version: int, seed: bytes) -> SlotTable:
    """Return a slot table for *clusters* (per department: row -> cluster 0..N-1).

    *seed* is 32 fresh bytes of operating-system randomness, kept nowhere.

    Raises:
        ValueError: the seed has another length.
    """
    if len(seed) != SEED_BYTES:
        raise ValueError(f"a slot seed has {SEED_BYTES} bytes")
    count = max((int(c.max(initial=-1)) for c in clusters.values()), default=-1) + 1
    slot_of = random_permutation(count, seed, b"enishi/slots")
    return SlotTable(version, count, {name: slot_of[c] for name, c in clusters.items()})


def random_permutation(count: int, seed: bytes, label: bytes) -> NDArray[np.int64]:
    """Return a permutation of 0..count-1 that *seed* determines.

    The stable argsort of SHAKE-256 words under *label*.
    """
    words = np.frombuffer(hashlib.shake_256(label + seed).digest(8 * count), dtype="<u8")
    return np.argsort(words, kind="stable")
