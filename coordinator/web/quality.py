"""The quality page's values: the report of one link round, its figures and its sample of pairs.

Counts, estimates, and pseudonymous pairs in views; no person.  For the coordinator's
operator, on the coordinator's own machine: these are exact counts, no release for analysts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from coordinator.store.engine import Database
from coordinator.store.releases import ReleaseStore
from coordinator.store.rounds import RoundStore
from coordinator.web.explained import ExplainedPair, explained, reasons
from coordinator.web.figures import Figure, figures
from coordinator.web.households import households_of_round
from coordinator.web.review import review_figures
from coordinator.web.shares import share_figures
from coordinator.web.status import names, newest_quality, quality_of_round
from privacy.errors import Text
from privacy.plan import Plan

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Share:
    """An estimated share with its 95 % interval, in percent."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, estimate: Mapping[str, int]) -> Share:
        """Return *estimate*, in millionths, in percent."""
        return cls(*(100 * estimate[name] / _MILLION for name in ("value", "low", "high")))


@dataclass(frozen=True, slots=True)
class LinkagePage:
    """The quality of one link round; ``newest``: no later one has a report."""

    round_id: str
    at: str
    newest: bool
    report: Mapping[str, Any]
    precision: Share
    recall: Share
    figures: tuple[Figure, ...]
    pairs: tuple[ExplainedPair, ...]
    reasons: tuple[Text, ...]
    """Why the threshold is where it is."""
    households: Mapping[str, Any] | None = None
    """Counts of who lives together, where the plan asked for it."""


def read_linkage(database: Database, round_id: str | None = None) -> LinkagePage | None:
    """Return the quality of a link round, or of the newest; nothing before the first.

    Raises:
        UnknownRoundError: no round, or more than one, has an id that begins so.
    """
    newest = newest_quality(database)
    found = newest if round_id is None else quality_of_round(database, round_id)
    if found is None or newest is None:
        return None
    report = json.loads(found[2])
    named = names(database)
    return LinkagePage(
        round_id=found[0],
        at=found[1],
        newest=found[0] == newest[0],
        report=report,
        precision=Share.of(report["precision"]),
        recall=Share.of(report["recall"]),
        figures=(
            *figures(report, named),
            *review_figures(report, named),
            *share_figures(_released(database, found[0])),
        ),
        pairs=tuple(explained(pair, named) for pair in report.get("sample", ())),
        reasons=reasons(report),
        households=households_of_round(database, found[0]),
    )


def _released(database: Database, round_id: str) -> Iterator[bytes]:
    """Yield what was released on the slot table of a link round, oldest first."""
    version = Plan.from_bytes(RoundStore(database).get(round_id).plan).link_epoch
    for release in reversed(ReleaseStore(database).all()):
        if release.slot_table == version:
            yield release.body
