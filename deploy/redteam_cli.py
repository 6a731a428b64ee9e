"""`enishi redteam`: the leakage self-test on a synthetic population, or on extracts at hand.

Exit status: 0 the schema stands, 1 it does not or the self-test is broken, 2 bad input.
Which schema is safe hangs on the population's size and on the children per birth date:
give those of the city.  A department attacks its own register with `enishi node redteam`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from privacy.errors import BadInputError, EnishiError, Language, Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from privacy.encoding.schema import Schema
    from privacy.redteam.population import Population
    from privacy.redteam.report import Report, Source

_MOST = 4000
_MOST_RUNS = 20


def redteam(
    children: Annotated[
        int, typer.Option(help=f"children attacked in one run, 300-{_MOST} / 子どもの数")
    ] = 1000,
    per_date: Annotated[
        float, typer.Option(help="registered children per birth date / 生年月日ごとの人数")
    ] = 8.0,
    schema: Annotated[
        Path | None, typer.Option(help="schema file; default: the committed one / スキーマ")
    ] = None,
    labels: Annotated[
        bool, typer.Option("--labels", help="the labelled variant / ブロックの札を送る版")
    ] = False,
    population: Annotated[
        Path | None,
        typer.Option(
            metavar="department.toml",
            help="attack these extracts, not a town / 町でなく手元の抽出ファイルで",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="fixes town, keys and choices / 種")] = 1,
    households: Annotated[
        bool, typer.Option("--households", help="attack household linkage / 世帯の照合を攻撃する")
    ] = False,
    runs: Annotated[
        int, typer.Option(help="runs under the seeds from --seed on, pooled / 種を変えて行う回数")
    ] = 1,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="write the report a plan needs / 計画が要る報告を書く"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="answer for machines")] = False,
    lang: Annotated[str, typer.Option("--lang", help="ja / en")] = "ja",
) -> None:
    """Attack the linkage schema as a coordinator could who knows everybody but no key."""
    if lang not in {"ja", "en"}:
        raise typer.BadParameter("--lang: ja / en")
    language: Language = "en" if lang == "en" else "ja"
    from privacy.redteam.report import Source  # noqa: PLC0415 - help stays quick

    try:
        _check(children, per_date, seed, runs, unsigned=bool(population and report))
        if households:
            _households(children, seed, language, as_json=as_json)
            return
        asked = _schema(schema, labels=labels)
        draw = _town(children, per_date) if population is None else _extracts(population, children)
        whose = Source.TOWN if population is None else Source.REGISTER
        found = _attacked(asked, draw, whose, range(seed, seed + runs), language)
        _tell(found, language, as_json=as_json)
        found.check_controls()
        found.check_schema()
        if report is not None:
            _write(found, report)
    except EnishiError as error:
        _fail(error, language)
    if not as_json:
        print(Text("このスキーマは耐えました。", "The schema stands.").in_language(language))


def _households(children: int, seed: int, language: Language, *, as_json: bool) -> None:
    from deploy.redteam_households_cli import run_households  # noqa: PLC0415 - help stays quick

    run_households(children, seed, language, as_json=as_json)


def _check(children: int, per_date: float, seed: int, runs: int, *, unsigned: bool) -> None:
    right = 1 <= per_date <= children <= _MOST and 0 <= seed < 2**32 and 1 <= runs <= _MOST_RUNS
    if not right:
        raise BadInputError(
            Text(
                f"子どもは {_MOST} 人まで、生年月日ごとは 1 人以上、種は 0 以上、"
                f"回数は {_MOST_RUNS} までです。",
                f"At most {_MOST} children, at least 1 per birth date, a seed from 0, "
                f"{_MOST_RUNS} runs at most.",
            )
        )
    if unsigned:
        raise BadInputError(
            Text(
                "台帳での報告には部署の署名が要ります。",
                "A report on a register carries the department's signature.",
            ),
            Text(
                "そのノードで `enishi node redteam --report FILE` を行ってください。",
                "Run `enishi node redteam --report FILE` at its node.",
            ),
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


def _town(children: int, per_date: float) -> Callable[[int], Population]:
    from deploy.redteam_town import make_population  # noqa: PLC0415 - help stays quick

    def draw(seed: int) -> Population:
        with TemporaryDirectory() as folder:
            return make_population(
                Path(folder) / "town", children=children, per_date=per_date, seed=seed
            )

    return draw


def _extracts(mapping: Path, children: int) -> Callable[[int], Population]:
    from nodes.ingest.department import load_department  # noqa: PLC0415 - help stays quick
    from nodes.intake import take_in  # noqa: PLC0415
    from privacy.redteam.population import register  # noqa: PLC0415

    persons = take_in(load_department(mapping)).records.persons
    return lambda seed: register(persons, seed).sample(children, seed)


def _attacked(
    asked: Schema,
    draw: Callable[[int], Population],
    source: Source,
    seeds: range,
    language: Language,
) -> Report:
    from privacy.redteam.report import pooled  # noqa: PLC0415 - help stays quick
    from privacy.redteam.selftest import self_test  # noqa: PLC0415

    def tell(step: Text) -> None:
        if sys.stderr.isatty():
            print(step.in_language(language), file=sys.stderr)

    return pooled(
        [self_test(draw(seed), asked, seed=seed, source=source, progress=tell) for seed in seeds]
    )


def _tell(report: Report, language: Language, *, as_json: bool) -> None:
    from privacy.redteam.wording import lines_of  # noqa: PLC0415 - help stays quick

    if as_json:
        print(json.dumps(report.to_json(), ensure_ascii=False))
        return
    for line in lines_of(report):
        print(line.in_language(language))


def _write(report: Report, out: Path) -> None:
    from datetime import UTC, datetime  # noqa: PLC0415 - help stays quick
    from importlib.metadata import version  # noqa: PLC0415

    from privacy.redteam.record import Record  # noqa: PLC0415

    record = Record(report, datetime.now(UTC).date(), version("enishi"))
    try:
        out.write_text(record.to_text(), "utf-8")
    except OSError as error:
        raise BadInputError(
            Text(f"{out} に書けません。", f"{out} cannot be written."),
            Text("フォルダーを確かめてください。", "Check the folder."),
        ) from error


def _fail(error: EnishiError, language: Language) -> NoReturn:
    print(error.render(language), file=sys.stderr)
    raise typer.Exit(error.exit_status)
