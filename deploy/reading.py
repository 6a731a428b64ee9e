"""Read the departments of a rehearsal, several at a time where their files are large.

In the federation each department reads its own extract on its own machine.  One machine
that reads them all uses its cores: processes, because reading is Python's own work.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from nodes.ingest.department import DepartmentMapping
from nodes.intake import Intake, take_in
from privacy.errors import EnishiError

LARGE = 1 << 21
"""Bytes of all extracts from which starting processes (about a second) pays."""

Begin = Callable[[DepartmentMapping], None]


def read_all(
    mappings: Sequence[DepartmentMapping], begin: Begin, large: int = LARGE
) -> Iterator[Intake]:
    """Yield what each department's extract gives, in order; the same however it is read.

    Args:
        mappings: the departments.
        begin: told before each.
        large: bytes from which several are read at a time.

    Raises:
        EnishiError: a file or mapping cannot be used.
    """
    cores = min(os.cpu_count() or 1, len(mappings))
    if cores < 2 or sum(_size(mapping) for mapping in mappings) < large:  # noqa: PLR2004
        for mapping in mappings:
            begin(mapping)
            yield take_in(mapping)
        return
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(cores, mp_context=fresh) as pool:
        # The largest first, so that none is left for the end.
        order = sorted(mappings, key=_size, reverse=True)
        running = {mapping.department: pool.submit(take_in, mapping) for mapping in order}
        try:
            for mapping in mappings:
                begin(mapping)
                yield _result(running.pop(mapping.department), mapping)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _size(mapping: DepartmentMapping) -> int:
    path = mapping.source.path
    return path.stat().st_size if path.is_file() else 0


def _result(running: Future[Intake], mapping: DepartmentMapping) -> Intake:
    try:
        return running.result()
    except (EnishiError, BrokenProcessPool, TypeError):
        # An error loses its words on the way between processes: meet it here, or succeed.
        return take_in(mapping)
