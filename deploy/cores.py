"""Read and encode the departments of a rehearsal, several at a time where there is much to do.

In the federation each department reads and encodes its own extract on its own machine.  One
machine that plays them all uses its cores: processes, because this is Python's own work.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Self, TypeVar

from nodes.ingest.department import DepartmentMapping
from nodes.intake import Intake, take_in
from privacy.encoding.batch import Batch
from privacy.encoding.encoder import Encoder
from privacy.errors import EnishiError
from privacy.normalise.person import Person

LARGE = 1 << 21
"""Bytes of all extracts from which starting processes (about a second) pays."""

T = TypeVar("T")


class Cores:
    """This process, or one process a core; use it in a ``with`` block."""

    def __init__(
        self, mappings: Sequence[DepartmentMapping], *, spread: bool, large: int = LARGE
    ) -> None:
        """Prepare for *mappings*; *spread* over processes from *large* bytes of extracts on."""
        cores = min(os.cpu_count() or 1, len(mappings))
        much = sum(_size(mapping) for mapping in mappings) >= large
        self._pool: ProcessPoolExecutor | None = None
        self._failed = False
        if spread and cores > 1 and much:
            fresh = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(cores, mp_context=fresh, initializer=_one_thread)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes; what they held in clear ends with them."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def read(self, mappings: Sequence[DepartmentMapping]) -> Iterator[Intake]:
        """Yield what each department's extract gives, in order.

        Raises:
            EnishiError: a file or mapping cannot be used.
        """
        jobs = [(take_in, (mapping,)) for mapping in mappings]
        return self._each(jobs, [take_in] * len(jobs), [_size(mapping) for mapping in mappings])

    def encode(
        self,
        encoder: Encoder,
        persons: Sequence[tuple[str, Sequence[Person]]],
        passes: Sequence[str],
    ) -> Iterator[Batch]:
        """Yield the encodings of each department's *persons*, in order.

        Here *encoder* remembers grams from call to call; another process starts anew.
        """
        here = encoder.encode
        jobs = [(here, (people, name, passes)) for name, people in persons]
        there = [_Encode(encoder)] * len(jobs)
        return self._each(jobs, there, [len(people) for _, people in persons])

    def _each(
        self,
        jobs: Sequence[tuple[Callable[..., T], tuple[Any, ...]]],
        there: Sequence[Callable[..., T]],
        sizes: Sequence[int],
    ) -> Iterator[T]:
        running = {}
        if self._pool is not None and not self._failed:
            # The largest first, so that none is left for the end.
            for at in sorted(range(len(jobs)), key=lambda at: -sizes[at]):
                running[at] = self._pool.submit(there[at], *jobs[at][1])
        for at, (here, arguments) in enumerate(jobs):
            try:
                if at in running:
                    yield running.pop(at).result()
                    continue
            except (EnishiError, BrokenProcessPool, TypeError):
                # An error loses its words on the way between processes: meet it here.
                self._failed = True
                running.clear()
            yield here(*arguments)


class _Encode:
    """Encodes in another process, with an encoder of its own."""

    def __init__(self, encoder: Encoder) -> None:
        self._schema, self._keys = encoder.schema, encoder.link_keys

    def __call__(self, persons: Sequence[Person], name: str, passes: Sequence[str]) -> Batch:
        return Encoder(self._schema, self._keys).encode(persons, name, passes)


def _one_thread() -> None:
    """Let compiled loops use one thread: there are as many processes as cores."""
    os.environ["NUMBA_NUM_THREADS"] = "1"


def _size(mapping: DepartmentMapping) -> int:
    path = mapping.source.path
    return path.stat().st_size if path.is_file() else 0
