"""What attacks found on one schema: counts, shares with intervals, and what did not apply.

Values only: counts of people, no person.  Counts of several runs add up (`pool`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from fractions import Fraction

from privacy.canonical import Json
from privacy.redteam.intervals import clopper_pearson, lies_above

LIMIT = Fraction(1, 100)
"""Largest share re-identified at which a schema without block labels stands."""
LIMIT_WITH_LABELS = Fraction(3, 100)
LIMIT_WEIGHTS = 0.25
"""Largest correlation of a code's agreement with the majority and its filter's weight:
uncentred sharpening has .43 to .85, independent values of 1,000 codes at most .155 once
in a million views."""
_ALPHA = 0.05


class Attack(StrEnum):
    """How the codes were attacked."""

    GRAPH = "graph"
    KNOWN_PAIRS = "known-pairs"
    GROUPS = "groups"
    GROUPS_WITH_LABELS = "groups-with-labels"
    FREQUENCY = "frequency"
    MINING = "pattern-mining"


class Reason(StrEnum):
    """Why an attack has nothing to work on in a pass."""

    SALTED = "salted"
    """A gram has other positions under each salt value: there is no pattern to mine."""
    UNSALTED = "unsalted"
    """Without salt values there are no groups."""
    LABELLED = "labelled"
    """Groups are told by block labels; they need not be recovered."""
    UNLABELLED = "unlabelled"
    """No block label is sent."""
    EMPTY = "empty"
    """The records lack the fields of the pass: it has no codes."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One attack on one pass or view: ``right`` of ``tried`` statements hold.

    Statements are names of people, but for `Attack.FREQUENCY` (values) and
    `Attack.MINING` (grams, chance taken off).
    """

    attack: Attack
    where: str
    right: int
    tried: int

    @property
    def share(self) -> float:
        """Return the share, 0 where nothing could be tried."""
        return self.right / self.tried if self.tried else 0.0

    @property
    def names_people(self) -> bool:
        """Tell whether the share is one of people re-identified."""
        return self.attack not in {Attack.MINING, Attack.FREQUENCY}

    def interval(self) -> tuple[float, float]:
        """Return the exact 95 % interval of the share (Clopper and Pearson 1934)."""
        return clopper_pearson(self.right, self.tried, _ALPHA)

    def exceeds(self, limit: Fraction) -> bool:
        """Tell whether the share lies above *limit* for sure: its whole interval does."""
        return lies_above(self.right, self.tried, float(limit), _ALPHA)

    def to_json(self) -> Json:
        """Return the finding as canonical JSON takes it: counts, no floats."""
        return {
            "attack": str(self.attack),
            "where": self.where,
            "right": self.right,
            "tried": self.tried,
        }


@dataclass(frozen=True, slots=True)
class Skipped:
    """An attack that has nothing to work on in a pass, and why."""

    attack: Attack
    where: str
    reason: Reason

    def to_json(self) -> Json:
        """Return it as canonical JSON takes it."""
        return {"attack": str(self.attack), "where": self.where, "reason": str(self.reason)}


@dataclass(frozen=True, slots=True)
class WeightLeak:
    """How far a majority vote over a view's codes reads filter weights: a correlation.

    About .6 for uncentred sharpening, noise of 1 / sqrt(n) for none.
    """

    view: str
    correlation: float

    def to_json(self) -> Json:
        """Return the note as canonical JSON takes it, in thousandths."""
        return {"view": self.view, "thousandths": round(1000 * self.correlation)}


@dataclass(frozen=True, slots=True)
class Attacked:
    """All findings on one schema."""

    schema: str
    digest: str
    labels: bool
    findings: tuple[Finding, ...]
    weights: tuple[WeightLeak, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    @property
    def worst(self) -> Finding:
        """Return the finding with the largest share of people re-identified."""
        return max(self.named, key=lambda finding: finding.share)

    @property
    def named(self) -> tuple[Finding, ...]:
        """Return the findings that are shares of people."""
        return tuple(finding for finding in self.findings if finding.names_people)

    @property
    def limit(self) -> Fraction:
        """Return the largest share at which this schema stands."""
        return LIMIT_WITH_LABELS if self.labels else LIMIT

    @property
    def stands(self) -> bool:
        """Tell whether no attack exceeds the limit for sure, and no view shows weights.

        A few hundred people cannot show one percent: an attack exceeds the limit where
        its whole interval lies above it.
        """
        shown = any(leak.correlation > LIMIT_WEIGHTS for leak in self.weights)
        return not shown and not any(finding.exceeds(self.limit) for finding in self.named)

    def best(self, attack: Attack, where: str) -> Finding:
        """Return the finding with the largest share; *where* may be a pattern (``first/*``).

        Nothing of nothing, where the attack was not tried there.
        """
        there = (f for f in self.findings if f.attack is attack and fnmatchcase(f.where, where))
        return max(there, key=lambda found: found.share, default=Finding(attack, where, 0, 0))

    def to_json(self) -> dict[str, Json]:
        """Return all findings as canonical JSON takes them."""
        return {
            "schema": self.schema,
            "digest": self.digest,
            "labels": self.labels,
            "findings": [finding.to_json() for finding in self.findings],
            "weights": [leak.to_json() for leak in self.weights],
            "not_applicable": [skipped.to_json() for skipped in self.skipped],
        }


def pool(runs: Sequence[Attacked]) -> Attacked:
    """Return the counts of *runs* on one schema added up, weights averaged.

    Args:
        runs: of one schema and the same attacks, each on other people under other keys.
    """
    first = runs[0]
    findings = tuple(
        Finding(one.attack, one.where, sum(f.right for f in same), sum(f.tried for f in same))
        for one, *others in zip(*(run.findings for run in runs), strict=True)
        for same in [(one, *others)]
    )
    weights = tuple(
        WeightLeak(same[0].view, sum(leak.correlation for leak in same) / len(same))
        for same in zip(*(run.weights for run in runs), strict=True)
    )
    return Attacked(first.schema, first.digest, first.labels, findings, weights, first.skipped)
