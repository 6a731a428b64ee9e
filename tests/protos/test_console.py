"""A command's end: the exit status of each kind of error, and what is not said."""

import json

import pytest
import typer
from typer.testing import CliRunner

from privacy.errors import RefusedError, Text
from protos.console import AsJson, Lang, command


def _app(error: BaseException) -> typer.Typer:
    app = typer.Typer()

    @app.command()
    @command
    def fail(lang: Lang = "ja", json_: AsJson = False) -> None:
        del lang, json_  # the wrapper reads them
        raise error

    return app


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RefusedError(Text("だめ", "no")), 1),
        (ValueError("山田 花子"), 4),
        (KeyboardInterrupt(), 130),
        (typer.Exit(3), 3),
    ],
)
def test_each_kind_of_end_has_its_exit_status(error: BaseException, status: int) -> None:
    assert CliRunner().invoke(_app(error)).exit_code == status


def test_an_internal_fault_is_named_without_its_text() -> None:
    result = CliRunner().invoke(_app(ValueError("山田 花子")), ["--json"])

    assert "山田" not in result.output
    assert "ValueError" in json.loads(result.output)["what"]["en"]
