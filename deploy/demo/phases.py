"""The phases as people see them: a line each, with what happens and how long it took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from privacy.errors import Language, Text

PHASES: dict[str, Text] = {
    "town": Text("架空の市を作る", "Make the made-up town"),
    "enrol": Text("認証局・統括・ディーラー・部署を登録", "Enrol everyone"),
    "roster": Text("指紋を照合し名簿に署名、都市鍵", "Compare fingerprints, sign, city key"),
    "import": Text("各部署で取り込み", "Import at every department"),
    "link": Text("連携（名前は出ない）", "Link (no name leaves)"),
    "screen": Text("スクリーニングと気づきの配達", "Screen, deliver the alerts"),
    "alert": Text("気づきを一件、関門を通して開く", "Open one alert through the gate"),
    "release": Text("差分プライバシーで集計を公表", "Release tables with differential privacy"),
    "check": Text("正解と照合し、漏れを走査", "Compare with the truth, scan for leaks"),
}  # fmt: skip


@dataclass(slots=True)
class Phases:
    """Shows the phases on standard error and remembers their seconds."""

    language: Language
    seconds: dict[str, float] = field(default_factory=dict)
    now: str = ""
    _progress: Progress | None = None
    _task: TaskID | None = None

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show progress while the block runs."""
        columns = (
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[what]}"),
            TimeElapsedColumn(),
        )
        console = Console(stderr=True)
        with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
            self._progress = progress
            yield
        self._progress = None

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Run one phase; an error leaves its line unfinished and its name in `now`."""
        self.now, began = name, time.monotonic()
        title = PHASES[name].in_language(self.language)
        if self._progress is not None:
            self._task = self._progress.add_task(title, total=None, what="")
            if self._progress.disable:
                self._progress.console.print(title, highlight=False)
        yield
        self.seconds[name] = round(time.monotonic() - began, 2)
        self.tell("", 1.0)

    def stopped(self) -> Text:
        """Return the sentence that names the phase in which the demo stopped."""
        title = PHASES[self.now]
        return Text(
            f"段階「{title.ja}」で止まりました。", f"The demo stopped in the phase: {title.en}."
        )

    def tell(self, what: str, share: float | None = None) -> None:
        """Say what happens inside the phase and, where known, the share that is done."""
        if self._progress is not None and self._task is not None:
            if share is None:
                self._progress.update(self._task, what=what)
            else:
                self._progress.update(self._task, what=what, total=1.0, completed=share)
