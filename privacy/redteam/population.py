"""Whom the self-test attacks: a known population, and the records whose codes are seen.

The attacker stands beside the resident register, so it is given every person in clear;
of a department it sees codes only.  The truth between both serves for counting.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from privacy.errors import BadInputError, Text
from privacy.normalise.person import Person

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

    @property
    def per_birth_date(self) -> float:
        """Return how many known persons share a birth date, seen from a person (mean)."""
        dates = [person.birth_date for person in self.known if person.birth_date]
        counts = np.unique(np.array(dates), return_counts=True)[1] if dates else np.ones(1)
        return float((counts**2).sum() / counts.sum())
