"""Two verbs side by side: the demo is made for two cores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

AT_ONCE = 2

T = TypeVar("T")
R = TypeVar("R")


def two_at_once(work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Yield the results of *work* in the order of *items*, two in work at any time.

    When the caller stops or one raises, nothing more begins and nothing is waited for:
    the processes that are still at it are the caller's to stop.
    """
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        yield from pool.map(work, items)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
