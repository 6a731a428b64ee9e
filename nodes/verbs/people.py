"""`enishi node roster|plans|account|hold|alerts`: where people decide."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from nodes.verbs.options import DEFAULT_CONFIG, ConfigFile, open_node, read_secret_file
from privacy.errors import BadInputError, Language, Text
from protos.console import AsJson, Console, Lang, command

roster_app = typer.Typer(no_args_is_help=True, help="名簿と指紋 / the roster")
plans_app = typer.Typer(no_args_is_help=True, help="依頼(計画)の承認 / approving plans")
account_app = typer.Typer(no_args_is_help=True, help="職員の合言葉 / staff sign-in")
alerts_app = typer.Typer(no_args_is_help=True, help="気づき / alerts")

ALERTS_NOTE = Text(
    "順番は期限順です(重さの順ではありません)。気づきは支援の必要を示すとは限りません。",
    "In order of due date, not of weight. An alert does not mean that support is needed.",
)

OWN_VIEW_FIRST = Text(
    "`--observation 最近の様子` と `--view fine|concerned|unsure` を付けて、"
    "もう一度開いてください。",
    "Open it again with `--observation TEXT` and `--view fine|concerned|unsure`.",
)
DECISIONS = {
    "pending": Text("承認待ち", "pending"),
    "approved": Text("承認済み", "approved"),
    "refused": Text("拒否", "refused"),
}
ALERT_STATES = {
    "sealed": Text("未開封", "sealed"),
    "viewed": Text("見立て記入済み", "viewed"),
    "assessed": Text("開封済み", "assessed"),
}


def _word(words: Mapping[str, Text], key: str, language: Language) -> str:
    return words.get(key, Text(key, key)).in_language(language)


@roster_app.command("show")
@command
def roster_show(
    config: ConfigFile = DEFAULT_CONFIG, json_: AsJson = False, lang: Lang = "ja"
) -> None:
    """届いている名簿と全員の指紋 / the proposed roster and everyone's fingerprint."""
    from nodes.driver.context import ROSTER  # noqa: PLC0415
    from nodes.driver.enrolment import SIGNATURE, Enrolment  # noqa: PLC0415
    from privacy.canonical import canonical_bytes  # noqa: PLC0415
    from privacy.identity import fingerprint  # noqa: PLC0415

    context, console = open_node(config), Console.make(lang, json_)
    roster = Enrolment(context).proposed()
    if roster is None:
        raise BadInputError(
            Text("名簿はまだ届いていません。", "No roster has arrived yet."),
            Text(
                "統括が `enishi coordinator roster` を行うと届きます。", "The coordinator sends it."
            ),
        )
    prints = {m.node_id: fingerprint(m.identity_public, m.static_public) for m in roster.members}
    with context.store.reading() as tables:
        signed = tables.documents.get(SIGNATURE) is not None
        accepted = tables.documents.get(ROSTER) == canonical_bytes(roster.to_json())
    headings = [Text("機関", "member"), Text("役割", "role"), Text("指紋", "fingerprint")]
    console.table(
        headings,
        [
            [m.node_id, m.role.value, prints[m.node_id].render(console.language)]
            for m in roster.members
        ],
    )
    console.done(
        {
            "digest": roster.digest.hex(),
            "signed": signed,
            "accepted": accepted,
            "members": [
                {
                    "id": m.node_id,
                    "role": m.role.value,
                    "fingerprint": prints[m.node_id].hexadecimal,
                }
                for m in roster.members
            ],
        },
        Text(
            f"要約値 {roster.digest.hex()}\n全員の指紋を電話などで照合してから署名してください。",
            f"Digest {roster.digest.hex()}\nCompare all fingerprints by telephone before signing.",
        ),
    )


@roster_app.command("sign")
@command
def roster_sign(
    digest: Annotated[str, typer.Argument(metavar="DIGEST")],
    config: ConfigFile = DEFAULT_CONFIG,
    json_: AsJson = False,
    lang: Lang = "ja",
) -> None:
    """指紋を照合した名簿に署名する / sign the roster after comparing fingerprints."""
    from nodes.driver.enrolment import Enrolment  # noqa: PLC0415

    Enrolment(open_node(config)).sign(digest)
    console = Console.make(lang, json_)
    console.done({"signed": digest}, Text("署名しました。", "Signed."))


@plans_app.command("list")
@command
def plans_list(
    config: ConfigFile = DEFAULT_CONFIG, json_: AsJson = False, lang: Lang = "ja"
) -> None:
    """届いた計画と判断 / plans that arrived, and what was decided."""
    context, console = open_node(config), Console.make(lang, json_)
    with context.store.reading() as tables:
        plans = tables.plans.all()
    headings = [Text("要約値", "digest"), Text("種類", "kind"), Text("判断", "decision")]
    headings += [Text("受付", "received"), Text("判断した人", "decided by")]
    console.table(
        headings,
        [
            [
                p.digest[:16],
                p.kind,
                _word(DECISIONS, p.decision, console.language),
                p.received_at,
                p.decided_by,
            ]
            for p in plans
        ],
    )
    console.done(
        {
            "plans": [
                {"digest": p.digest, "kind": p.kind, "decision": p.decision, "reason": p.reason}
                for p in plans
            ]
        }
    )


@plans_app.command("approve")
@command
def plans_approve(
    digest: Annotated[str, typer.Argument(metavar="DIGEST")],
    by: Annotated[str, typer.Option("--by", help="承認した職員 / who approves")],
    config: ConfigFile = DEFAULT_CONFIG,
    json_: AsJson = False,
    lang: Lang = "ja",
) -> None:
    """待っている計画を承認する / approve a waiting plan."""
    from nodes.driver.plans import Plans  # noqa: PLC0415

    Plans(open_node(config)).approve(digest, by)
    Console.make(lang, json_).done({"approved": digest}, Text("承認しました。", "Approved."))


@plans_app.command("refuse")
@command
def plans_refuse(
    digest: Annotated[str, typer.Argument(metavar="DIGEST")],
    reason: Annotated[str, typer.Option("--reason", help="理由 / why")],
    by: Annotated[str, typer.Option("--by", help="断った職員 / who refuses")],
    config: ConfigFile = DEFAULT_CONFIG,
    json_: AsJson = False,
    lang: Lang = "ja",
) -> None:
    """待っている計画を断る / refuse a waiting plan."""
    from nodes.driver.plans import Plans  # noqa: PLC0415

    Plans(open_node(config)).refuse(digest, by, reason)
    Console.make(lang, json_).done({"refused": digest}, Text("断りました。", "Refused."))


@account_app.command("set")
@command
def account_set(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT")],
    passphrase_file: Annotated[Path, typer.Option("--passphrase-file", metavar="FILE")],
    config: ConfigFile = DEFAULT_CONFIG,
    json_: AsJson = False,
    lang: Lang = "ja",
) -> None:
    """職員の合言葉と確認コードを作る / give staff a passphrase and one-time codes."""
    from nodes.driver.accounts import Accounts  # noqa: PLC0415

    secret = Accounts(open_node(config)).set_passphrase(account, read_secret_file(passphrase_file))
    Console.make(lang, json_).done(
        {"account": account, "totp_secret": secret},
        Text(
            f"{account} の確認コードの種(一度だけ表示します): {secret}",
            f"Secret of {account}'s one-time codes, shown once: {secret}",
        ),
    )


@command
def hold(
    row_id: Annotated[str, typer.Argument(metavar="ROW_ID")],
    kind: Annotated[
        str, typer.Option("--kind", help="objection, suspension, correction, protected")
    ],
    until: Annotated[str, typer.Option("--until", metavar="YYYY-MM-DD")] = "",
    config: ConfigFile = DEFAULT_CONFIG,
    json_: AsJson = False,
    lang: Lang = "ja",
) -> None:
    """一行を止める(異議・停止・訂正・支援措置) / hold one row back."""
    from nodes.driver.holds import add_hold  # noqa: PLC0415

    try:
        last = date.fromisoformat(until) if until else None
    except ValueError:
        raise BadInputError(
            Text("--until は YYYY-MM-DD です。", "--until is YYYY-MM-DD."),
        ) from None
    add_hold(open_node(config), row_id, kind, last)
    Console.make(lang, json_).done({"held": kind}, Text("止めました。", "Held."))


@alerts_app.command("list")
@command
def alerts_list(
    config: ConfigFile = DEFAULT_CONFIG, json_: AsJson = False, lang: Lang = "ja"
) -> None:
    """期限順の一覧(中身は開きません) / alerts by due date; nothing is opened."""
    from nodes.driver.opening import Opening  # noqa: PLC0415

    console = Console.make(lang, json_)
    found = Opening(open_node(config)).listed()
    headings = [Text("番号", "number"), Text("期限", "due"), Text("状態", "state")]
    console.table(
        headings,
        [[str(a.id), a.due, _word(ALERT_STATES, a.state, console.language)] for a in found],
    )
    alerts = [{"id": a.id, "due": a.due, "state": a.state, "kind": a.kind} for a in found]
    console.done({"alerts": alerts}, ALERTS_NOTE)


@alerts_app.command("open")
@command
def alerts_open(
    number: Annotated[int, typer.Argument(metavar="NUMBER")],
    user: Annotated[str, typer.Option("--user", help="職員番号 / staff account")],
    purpose: Annotated[str, typer.Option("--purpose", help="利用目的 / purpose")],
    passphrase_file: Annotated[Path, typer.Option("--passphrase-file", metavar="FILE")],
    code: Annotated[str, typer.Option("--code", help="確認コード / one-time code")],
    observation: Annotated[
        str, typer.Option("--observation", help="最近の様子(開く前に書く) / what you saw")
    ] = "",
    view: Annotated[
        str, typer.Option("--view", help="見立て / your view: fine, concerned, unsure")
    ] = "",
    reason: Annotated[
        str, typer.Option("--reason", help="週の上限を超える理由 / why beyond the week's limit")
    ] = "",
    config: ConfigFile = DEFAULT_CONFIG,
    json_: AsJson = False,
    lang: Lang = "ja",
) -> None:
    """見立てを先に書き、関門を通って開く / your own view first, then open through the gate."""
    from nodes.driver.accounts import Accounts  # noqa: PLC0415
    from nodes.driver.opening import Opening  # noqa: PLC0415
    from privacy.governance.gate import GateClosed, GateRule  # noqa: PLC0415

    context, console = open_node(config), Console.make(lang, json_)
    who = Accounts(context).sign_in(user, read_secret_file(passphrase_file), code)
    opening = Opening(context)
    if observation or view:
        opening.record_view(number, who, observation, view)
    try:
        opened = opening.open(number, who, purpose, reason)
    except GateClosed as closed:
        if closed.rule is GateRule.CASE and not view:
            console.say(OWN_VIEW_FIRST)
        raise
    for basis in opened.bases:
        console.say(Text(f"根拠 {basis.ja}", f"Basis {basis.en}"))
    headings = [Text("部署", "department"), Text("気づき", "signal")]
    headings += [Text("時点", "as of"), Text("出所", "item")]
    console.table(
        headings,
        [
            [holder, each.signal, each.day.isoformat() if each.day else "-", each.item]
            for holder, signals in opened.signals.items()
            for each in signals
        ],
    )
    silent = ", ".join(opened.silent)
    console.done(
        {
            "id": opened.id,
            "row_id": opened.row_id,
            "due": opened.due,
            "bases": [text._asdict() for text in opened.bases],
            "signals": {
                holder: [
                    {"signal": s.signal, "as_of": str(s.day or ""), "item": s.item} for s in signals
                ]
                for holder, signals in opened.signals.items()
            },
            "silent": list(opened.silent),
        },
        Text(
            f"わかっていないこと: {silent} からは何も届いていません(記録なしを含む)。\n"
            f"{ALERTS_NOTE.ja}",
            f"Not known: nothing from {silent} (or no record there).\n{ALERTS_NOTE.en}",
        ),
    )
