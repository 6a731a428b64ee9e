"""What a link plan states of its size, and of what happens when a department fails.

Both stand in the plan's ``definition``, so every node approves them (PROTOCOL 8).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from privacy.canonical import Json
from privacy.encoding.labels import label_bits
from privacy.errors import BadInputError, Text
from privacy.plan import Plan

LEAST = 3
"""Departments that must remain, unless the plan states more (PROTOCOL: n >= 3)."""


class Missing(StrEnum):
    """What a link round does about a department whose data cannot be used, or that stays away."""

    STOP = "stop"
    """It ends: nothing is linked without all."""
    GO_ON = "go-on"
    """It goes on with the others; the department is named, and has no rows in the table."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Conditions of one link round.

    ``population``: the published number of people linked, 0 where it is not stated;
    ``missing``: what happens when a department fails; ``least``: how many departments must
    remain for the round to go on, two of them open.
    """

    population: int = 0
    missing: Missing = Missing.STOP
    least: int = LEAST

    @property
    def bits(self) -> int:
        """Return how many bits of a block label may leave a node under this plan."""
        return label_bits(self.population)

    def canonical(self) -> dict[str, Json]:
        """Return them as JSON, for the plan's ``definition``."""
        return {"population": self.population, "missing": str(self.missing), "least": self.least}

    @classmethod
    def of(cls, plan: Plan) -> Conditions:
        """Read the conditions of a link *plan*; what it does not state is the strictest.

        Raises:
            BadInputError: an entry has a wrong value.
        """
        raw = plan.definition if isinstance(plan.definition, dict) else {}
        population, least = raw.get("population", 0), raw.get("least", LEAST)
        missing = raw.get("missing", str(Missing.STOP))
        counts = type(population) is int and type(least) is int and population >= 0 <= least
        if not counts or missing not in tuple(Missing):
            raise BadInputError(
                Text("連携計画の条件が不正です。", "The conditions of the link plan are wrong."),
                Text("統括の版と設定を確かめてください。", "Check the coordinator's version."),
            )
        return cls(int(population), Missing(str(missing)), int(least))
