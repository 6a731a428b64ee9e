"""Ask again, after a growing pause with jitter, up to a visible limit."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from privacy.errors import Text, UnreachableError

T = TypeVar("T")
Pause = Callable[[float], Awaitable[None]]


def os_jitter() -> float:
    """Return a number in [0, 1) from the operating system: all callers spread out."""
    return secrets.randbelow(1 << 20) / (1 << 20)


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a call to a member is tried, and how long the pauses are (seconds)."""

    attempts: int = 4
    first_pause_s: float = 0.5
    longest_pause_s: float = 8.0
    pause: Pause = field(default=asyncio.sleep, repr=False)
    jitter: Callable[[], float] = field(default=os_jitter, repr=False)

    async def __call__(self, peer: str, call: Callable[[], Awaitable[T]]) -> T:
        """Return what *call* answers; only a peer that does not answer is asked again.

        Raises:
            UnreachableError: *peer* did not answer in any attempt; the message says how many.
        """
        for attempt in range(1, self.attempts + 1):
            try:
                return await call()
            except UnreachableError as error:
                if attempt == self.attempts:
                    raise self._given_up(peer, error) from error
                await self.pause(self.length(attempt))
        raise AssertionError("attempts is 1 or more")  # pragma: no cover

    def length(self, attempt: int) -> float:
        """Return the pause after *attempt*: doubling, between half and all of it by jitter."""
        longest = min(self.longest_pause_s, self.first_pause_s * 2 ** (attempt - 1))
        return float(longest * (0.5 + 0.5 * self.jitter()))

    def _given_up(self, peer: str, error: UnreachableError) -> UnreachableError:
        return UnreachableError(
            Text(
                f"{peer} は{self.attempts}回試しても答えません。{error.what.ja}",
                f"{peer} did not answer in {self.attempts} attempts: {error.what.en}",
            ),
            error.fix,
        )
