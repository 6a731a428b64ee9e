"""The process's log: one JSON object a line, with ids, counts and durations only."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TextIO

import structlog

Log = Callable[..., None]
"""Called as ``log(event, **ids_and_counts)``."""


def make_log(process: str, stream: TextIO | None = None) -> Log:
    """Return the log of *process*, written to *stream* (standard error by default)."""
    logger = structlog.wrap_logger(
        structlog.PrintLogger(stream or sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    ).bind(process=process)

    def log(event: str, **values: str | float | bool) -> None:
        logger.info(event, **values)

    return log
