"""The shared shape of every command: language, `--json`, errors, exit status.

Exit status: 0 done, 1 refused by a rule, 2 bad input, 3 unreachable, 4 internal,
130 interrupted (Ctrl-C).
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

import typer

from privacy.errors import EnishiError, Language, Text

P = ParamSpec("P")
R = TypeVar("R")

Lang = Annotated[
    str, typer.Option("--lang", help="言語 / language: ja, en", metavar="ja|en", show_default=True)
]
AsJson = Annotated[bool, typer.Option("--json", help="JSONで出力 / print JSON")]


INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells count it."""


class InternalError(EnishiError):
    """A fault of ours: nobody's rule, file or network."""

    exit_status = 4


@dataclass(frozen=True, slots=True)
class Console:
    """Where a command prints: people get sentences, programs get one JSON object."""

    language: Language
    as_json: bool

    @classmethod
    def make(cls, lang: str, as_json: bool) -> Console:
        """Return a console; an unknown language is Japanese."""
        return cls("en" if lang == "en" else "ja", as_json)

    def say(self, text: Text) -> None:
        """Print one sentence for people; nothing in JSON mode."""
        if not self.as_json:
            typer.echo(text.in_language(self.language))

    def done(self, value: Mapping[str, Any], text: Text | None = None) -> None:
        """Print the result: *value* as JSON, or *text* for people."""
        if self.as_json:
            typer.echo(json.dumps(value, ensure_ascii=False, indent=1))
        elif text is not None:
            typer.echo(text.in_language(self.language))

    def table(self, headings: Sequence[Text], rows: Sequence[Sequence[str]]) -> None:
        """Print rows as a table whose columns hold for wide characters too."""
        if self.as_json:
            return
        from rich.console import Console as Rich  # noqa: PLC0415  # only a table pays for it
        from rich.table import Table  # noqa: PLC0415

        table = Table(box=None, pad_edge=False, header_style="bold")
        for heading in headings:
            table.add_column(heading.in_language(self.language), overflow="fold")
        for row in rows:
            table.add_row(*row)
        Rich(width=None if sys.stdout.isatty() else 120).print(table)

    def fail(self, error: EnishiError) -> None:
        """Print *error* to standard error, as a sentence or as JSON."""
        if self.as_json:
            problem = {
                "error": type(error).__name__,
                "what": {"ja": error.what.ja, "en": error.what.en},
                "fix": {"ja": error.fix.ja, "en": error.fix.en},
            }
            typer.echo(json.dumps(problem, ensure_ascii=False, indent=1), err=True)
        else:
            mark = "✖ " if os.environ.get("TERM", "dumb") != "dumb" else "! "
            typer.echo(f"{mark}{error.render(self.language)}", err=True)


def _internal(error: Exception) -> InternalError:
    """Return what people are told of a fault of ours: its kind and place, never its text."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).stem}:{frames[-1].lineno}" if frames else "?"
    kind = type(error).__name__
    return InternalError(
        Text(f"内部の不具合です({kind}、{place})。", f"An internal fault ({kind}, {place})."),
        Text(
            "この行と、行った操作を開発元に伝えてください。",
            "Report this line and what you did.",
        ),
    )


def command(function: Callable[P, R]) -> Callable[P, R]:
    """Turn an error of a command into its message and exit status.

    An unexpected error is named by its kind and place alone: its text may hold a value.

    The command takes `lang` and `json_` parameters, from which its console is made.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except EnishiError as error:
            lang, as_json = str(kwargs.get("lang", "ja")), bool(kwargs.get("json_", False))
            Console.make(lang, as_json).fail(error)
            raise typer.Exit(error.exit_status) from error
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except KeyboardInterrupt:
            typer.echo("中断しました。 / Interrupted.", err=True)
            raise typer.Exit(INTERRUPTED) from None
        except Exception as error:
            lang, as_json = str(kwargs.get("lang", "ja")), bool(kwargs.get("json_", False))
            Console.make(lang, as_json).fail(_internal(error))
            raise typer.Exit(InternalError.exit_status) from error

    return run
