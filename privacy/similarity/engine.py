"""What carries out a search: an executor of tiles, and sinks for what they find."""

from __future__ import annotations

from dataclasses import dataclass

from privacy.similarity.sinks import MemorySink, Sinks
from privacy.similarity.tiles import HERE, TileExecutor


@dataclass(frozen=True, slots=True)
class Engine:
    """How a linkage compares codes; results are the same whichever it is."""

    executor: TileExecutor = HERE
    sinks: Sinks = MemorySink


LOCAL = Engine()
"""This process and its memory."""
