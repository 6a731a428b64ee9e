"""The `enishi` command: one name, a sub-command for each body that runs a part.

A sub-command's module is imported when it is chosen, so that `enishi --help` costs what
Typer costs and no node pays for the coordinator's libraries.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module, metadata
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

# Set before NumPy is loaded: its products here are small, and on cores that others use too
# a second thread waits for the first by spinning (a linkage took twice the CPU time).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@dataclass(frozen=True, slots=True)
class Part:
    """A sub-command before it is imported: where its Typer app or function stands."""

    module: str
    attribute: str
    help: str
    also: Mapping[str, Part] = field(default_factory=dict)
    """What the first word after the command chooses in its place."""

    def load(self, name: str) -> Any:  # noqa: ANN401  # Typer's own class of commands is private
        """Import the module and return its command under *name*."""
        found = getattr(import_module(self.module), self.attribute)
        if isinstance(found, typer.Typer):
            command = typer.main.get_command(found)
        else:
            alone = typer.Typer(add_completion=False)
            alone.command()(found)
            command = typer.main.get_command(alone)
        command.name = name
        return command


PARTS: Mapping[str, Part] = {
    "node": Part("nodes.cli", "app", "部署のノード / one department's node"),
    "coordinator": Part("coordinator.cli", "app", "統括 / the coordinator: rounds, releases"),
    "dealer": Part("coordinator.dealer_cli", "dealer_app", "ディーラー / the dealer, another body"),
    "link": Part(
        "deploy.link_cli",
        "link",
        "抽出ファイルで連携を試す / rehearse a linkage",
        {"explain": Part("deploy.explain_cli", "explain", "なぜこの二行か / why two rows")},
    ),
    "redteam": Part(
        "deploy.redteam_cli", "redteam", "符号化の自己点検 / attack the encoding, as a self-test"
    ),
    "demo": Part("deploy.demo.cli", "app", "架空の市で全体を動かす / all of it, on a made-up town"),
}


class _Later(TyperCommand):
    """A sub-command that shows its help line and becomes the real one when it is called."""

    def __init__(self, name: str, part: Part) -> None:
        super().__init__(name, help=part.help)
        self._part = part

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> Any:  # noqa: ANN401  # Typer's own signature
        """Import the real command and let it read *args*."""
        part, name = self._part, info_name or self.name or ""
        if args and args[0] in part.also:
            part, name = part.also[args[0]], f"{name} {args[0]}"
            args = args[1:]
        return part.load(name).make_context(name, args, *rest, **extra)


class _Parts(TyperGroup):
    """The sub-commands of `PARTS`, in their order."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401  # Typer's own signature
        """Return the names; nothing is imported."""
        del ctx
        return list(PARTS)

    def get_command(self, ctx: Any, cmd_name: str) -> _Later | None:  # noqa: ANN401  # as above
        """Return the sub-command, not yet imported."""
        del ctx
        return _Later(cmd_name, PARTS[cmd_name]) if cmd_name in PARTS else None


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"enishi {metadata.version('enishi')}")
        raise typer.Exit


app = typer.Typer(cls=_Parts, no_args_is_help=True, pretty_exceptions_show_locals=False)


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="版 / print the version"),
    ] = False,
) -> None:
    """Enishi（縁）: 部署をまたいで子どもの記録をつなぐ、名前を集めない仕組み。

    Links children's records between departments; no names are gathered.
    """  # noqa: D415  # shown as help, in both languages
    del version


if __name__ == "__main__":
    app()
