"""`enishi node plans show`: one plan in plain words, with the notice that it needs."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from nodes.verbs.options import DEFAULT_CONFIG, ConfigFile, open_node
from privacy.errors import BadInputError, Text
from protos.console import AsJson, Console, Lang, command


@command
def plans_show(
    digest: Annotated[str, typer.Argument(metavar="DIGEST")],
    config: ConfigFile = DEFAULT_CONFIG,
    json_: AsJson = False,
    lang: Lang = "ja",
) -> None:
    """計画を平易な言葉で見る / one plan in plain words: what leaves, who learns what."""
    from nodes.web.plan_page import read_plan  # noqa: PLC0415

    context, console = open_node(config), Console.make(lang, json_)
    page = read_plan(context.store, context.node, digest)
    if page is None:
        raise BadInputError(
            Text("その計画はありません。", "There is no such plan."),
            Text(
                "`enishi node plans list` の要約値を8文字以上で指定してください。",
                "Give 8 or more characters of a digest from `enishi node plans list`.",
            ),
        )
    sentences = [Text(f"・{one.ja}", f"- {one.en}") for one in page.words]
    if page.notice is not None:
        sentences.append(page.notice)
    for one in sentences:
        console.say(one)
    raw: dict[str, Any] = {
        "digest": page.stored.digest,
        "kind": page.stored.kind,
        "decision": page.stored.decision,
        "households": page.plan.households,
        "words": [one._asdict() for one in page.words],
        "notice": page.notice._asdict() if page.notice else None,
        "own_households": page.households,
    }
    console.done(raw)
