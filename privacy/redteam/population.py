"""Whom the self-test attacks: a known population, and the records whose codes are seen.

The attacker stands beside the resident register, so it is given every person in clear;
of a department it sees codes only.  The truth between both serves for counting.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from privacy.errors import BadInputError, Text
from privacy.normalise.person import Person

_FIRST_DAY = date(2011, 4, 2)
FEWEST = 50
"""Persons below whom shares say nothing."""


@dataclass(frozen=True, slots=True)
class Population:
    """What the attacker knows, what is encoded, and who is who.

    ``known``: every person, in clear; ``encoded``: a department's records, with its own
    spellings and errors; ``truth``: for each encoded record its place in ``known``, -1
    for a person whom the attacker does not know.
    """

    known: tuple[Person, ...] = field(repr=False)
    encoded: tuple[Person, ...] = field(repr=False)
    truth: NDArray[np.int64] = field(repr=False)

    def __post_init__(self) -> None:
        """Check sizes: one entry of truth a record, none outside the known.

        Raises:
            BadInputError: fewer than `FEWEST` persons or records, or a truth of other size.
        """
        right = len(self.truth) == len(self.encoded)
        inside = right and -1 <= self.truth.min(initial=-1) <= self.truth.max(initial=-1)
        if not inside or self.truth.max(initial=-1) >= len(self.known):
            raise BadInputError(
                Text("自己点検の対応表が不正です。", "The self-test's truth does not fit."),
            )
        if min(len(self.known), len(self.encoded)) < FEWEST:
            raise BadInputError(
                Text(
                    f"自己点検には{FEWEST}人以上が要ります。",
                    f"The self-test needs at least {FEWEST} persons.",
                ),
                Text("人数を増やしてください。", "Take more children."),
            )

    def sample(self, most: int, seed: int) -> Population:
        """Return about *most* known persons, whole birth dates at a time, and their codes.

        Args:
            most: known persons at most, one birth date more or less; all where fewer.
            seed: draws the dates.
        """
        if len(self.known) <= most:
            return self
        dates = sorted({person.birth_date for person in self.known})
        counts = Counter(person.birth_date for person in self.known)
        order = np.random.default_rng([seed, 4]).permutation(len(dates)).tolist()
        kept: set[str] = set()
        so_far = 0
        for at in order:
            if so_far >= most:
                break
            kept.add(dates[at])
            so_far += counts[dates[at]]
        rows = [at for at, person in enumerate(self.known) if person.birth_date in kept]
        place = {row: at for at, row in enumerate(rows)}
        codes = [
            at
            for at, (person, known) in enumerate(zip(self.encoded, self.truth, strict=True))
            if (int(known) in place if known >= 0 else person.birth_date in kept)
        ]
        return Population(
            tuple(self.known[row] for row in rows),
            tuple(self.encoded[at] for at in codes),
            np.array([place.get(int(self.truth[at]), -1) for at in codes], dtype=np.int64),
        )

    def crowded(self, per_date: float, seed: int) -> Population:
        """Return the same persons with birth dates dealt anew, about *per_date* to each."""
        rng = np.random.default_rng([seed, 6])
        days = max(1, round(len(self.known) / per_date))
        dates = [(_FIRST_DAY + timedelta(days=day)).isoformat() for day in range(days)]
        dealt = [dates[at] for at in rng.integers(days, size=len(self.known)).tolist()]
        other = [dates[at] for at in rng.integers(days, size=len(self.encoded)).tolist()]
        encoded = (
            replace(person, birth_date=dealt[known] if known >= 0 else another)
            for person, known, another in zip(self.encoded, self.truth.tolist(), other, strict=True)
        )
        pairs = zip(self.known, dealt, strict=True)
        return Population(
            tuple(replace(person, birth_date=day) for person, day in pairs),
            tuple(encoded),
            self.truth,
        )

    @property
    def per_birth_date(self) -> float:
        """Return how many known persons share a birth date, seen from a person (mean)."""
        return crowding(person.birth_date for person in self.known)


def register(persons: Sequence[Person], seed: int) -> Population:
    """Return a register's own population: all known in clear, all encoded, in random order."""
    order = np.random.default_rng([seed, 5]).permutation(len(persons))
    encoded = tuple(persons[at] for at in order.tolist())
    return Population(tuple(persons), encoded, order.astype(np.int64))


def crowding(birth_dates: Iterable[str]) -> float:
    """Return how many share one of *birth_dates*, seen from a person (mean); 1: nobody does."""
    counts = Counter(birth_date for birth_date in birth_dates if birth_date)
    total = sum(counts.values())
    return sum(count**2 for count in counts.values()) / total if total else 1.0
