"""Which of this node's slots live together: kept for the newest slot table only."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nodes.store.people import Documents
from privacy.canonical import canonical_bytes

_NAME = "households"
_TOLD = "household-slots"


@dataclass(frozen=True, slots=True)
class StoredHouseholds:
    """Household numbers of one slot table: pairs of an own slot and its number.

    A number means nothing but that equal ones live together, and nothing in another table.
    """

    version: int
    plan_digest: str
    received_at: str
    slots: NDArray[np.uint32] = field(repr=False)
    numbers: NDArray[np.uint32] = field(repr=False)

    @property
    def counts(self) -> dict[str, int]:
        """Return how many own slots have a number, and how many share one with another own."""
        sizes = np.unique(self.numbers, return_counts=True)[1]
        return {"slots": len(self.slots), "with_siblings_here": int(sizes[sizes > 1].sum())}


class Households:
    """Household numbers, and all slots that evidence must speak for, dummies' included."""

    def __init__(self, documents: Documents) -> None:
        """Keep them among the node's *documents*."""
        self._documents = documents

    def keep(self, found: StoredHouseholds) -> None:
        """Keep *found* in place of the numbers of an older table."""
        head = canonical_bytes({"version": found.version, "plan": found.plan_digest})
        pairs = np.stack([found.slots, found.numbers], axis=1).astype("<u4").tobytes()
        self._documents.put(_NAME, found.received_at, head + b"\n" + pairs)

    def of_table(self, version: int) -> StoredHouseholds | None:
        """Return the household numbers of the slot table *version*, or None."""
        body = self._documents.get(_NAME)
        if body is None:
            return None
        head, _, packed = body.partition(b"\n")
        values = json.loads(head)
        if values["version"] != version:
            return None
        pairs = np.frombuffer(packed, dtype="<u4").astype(np.uint32).reshape(-1, 2)
        return StoredHouseholds(version, values["plan"], "", pairs[:, 0], pairs[:, 1])

    def keep_told(self, plan_digest: str, at: str, slots: NDArray[np.uint32]) -> None:
        """Keep all slots that this node was told under a plan, its dummies' included."""
        body = bytes.fromhex(plan_digest) + np.unique(slots).astype("<u4").tobytes()
        self._documents.put(_TOLD, at, body)

    def told(self, plan_digest: str) -> NDArray[np.uint32]:
        """Return all slots told under a plan, ascending; none where it was another plan."""
        body = self._documents.get(_TOLD) or b""
        digest = bytes.fromhex(plan_digest)
        packed = body[len(digest) :] if body.startswith(digest) else b""
        return np.frombuffer(packed, dtype="<u4").astype(np.uint32)
