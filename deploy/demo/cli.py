"""`enishi demo`: options in, exit status out."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from privacy.errors import EnishiError, Text
from protos.console import AsJson, Console, Lang, command

INTERRUPTED = 130
"""Exit status of a demo that was stopped before its summary."""

app = typer.Typer(no_args_is_help=True, help="架空の市で全体を動かす / a made-up town")


@app.callback()
def demo() -> None:
    """架空の市で、連合の全体を動かす / run the whole federation on a made-up town."""


@app.command()
@command
def up(
    town: Annotated[int, typer.Option("--town", help="子どもの数 / children")] = 15_690,
    difficulty: Annotated[
        str, typer.Option(help="データの汚れ方 / clean, typical, dirty")
    ] = "typical",
    departments: Annotated[int, typer.Option(help="部署の数 / 5, 7")] = 5,
    seed: Annotated[int, typer.Option(help="乱数の種 / the town's seed")] = 1,
    folder: Annotated[
        Path, typer.Option("--dir", help="作業フォルダー（作り直す） / folder, made anew")
    ] = Path(".local/demo"),
    once: Annotated[bool, typer.Option("--once", help="要約まで / end after the summary")] = False,
    lang: Lang = "ja",
    json_: AsJson = False,
) -> None:
    """市を作り、登録し、取り込み、つなぎ、気づき、集計する / everything, on real processes."""
    from deploy.demo.options import DemoOptions  # noqa: PLC0415 - `--help` stays quick
    from deploy.demo.report import print_summary  # noqa: PLC0415
    from deploy.demo.up import federation, go_through, wait  # noqa: PLC0415

    console = Console.make(lang, json_)
    options = DemoOptions(
        folder=folder,
        children=town,
        difficulty=difficulty,
        departments=departments,
        seed=seed,
        once=once,
        language=console.language,
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    summary = None
    try:
        with federation(options) as (stage, phases):
            try:
                summary = go_through(stage, phases)
            except EnishiError:
                typer.echo(phases.stopped().in_language(console.language), err=True)
                raise
            if json_:
                print(json.dumps(summary.to_json(), ensure_ascii=False))
            else:
                print_summary(summary, console.language)
            sys.stdout.flush()
            if not once:
                _say_addresses(console, summary.addresses)
                wait(stage)
    except KeyboardInterrupt:
        console.say(Text("すべて止めました。", "Everything has stopped."))
        if summary is None:
            raise typer.Exit(INTERRUPTED) from None


def _say_addresses(console: Console, addresses: dict[str, str]) -> None:
    for name, address in addresses.items():
        console.say(Text(f"  {name}: {address}", f"  {name}: {address}"))
    console.say(Text("動いています。Ctrl-C で止めます。", "Running. Ctrl-C stops everything."))


def _stop(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt
