"""The tests' side of the nursery: processes that look to `deploy.demo` like its own children."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.demo.processes import Child, Processes, _words

_POLL_S = 0.02


class Nursery:
    """Starts the nursery and asks it for processes."""

    def __init__(self) -> None:
        """Start it; the imports take a few seconds, once a session."""
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.nursery", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._answer() == {"ready": True}

    def spawn(self, **request: object) -> ForkedProcess:
        """Fork a process of *request*."""
        return ForkedProcess(self, int(self.ask(request)["pid"]))

    def ask(self, request: object) -> dict[str, Any]:
        """Return the answer to one request."""
        with self._lock:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            return self._answer()

    def close(self) -> None:
        """End the nursery; what still lives of its children dies with it."""
        self._process.kill()
        self._process.communicate()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the nursery has died"
        answer: dict[str, Any] = json.loads(line)
        return answer


@dataclass(slots=True)
class ForkedProcess:
    """One forked process, with as much of `subprocess.Popen` as the demo uses."""

    nursery: Nursery
    pid: int
    returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit status; negative: the signal that ended it; None: it lives."""
        if self.returncode is None:
            self.returncode = self.nursery.ask({"poll": self.pid})["status"]
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end, *timeout* seconds at most."""
        end = time.monotonic() + (60 if timeout is None else timeout)
        while (status := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("enishi", timeout or 60)
            time.sleep(_POLL_S)
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)


class ForkedProcesses(Processes):
    """The demo's children, forked; the next one may be given a point to die at, or a limit."""

    __slots__ = ("kill", "most_file_bytes", "nursery")

    def __init__(self, logs: Path, nursery: Nursery) -> None:
        """Write streams to *logs*."""
        super().__init__(logs)
        self.nursery = nursery
        self.kill: dict[str, str] | None = None
        self.most_file_bytes = 0

    def begin(
        self,
        name: str,
        arguments: Sequence[str],
        kill: str | None = None,
        most_file_bytes: int = 0,
    ) -> Child:
        """Start a verb or a server without waiting for anything."""
        who = name if name in {"coordinator", "dealer"} else "node"
        self.kill = None if kill is None else {"who": who, "point": kill}
        self.most_file_bytes = most_file_bytes
        try:
            return self._spawn(name, arguments)
        finally:
            self.kill, self.most_file_bytes = None, 0

    def _spawn(self, name: str, arguments: Sequence[str]) -> Child:
        with self._lock:
            self._runs += 1
            stem = f"{self._runs:04d}-{name}-{'-'.join(_words(arguments))}"
        out, log = self.logs / f"{stem}.out", self.logs / f"{stem}.log"
        out.touch()
        log.touch()
        process = self.nursery.spawn(
            arguments=list(arguments),
            out=str(out),
            log=str(log),
            kill=self.kill,
            most_file_bytes=self.most_file_bytes,
        )
        child = Child(name, process, out, log)  # type: ignore[arg-type]  # as much of Popen as is used
        with self._lock:
            self._live.append(child)
        return child
