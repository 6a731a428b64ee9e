"""`enishi redteam`: the leakage self-test on a synthetic population.

Exit status: 0 the schema stands, 1 it does not or the self-test is broken, 2 bad input.
Which schema is safe hangs on the population's size and on the children per birth date:
give those of the city.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from privacy.errors import BadInputError, EnishiError, Language, Text

if TYPE_CHECKING:
    from privacy.encoding.schema import Schema
    from privacy.redteam.report import Attacked, Finding, Report

_MOST = 4000

_ATTACKS = {
    "graph": Text("グラフ照合（鍵なし）", "graph matching, no key"),
    "known-pairs": Text("一割の対応を知る", "10 % known pairs"),
    "groups": Text("集団の攻撃（札なし）", "groups, no labels"),
    "groups-with-labels": Text("集団の攻撃（札あり）", "groups, with labels"),
    "frequency": Text("値の頻度", "frequency of values"),
    "pattern-mining": Text("q-gram の型探し", "pattern mining"),
}


def redteam(
    children: Annotated[
        int, typer.Option(help=f"children of the synthetic city, 300-{_MOST} / 子どもの数")
    ] = 1500,
    per_date: Annotated[
        float, typer.Option(help="registered children per birth date / 生年月日ごとの人数")
    ] = 8.0,
    schema: Annotated[
        Path | None, typer.Option(help="schema file; default: the committed one / スキーマ")
    ] = None,
    labels: Annotated[
        bool, typer.Option("--labels", help="the labelled variant / ブロックの札を送る版")
    ] = False,
    seed: Annotated[int, typer.Option(help="fixes town, keys and choices / 種")] = 1,
    households: Annotated[
        bool, typer.Option("--households", help="attack household linkage / 世帯の照合を攻撃する")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="answer for machines")] = False,
    lang: Annotated[str, typer.Option("--lang", help="ja / en")] = "ja",
) -> None:
    """Attack the linkage schema as a coordinator could who knows everybody but no key."""
    if lang not in {"ja", "en"}:
        raise typer.BadParameter("--lang: ja / en")
    language: Language = "en" if lang == "en" else "ja"
    try:
        if households:
            _households(children, seed, language, as_json=as_json)
            return
        report = _run(_schema(schema, labels=labels), children, per_date, seed, language)
        if as_json:
            print(json.dumps(report.to_json(), ensure_ascii=False))
        else:
            _show(report, language)
        report.check_controls()
        report.check_schema()
    except EnishiError as error:
        _fail(error, language)
    if not as_json:
        print(Text("このスキーマは耐えました。", "The schema stands.").in_language(language))


def _households(children: int, seed: int, language: Language, *, as_json: bool) -> None:
    from deploy.redteam_households_cli import run_households  # noqa: PLC0415 - help stays quick

    _check_size(children, 1.0, seed)
    run_households(children, seed, language, as_json=as_json)


def _check_size(children: int, per_date: float, seed: int) -> None:
    if not 1 <= per_date <= children or children > _MOST or not 0 <= seed < 2**32:
        raise BadInputError(
            Text(
                f"子どもは {_MOST} 人まで、生年月日ごとは 1 人以上、種は 0 以上です。",
                f"At most {_MOST} children, at least 1 per birth date, a seed from 0.",
            )
        )


def _schema(path: Path | None, *, labels: bool) -> Schema:
    from privacy.encoding.schema import default_schema, parse  # noqa: PLC0415 - help stays quick

    if path is None:
        return default_schema(labels=labels)
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(
            Text(f"{path} を読めません。", f"{path} cannot be read."),
            Text("スキーマのファイルを確認してください。", "Check the schema file."),
        ) from error
    schema = parse(text)
    return schema.with_labels() if labels else schema


def _run(schema: Schema, children: int, per_date: float, seed: int, language: Language) -> Report:
    from deploy.redteam_town import make_population  # noqa: PLC0415 - help stays quick
    from privacy.redteam.selftest import self_test  # noqa: PLC0415

    _check_size(children, per_date, seed)
    with tempfile.TemporaryDirectory() as folder:
        population = make_population(
            Path(folder) / "town", children=children, per_date=per_date, seed=seed
        )

    def tell(step: Text) -> None:
        if sys.stderr.isatty():
            print(step.in_language(language), file=sys.stderr)

    return self_test(population, schema, seed=seed, progress=tell)


def _show(report: Report, language: Language) -> None:
    people = Text(
        f"攻撃者は {report.known} 人を平文で知り、鍵は知らない。符号 {report.encoded} 件。"
        f"同じ生年月日は平均 {report.per_birth_date:.1f} 人。",
        f"The attacker knows {report.known} persons in clear and no key; {report.encoded} codes; "
        f"on average {report.per_birth_date:.1f} share a birth date.",
    )
    print(people.in_language(language))
    for control in report.controls:
        print(Text(f"\n対照 {control.schema}", f"\nControl {control.schema}").in_language(language))
        _show_findings(control, language)
    asked = report.asked
    title = Text(
        f"\nスキーマ {asked.schema}（{asked.digest[:16]}、上限 {asked.limit:.0%}）",
        f"\nSchema {asked.schema} ({asked.digest[:16]}, limit {asked.limit:.0%})",
    )
    print(title.in_language(language))
    _show_findings(asked, language)
    strongest = max(asked.weights, key=lambda leak: leak.correlation)
    note = Text(
        f"  フィルターの重みとの相関 {strongest.correlation:.2f}（{strongest.view}、最大）\n"
        "  注: どの部署が同じ子を持つか（所属の型）は、符号に関わらず統括から仮名で見えます。",
        f"  correlation with filter weights {strongest.correlation:.2f} ({strongest.view}, "
        "the largest)\n  Note: which departments hold the same child (the membership pattern) is "
        "visible to the coordinator, pseudonymously, whatever the encoding.",
    )
    print(note.in_language(language))


def _show_findings(attacked: Attacked, language: Language) -> None:
    people = [finding for finding in attacked.findings if finding.names_people]
    others = [finding for finding in attacked.findings if not finding.names_people]
    for finding in (*people, *_largest(others)):
        low, high = finding.interval()
        name = _ATTACKS[finding.attack.value].in_language(language)
        print(
            f"  {finding.share:7.2%}  [{low:.2%}, {high:.2%}]  {finding.right}/{finding.tried}"
            f"  {name}  {finding.where}"
        )


def _largest(findings: list[Finding]) -> list[Finding]:
    """Return of each attack the finding with the largest share: views are many."""
    best: dict[str, Finding] = {}
    for finding in findings:
        if finding.attack not in best or finding.share > best[finding.attack].share:
            best[finding.attack] = finding
    return list(best.values())


def _fail(error: EnishiError, language: Language) -> NoReturn:
    print(error.render(language), file=sys.stderr)
    raise typer.Exit(error.exit_status)
