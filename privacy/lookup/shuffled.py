"""Decoys and the secret order of a screening lookup (PROTOCOL 4, Shuffle).

All nodes lay slots and 64 extra places out in one secret order that the coordinator never
learns.  The receiver sets a random number of the extra places to `decoy`, checks that
exactly these come back, and thereby blurs the number listed and notices a lookup that did
not run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from privacy.errors import BadInputError, ProtocolError, Text

EXTRA = 64
"""Places beyond the slots; 1 to 64 of them are decoys."""

Permutation = NDArray[np.integer]
"""Of length N + 64: entry p is the slot (or, from N on, the extra place) at position p."""


@dataclass(frozen=True, slots=True)
class Decoys:
    """The extra places (0 .. 63) that the receiver made decoys; known to the receiver only."""

    places: tuple[int, ...] = field(repr=False)

    def __post_init__(self) -> None:
        """Check that there are 1 to 64 distinct places."""
        distinct = set(self.places)
        sound = distinct <= set(range(EXTRA)) and len(distinct) == len(self.places)
        if not self.places or not sound:
            what = Text("おとりは 64 の余地から 1 個以上です。", "Decoys are 1 to 64 extra places.")
            raise BadInputError(what)

    @classmethod
    def draw(cls, below: Callable[[int], int]) -> Decoys:
        """Draw a uniform number k in 1..64 and k uniform places.

        Args:
            below: A secret uniform draw of 0 .. bound - 1, such as ``secrets.randbelow``.
        """
        count = 1 + below(EXTRA)
        places = list(range(EXTRA))
        for left in range(EXTRA - 1, 0, -1):
            other = below(left + 1)
            places[left], places[other] = places[other], places[left]
        return cls(tuple(sorted(places[:count])))

    def mark(self, slots: NDArray[np.integer], decoy: int) -> NDArray[np.integer]:
        """Return the receiver's digit over N + 64 places: its slots' values, then decoys."""
        extra = np.zeros(EXTRA, dtype=slots.dtype)
        extra[list(self.places)] = decoy
        return np.concatenate([slots, extra])


def widen(slots: NDArray[np.integer]) -> NDArray[np.integer]:
    """Return a vector over slots with 0 at the 64 extra places, as every other digit has."""
    return np.concatenate([slots, np.zeros(EXTRA, dtype=slots.dtype)])


def _checked(permutation: Permutation) -> NDArray[np.int64]:
    order = np.asarray(permutation, dtype=np.int64)
    if order.size <= EXTRA or not np.array_equal(np.sort(order), np.arange(order.size)):
        what = Text("位置の並びが順列ではありません。", "The order is not a permutation.")
        raise BadInputError(what)
    return order


def shuffle(values: NDArray[np.integer], permutation: Permutation) -> NDArray[np.integer]:
    """Return *values* over slots and extra places in the order of positions.

    Raises:
        BadInputError: lengths differ, or the order is not a permutation.
    """
    order = _checked(permutation)
    if values.shape != order.shape:
        what = Text("値の数が並びと合いません。", "There is not one value for each place.")
        raise BadInputError(what)
    return values[order]


def listed_slots(
    positions: NDArray[np.integer], permutation: Permutation, decoys: Decoys
) -> NDArray[np.int64]:
    """Return the listed slots, ascending, after checking that exactly the decoys came back.

    Only the receiver can do this: it knows the order and its decoys.

    Raises:
        ProtocolError: a position outside the run or twice, or other decoys than were set
            (the lookup did not run, or somebody changed the list).
    """
    order = _checked(permutation)
    given = np.asarray(positions, dtype=np.int64)
    outside = given.size > 0 and (given.min() < 0 or given.max() >= order.size)
    if outside or np.unique(given).size != given.size:
        what = Text("示された位置が不正です。", "A listed position is outside the run or twice.")
        raise ProtocolError(what)
    items = np.sort(order[given])
    slots = order.size - EXTRA
    returned = tuple(int(item) - slots for item in items[items >= slots])
    if returned != tuple(sorted(decoys.places)):
        raise ProtocolError(
            Text(
                "おとりが設定どおりに戻りませんでした。この名簿は使えません。",
                "The decoys did not come back as set; this list cannot be used.",
            ),
            Text(
                "調整役と監査記録を照合し、新しい実行を求めてください。",
                "Compare the audit logs with the coordinator's and ask for a new run.",
            ),
        )
    return items[items < slots]


def own_rows(listed: NDArray[np.integer], row_slots: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the indices of the node's rows whose slot is listed."""
    return np.flatnonzero(np.isin(row_slots, listed)).astype(np.int64)
