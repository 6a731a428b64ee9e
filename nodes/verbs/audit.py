"""`enishi node audit`: verify, export and read the node's log (PROTOCOL 9)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from nodes.verbs.options import DEFAULT_CONFIG, ConfigFile, open_node
from privacy.errors import BadInputError, Text
from protos.console import AsJson, Console, Lang, command

audit_app = typer.Typer(no_args_is_help=True, help="記録簿 / the log")


@audit_app.command("verify")
@command
def audit_verify(
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="書き出した記録簿 / an exported log"),
    ] = None,
    config: ConfigFile = DEFAULT_CONFIG,
    json_: AsJson = False,
    lang: Lang = "ja",
) -> None:
    """記録簿の鎖と署名を確かめる / verify a log's chain and signed heads."""
    from nodes.driver.audit import Heads  # noqa: PLC0415

    heads = Heads(open_node(config))
    head = heads.verify() if file is None else heads.verify_file(_read(file))
    Console.make(lang, json_).done(
        {"log": head.log, "entries": head.number, "digest": head.digest},
        Text(
            f"{head.log} の {head.number}件の記録は正しく繋がっています。",
            f"{head.number} entries of {head.log} verify.",
        ),
    )


@audit_app.command("export")
@command
def audit_export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="書き出す先 / where to")],
    config: ConfigFile = DEFAULT_CONFIG,
    json_: AsJson = False,
    lang: Lang = "ja",
) -> None:
    """記録簿を一つのファイルに書き出す(番号と件数だけ) / write the log to one file."""
    from nodes.driver.audit import Heads  # noqa: PLC0415

    body = Heads(open_node(config)).export()
    try:
        file.write_bytes(body)
    except OSError as error:
        raise BadInputError(
            Text(f"{file.name} に書けません。", f"{file.name} cannot be written."),
            Text("空き容量と権限を確かめてください。", "Check free space and permissions."),
        ) from error
    Console.make(lang, json_).done(
        {"file": str(file), "bytes": len(body)},
        Text(f"{file} に書き出しました。", f"Written to {file}."),
    )


@audit_app.command("disclosures")
@command
def audit_disclosures(
    config: ConfigFile = DEFAULT_CONFIG, json_: AsJson = False, lang: Lang = "ja"
) -> None:
    """誰に、何件、いつ、何の目的で / who learned what about how many, when and why."""
    context, console = open_node(config), Console.make(lang, json_)
    with context.store.reading() as tables:
        rows = tables.sent.all()
    headings = [Text("日時", "when"), Text("相手", "recipient"), Text("中身", "what")]
    headings += [Text("件数", "rows"), Text("目的", "purpose"), Text("計画", "plan")]
    console.table(
        headings,
        [
            [_local(r.at), r.recipient, r.fields, f"{r.rows:,}", r.purpose, r.plan_digest[:12]]
            for r in rows
        ],
    )
    console.done(
        {
            "disclosures": [
                {
                    "at": r.at,
                    "recipient": r.recipient,
                    "fields": r.fields,
                    "rows": r.rows,
                    "bytes": r.bytes,
                    "purpose": r.purpose,
                    "plan": r.plan_digest,
                }
                for r in rows
            ]
        }
    )


def _local(at: str) -> str:
    return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadInputError(
            Text(f"{file.name} を読めません。", f"{file.name} cannot be read."),
            Text("ファイルの場所を確かめてください。", "Check where the file is."),
        ) from error
