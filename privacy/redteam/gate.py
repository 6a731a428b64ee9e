"""The gate before a link round: has this schema stood a self-test at least as hard?

Pure, and the same at the coordinator, before it asks anybody, and at every node, whose
own floor decides.  A report is hard enough where the people attacked are no more than
the city's children (among many a name is harder to guess), and share their birth dates
with at least as many (groups of codes under one salt value are larger).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from privacy.encoding.schema import Schema
from privacy.errors import RefusedError, Text
from privacy.redteam.findings import LIMIT_WEIGHTS, Attack, Finding
from privacy.redteam.record import Record
from privacy.redteam.report import Report

RULE = "self-test"
SELF_TEST = "self_test"
"""The entry of a link plan's definition that holds the report."""
_ALWAYS = (Attack.GRAPH, Attack.KNOWN_PAIRS)
_CONTROLLED = frozenset(Attack)


class SelfTestRefusedError(RefusedError):
    """The schema of a link plan has no self-test that this floor accepts; ``rule`` says why."""

    def __init__(self, rule: str, what: Text, fix: Text) -> None:
        """Keep the rule."""
        super().__init__(what, fix)
        self.rule = rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """What a self-test must show.

    Args:
        per_mille: people re-identified, in thousandths, that no attack may exceed.
        per_mille_with_labels: the same where block labels are sent.
        most_days: age of a report, in days.
        least_tried: codes that each attack must have been tried on, over all runs.
        children: children of the city: a report on more people than these is too easy.
        per_birth_date: children who share a birth date, as the department sees its own.
    """

    per_mille: int = 10
    per_mille_with_labels: int = 30
    most_days: int = 1_100
    least_tried: int = 1_000
    children: int = 2_000
    per_birth_date: float = 1.0

    def limit(self, *, labels: bool) -> Fraction:
        """Return the largest share for a schema with or without block labels."""
        return Fraction(self.per_mille_with_labels if labels else self.per_mille, 1000)


def check_self_test(record: Record | None, schema: Schema, floor: Floor, today: date) -> Record:
    """Return *record* if it is a self-test of *schema* that meets *floor*.

    The maker's signature is the caller's to check: it has the roster.

    Raises:
        SelfTestRefusedError: naming the rule: ``self-test`` (none, or of another
            schema), ``self-test-controls``, ``self-test-age``, ``self-test-population``
            or ``self-test-share``, and what would satisfy it.
    """
    again = f"enishi redteam {_written(schema)}"
    if record is None or record.report.asked.digest != schema.digest.hex():
        raise SelfTestRefusedError(
            RULE,
            Text(
                f"連結スキーマ {schema.name}（{schema.digest.hex()[:12]}）の"
                "自己点検の報告がありません。",
                f"There is no self-test report of linkage schema {schema.name} "
                f"({schema.digest.hex()[:12]}).",
            ),
            Text(
                f"統括が `{again}` で作り、設定と同じフォルダーに置いて、計画し直してください。",
                f"Let the coordinator make one with `{again}` beside its settings; plan again.",
            ),
        )
    report = record.report
    _check_whole(report, schema, again)
    _check_age(record, floor, today, again)
    _check_population(report, floor, _written(schema))
    _check_shares(report, floor, schema)
    return record


def _written(schema: Schema) -> str:
    """Return the options that write the report where the coordinator looks for it."""
    if schema.labels:
        return "--labels --report self_test-labels.json"
    return "--report self_test.json"


def _check_whole(report: Report, schema: Schema, again: str) -> None:
    """Check that every pass was attacked, every attack controlled, every control as known."""
    grouped = Attack.GROUPS_WITH_LABELS if schema.labels else Attack.GROUPS
    wanted = {
        (attack, salt_pass.name)
        for salt_pass in schema.passes
        for attack in (*_ALWAYS, *((grouped,) if salt_pass.salt else ()))
    }
    missing = sorted(
        f"{attack}/{where}"
        for attack, where in wanted - {(f.attack, f.where) for f in report.asked.findings}
    )
    for half in (False, True):
        controlled = {one.finding.attack for one in report.controls if one.half is half}
        missing += sorted(f"control/{attack}" for attack in _CONTROLLED - controlled)
    unread = set(schema.view_ids(p.name for p in schema.passes))
    missing += sorted(unread - {leak.view for leak in report.asked.weights})
    failed = report.failed_control
    if missing:
        failed = Text(f"{missing[0]} がありません", f"{missing[0]} is missing")
    if failed is not None:
        raise SelfTestRefusedError(
            f"{RULE}-controls",
            Text(
                f"自己点検の報告が不完全か、壊れた点検のものです: {failed.ja}。",
                f"The self-test report is incomplete or of a broken test: {failed.en}.",
            ),
            Text(f"`{again}` で作り直してください。", f"Make it again: `{again}`."),
        )


def _check_age(record: Record, floor: Floor, today: date, again: str) -> None:
    if not today - timedelta(days=floor.most_days) <= record.made <= today + timedelta(days=1):
        raise SelfTestRefusedError(
            f"{RULE}-age",
            Text(
                f"自己点検の報告は {record.made} のもので、{floor.most_days} 日以内でありません。",
                f"The self-test report is of {record.made}, not of the last "
                f"{floor.most_days} days.",
            ),
            Text(f"`{again}` で作り直してください。", f"Make it again: `{again}`."),
        )


def _check_population(report: Report, floor: Floor, written: str) -> None:
    needed = f"{floor.per_birth_date:.1f}"
    again = f"enishi redteam --per-date {needed} {written}"
    if report.known > floor.children:
        raise SelfTestRefusedError(
            f"{RULE}-population",
            Text(
                f"自己点検は {report.known} 人の中で行われましたが、この市は "
                f"{floor.children} 人で、見つけやすくなります。",
                f"The self-test was among {report.known} people; the city's {floor.children} "
                "children are easier to find.",
            ),
            Text(
                f"`--children {floor.children}` 以下で作り直してください。",
                f"Make it again with --children {floor.children} or fewer.",
            ),
        )
    if report.per_birth_date < floor.per_birth_date:
        raise SelfTestRefusedError(
            f"{RULE}-population",
            Text(
                f"自己点検は同じ生年月日が平均 {report.per_birth_date:.1f} 人で行われ、"
                f"この部署の {needed} 人より易しいです。",
                f"The self-test had {report.per_birth_date:.1f} people to a birth date; this "
                f"department has {needed}, which is harder to protect.",
            ),
            Text(f"`{again}` で作り直してください。", f"Make it again: `{again}`."),
        )


def _check_shares(report: Report, floor: Floor, schema: Schema) -> None:
    limit = floor.limit(labels=schema.labels)
    percent = f"{float(limit):.1%}"
    for finding in report.asked.named:
        if finding.tried < floor.least_tried:
            raise SelfTestRefusedError(
                f"{RULE}-population",
                Text(
                    f"自己点検の {finding.attack}/{finding.where} は {finding.tried} 件だけで、"
                    f"{floor.least_tried} 件に足りません。",
                    f"The self-test tried {finding.attack}/{finding.where} on {finding.tried} "
                    f"codes only, short of {floor.least_tried}.",
                ),
                Text(
                    "人数か実行回数（--children、--runs）を増やしてください。",
                    "Take more children or more runs (--children, --runs).",
                ),
            )
        if finding.exceeds(limit):
            raise SelfTestRefusedError(f"{RULE}-share", _share(finding, percent), _FIX)
    leak = max(report.asked.weights, key=lambda one: one.correlation)
    if leak.correlation > LIMIT_WEIGHTS:
        raise SelfTestRefusedError(
            f"{RULE}-share",
            Text(
                f"自己点検で {leak.view} の符号がフィルターの重みを漏らします"
                f"（相関 {leak.correlation:.2f}）。",
                f"In the self-test the codes of {leak.view} tell filter weights "
                f"(correlation {leak.correlation:.2f}).",
            ),
            _FIX,
        )


def _share(finding: Finding, percent: str) -> Text:
    low, high = finding.interval()
    what, where = f"{finding.share:.1%} [{low:.1%}, {high:.1%}]", finding.where
    return Text(
        f"自己点検で {where} の {what} が再識別され（{finding.attack}）、"
        f"上限 {percent} を超えます。",
        f"In the self-test {what} of {where} were re-identified ({finding.attack}), above the "
        f"limit of {percent}.",
    )


_FIX = Text(
    "より強い連結スキーマで計画するか、ブロックの札を送らない計画にしてください。",
    "Plan with a sharper linkage schema, or without block labels.",
)
