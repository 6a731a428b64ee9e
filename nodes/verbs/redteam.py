"""`enishi node redteam`: the leakage self-test on this department's register.

Exit status: 0 the schema stands, 1 it does not or the self-test is broken, 2 bad input.
Counts and shares are printed, and written to the report; nothing of any child.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from nodes.verbs.options import DEFAULT_CONFIG, ConfigFile, open_node
from privacy.errors import BadInputError, Text
from protos.console import AsJson, Console, Lang, command


@command
def redteam(
    children: Annotated[
        int, typer.Option(help="一度に攻撃する人数 / children attacked in one run")
    ] = 1000,
    runs: Annotated[int, typer.Option(help="種を変えて行う回数 / runs, pooled")] = 1,
    seed: Annotated[int, typer.Option(help="最初の種 / the first seed")] = 1,
    labels: Annotated[
        bool, typer.Option("--labels", help="ブロックの札を送る版 / the labelled variant")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="署名つきの報告 / the signed report")
    ] = None,
    config: ConfigFile = DEFAULT_CONFIG,
    json_: AsJson = False,
    lang: Lang = "ja",
) -> None:
    """連結スキーマをこの部署の台帳で自己点検する / attack the schema on this register."""
    from nodes.driver.redteaming import MOST, attack_register  # noqa: PLC0415
    from privacy.redteam.wording import lines_of  # noqa: PLC0415

    console = Console.make(lang, json_)
    if not (0 < children <= MOST and runs > 0 and seed >= 0):
        raise BadInputError(
            Text(
                f"人数は {MOST} まで、回数は 1 以上、種は 0 以上です。",
                f"At most {MOST} children, at least one run, a seed from 0.",
            )
        )

    def tell(step: Text) -> None:
        if sys.stderr.isatty():
            print(step.in_language(console.language), file=sys.stderr)

    record = attack_register(
        open_node(config),
        children=children,
        seeds=range(seed, seed + runs),
        labels=labels,
        progress=tell,
    )
    for line in lines_of(record.report):
        console.say(line)
    record.report.check_controls()
    record.report.check_schema()
    if report is not None:
        _write(report, record.to_text())
    raw: Any = record.to_json()
    console.done(raw, Text("このスキーマは耐えました。", "The schema stands."))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise BadInputError(
            Text(f"{path} に書けません。", f"{path} cannot be written."),
            Text("フォルダーを確かめてください。", "Check the folder."),
        ) from error
