"""The result of a self-test: the schema asked, the controls beside it, and the verdict.

A report holds counts and shares, no person: it may be published.  Its ``source`` says
whose: a made-up town's, or a register's own (then the counts are of real people, and
still say nothing of any).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from privacy.canonical import Json
from privacy.errors import RefusedError, Text
from privacy.redteam.findings import LIMIT_WEIGHTS, Attacked, Finding, pool

FALLS = 0.95
"""Share that an attack must exceed on its open control."""
HALF_FALLS = 0.03
"""Share that an attack must exceed, short of `FALLS`, on its half-hardened control."""


class Source(StrEnum):
    """Whom a self-test attacked."""

    TOWN = "town"
    """A made-up town: whoever has the seeds gets the same report."""
    REGISTER = "register"
    """A department's own records, at its node; signed by it."""


@dataclass(frozen=True, slots=True)
class ControlFinding:
    """What one attack took of a control: an open one, or one hardened by half."""

    schema: str
    half: bool
    finding: Finding

    @property
    def good(self) -> bool:
        """Tell whether the tool did on it what is known of it."""
        share = self.finding.share
        return HALF_FALLS < share < FALLS if self.half else share > FALLS

    def to_json(self) -> Json:
        """Return it as canonical JSON takes it."""
        return {"schema": self.schema, "half": self.half, "finding": self.finding.to_json()}


@dataclass(frozen=True, slots=True)
class WeightControl:
    """The majority vector's own control pair: correlations over uncentred and centred codes."""

    uncentred: float
    centred: float

    @property
    def good(self) -> bool:
        """Tell whether the vote reads weights where they show, and not where they do not."""
        return self.uncentred > LIMIT_WEIGHTS > self.centred

    def to_json(self) -> Json:
        """Return it as canonical JSON takes it, in thousandths."""
        return {
            "uncentred_thousandths": round(1000 * self.uncentred),
            "centred_thousandths": round(1000 * self.centred),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The result on the schema asked, and on the controls of the same runs.

    ``known``: persons whom the attacker knew in one run (the most, over runs);
    ``encoded``: codes attacked in all runs; ``per_birth_date``: known persons who share
    a birth date, seen from a person (the least, over runs).
    """

    source: Source
    seeds: tuple[int, ...]
    known: int
    encoded: int
    per_birth_date: float
    asked: Attacked
    controls: tuple[ControlFinding, ...]
    weights: WeightControl

    @property
    def failed_control(self) -> Text | None:
        """Return which control did not come out as it must, and how; None: all did."""
        for control in self.controls:
            if control.good:
                continue
            if not control.finding.tried:
                return Text(
                    f"{control.schema}/{control.finding.attack} を試せません。記録に要る項目"
                    "（漢字・かな氏名、住所、生年月日）がありません",
                    f"{control.schema}/{control.finding.attack} cannot be tried: the records lack "
                    "the fields it needs (names in kanji and kana, address, birth date)",
                )
            ja = f"{HALF_FALLS:.0%}〜{FALLS:.0%}" if control.half else f"{FALLS:.0%}超"
            en = f"between {HALF_FALLS:.0%} and {FALLS:.0%}" if control.half else f"> {FALLS:.0%}"
            name, share = f"{control.schema}/{control.finding.attack}", control.finding.share
            return Text(
                f"{name} が {share:.1%}（{ja} のはず）", f"{name}: {share:.1%}, must be {en}"
            )
        if not self.weights.good:
            found = f"{self.weights.uncentred:.2f} / {self.weights.centred:.2f}"
            return Text(
                f"重みの相関（中心化なし/あり）が {found}",
                f"correlation with weights, uncentred / centred: {found}",
            )
        return None

    def check_controls(self) -> None:
        """Check that the attacks do on the controls what is known of them.

        Raises:
            RefusedError: a control held, or fell where it should not: this run says
                nothing about any schema.
        """
        failed = self.failed_control
        if failed is not None:
            raise RefusedError(
                Text(
                    f"自己点検が壊れています: 対照 {failed.ja}。",
                    f"The self-test is broken: control {failed.en}.",
                ),
                Text(
                    "人数を増やすか、別の種や、項目の揃った台帳で試してください。"
                    "続くときは結果を使わないでください。",
                    "Take more children, another seed, or a register with all fields; while it "
                    "lasts, use no result.",
                ),
            )

    def check_schema(self) -> None:
        """Check that the schema asked stands on this population.

        Raises:
            RefusedError: an attack re-identifies more than the limit; names which, and where.
        """
        if self.asked.stands:
            return
        limit, fix = self.asked.limit, Text(
            "より強い連結スキーマを使うか、ブロックの札を送らない設定にしてください。",
            "Use a sharper linkage schema, or send no block labels.",
        )  # fmt: skip
        above = [finding for finding in self.asked.named if finding.exceeds(limit)]
        if not above:
            leak = max(self.asked.weights, key=lambda one: one.correlation)
            raise RefusedError(
                Text(
                    f"スキーマ {self.asked.schema} の {leak.view} はフィルターの重みを漏らします"
                    f"（相関 {leak.correlation:.2f}）。",
                    f"Schema {self.asked.schema}: {leak.view} tells filter weights (correlation "
                    f"{leak.correlation:.2f}).",
                ),
                fix,
            )
        worst = max(above, key=lambda finding: finding.share)
        raise RefusedError(
            Text(
                f"スキーマ {self.asked.schema} は {worst.where} で {worst.share:.1%} が再識別され、"
                f"上限 {float(limit):.0%} を超えます。",
                f"Schema {self.asked.schema}: {worst.share:.1%} re-identified in {worst.where}, "
                f"above the limit of {float(limit):.0%}.",
            ),
            fix,
        )

    def to_json(self) -> dict[str, Json]:
        """Return the report as canonical JSON takes it: counts, no floats."""
        return {
            "source": str(self.source),
            "seeds": list(self.seeds),
            "known": self.known,
            "encoded": self.encoded,
            "per_birth_date_hundredths": round(100 * self.per_birth_date),
            "stands": self.asked.stands,
            "asked": self.asked.to_json(),
            "controls": [control.to_json() for control in self.controls],
            "weights_control": self.weights.to_json(),
        }


def pooled(reports: Sequence[Report]) -> Report:
    """Return *reports* on one schema, each of other people under other keys, as one.

    Counts are added; of sizes the one is kept that claims less.
    """
    first = reports[0]
    controls = tuple(
        ControlFinding(
            same[0].schema,
            same[0].half,
            replace(
                same[0].finding,
                right=sum(one.finding.right for one in same),
                tried=sum(one.finding.tried for one in same),
            ),
        )
        for same in zip(*(report.controls for report in reports), strict=True)
    )
    return Report(
        first.source,
        tuple(seed for report in reports for seed in report.seeds),
        max(report.known for report in reports),
        sum(report.encoded for report in reports),
        min(report.per_birth_date for report in reports),
        pool([report.asked for report in reports]),
        controls,
        WeightControl(
            min(report.weights.uncentred for report in reports),
            max(report.weights.centred for report in reports),
        ),
    )
