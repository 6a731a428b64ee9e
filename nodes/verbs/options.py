"""Options that every command of a node takes, and the context they open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from privacy.errors import BadInputError, Text

if TYPE_CHECKING:
    from nodes.driver.context import NodeContext

ConfigFile = Annotated[
    Path, typer.Option("--config", help="ノードの設定 / the node's configuration", metavar="FILE")
]
DEFAULT_CONFIG = Path("node.toml")


def open_node(config: Path) -> NodeContext:
    """Open the node of *config*; imported late, so that `--help` stays quick.

    Raises:
        ConfigError: the configuration cannot be used.
    """
    from nodes.driver.context import NodeContext  # noqa: PLC0415

    return NodeContext.open(config)


def read_secret_file(path: Path) -> str:
    """Return the first line of a file that holds a passphrase.

    Raises:
        BadInputError: it cannot be read, or is empty.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        lines = []
    if not lines or not lines[0].strip():
        raise BadInputError(
            Text(f"{path.name} から合言葉を読めません。", f"No passphrase in {path.name}."),
            Text("一行目に合言葉を書いてください。", "Write the passphrase in its first line."),
        )
    return lines[0].strip()
