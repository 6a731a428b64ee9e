"""The structure attack on households: who is known by how many live together, and where.

Whoever links sees homes at secret positions: how many children, and which departments show
evidence of each child.  It knows the population in clear: every home, and of each child the
departments that any neighbour knows to hold it (the register, the school).  A home whose
structure no other has is known by it, however strong the keys are.

Three cases are measured.  As built, positions lie beside no code, and structure is all
there is.  The control lays the evidence beside rows whose birth dates are known: it must
succeed, else the tool is blind.  In between, evidence beside the codes of the pass that is
salted by the home (the group attack of `groups`): why it is not laid beside them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from privacy.canonical import Json
from privacy.encoding.schema import Schema
from privacy.errors import RefusedError, Text
from privacy.normalise.person import Person
from privacy.redteam.groups import match_groups
from privacy.redteam.observation import encoded_views, expect, observe

Ids = NDArray[np.int64]

LIMIT = 0.03
"""Largest share of children that their home's structure may give away."""
CONTROL_AT_LEAST = 0.95
_BY_HOME = "home"
_SECRET = bytes(range(32))


@dataclass(frozen=True, slots=True)
class Homes:
    """Children and their homes as one side has them.

    ``home``: a number a child; ``shown``: what is known of each child, as a number.
    """

    home: Ids = field(repr=False)
    shown: Ids = field(repr=False)

    def structures(self) -> dict[tuple[int, ...], list[Ids]]:
        """Return structure (what is shown of its children, sorted) -> homes' children."""
        order = np.lexsort((self.shown, self.home))
        cuts = np.flatnonzero(np.diff(self.home[order])) + 1
        found: defaultdict[tuple[int, ...], list[Ids]] = defaultdict(list)
        for children in np.split(order, cuts):
            found[tuple(self.shown[children].tolist())].append(children)
        return found


@dataclass(frozen=True, slots=True)
class HouseholdFindings:
    """Shares of children re-identified: as built, beside home codes, and in the control.

    ``informed``: as built, by somebody who knows already which open departments hold whom,
    and so learns nothing more by it; not judged.
    """

    children: int
    structure: float
    informed: float
    beside_codes: float
    control: float

    def to_json(self) -> Json:
        """Return the findings as canonical JSON takes them: millionths."""
        return {
            "children": self.children,
            "structure": round(self.structure * 1_000_000),
            "informed": round(self.informed * 1_000_000),
            "beside_codes": round(self.beside_codes * 1_000_000),
            "control": round(self.control * 1_000_000),
            "limit": round(LIMIT * 1_000_000),
        }

    def check(self) -> None:
        """Check that the tool sees, and that households as built stay below the limit.

        Raises:
            RefusedError: the control did not succeed, or too many are known by their home.
        """
        if self.control < CONTROL_AT_LEAST:
            raise RefusedError(
                Text(
                    f"世帯の自己点検の対照が効いていません（{self.control:.1%}）。",
                    f"The control of the household test does not succeed ({self.control:.1%}).",
                ),
                Text("人数を増やしてやり直してください。", "Take more children and repeat."),
            )
        if self.structure > LIMIT:
            raise RefusedError(
                Text(
                    f"世帯の形だけで {self.structure:.1%} の子が特定されます（上限 {LIMIT:.0%}）。",
                    f"{self.structure:.1%} of the children are known by the structure of their "
                    f"homes alone (limit {LIMIT:.0%}).",
                ),
                Text(
                    "policy.household_floor を上げるか、対象を広げてください。",
                    "Raise policy.household_floor, or take a larger population.",
                ),
            )


def match_structures(
    seen: Homes, known: Homes, truth: Ids, rng: np.random.Generator
) -> tuple[float, int]:
    """Return how many children the best guess by structure names rightly, and how many are seen.

    Homes of one structure cannot be told apart, so each is guessed at random among the known
    ones, and children of one home that show the same at random too; the expectation is exact.

    Args:
        seen: positions, as the coordinator has them.
        known: the population, in clear.
        truth: seen child -> known child, -1 for none.
        rng: breaks ties.
    """
    candidates = known.structures()
    right = 0.0
    for structure, homes in seen.structures().items():
        possible = candidates.get(structure, [])
        if not possible:
            continue
        chosen = rng.permutation(len(possible))
        for at, children in enumerate(homes):
            guess = possible[chosen[at % len(possible)]]
            counts = Counter(structure)
            for child, person in zip(children.tolist(), guess.tolist(), strict=True):
                same = counts[int(seen.shown[child])]
                inside = truth[child] in guess and known.shown[truth[child]] == known.shown[person]
                right += inside / same
    return float(right), len(truth)


def beside_codes(
    schema: Schema, persons: Sequence[Person], home: Ids, known_home: Ids, seed: int
) -> float:
    """Return the share named where household evidence stands beside the home pass's codes.

    The group attack with homes in place of blocks; the codes are the register's own.
    """
    salt_pass = schema.get_pass(_BY_HOME)
    views = encoded_views(schema, salt_pass, persons, _SECRET)
    rng = np.random.default_rng([seed, 11])
    order = rng.permutation(len(persons))
    seen = observe([codes[order] for codes in views.values()])
    expected = expect(schema, salt_pass, persons, seed)
    dates = [str(one) for one in known_home.tolist()]
    found = match_groups(seen, expected, home[order], dates, rng)
    return float((found == order).mean())
