"""`enishi node review`: pairs that this department is asked about, own rows only."""

from __future__ import annotations

from typing import Annotated

import typer

from nodes.verbs.options import DEFAULT_CONFIG, ConfigFile, open_node
from privacy.errors import BadInputError, Text
from protos.console import AsJson, Console, Lang, command

review_app = typer.Typer(no_args_is_help=True, help="名寄せの確認 / clerical review of links")


@review_app.command("list")
@command
def review_list(
    every: Annotated[bool, typer.Option("--all", help="答えた組も / answered ones too")] = False,
    config: ConfigFile = DEFAULT_CONFIG,
    json_: AsJson = False,
    lang: Lang = "ja",
) -> None:
    """尋ねられている組を、こちらの行と確かめることだけで示す / pairs asked, own side only."""
    from nodes.driver.reviewing import Reviewing  # noqa: PLC0415
    from nodes.review_sheet import ANSWERS, ASIDE, KINDS, SEALED  # noqa: PLC0415
    from privacy.linkage.asking import Answer  # noqa: PLC0415

    console = Console.make(lang, json_)
    language = console.language
    context = open_node(config)
    found = Reviewing(context).sheets()
    waiting = sum(each.review.answer is Answer.OPEN for each in found)
    shown = [each for each in found if every or each.review.answer is Answer.OPEN]
    for each in shown:
        kind, answer = KINDS[each.review.kind], ANSWERS[each.review.answer]
        console.say(
            Text(
                f"\n組 {each.id}  行 {each.review.row_id}  {kind.ja}  [{answer.ja}]",
                f"\nPair {each.id}  row {each.review.row_id}  {kind.en}  [{answer.en}]",
            )
        )
        lines = [
            *(
                f"  {name.in_language(language)}: {value.in_language(language)}"
                for name, value in each.own
            ),
            "  -- "
            + " / ".join(
                f"{name.in_language(language)}: {level.in_language(language)}"
                for name, level in each.compared
            ),
            *(f"  □ {check.in_language(language)}" for check in each.checks),
        ]
        console.say(Text("\n".join(lines), "\n".join(lines)))
    console.done(
        {
            "waiting": waiting,
            "pairs": [
                {
                    "pair": each.review.pair,
                    "row_id": each.review.row_id,
                    "kind": each.review.kind.value,
                    "other": each.review.other,
                    "received_at": each.review.received_at,
                    "compared": {
                        name: level.name.lower()
                        for name, level in each.review.likeness.levels().items()
                    },
                    "checks": [check._asdict() for check in each.checks],
                    "answer": each.review.answer.name.lower(),
                    "corrected": each.review.corrected,
                    "answered_by": each.review.answered_by,
                }
                for each in shown
            ],
        },
        SEALED
        if context.config.sealed
        else Text(f"\n答えを待つ組 {waiting}。{ASIDE.ja}", f"\n{waiting} pairs wait. {ASIDE.en}"),
    )


@review_app.command("answer")
@command
def review_answer(
    pair: Annotated[str, typer.Argument(metavar="PAIR", help="組の番号(先頭だけでよい) / its id")],
    word: Annotated[str, typer.Argument(metavar="same|different|unsure")],
    by: Annotated[str, typer.Option("--by", help="確かめた職員 / who checked")],
    corrected: Annotated[
        bool,
        typer.Option(
            "--corrected",
            help="こちらの行が誤りで、元の台帳を直した / our row was wrong, now mended",
        ),
    ] = False,
    config: ConfigFile = DEFAULT_CONFIG,
    json_: AsJson = False,
    lang: Lang = "ja",
) -> None:
    """一組に答える(次の連携で効く) / answer one pair; counts in the next link round."""
    from nodes.driver.reviewing import Reviewing  # noqa: PLC0415
    from nodes.review_sheet import ANSWERS, WORDS  # noqa: PLC0415

    if word not in WORDS:
        raise BadInputError(
            Text(
                "答えは same、different、unsure のどれかです。",
                "The answer is one of same, different, unsure.",
            ),
        )
    reviewing = Reviewing(open_node(config))
    known = reviewing.answer(pair, WORDS[word], by, corrected=corrected)
    said = ANSWERS[WORDS[word]]
    more = (
        Text(
            "直した抽出を `enishi node import` で取り込むと、次の連携はその行で比べます。",
            " Import the mended extract with `enishi node import`; the next round compares it.",
        )
        if corrected
        else Text("", "")
    )
    Console.make(lang, json_).done(
        {"pair": known, "answer": word, "corrected": corrected},
        Text(f"組 {known[:10]}: {said.ja}。{more.ja}", f"Pair {known[:10]}: {said.en}.{more.en}"),
    )
