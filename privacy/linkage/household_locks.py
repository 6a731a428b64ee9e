"""Household numbers for departments that upload nothing: each opens its own, and C sees none.

The coordinator locks the number of every position under each token that its home has
shown, and sends all locks to every sealed department.  A label opens for whoever knows
the position of a child and a token of its home: for the department's own children, by its
own evidence.  The coordinator cannot tell which were opened.  Who guesses a child's slot and
its home's family and address can open more: as with the codes of the universe, a department
holds the link keys and can try people it knows (PROTOCOL 2, sealed departments).
"""

from __future__ import annotations

import hashlib
from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from privacy.encoding.batch import Tokens
from privacy.encoding.households import Evidence, Positions, household_schema
from privacy.linkage.slots import random_permutation
from privacy.linkage.stack import Ids

LABEL_BYTES = 8
_NUMBER_BYTES = 4
UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Locked:
    """All locks in random order: ``labels`` (n words) and ``numbers`` (n, each masked)."""

    labels: NDArray[np.uint64] = field(repr=False)
    numbers: NDArray[np.uint32] = field(repr=False)


def lock_numbers(evidence: Sequence[Evidence], home: Ids, numbers: Ids, seed: bytes) -> Locked:
    """Return the locks of all positions under all shared tokens of their homes.

    Args:
        evidence: of the open departments.
        home: position -> home.
        numbers: position -> household number.
        seed: 32 fresh bytes that order the locks.
    """
    shown: defaultdict[int, set[bytes]] = defaultdict(set)
    shared = [kind.name for kind in household_schema().kinds if not kind.own]
    for one in evidence:
        for kind in shared:
            values = one.tokens[kind]
            for row in np.flatnonzero(values.any(axis=1)).tolist():
                shown[int(home[one.positions[row]])].add(values[row].tobytes())
    labels, masked = array("Q"), array("I")
    for position, (at, number) in enumerate(zip(home.tolist(), numbers.tolist(), strict=True)):
        for token in shown[at]:
            label, mask = _lock(token, position)
            labels.append(label)
            masked.append(number ^ mask)
    order = random_permutation(len(labels), seed, b"enishi/household-locks")
    return Locked(
        np.frombuffer(labels, dtype=np.uint64)[order], np.frombuffer(masked, dtype=np.uint32)[order]
    )


def open_numbers(locked: Locked, positions: Positions, tokens: dict[str, Tokens]) -> Ids:
    """Return the household number of each own row, `UNKNOWN` where none of its tokens opens.

    Args:
        locked: as the coordinator sent them.
        positions: the secret position of each own row.
        tokens: the own rows' evidence.
    """
    order = np.argsort(locked.labels)
    labels = locked.labels[order]
    found = np.full(len(positions), UNKNOWN, dtype=np.int64)
    for kind in household_schema().kinds:
        if kind.own:
            continue
        values = tokens[kind.name]
        rows = np.flatnonzero((found == UNKNOWN) & values.any(axis=1))
        keys = [_lock(values[row].tobytes(), int(positions[row])) for row in rows.tolist()]
        own = np.array([label for label, _ in keys], dtype=np.uint64)
        masks = np.array([mask for _, mask in keys], dtype=np.uint32)
        at = np.minimum(np.searchsorted(labels, own), max(len(labels) - 1, 0))
        if len(labels):
            opens = labels[at] == own
            found[rows[opens]] = locked.numbers[order[at[opens]]] ^ masks[opens]
    return found


def _lock(token: bytes, position: int) -> tuple[int, int]:
    """Return the label that *token* has at *position*, and the mask of its number."""
    text = b"enishi/household-lock" + token + position.to_bytes(4, "big")
    digest = hashlib.sha256(text).digest()
    end = LABEL_BYTES + _NUMBER_BYTES
    label = int.from_bytes(digest[:LABEL_BYTES], "little")
    return label, int.from_bytes(digest[LABEL_BYTES:end], "little")
