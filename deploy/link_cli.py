"""`enishi link`: the rehearsal's command line.

Exit status: 0 done, 1 refused by a rule, 2 bad input, 3 unreachable, 4 internal.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from privacy.errors import EnishiError, Language, Text

if TYPE_CHECKING:
    from deploy.first_mappings import FirstMapping
    from deploy.rehearsal import Rehearsal
    from privacy.similarity.engine import Engine

Lang = Annotated[str, typer.Option("--lang", help="ja / en")]


def link(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="extracts and their mappings / 抽出と対応表")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="folder for the results / 結果を書くフォルダー")
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(
            "--truth",
            help="正解の CSV(department,row_id,entity_id) / the truth: adds precision and recall",
        ),
    ] = None,
    init: Annotated[
        bool, typer.Option("--init", help="write first mappings / 対応表の下書きを作る")
    ] = False,
    households: Annotated[
        bool,
        typer.Option(
            "--households", help="きょうだいも照合し households.csv を書く / siblings too"
        ),
    ] = False,
    answers: Annotated[
        Path | None,
        typer.Option(
            "--answers", help="答えを書いた review.csv / a review.csv with answers filled in"
        ),
    ] = None,
    labels: Annotated[
        int,
        typer.Option(
            "--labels",
            min=0,
            metavar="PEOPLE",
            help="この人数の母集団としてブロックの中だけを比べる / compare inside blocks only",
        ),
    ] = 0,
    engine: Annotated[
        str, typer.Option("--engine", help="local / dask: 符号の比較 / where codes are compared")
    ] = "local",
    dask_scheduler: Annotated[
        str, typer.Option("--dask-scheduler", metavar="tls://HOST:PORT", help="--engine dask")
    ] = "",
    dask_tls: Annotated[
        Path, typer.Option("--dask-tls", help="folder of ca.pem, cert.pem, key.pem")
    ] = Path("dask-tls"),
    as_json: Annotated[bool, typer.Option("--json", help="JSONで出力 / print JSON")] = False,
    lang: Lang = "ja",
) -> None:
    """フォルダーの抽出を、連合と同じ方法で試しに連結する / link a folder of extracts, on trial.

    結果の二つの行については / on two rows of the result:
    enishi link explain OUT DEPARTMENT:ROW DEPARTMENT:ROW
    """
    language: Language = "en" if lang == "en" else "ja"
    try:
        if lang not in {"ja", "en"}:
            _usage("--lang: ja / en")
        if init:
            _init(folder, language, as_json=as_json)
        elif out is None:
            _usage(Text("--out が要ります。", "--out is needed.").in_language(language))
        else:
            from coordinator.engines.choice import choose_engine  # noqa: PLC0415 - lazy

            # Pairs that are too many for memory wait on the disk of the results.
            chosen = choose_engine(engine, dask_scheduler, dask_tls, out.parent, "enishi link")
            asked = _Asked(truth, households, labels, chosen, answers)
            _link(folder, out, asked, language, as_json=as_json)
    except EnishiError as error:
        fail(error, language, as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Asked:
    truth: Path | None
    households: bool
    labels: int
    engine: Engine
    answers: Path | None


def _link(folder: Path, out: Path, asked: _Asked, language: Language, *, as_json: bool) -> None:
    from rich.console import Console  # noqa: PLC0415 - `enishi --help` stays quick
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    from deploy.rehearsal import rehearse  # noqa: PLC0415
    from deploy.rehearsal_output import refuse_output, write_output  # noqa: PLC0415

    refuse_output(out)
    columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    screen = Console(stderr=True)
    quiet = not screen.is_terminal
    with Progress(*columns, console=screen, transient=True, disable=quiet) as bar:
        task = bar.add_task("", total=None)

        def show(step: Text, done: int, total: int) -> None:
            text = step.in_language(language)
            bar.update(task, completed=done, total=total, description=text)

        rehearsal = rehearse(
            folder,
            truth=asked.truth,
            progress=show,
            engine=asked.engine,
            households=asked.households,
            answers=asked.answers,
            labels_for=asked.labels,
            spread=True,
        )
    write_output(rehearsal, out)
    _answer(rehearsal, out, language, as_json=as_json)


def _answer(rehearsal: Rehearsal, out: Path, language: Language, *, as_json: bool) -> None:
    from deploy.rehearsal_output import as_json as report  # noqa: PLC0415
    from deploy.rehearsal_output import as_markdown  # noqa: PLC0415

    if as_json:
        print(json.dumps({"out": str(out), **report(rehearsal)}, ensure_ascii=False))
        return
    print(as_markdown(rehearsal, language))
    done = Text(f"結果: {out}", f"results: {out}")
    print(done.in_language(language))


def _init(folder: Path, language: Language, *, as_json: bool) -> None:
    from deploy.first_mappings import write_first_mappings  # noqa: PLC0415

    found = write_first_mappings(folder)
    if as_json:
        print(json.dumps([_first_as_json(each) for each in found], ensure_ascii=False))
        return
    for each in found:
        print(f"{each.file.name}: {_first_in_words(each).in_language(language)}")


def _first_as_json(each: FirstMapping) -> dict[str, object]:
    guess = each.guess
    return {
        "file": str(each.file),
        "mapping": str(each.path),
        "fate": each.fate.value,
        "id": "" if guess is None else guess.id_column,
        "fields": {} if guess is None else {m.name: list(m.columns) for m in guess.fields},
        "problem": None if each.problem is None else each.problem.render("en"),
    }


def _first_in_words(each: FirstMapping) -> Text:
    if each.problem is not None:
        return Text(each.problem.render("ja"), each.problem.render("en"))
    name = each.path.name
    fields = ", ".join(m.name for m in each.guess.fields) if each.guess else ""
    return {
        "written": Text(
            f"{name} を書きました（{fields}）。一行ずつ確かめてください。",
            f"{name} written ({fields}); check every line.",
        ),
        "incomplete": Text(
            f"{name} を書きましたが、行の番号の列がわかりません。id を書き足してください。",
            f"{name} written, but no column can be the row id: add `id`.",
        ),
        "mapped": Text("対応表がすでにあります。", "has a mapping already."),
        "no_identity": Text(
            "氏名の列が見つからないので、対応表を作りません。一行目が見出しでなければ、"
            "表題の行を消し、見出しの結合を解いて保存し直してください。",
            "no column of names was recognised: no mapping written. If the first row is not the "
            "headings, remove title rows, undo merged headings, and save it again.",
        ),
    }[each.fate.value]


def _usage(message: str) -> NoReturn:
    raise typer.BadParameter(message)


def fail(error: EnishiError, language: Language, *, as_json: bool) -> NoReturn:
    """Show *error* to people or machines and exit with its status."""
    if as_json:
        shown = {
            "error": {"ja": error.what.ja, "en": error.what.en},
            "fix": {"ja": error.fix.ja, "en": error.fix.en},
            "exit_status": error.exit_status,
        }
        print(json.dumps(shown, ensure_ascii=False))
    else:
        print(error.render(language), file=sys.stderr)
    raise typer.Exit(error.exit_status)
