from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from coordinator.retries import Retries
from privacy.errors import RefusedError, Text, UnreachableError


class Recorder:
    """A pause that takes no time and is remembered."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    async def __call__(self, length: float) -> None:
        self.pauses.append(length)


def _failing(times: int, error: Exception, calls: list[int]) -> Callable[[], Awaitable[str]]:
    async def call() -> str:
        calls.append(1)
        if len(calls) <= times:
            raise error
        return "answer"

    return call


DOWN = UnreachableError(Text("止まっています。", "down"))


def test_a_peer_that_answers_later_is_asked_again() -> None:
    pause = Recorder()
    calls: list[int] = []
    retries = Retries(attempts=4, pause=pause, jitter=lambda: 1.0)

    answer = asyncio.run(retries("school", _failing(2, DOWN, calls)))

    assert answer == "answer"
    assert len(calls) == 3
    assert pause.pauses == [0.5, 1.0]


def test_the_limit_is_visible_in_the_message() -> None:
    retries = Retries(attempts=3, pause=Recorder(), jitter=lambda: 0.0)

    with pytest.raises(UnreachableError, match="school did not answer in 3 attempts"):
        asyncio.run(retries("school", _failing(9, DOWN, [])))


def test_a_refusal_is_not_repeated() -> None:
    calls: list[int] = []
    error = RefusedError(Text("拒否", "refused"))

    with pytest.raises(RefusedError):
        asyncio.run(Retries(pause=Recorder())("school", _failing(9, error, calls)))

    assert len(calls) == 1


@pytest.mark.parametrize(("jitter", "lengths"), [(0.0, [0.25, 0.5, 1.0]), (1.0, [0.5, 1.0, 2.0])])
def test_pauses_grow_between_half_and_all_of_their_length(
    jitter: float, lengths: list[float]
) -> None:
    retries = Retries(jitter=lambda: jitter)

    assert [retries.length(attempt) for attempt in (1, 2, 3)] == lengths


def test_pauses_have_a_ceiling() -> None:
    assert Retries(longest_pause_s=8.0, jitter=lambda: 1.0).length(40) == 8.0
