"""A coordinator in a temporary folder, with a clock that tests turn."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from coordinator.founding import found
from coordinator.process import CoordinatorProcess
from tests.self_tests import write_record

START = datetime(2026, 7, 6, 0, 0, tzinfo=UTC)


class TurnedClock:
    """A clock that stands still until a test turns it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **amount: float) -> None:
        self.now += timedelta(**amount)


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def process(tmp_path: Path, clock: TurnedClock) -> Iterator[CoordinatorProcess]:
    folder = tmp_path / "coordinator"
    found(
        folder,
        city="toda",
        listen="127.0.0.1:50050",
        join_listen="127.0.0.1:50049",
        web="127.0.0.1:8800",
        now=clock(),
    )
    write_record(folder)
    with CoordinatorProcess.open(folder / "coordinator.toml", clock) as opened:
        yield opened
