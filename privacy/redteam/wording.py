"""A self-test's report in words, for a terminal: one table of attacks, then the verdict."""

from __future__ import annotations

from privacy.errors import Text
from privacy.redteam.findings import Attack, Finding, Reason
from privacy.redteam.report import Report, Source

ATTACKS = {
    Attack.GRAPH: Text("グラフ照合（鍵なし）", "graph matching, no key"),
    Attack.KNOWN_PAIRS: Text("一割の対応を知る", "10 % known pairs"),
    Attack.GROUPS: Text("集団の攻撃（札なし）", "groups, no labels"),
    Attack.GROUPS_WITH_LABELS: Text("集団の攻撃（札あり）", "groups, with labels"),
    Attack.FREQUENCY: Text("値の頻度", "frequency of values"),
    Attack.MINING: Text("q-gram の型探し", "pattern mining"),
}
REASONS = {
    Reason.SALTED: Text("該当なし（塩ごとに位置が違う）", "not applicable: salted"),
    Reason.UNSALTED: Text("該当なし（塩がなく集団がない）", "not applicable: no salt, no groups"),
    Reason.LABELLED: Text("該当なし（札が集団を示す）", "not applicable: labels tell the groups"),
    Reason.UNLABELLED: Text("該当なし（札を送らない）", "not applicable: no labels are sent"),
    Reason.EMPTY: Text("該当なし（符号がない）", "not applicable: no codes, fields are lacking"),
}


def lines_of(report: Report) -> list[Text]:
    """Return the report line by line: who was attacked, controls, the schema, weights."""
    asked = report.asked
    return [
        _people(report),
        Text("\n対照（一部の子どもで）", "\nControls (on some of the children)"),
        *_controls(report),
        Text(
            f"\nスキーマ {asked.schema}（{asked.digest[:16]}、上限 {float(asked.limit):.0%}）",
            f"\nSchema {asked.schema} ({asked.digest[:16]}, limit {float(asked.limit):.0%})",
        ),
        *(_found(finding) for finding in asked.named),
        *(_found(finding) for finding in _largest(report)),
        *_skipped(report),
        *_weights(report),
    ]


def _people(report: Report) -> Text:
    made_up = report.source is Source.TOWN
    seeds = ", ".join(str(seed) for seed in report.seeds)
    return Text(
        f"{'架空の町' if made_up else '部署の台帳'}（種 {seeds}）: 攻撃者は {report.known} 人を"
        f"平文で知り、鍵は知らない。符号 {report.encoded} 件。"
        f"同じ生年月日は平均 {report.per_birth_date:.1f} 人。",
        f"{'A made-up town' if made_up else 'The register'} (seeds {seeds}): the attacker knows "
        f"{report.known} persons in clear and no key; {report.encoded} codes; on average "
        f"{report.per_birth_date:.1f} share a birth date.",
    )


def _controls(report: Report) -> list[Text]:
    shown = []
    for control in report.controls:
        kind = (
            Text("半ば強化", "hardened by half") if control.half else Text("強化なし", "open")
        )  # fmt: skip
        mark = "✓" if control.good else "✗"
        name, share = ATTACKS[control.finding.attack], control.finding.share
        shown.append(
            Text(
                f"  {mark} {share:7.2%}  {name.ja}  {control.schema}（{kind.ja}）",
                f"  {mark} {share:7.2%}  {name.en}  {control.schema} ({kind.en})",
            )
        )
    pair, mark = report.weights, "✓" if report.weights.good else "✗"
    found = f"{pair.uncentred:.2f} / {pair.centred:.2f}"
    shown.append(
        Text(
            f"  {mark} 多数決と重みの相関、中心化なし / あり: {found}",
            f"  {mark} majority vote against filter weight, uncentred / centred: {found}",
        )
    )
    return shown


def _found(finding: Finding) -> Text:
    low, high = finding.interval()
    name = ATTACKS[finding.attack]
    counted = (
        f"  {finding.share:7.2%}  [{low:.2%}, {high:.2%}]  {finding.right}/{finding.tried}"
    )  # fmt: skip
    return Text(
        f"{counted}  {name.ja}  {finding.where}", f"{counted}  {name.en}  {finding.where}"
    )  # fmt: skip


def _largest(report: Report) -> list[Finding]:
    """Return of each attack that names no people its largest share: views are many."""
    best: dict[Attack, Finding] = {}
    for finding in report.asked.findings:
        if finding.names_people:
            continue
        if finding.attack not in best or finding.share > best[finding.attack].share:
            best[finding.attack] = finding
    return list(best.values())


def _skipped(report: Report) -> list[Text]:
    shown: dict[tuple[Attack, Reason], list[str]] = {}
    for one in report.asked.skipped:
        shown.setdefault((one.attack, one.reason), []).append(one.where)
    return [
        Text(
            f"        -  {ATTACKS[attack].ja}: {REASONS[reason].ja}  {', '.join(where)}",
            f"        -  {ATTACKS[attack].en}: {REASONS[reason].en}  {', '.join(where)}",
        )
        for (attack, reason), where in shown.items()
    ]


def _weights(report: Report) -> list[Text]:
    strongest = max(report.asked.weights, key=lambda leak: leak.correlation)
    return [
        Text(
            f"  フィルターの重みとの相関 {strongest.correlation:.2f}（{strongest.view}、最大）\n"
            "  注: どの部署が同じ子を持つか（所属の型）は、符号に関わらず統括から仮名で見えます。",
            f"  correlation with filter weights {strongest.correlation:.2f} ({strongest.view}, "
            "the largest)\n  Note: which departments hold the same child (the membership pattern) "
            "is visible to the coordinator, pseudonymously, whatever the encoding.",
        )
    ]
