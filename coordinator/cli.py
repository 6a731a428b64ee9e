"""The sub-commands `enishi coordinator` and `enishi dealer`: options in, exit status out.

Everything heavier than Typer is imported when a verb runs, so that `--help` is quick.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coordinator.dealer_cli import dealer_app
from protos.console import AsJson, Console, Lang, command

__all__ = ["app", "dealer_app"]

app = typer.Typer(no_args_is_help=True, help="統括 / the coordinator")
node_app = typer.Typer(no_args_is_help=True, help="部署とディーラーの登録 / members")
app.add_typer(node_app, name="node")
round_app = typer.Typer(no_args_is_help=True, help="ラウンド / rounds")
app.add_typer(round_app, name="round")
epoch_app = typer.Typer(no_args_is_help=True, help="連携世代 / link epochs")
app.add_typer(epoch_app, name="epoch")

Config = Annotated[
    Path, typer.Option("--config", help="設定ファイル / settings", show_default=True)
]
COORDINATOR_FILE = Path("coordinator.toml")


@app.command()
@command
def init(
    folder: Annotated[Path, typer.Argument(help="新しいフォルダ / new folder")],
    city: Annotated[str, typer.Option(help="連合のID / the federation's id")],
    listen: Annotated[str, typer.Option(help="host:port")] = "127.0.0.1:50050",
    join_listen: Annotated[str, typer.Option(help="host:port")] = "127.0.0.1:50049",
    join_address: Annotated[
        str, typer.Option(help="参加ファイルに書く宛先 / address in join files")
    ] = "",
    web: Annotated[str, typer.Option(help="host:port")] = "127.0.0.1:8800",
    lang: Lang = "ja",
    json_: AsJson = False,
) -> None:
    """鍵、認証局、設定、データベースを作る / make keys, authority, settings, database."""
    from coordinator.verbs import members  # noqa: PLC0415  # lazy, see the module's docstring

    members.init(
        folder,
        city=city,
        listen=listen,
        join_listen=join_listen,
        join_address=join_address,
        web=web,
    ).show(Console.make(lang, json_))


@node_app.command("add")
@command
def node_add(
    member: Annotated[str, typer.Argument(help="部署のID / id")],
    address: Annotated[str, typer.Option(help="統括から見た host:port / as dialled")],
    name_ja: Annotated[str, typer.Option()] = "",
    name_en: Annotated[str, typer.Option()] = "",
    sealed: Annotated[bool, typer.Option(help="封印ノード / links locally")] = False,
    dealer: Annotated[bool, typer.Option(help="ディーラー / the dealer")] = False,
    out: Annotated[Path | None, typer.Option(help="参加ファイル / join file")] = None,
    config: Config = COORDINATOR_FILE,
    lang: Lang = "ja",
    json_: AsJson = False,
) -> None:
    """メンバーを登録し、参加ファイルを作る / register a member, write its join file."""
    from coordinator.process import CoordinatorProcess  # noqa: PLC0415
    from coordinator.store.members import MemberRole, Registered  # noqa: PLC0415
    from coordinator.verbs import members  # noqa: PLC0415

    registered = Registered(
        member_id=member,
        role=MemberRole.DEALER if dealer else MemberRole.NODE,
        name_ja=name_ja or member,
        name_en=name_en or member,
        address=address,
        sealed=sealed,
    )
    with CoordinatorProcess.open(config) as process:
        members.add(process, registered, out).show(Console.make(lang, json_))


@node_app.command("list")
@command
def node_list(config: Config = COORDINATOR_FILE, lang: Lang = "ja", json_: AsJson = False) -> None:
    """登録を一覧する / list the registry."""
    from coordinator.process import CoordinatorProcess  # noqa: PLC0415
    from coordinator.verbs import members  # noqa: PLC0415

    with CoordinatorProcess.open(config) as process:
        members.listed(process).show(Console.make(lang, json_))


@node_app.command("revoke")
@command
def node_revoke(
    member: Annotated[str, typer.Argument(help="部署のID / id")],
    config: Config = COORDINATOR_FILE,
    lang: Lang = "ja",
    json_: AsJson = False,
) -> None:
    """メンバーを取り消す / revoke a member."""
    from coordinator.process import CoordinatorProcess  # noqa: PLC0415
    from coordinator.verbs import members  # noqa: PLC0415

    with CoordinatorProcess.open(config) as process:
        members.revoke(process, member).show(Console.make(lang, json_))


@app.command()
@command
def roster(config: Config = COORDINATOR_FILE, lang: Lang = "ja", json_: AsJson = False) -> None:
    """名簿の署名を集め、都市鍵を作る / collect signatures, make the city secret."""
    from coordinator.verbs import roster as verb  # noqa: PLC0415

    verb.run(config).show(Console.make(lang, json_))


@app.command()
@command
def serve(config: Config = COORDINATOR_FILE, lang: Lang = "ja", json_: AsJson = False) -> None:
    """統括プロセスを動かす / run the coordinator."""
    from coordinator.server import serve as run  # noqa: PLC0415

    Console.make(lang, json_)
    run(config)


@app.command()
@command
def status(config: Config = COORDINATOR_FILE, lang: Lang = "ja", json_: AsJson = False) -> None:
    """状態と、待っている相手を示す / what stands and what it waits for."""
    from coordinator.verbs import status as verb  # noqa: PLC0415

    verb.status(config).show(Console.make(lang, json_))


@app.command()
@command
def doctor(config: Config = COORDINATOR_FILE, lang: Lang = "ja", json_: AsJson = False) -> None:
    """鍵、証明書、ディスク、各メンバーを点検する / check keys, disk, members."""
    from coordinator.verbs import status as verb  # noqa: PLC0415

    answer = verb.doctor(config)
    answer.show(Console.make(lang, json_))
    if not answer.values["ok"]:
        raise typer.Exit(3)


@epoch_app.command("status")
@command
def epoch_status(
    config: Config = COORDINATOR_FILE, lang: Lang = "ja", json_: AsJson = False
) -> None:
    """連携世代と、持っている符号を示す / link epochs, and what is held of them."""
    from coordinator.verbs import epochs  # noqa: PLC0415

    epochs.status(config).show(Console.make(lang, json_))


@epoch_app.command("close")
@command
def epoch_close(
    config: Config = COORDINATOR_FILE, lang: Lang = "ja", json_: AsJson = False
) -> None:
    """世代を閉じ、符号と鍵を破棄して部署に知らせる / destroy its codes and tell the nodes."""
    from coordinator.verbs import epochs  # noqa: PLC0415

    epochs.close(config).show(Console.make(lang, json_))


@round_app.command("link")
@command
def round_link(
    households: Annotated[
        bool,
        typer.Option(
            "--households",
            help="きょうだいも照合する(部署ごとの許可が別に要る) / also link siblings, "
            "where each node's policy allows it",
        ),
    ] = False,
    keep_codes: Annotated[
        str,
        typer.Option(
            metavar="DAY",
            help="増分のため、この日まで符号を暗号化して持つ / hold codes until then",
        ),
    ] = "",
    incremental: Annotated[
        bool,
        typer.Option("--incremental", help="前回から変わった行だけ / only rows that changed"),
    ] = False,
    again: Annotated[
        bool,
        typer.Option("--again", help="同じ世代で全行をもう一度 / all rows again, same epoch"),
    ] = False,
    config: Config = COORDINATOR_FILE,
    lang: Lang = "ja",
    json_: AsJson = False,
) -> None:
    """連結ラウンドを行う(既定は新しい世代で全行) / run a link round, full in a new epoch."""
    from coordinator.verbs import rounds  # noqa: PLC0415

    console = Console.make(lang, json_)
    rounds.link(
        config,
        console,
        households=households,
        incremental=incremental,
        again=again,
        keep_codes=keep_codes,
    ).show(console)


@round_app.command("resume")
@command
def round_resume(
    round_id: Annotated[str, typer.Argument(help="ラウンドIDの先頭 / start of the id")],
    config: Config = COORDINATOR_FILE,
    lang: Lang = "ja",
    json_: AsJson = False,
) -> None:
    """中断したラウンドを続ける / go on with a round."""
    from coordinator.verbs import rounds  # noqa: PLC0415

    console = Console.make(lang, json_)
    rounds.resume(config, round_id, console).show(console)


@round_app.command("cancel")
@command
def round_cancel(
    round_id: Annotated[str, typer.Argument(help="ラウンドIDの先頭 / start of the id")],
    config: Config = COORDINATOR_FILE,
    lang: Lang = "ja",
    json_: AsJson = False,
) -> None:
    """ラウンドを取り消す / cancel a round."""
    from coordinator.verbs import rounds  # noqa: PLC0415

    rounds.cancel(config, round_id).show(Console.make(lang, json_))


@round_app.command("screen")
@command
def round_screen(
    definition: Annotated[Path, typer.Option(help="定義のYAML / definition")],
    receiver: Annotated[str, typer.Option(help="アラートを受け取る部署 / receiver")],
    timepoint: Annotated[str, typer.Option(help="基準日 YYYY-MM-DD / time-point")],
    capacity: Annotated[int, typer.Option(help="対応できる件数 / most listed")],
    config: Config = COORDINATOR_FILE,
    lang: Lang = "ja",
    json_: AsJson = False,
) -> None:
    """スクリーニングを行う / run a screening round."""
    from coordinator.verbs import asking  # noqa: PLC0415

    console = Console.make(lang, json_)
    asking.screen(
        config,
        console,
        definition=definition,
        receiver=receiver,
        timepoint=timepoint,
        capacity=capacity,
    ).show(console)


@app.command()
@command
def quality(
    round_id: Annotated[
        str | None, typer.Argument(help="ラウンドIDの先頭、なければ最新 / start of the id")
    ] = None,
    pair: Annotated[int | None, typer.Option(help="報告の組の番号 / a pair of the report")] = None,
    config: Config = COORDINATOR_FILE,
    lang: Lang = "ja",
    json_: AsJson = False,
) -> None:
    """連携の品質と、なぜその組か / how good a linkage is, and why a pair."""
    from coordinator.verbs import quality as verb  # noqa: PLC0415

    verb.quality(config, round_id, pair).show(Console.make(lang, json_))


@app.command()
@command
def release(
    query: Annotated[Path, typer.Option(help="問いのYAML / query")],
    rho: Annotated[str, typer.Option(help="費用 / charge, e.g. 0.01")],
    config: Config = COORDINATOR_FILE,
    lang: Lang = "ja",
    json_: AsJson = False,
) -> None:
    """雑音つきの表を公表する / release a noisy table."""
    from coordinator.verbs import asking  # noqa: PLC0415

    console = Console.make(lang, json_)
    asking.release(config, console, query=query, rho=rho).show(console)
