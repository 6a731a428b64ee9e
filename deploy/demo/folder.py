"""The demo's working folder: wiped and made anew, but only if it is the demo's."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from privacy.errors import BadInputError, Text

MARKER = ".enishi-demo"


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """Where everything of one demo stands; the bodies' folders share nothing."""

    path: Path

    @property
    def town(self) -> Path:
        """The departments' extracts, the manifest and, apart, the truth."""
        return self.path / "town"

    @property
    def coordinator(self) -> Path:
        """The coordinator's own folder."""
        return self.path / "coordinator"

    @property
    def dealer(self) -> Path:
        """The dealer's own folder."""
        return self.path / "dealer"

    def node(self, department: str) -> Path:
        """One department's own folder."""
        return self.path / "nodes" / department

    @property
    def logs(self) -> Path:
        """Standard output and error of every process."""
        return self.path / "logs"

    @property
    def summary(self) -> Path:
        """What the demo found, as JSON."""
        return self.path / "summary.json"


def prepare(path: Path) -> DemoFolder:
    """Make *path* an empty demo folder, wiping what an earlier demo left there.

    Raises:
        BadInputError: something that no demo made stands there, or it cannot be written.
    """
    path = path.resolve()
    try:
        if path.exists() and not (path.is_dir() and _ours(path)):
            raise BadInputError(
                Text(
                    f"{path} はデモのフォルダーではないので、消しません。",
                    f"{path} is not a demo's folder, so it is not wiped.",
                ),
                Text(
                    "--dir で、空のフォルダーか新しい名前を指定してください。",
                    "Name an empty or a new folder with --dir.",
                ),
            )
        if path.exists():
            shutil.rmtree(path)
        path.mkdir(parents=True)
        (path / MARKER).write_text("`enishi demo up` wipes this folder.\n", encoding="utf-8")
        folder = DemoFolder(path)
        folder.logs.mkdir()
    except OSError as error:
        raise BadInputError(
            Text(f"{path} を作り直せません。", f"{path} cannot be made anew."),
            Text("空き容量と権限を確かめてください。", "Check free space and permissions."),
        ) from error
    return folder


def _ours(path: Path) -> bool:
    return (path / MARKER).is_file() or not any(path.iterdir())
