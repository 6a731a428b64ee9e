"""`enishi node init|import|serve|status|doctor|preview-encoding`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from nodes.verbs.options import DEFAULT_CONFIG, ConfigFile, open_node
from privacy.errors import RefusedError, Text
from protos.console import AsJson, Console, Lang, command


@command
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="作るフォルダー / folder to make")],
    join: Annotated[Path, typer.Option("--join", metavar="FILE", help="参加ファイル / join file")],
    listen: Annotated[str | None, typer.Option(metavar="HOST:PORT")] = None,
    web: Annotated[str, typer.Option(metavar="HOST:PORT")] = "127.0.0.1:8801",
    department: Annotated[str, typer.Option(metavar="FILE")] = "department.toml",
    governance: Annotated[str, typer.Option(metavar="DIR")] = "governance",
    json_: AsJson = False,
    lang: Lang = "ja",
) -> None:
    """ノードを作り、連合に参加する / make a node and join the federation."""
    from nodes.driver.founding import found  # noqa: PLC0415

    founded = found(
        folder, join, listen=listen, web=web, department=department, governance=governance
    )
    prints = founded.fingerprint
    Console.make(lang, json_).done(
        {
            "node": founded.node,
            "config": str(founded.config_file),
            "fingerprint": prints.hexadecimal,
            "words_ja": list(prints.ja),
            "words_en": list(prints.en),
        },
        Text(
            f"ノード {founded.node} を {founded.config_file} に作りました。\n"
            f"電話で読み上げる指紋: {prints.render('ja')}\n"
            "次に、このフォルダーに department.toml と抽出ファイル、governance/ に目録・目的・"
            "根拠・職員(見本は deploy/samples)を置き、node.toml の policy.purposes を決め、"
            f"`enishi node import --dry-run --config {founded.config_file}` を行ってください。",
            f"Made node {founded.node} at {founded.config_file}.\n"
            f"Fingerprint to read out on the telephone: {prints.render('en')}\n"
            "Next put department.toml and the extracts into this folder, and catalogue, "
            "purposes, bases and staff into governance/ (samples are in deploy/samples); decide "
            "policy.purposes in node.toml and run "
            f"`enishi node import --dry-run --config {founded.config_file}`.",
        ),
    )


@command
def import_(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="調べるだけで何も変えない / only look")
    ] = False,
    config: ConfigFile = DEFAULT_CONFIG,
    json_: AsJson = False,
    lang: Lang = "ja",
) -> None:
    """部署のデータを取り込む(全部か、何もしないか) / import the department's files."""
    from nodes.driver.importing import Importing  # noqa: PLC0415

    console = Console.make(lang, json_)
    report = Importing(open_node(config)).run(dry_run=dry_run)
    raw: Any = report.as_json()
    done = (
        Text("試しました。何も変えていません。", "This was a dry run; nothing was changed.")
        if dry_run
        else Text("取り込みました。", "Imported.")
    )
    console.done(
        {**raw, "dry_run": dry_run},
        Text(f"{report.render('ja')}\n{done.ja}", f"{report.render('en')}\n{done.en}"),
    )


@command
def quality(
    config: ConfigFile = DEFAULT_CONFIG,
    json_: AsJson = False,
    lang: Lang = "ja",
) -> None:
    """正規化で何が変わったか(異体字、読めない日付など) / what normalisation did to the file."""
    from nodes.changes import WORDS  # noqa: PLC0415
    from nodes.driver.importing import file_quality  # noqa: PLC0415

    found, console = file_quality(open_node(config)), Console.make(lang, json_)
    console.say(
        Text(
            f"{found.rows:,}行、使用 {found.used:,}行、子ども {found.records:,}人、"
            f"自部署の重複 {found.duplicate_groups:,}組",
            f"{found.rows:,} rows, {found.used:,} used, {found.records:,} children, "
            f"{found.duplicate_groups:,} groups of own duplicates",
        )
    )
    headings = [Text("項目", "field"), Text("記入", "written"), Text("使える", "usable")]
    headings.append(Text("読めない", "lost"))
    console.table(
        headings,
        [[f.name, f"{f.written:,}", f"{f.usable:,}", f"{f.lost:,}"] for f in found.fields],
    )
    headings = [Text("そろえたこと", "made alike"), Text("行", "rows")]
    headings.append(Text("ファイルの行の例", "lines, for example"))
    console.table(
        headings,
        [
            [
                WORDS[c.kind].in_language(console.language),
                f"{c.rows:,}",
                ", ".join(map(str, c.lines)),
            ]
            for c in found.changes
            if c.rows
        ],
    )
    headings = [Text("書かれた字", "written"), Text("揃えた字", "folded"), Text("件", "count")]
    console.table(headings, [[one, other, f"{count:,}"] for one, other, count in found.variants])
    headings = [Text("気づいたこと", "found"), Text("直し方", "fix"), Text("件", "count")]
    problems = [
        [what.in_language(console.language), fix.in_language(console.language), f"{count:,}"]
        for what, fix, count in found.problem_texts()
    ]
    console.table(headings, problems)
    raw: Any = found.to_json()
    console.done(raw)


@command
def serve(
    config: ConfigFile = DEFAULT_CONFIG,
    json_: AsJson = False,
    lang: Lang = "ja",
) -> None:
    """統括の接続とこの機械のブラウザーに応える / serve the coordinator and this machine's pages."""
    import asyncio  # noqa: PLC0415

    from nodes.server import announce  # noqa: PLC0415
    from nodes.server import serve as serving  # noqa: PLC0415

    context = open_node(config)
    console = Console.make(lang, as_json=json_)
    address = context.config.web
    console.say(Text(f"起動します: http://{address}/", f"Starting: http://{address}/"))
    asyncio.run(serving(context, announce))


@command
def status(
    config: ConfigFile = DEFAULT_CONFIG,
    json_: AsJson = False,
    lang: Lang = "ja",
) -> None:
    """データ、依頼、出ていったもの / data, plans, and what has left."""
    from dataclasses import asdict  # noqa: PLC0415

    from nodes.web.status import read_status  # noqa: PLC0415

    context, console = open_node(config), Console.make(lang, json_)
    now = read_status(context.config, context.store, context.now())
    console.say(
        Text(
            f"{now.name_ja}: {now.rows:,}行(使用 {now.used:,})、スロット表 {now.slot_table}、"
            f"開いていない気づき {now.alerts_waiting}件、出ていったもの {now.bytes_sent:,}バイト",
            f"{now.name_en}: {now.rows:,} rows ({now.used:,} used), slot table {now.slot_table}, "
            f"{now.alerts_waiting} alerts not opened, {now.bytes_sent:,} bytes have left",
        )
    )
    if now.left_out is not None:
        console.say(
            Text(
                f"この部署を除いて連携が続きました: {now.left_out.ja}",
                f"The linkage went on without this department: {now.left_out.en}",
            )
        )
    console.say(now.epoch)
    headings = [Text("日時", "when"), Text("目的", "purpose"), Text("段階", "step")]
    headings += [Text("相手", "recipient"), Text("中身", "what"), Text("バイト", "bytes")]
    rows = [[s.at, s.purpose, s.step, s.recipient, s.fields, f"{s.bytes:,}"] for s in now.sent]
    console.table(headings, rows)
    raw = asdict(now)
    raw["plans"] = [{"digest": p.digest, "kind": p.kind, "decision": p.decision} for p in now.plans]
    console.done(raw)


@command
def doctor(
    config: ConfigFile = DEFAULT_CONFIG,
    json_: AsJson = False,
    lang: Lang = "ja",
) -> None:
    """動く状態かを調べ、直し方を言う / check this node and say how to mend it."""
    from nodes.doctor import examine  # noqa: PLC0415

    console = Console.make(lang, json_)
    findings = examine(config)
    for finding in findings:
        mark = "✔" if finding.good else "✖"
        fix = "" if finding.good else f" → {finding.fix.in_language(console.language)}"
        what = finding.what.in_language(console.language)
        console.say(Text(f"{mark} {what}{fix}", f"{mark} {what}{fix}"))
    console.done(
        {
            "findings": [
                {"good": f.good, "what": f.what._asdict(), "fix": f.fix._asdict()} for f in findings
            ]
        }
    )
    if not all(finding.good for finding in findings):
        raise RefusedError(
            Text("直すところがあります。", "Something needs mending."),
            Text("✖ の行を見てください。", "See the lines marked ✖."),
        )


@command
def preview_encoding(
    row: Annotated[int, typer.Option("--row", help="何行目か / which row, from 1")] = 1,
    config: ConfigFile = DEFAULT_CONFIG,
    json_: AsJson = False,
    lang: Lang = "ja",
) -> None:
    """一行から何が出るかを、この機械だけで見る / see what would leave for one row; only here."""
    from nodes.driver.preview import preview  # noqa: PLC0415

    console, seen = Console.make(lang, json_), preview(open_node(config), row)
    console.say(Text(f"{row}行目(この画面はこの部署の中だけのものです)", f"Row {row} (stays here)"))
    headings = [Text("出るもの", "what leaves"), Text("長さ", "length"), Text("先頭", "begins")]
    console.table(headings, [[p.name, f"{p.bits} bit", p.begins] for p in seen.parts])
    console.done(
        {"row": row, "parts": [{"name": p.name, "bits": p.bits} for p in seen.parts]},
        Text(
            f"{seen.note.ja}",
            f"{seen.note.en}",
        ),
    )
