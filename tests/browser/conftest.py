"""A real browser on pages that uvicorn serves on loopback; nothing else is reached."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, sync_playwright
from starlette.applications import Starlette

CHROMIUM = Path("/usr/bin/chromium")
INSTALL = "apt-get install --no-install-recommends chromium fontconfig fonts-noto-cjk"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
REQUIRED = os.environ.get("ENISHI_REQUIRE_BROWSER") == "1"
# Without a browser the folder is left out, which takes one line of the summary, not one a test.
collect_ignore_glob = [] if REQUIRED or CHROMIUM.exists() else ["test_*.py"]
Serve = Callable[[Starlette], AbstractContextManager[str]]


@dataclass
class Watch:
    """What a page asked for and complained about."""

    hosts: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        """Watch *page* from now on."""
        page.on("request", self._asked)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", self._failed)

    def _asked(self, request: Request) -> None:
        self.hosts.add(request.url.split("/")[2])

    def _failed(self, request: Request) -> None:
        # A file still on its way when the next page is opened is no complaint.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"{request.url}: {request.failure}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once what the browser tests lack."""
    if collect_ignore_glob:
        terminalreporter.write_line(f"SKIPPED tests/browser: no {CHROMIUM}; {INSTALL}")


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BrowserContext]:
    """Yield a fresh profile of headless Chromium in the test's own folder.

    Whatever a browser writes lands there, not in the repository.
    """
    monkeypatch.chdir(tmp_path)
    if not CHROMIUM.exists():
        pytest.fail(f"no {CHROMIUM}; {INSTALL}")
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path / "profile",
            executable_path=CHROMIUM,
            args=list(FLAGS),
            downloads_path=tmp_path / "downloads",
            viewport={"width": 1280, "height": 900},
        )
        yield context
        context.close()


@pytest.fixture
def watch() -> Watch:
    """Return what will see every request and every complaint."""
    return Watch()


@pytest.fixture
def serve() -> Serve:
    """Return how to serve an application on a free port of loopback."""
    return _serve


@contextmanager
def _serve(app: Starlette) -> Iterator[str]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(10)
    assert not thread.is_alive()
