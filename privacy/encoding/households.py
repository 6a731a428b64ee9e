"""Household evidence: keyed tokens of where, and under which family name, a child lives.

Made only for a link plan that asks for households.  Which kinds there are is data
(``data/households.json``), and its digest goes with every message.  Keys hang on the plan,
so evidence of two plans cannot be joined; the places at which it is shown are slots under
a permutation that only nodes know, so the coordinator cannot lay it beside the codes.

A token tells its holder which children agree on everything in it, and nothing of the text
without the link keys; who holds those can try families and addresses (a dictionary), as
with every encoding of PROTOCOL 2.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from privacy.canonical import Json, canonical_digest
from privacy.encoding.batch import Tokens
from privacy.encoding.tokens import SEPARATOR, TOKEN_BYTES
from privacy.errors import ProtocolError, Text
from privacy.keys import LinkKeys, permutation
from privacy.normalise.person import Person

Positions = NDArray[np.int64]

ROOM = "room"
"""The flat within a building: the last number of 方書, else its whole text."""
_LAST_NUMBER = re.compile(r"\d+(?=\D*$)")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of evidence: the fields that must agree.

    ``own``: numbers that one department gives out mean nothing at another, so tokens of
    two departments never agree.  ``of``: the coarser kind under which two values of this
    one are two homes in one building.
    """

    name: str
    fields: tuple[str, ...]
    own: bool = False
    of: str = ""


@dataclass(frozen=True, slots=True)
class HouseholdSchema:
    """The kinds of evidence, strongest first: what a plan with households agrees on."""

    name: str
    version: int
    kinds: tuple[Kind, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the kinds' names, strongest first."""
        return tuple(kind.name for kind in self.kinds)

    @property
    def digest(self) -> bytes:
        """Return SHA-256 of the canonical JSON (32 bytes)."""
        kinds: list[Json] = [
            {"name": k.name, "fields": list(k.fields), "own": k.own, "of": k.of} for k in self.kinds
        ]
        return canonical_digest({"name": self.name, "version": self.version, "kinds": kinds})

    def check_digest(self, given: bytes) -> None:
        """Check that the other side has this schema.

        Raises:
            ProtocolError: it has another.
        """
        if not hmac.compare_digest(self.digest, given):
            raise ProtocolError(
                Text("世帯の証拠の定義が違います。", "Another definition of household evidence."),
                Text("両側に同じ版を入れてください。", "Install the same version on both sides."),
            )


@dataclass(frozen=True, slots=True)
class Evidence:
    """One department's household evidence, one entry a slot, in ascending order of position.

    ``positions``: n secret positions; ``tokens``: kind -> n x 32 bytes, all zero where the
    kind is missing; ``withheld``: positions that must stay alone, with decoys among them.
    """

    department: str
    positions: Positions = field(repr=False)
    tokens: dict[str, Tokens] = field(repr=False)
    withheld: Positions = field(repr=False)


@lru_cache(maxsize=1)
def household_schema() -> HouseholdSchema:
    """Return the committed kinds of evidence."""
    text = resources.files("privacy.encoding").joinpath("data/households.json").read_text("utf-8")
    raw = json.loads(text)
    kinds = tuple(
        Kind(kind["name"], tuple(kind["fields"]), kind.get("own", False), kind.get("of", ""))
        for kind in raw["kinds"]
    )
    return HouseholdSchema(raw["name"], raw["version"], kinds)


def household_tokens(
    link_keys: LinkKeys, persons: Sequence[Person], department: str, plan_digest: bytes
) -> dict[str, Tokens]:
    """Return kind -> n x 32 bytes; all zero where a part of the evidence is missing."""
    found = {}
    for kind in household_schema().kinds:
        key = link_keys.household(plan_digest, kind.name, department if kind.own else "")
        joined = b"".join(_token(key, [_value(p, name) for name in kind.fields]) for p in persons)
        found[kind.name] = np.frombuffer(joined, dtype=np.uint8).reshape(-1, TOKEN_BYTES).copy()
    return found


def household_positions(link_keys: LinkKeys, plan_digest: bytes, slots: int) -> Positions:
    """Return slot -> secret position, the same at every node, unknown to the coordinator."""
    order = permutation(link_keys.household_order(plan_digest), slots)
    return np.argsort(order).astype(np.int64)


def home_of(tokens: dict[str, Tokens]) -> NDArray[np.int64]:
    """Return a number for the home of each row by its strongest evidence; -1 without any."""
    rows = len(next(iter(tokens.values())))
    home = np.full(rows, -1, dtype=np.int64)
    for values in tokens.values():
        open_rows = np.flatnonzero((home < 0) & values.any(axis=1))
        numbers = np.unique(values[open_rows], axis=0, return_inverse=True)[1].ravel()
        home[open_rows] = numbers + home.max(initial=-1) + 1
    return home


def rare_homes(tokens: dict[str, Tokens], floor: int) -> NDArray[np.bool_]:
    """Tell which rows live in a home of a size that fewer than *floor* homes have.

    Whoever knows the population would know such a home by its size alone.
    """
    home = home_of(tokens)
    known = home >= 0
    size_of_home = np.bincount(home[known]) if known.any() else np.zeros(0, dtype=np.int64)
    homes_of_size = np.bincount(size_of_home)
    rare = np.zeros(len(home), dtype=np.bool_)
    rare[known] = homes_of_size[size_of_home[home[known]]] < floor
    return rare


def hide_rows(tokens: dict[str, Tokens], rows: NDArray[np.bool_], key: bytes) -> dict[str, Tokens]:
    """Return *tokens* with what these *rows* say replaced by values that meet no other.

    What is missing stays missing.  *key*: 32 bytes of this node for this plan; the same key
    gives the same bytes again.
    """
    hidden = {kind: values.copy() for kind, values in tokens.items()}
    for kind, values in hidden.items():
        for row in np.flatnonzero(rows & values.any(axis=1)).tolist():
            text = f"{kind}{SEPARATOR}{row}".encode()
            values[row] = np.frombuffer(hmac.digest(key, text, "sha256"), dtype=np.uint8)
    return hidden


def _token(key: bytes, parts: Sequence[str]) -> bytes:
    if not all(parts):
        return bytes(TOKEN_BYTES)
    return hmac.digest(key, SEPARATOR.join(parts).encode(), "sha256")


def _value(person: Person, name: str) -> str:
    if name != ROOM:
        return str(getattr(person, name))
    number = _LAST_NUMBER.search(person.building)
    return number.group() if number else person.building
