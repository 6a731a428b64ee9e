"""`enishi link explain`: why two rows of a rehearsal were linked, or were not.

Exit status: 0 done, 2 bad input, 3 unreachable, 4 internal.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from privacy.errors import EnishiError, Language, Text

if TYPE_CHECKING:
    from deploy.rehearsal_question import Explained, Why

FATES = {
    "linked": Text("つないだ", "linked"),
    "apart": Text("つながない", "not linked"),
    "review": Text("人が確かめる", "to review"),
    "conflict": Text("番号が食い違うので分けた", "kept apart: numbers contradict"),
}
TRUTHS = {
    "": Text("", ""),
    "same": Text("、正解では同じ子", ", one child by the truth"),
    "different": Text("、正解では別の子", ", two children by the truth"),
}


def explain(
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="`enishi link` の結果 / a rehearsal's results")
    ],
    one: Annotated[str, typer.Argument(metavar="DEPARTMENT:ROW", help="行 / a row")],
    two: Annotated[str, typer.Argument(metavar="DEPARTMENT:ROW", help="行 / another")],
    svg: Annotated[
        Path | None, typer.Option("--svg", help="図を書くファイル / file for the picture")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSONで出力 / print JSON")] = False,
    lang: Annotated[str, typer.Option("--lang", help="ja / en")] = "ja",
) -> None:
    """二つの行がなぜつながった(つながらない)か / why two rows are linked, or are not."""
    from deploy.link_cli import fail  # noqa: PLC0415 - `enishi --help` stays quick
    from deploy.rehearsal_question import explain_rows  # noqa: PLC0415

    language: Language = "en" if lang == "en" else "ja"
    try:
        why = explain_rows(out, one, two)
        if svg is not None:
            _draw(why, svg, language)
    except EnishiError as error:
        fail(error, language, as_json=as_json)
    if as_json:
        print(json.dumps(_as_json(why), ensure_ascii=False))
        return
    for line in _lines(why, language):
        print(line)


def _as_json(why: Why) -> dict[str, object]:
    return {
        "together": why.together,
        "same_record": why.same_record,
        "pairs": [
            {
                "rows": [list(pair.one), list(pair.two)],
                "fate": pair.fate,
                "truth": pair.truth,
                "explanation": pair.explanation,
            }
            for pair in why.pairs
        ],
    }


def _lines(why: Why, language: Language) -> list[str]:
    lines = [_verdict(why).in_language(language)]
    for pair in why.pairs:
        lines += ["", *_waterfall(pair, language)]
    return lines


def _verdict(why: Why) -> Text:
    if why.same_record:
        return Text("同じ部署の同じ記録です。", "They are one record of one department.")
    if why.together and len(why.pairs) == 1:
        return Text("同じまとまりです。", "They share a cluster.")
    if why.together and why.pairs:
        return Text(
            f"直接の手がかりはなく、ほかの行を通じた {len(why.pairs)} 組で同じまとまりです。",
            f"No evidence of their own: {len(why.pairs)} pairs through other rows join them.",
        )
    if why.together:
        return Text(
            "同じまとまりです。確かな組が多いため、内訳は pairs.csv に残していません。",
            "They share a cluster; pairs.csv had no room for what makes up this sure link.",
        )
    if why.pairs:
        return Text("同じまとまりではありません。", "They do not share a cluster.")
    return Text(
        "同じまとまりではありません。一致の確率が1%に届く手がかりがありませんでした。",
        "They do not share a cluster: no evidence made a match as likely as 1 %.",
    )


def _waterfall(pair: Explained, language: Language) -> list[str]:
    from coordinator.web.explained import waterfall_lines  # noqa: PLC0415

    fate = FATES.get(pair.fate, Text(pair.fate, pair.fate)).in_language(language)
    truth = TRUTHS.get(pair.truth, Text("", "")).in_language(language)
    head = f"{':'.join(pair.one)} – {':'.join(pair.two)}: {fate}{truth}"
    return [head, *(line.in_language(language) for line in waterfall_lines(pair.explanation))]


def _draw(why: Why, path: Path, language: Language) -> None:
    from coordinator.web.explained import draw  # noqa: PLC0415
    from privacy.errors import BadInputError, UnreachableError  # noqa: PLC0415

    if len(why.pairs) != 1:
        raise BadInputError(
            Text(
                "この二行には、図にする一組の手がかりがありません。",
                "These two rows have no evidence of their own to draw.",
            ),
            Text("--svg を付けずに見てください。", "Look without --svg."),
        )
    try:
        path.write_text(str(draw(why.pairs[0].explanation, language)), encoding="utf-8")
    except OSError as error:
        raise UnreachableError(
            Text(f"{path} に書き込めません。", f"{path} cannot be written."),
        ) from error
