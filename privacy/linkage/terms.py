"""What a link plan states besides its schema: for how many people, and what if one drops out.

Both stand in the plan's ``definition``, so every node approves them (PROTOCOL 8).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from privacy.canonical import Json
from privacy.encoding.labels import label_bits
from privacy.errors import BadInputError, Text
from privacy.plan import Plan


class Missing(StrEnum):
    """What a link round does about a department whose data cannot be used, or that stays away."""

    STOP = "stop"
    """It ends: nothing is linked without all."""
    GO_ON = "go-on"
    """It goes on with the others; the department is named, and has no rows in the table."""


@dataclass(frozen=True, slots=True)
class LinkTerms:
    """``population``: the published number of people linked, 0 where it is not stated."""

    population: int = 0
    missing: Missing = Missing.STOP

    @property
    def bits(self) -> int:
        """Return how many bits of a block label may leave a node under this plan."""
        return label_bits(self.population)

    def canonical(self) -> dict[str, Json]:
        """Return the terms as JSON, for the plan's ``definition``."""
        return {"population": self.population, "missing": str(self.missing)}

    @classmethod
    def of(cls, plan: Plan) -> LinkTerms:
        """Read the terms of a link *plan*; without a definition they are the strictest.

        Raises:
            BadInputError: an entry has a wrong value.
        """
        raw = plan.definition if isinstance(plan.definition, dict) else {}
        population, missing = raw.get("population", 0), raw.get("missing", str(Missing.STOP))
        if type(population) is not int or population < 0 or missing not in tuple(Missing):
            raise BadInputError(
                Text("連携計画の条件が不正です。", "The terms of the link plan are wrong."),
                Text("統括の版と設定を確かめてください。", "Check the coordinator's version."),
            )
        return cls(population, Missing(str(missing)))
