"""The household part of the quality page: counts of one link round, of no single home."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from coordinator.store.engine import Database
from coordinator.store.rounds import RoundStore
from privacy.errors import Text

_RULES = {
    "two_rooms": Text("一つの建物に同姓の二世帯", "one family name in two flats"),
    "two_numbers": Text("世帯番号が違う", "two household numbers"),
    "too_many": Text("人数が世帯とは考えにくい", "more children than a family has"),
}
"""Why evidence joined nobody, by the rule of `privacy.linkage.households`."""


def households_of_round(database: Database, round_id: str) -> Mapping[str, Any] | None:
    """Return the counts of `Households.report`; None where the plan asked for no households."""
    body = RoundStore(database).value(round_id, "households")
    if body is None:
        return None
    counts: Mapping[str, Any] = json.loads(body)
    return counts


def rule_words(rule: str) -> Text:
    """Return why evidence joined nobody; a rule of another version keeps its id."""
    return _RULES.get(rule, Text(rule, rule))
