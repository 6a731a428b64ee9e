"""What the self-test found: shares re-identified, with intervals, and the verdict.

Values only.  A report holds counts of made-up people: it may be published.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import exp, lgamma, log, log1p

from privacy.canonical import Json
from privacy.errors import RefusedError, Text

LIMIT = 0.01
"""Largest share re-identified at which a schema without block labels stands."""
LIMIT_WITH_LABELS = 0.03
CONTROL_FALLS = 0.95
"""Share above which graph matching must re-identify plain codes, or the tool is broken."""
FIELD_FALLS = 0.5
HALF_FALLS = 0.1
"""Least share that the group attack must take of salted, unsharpened codes."""
_ALPHA = 0.05


class Attack(StrEnum):
    """How the codes were attacked."""

    GRAPH = "graph"
    KNOWN_PAIRS = "known-pairs"
    GROUPS = "groups"
    GROUPS_WITH_LABELS = "groups-with-labels"
    FREQUENCY = "frequency"
    MINING = "pattern-mining"


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

    def to_json(self) -> Json:
        """Return the finding as canonical JSON takes it: counts, no floats."""
        return {
            "attack": str(self.attack),
            "where": self.where,
            "right": self.right,
            "tried": self.tried,
        }


@dataclass(frozen=True, slots=True)
class WeightLeak:
    """How far a majority vote over a view's codes reads filter weights: a correlation.

    A note beside the shares: .61 for uncentred sharpening, noise of 1 / sqrt(n) for none.
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

    @property
    def worst(self) -> Finding:
        """Return the finding with the largest share of people re-identified."""
        named = [finding for finding in self.findings if finding.names_people]
        return max(named, key=lambda finding: finding.share)

    @property
    def limit(self) -> float:
        """Return the largest share at which this schema stands."""
        return LIMIT_WITH_LABELS if self.labels else LIMIT

    @property
    def stands(self) -> bool:
        """Tell whether no attack exceeds the limit for sure.

        A few hundred people cannot show one percent: an attack exceeds the limit where
        its whole interval lies above it.
        """
        named = [finding for finding in self.findings if finding.names_people]
        return all(finding.interval()[0] <= self.limit for finding in named)

    def to_json(self) -> Json:
        """Return all findings as canonical JSON takes them."""
        return {
            "schema": self.schema,
            "digest": self.digest,
            "labels": self.labels,
            "findings": [finding.to_json() for finding in self.findings],
            "weights": [leak.to_json() for leak in self.weights],
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The result on the schema asked, and on the controls of the same run."""

    known: int
    encoded: int
    per_birth_date: float
    asked: Attacked
    controls: tuple[Attacked, ...]

    def check_controls(self) -> None:
        """Check that the published attacks succeed on what they are published for.

        Raises:
            RefusedError: a control held: this run says nothing about any schema.
        """
        for control, least in zip(
            self.controls, (CONTROL_FALLS, FIELD_FALLS, HALF_FALLS), strict=True
        ):
            reached = max(f.share for f in control.findings if f.attack is not Attack.MINING)
            if reached <= least:
                raise RefusedError(
                    Text(
                        f"自己点検が壊れています: 対照 {control.schema} が破れません"
                        f"（{reached:.1%}、{least:.0%} 超のはず）。",
                        f"The self-test is broken: control {control.schema} held "
                        f"({reached:.1%}, must be above {least:.0%}).",
                    ),
                    Text(
                        "人数を増やすか、別の種で試してください。続くときは結果を使わないでください。",
                        "Take more children or another seed; while it lasts, use no result.",
                    ),
                )

    def to_json(self) -> Json:
        """Return the report as canonical JSON takes it: counts of made-up people."""
        return {
            "known": self.known,
            "encoded": self.encoded,
            "per_birth_date_hundredths": round(100 * self.per_birth_date),
            "stands": self.asked.stands,
            "asked": self.asked.to_json(),
            "controls": [control.to_json() for control in self.controls],
        }

    def check_schema(self) -> None:
        """Check that the schema asked stands on this population.

        Raises:
            RefusedError: an attack re-identifies more than the limit; names which, and where.
        """
        if self.asked.stands:
            return
        worst, limit = self.asked.worst, self.asked.limit
        raise RefusedError(
            Text(
                f"スキーマ {self.asked.schema} は {worst.where} で {worst.share:.1%} が再識別され、"
                f"上限 {limit:.0%} を超えます。",
                f"Schema {self.asked.schema}: {worst.share:.1%} re-identified in {worst.where}, "
                f"above the limit of {limit:.0%}.",
            ),
            Text(
                "より強い連結スキーマを使うか、ブロックの札を送らない設定にしてください。",
                "Use a sharper linkage schema, or send no block labels.",
            ),
        )


def clopper_pearson(right: int, tried: int, alpha: float) -> tuple[float, float]:
    """Return the exact two-sided interval at level 1 - *alpha* of *right* successes of *tried*."""
    if not tried:
        return 0.0, 1.0
    low = 0.0 if not right else _solve(lambda p: 1 - _at_most(right - 1, tried, p), alpha / 2)
    high = (
        1.0
        if right == tried
        else 1 - _solve(lambda p: 1 - _at_most(tried - right - 1, tried, p), alpha / 2)
    )
    return low, high


def _solve(rising: Callable[[float], float], target: float) -> float:
    """Return where the *rising* function of a share reaches *target*."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < target else (low, middle)
    return low


def _at_most(count: int, tried: int, share: float) -> float:
    """Return the probability of at most *count* successes of *tried*."""
    if share <= 0:
        return 1.0
    if share >= 1:
        return float(count >= tried)
    whole = lgamma(tried + 1)
    terms = (
        whole - lgamma(k + 1) - lgamma(tried - k + 1) + k * log(share) + (tried - k) * log1p(-share)
        for k in range(count + 1)
    )
    return min(1.0, sum(exp(term) for term in terms))
