"""The sub-command `enishi dealer`: options in, exit status out; heavy imports wait for a verb."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from protos.console import AsJson, Console, Lang, command

dealer_app = typer.Typer(no_args_is_help=True, help="ディーラー / the dealer")
roster_app = typer.Typer(no_args_is_help=True, help="名簿 / the roster")
dealer_app.add_typer(roster_app, name="roster")

Config = Annotated[Path, typer.Option("--config", help="設定ファイル / settings")]
DEALER_FILE = Path("dealer.toml")


@dealer_app.command()
@command
def init(
    folder: Annotated[Path, typer.Argument(help="新しいフォルダ / new folder")],
    join: Annotated[Path, typer.Option(help="参加ファイル / join file")],
    lang: Lang = "ja",
    json_: AsJson = False,
) -> None:
    """参加ファイルで連合に参加する / join a federation."""
    from coordinator.verbs import dealer  # noqa: PLC0415  # lazy, see the module's docstring

    dealer.init(folder, join).show(Console.make(lang, json_))


@dealer_app.command()
@command
def serve(config: Config = DEALER_FILE, lang: Lang = "ja", json_: AsJson = False) -> None:
    """ディーラーを動かす / run the dealer."""
    from coordinator.dealer_server import serve as run  # noqa: PLC0415

    Console.make(lang, json_)
    run(config)


@dealer_app.command()
@command
def status(config: Config = DEALER_FILE, lang: Lang = "ja", json_: AsJson = False) -> None:
    """指紋、証明書、名簿を示す / fingerprint, certificate, roster."""
    from coordinator.verbs import dealer  # noqa: PLC0415

    dealer.status(config).show(Console.make(lang, json_))


@roster_app.command("sign")
@command
def roster_sign(
    digest: Annotated[
        str, typer.Argument(metavar="DIGEST", help="照合した名簿の要約値 / the digest compared")
    ] = "",
    config: Config = DEALER_FILE,
    lang: Lang = "ja",
    json_: AsJson = False,
) -> None:
    """指紋を照合したうえで名簿に署名する / sign the roster after comparing fingerprints."""
    from coordinator.verbs import dealer  # noqa: PLC0415

    dealer.sign(config, digest).show(Console.make(lang, json_))
