"""What one open department shows of its households: evidence with its own protections in it.

Before anything leaves, rows that may not be joined (protection measures, objections) are
made unrecognisable and their positions are named as withheld, hidden among decoys; homes
of a rare size say nothing; dummies look like rows.  The same secret gives the same bytes.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from privacy.encoding.batch import Tokens
from privacy.encoding.households import (
    Evidence,
    Positions,
    hide_rows,
    household_positions,
    household_tokens,
    rare_homes,
)
from privacy.encoding.tokens import TOKEN_BYTES
from privacy.keys import LinkKeys, derive, keystream
from privacy.normalise.person import Person

FEWEST_WITHHELD = 16
DEFAULT_FLOOR = 10
"""Homes of one size that a department must hold before it shows any of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRows:
    """One department's rows on a slot table.

    ``slots``: the slot of each person; ``held``: who may not be joined with anybody;
    ``dummies``: slots of the department's dummies; ``total``: N of the slot table.
    """

    department: str
    persons: Sequence[Person] = field(repr=False)
    slots: NDArray[np.int64] = field(repr=False)
    held: NDArray[np.bool_] = field(repr=False)
    dummies: NDArray[np.int64] = field(repr=False)
    total: int


def show_households(
    own: OwnRows, link_keys: LinkKeys, plan_digest: bytes, *, secret: bytes, floor: int
) -> Evidence:
    """Return the evidence of *own*, one entry a slot, ascending by secret position.

    Args:
        own: the rows; of several on one slot the first speaks.
        link_keys: of the plan's link epoch.
        plan_digest: of the plan that asks for households.
        secret: 32 bytes of this node, from which decoys and replacements are drawn.
        floor: a size of home that fewer homes here have is not shown.
    """
    secret = derive(secret, "household-cover", plan_digest)
    tokens = household_tokens(link_keys, own.persons, own.department, plan_digest)
    tokens = hide_rows(tokens, rare_homes(tokens, floor), derive(secret, "rare"))
    tokens = _covered(tokens, own.held, len(own.dummies), derive(secret, "cover"))
    place = household_positions(link_keys, plan_digest, own.total)
    all_slots = np.concatenate([own.slots, own.dummies]).astype(np.int64)
    positions, row = np.unique(place[all_slots], return_index=True)
    withheld = _withheld(place[own.slots[own.held]], positions, derive(secret, "decoys"))
    chosen = {kind: values[row] for kind, values in tokens.items()}
    return Evidence(own.department, positions, chosen, withheld)


def _covered(
    tokens: dict[str, Tokens], held: NDArray[np.bool_], dummies: int, key: bytes
) -> dict[str, Tokens]:
    """Return *tokens* with held rows and dummies as rows of nobody.

    Each lacks what a row drawn by *key* lacks, so that missing evidence tells neither from
    a real row.
    """
    rows = len(held)
    fake = np.concatenate([held, np.ones(dummies, dtype=np.bool_)])
    like = np.flatnonzero(~held)
    if not len(like):
        return {k: np.zeros((len(fake), TOKEN_BYTES), dtype=np.uint8) for k in tokens}
    words = np.frombuffer(keystream(derive(key, "like"), 8 * len(fake)), dtype="<u8")
    drawn = like[(words % np.uint64(len(like))).astype(np.int64)]
    source = np.where(fake, drawn, np.arange(len(fake)) % max(rows, 1))
    covered = {kind: values[source] for kind, values in tokens.items()}
    return hide_rows(covered, fake, key)


def _withheld(held: Positions, positions: Positions, key: bytes) -> Positions:
    """Return *held* among decoys of the department's own, their number a power of two."""
    held = np.unique(held)
    wanted = FEWEST_WITHHELD
    while wanted < len(held):
        wanted *= 2
    others = np.setdiff1d(positions, held)
    chance = [hmac.digest(key, int(p).to_bytes(8, "big"), "sha256") for p in others.tolist()]
    order = sorted(range(len(others)), key=chance.__getitem__)
    decoys = others[order[: wanted - len(held)]] if len(others) else others
    return np.sort(np.concatenate([held, decoys]).astype(np.int64))
