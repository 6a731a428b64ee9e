"""The demo's children: verbs that end, servers that stay, each under the console command.

Every child has its own session, so that Ctrl-C reaches the demo alone and the demo
stops the children in order; `deploy.demo.leash` ends them should the demo be killed.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from deploy.demo.failures import step_failed
from privacy.errors import Text, UnreachableError

READY_S = 60
STOP_S = 10
_POLL_S = 0.1

Meanwhile = Callable[[], None]
"""Called again and again while a verb runs: to show how far it is."""


@dataclass(slots=True)
class Child:
    """One process of the federation."""

    name: str
    process: subprocess.Popen[bytes]
    out: Path
    log: Path
    peak_bytes: int = 0


@dataclass(slots=True)
class Processes:
    """Starts, watches and stops the children; remembers how much memory each took at most."""

    logs: Path
    _servers: list[Child] = field(default_factory=list)
    _peaks: dict[str, int] = field(default_factory=dict)
    _live: list[Child] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _runs: int = 0
    _closing: bool = False

    def run(
        self, name: str, arguments: Sequence[str], meanwhile: Meanwhile | None = None
    ) -> dict[str, Any]:
        """Run one verb with `--json` to its end and return the object that it printed.

        Args:
            name: Of the process in messages, logs and the memory table.
            arguments: Of `enishi`.
            meanwhile: Called while it runs.

        Raises:
            EnishiError: it ended with an error: of the kind that its exit status means,
                with its message or the last lines of its log; or a server that it may
                be waiting for has ended.
        """
        child = self._spawn(name, [*arguments, "--json"])
        while child.process.poll() is None:
            self._measure(child)
            self.check_alive()
            if meanwhile is not None:
                meanwhile()
            time.sleep(_POLL_S)
        with self._lock:
            self._live = [other for other in self._live if other is not child]
        if child.process.returncode != 0:
            raise step_failed(name, arguments, child.process.returncode, child.out, child.log)
        return _last_object(child.out)

    def start(self, name: str, arguments: Sequence[str]) -> Child:
        """Start a server; it is not ready before `ready` has returned."""
        child = self._spawn(name, arguments)
        self._servers.append(child)
        return child

    def ready(self, child: Child, event: str = "serving") -> dict[str, Any]:
        """Wait until *child* says on either stream that it serves; return that line.

        Raises:
            EnishiError: it ended instead, or said nothing for too long.
        """
        end = time.monotonic() + READY_S
        while time.monotonic() < end:
            for line in _objects(child.out) + _objects(child.log):
                if line.get("event") == event:
                    return line
            if child.process.poll() is not None:
                raise step_failed(
                    child.name, ["serve"], child.process.returncode, child.out, child.log
                )
            time.sleep(_POLL_S)
        raise UnreachableError(
            Text(f"{child.name} が起動しません。", f"{child.name} does not start."),
            Text(f"ログを見てください: {child.log}", f"See its log: {child.log}"),
        )

    def check_alive(self) -> None:
        """Look at every server.

        Raises:
            EnishiError: one has ended by itself; the message names it.
        """
        for child in self._servers:
            self._measure(child)
            status = child.process.poll()
            if status is not None and not self._closing:
                raise step_failed(child.name, ["serve"], status, child.out, child.log)

    def peaks(self) -> dict[str, int]:
        """Return name -> the most resident memory so far, in bytes."""
        with self._lock:
            for child in self._live:
                self._measure(child)
        return dict(sorted(self._peaks.items()))

    def stop(self) -> None:
        """End every child: ask, wait, then insist; the last started first."""
        self._closing = True
        with self._lock:
            living = [child for child in reversed(self._live) if child.process.poll() is None]
        for child in living:
            self._measure(child)
            with contextlib.suppress(ProcessLookupError):
                child.process.send_signal(signal.SIGTERM)
        end = time.monotonic() + STOP_S
        for child in living:
            try:
                child.process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
        self._live.clear()

    def _spawn(self, name: str, arguments: Sequence[str]) -> Child:
        with self._lock:
            self._runs += 1
            number = self._runs
        stem = f"{number:03d}-{name}-{'-'.join(_words(arguments))}"
        out, log = self.logs / f"{stem}.out", self.logs / f"{stem}.log"
        command = [sys.executable, "-m", "deploy.demo.leash", str(os.getpid()), *arguments]
        with out.open("wb") as to_out, log.open("wb") as to_log:
            process = subprocess.Popen(  # noqa: S603 - our own command, no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=to_out,
                stderr=to_log,
                start_new_session=True,
            )
        child = Child(name, process, out, log)
        with self._lock:
            self._live.append(child)
        return child

    def _measure(self, child: Child) -> None:
        with contextlib.suppress(psutil.Error, OSError, ValueError):
            peak = _peak(child.process.pid)
            self._peaks[child.name] = max(peak, self._peaks.get(child.name, 0))


def _peak(pid: int) -> int:
    """Return the most memory that was ever resident in a living process, in bytes."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return int(psutil.Process(pid).memory_info().rss)
    for line in status.read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def _words(arguments: Sequence[str]) -> list[str]:
    """Return the verb in *arguments*: the words before the first option or path."""
    plain = []
    for word in arguments[:4]:
        if word.startswith("-") or "/" in word:
            break
        plain.append(word)
    return plain


def _objects(path: Path) -> list[dict[str, Any]]:
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with contextlib.suppress(ValueError):
            value = json.loads(line)
            if isinstance(value, dict):
                found.append(value)
    return found


def _last_object(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8", errors="replace").strip()
    with contextlib.suppress(ValueError):
        value = json.loads(text)
        return value if isinstance(value, dict) else {"items": value}
    lines = _objects(path)
    return lines[-1] if lines else {}
