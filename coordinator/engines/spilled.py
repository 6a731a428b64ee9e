"""A sink that keeps few pairs in memory and any number on disk, read back memory-mapped.

Sorted runs are appended to a file as they fill; at the end they are merged part by part
(each part a range of pairs that fits the buffer), so memory does not grow with the pairs.
The files have no name from the moment they are made: they end with the process and hold
row numbers only, no code.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO

import numpy as np

from coordinator.errors import EngineError
from privacy.errors import Text
from privacy.similarity.sinks import Ids, PairSink, distinct

BUFFER = 1 << 22
"""Pairs held in memory, 8 bytes each; a few copies of the buffer are alive while sorting."""
_BYTES = 8


@dataclass(frozen=True, slots=True)
class Spilled:
    """Makes sinks that write to *folder* what does not fit *buffer* pairs."""

    folder: Path
    buffer: int = BUFFER

    def __call__(self, rows: int) -> PairSink:
        """Return a sink for pairs of rows 0 .. *rows* - 1."""
        return _Sink(self.folder, max(rows, 1), self.buffer)


class _Sink:
    def __init__(self, folder: Path, rows: int, buffer: int) -> None:
        self._folder = folder
        self._rows = rows
        self._most = buffer
        self._held: list[Ids] = []
        self._count = 0
        self._runs: list[int] = []
        self._file: IO[bytes] | None = None

    def add(self, left: Ids, right: Ids) -> None:
        """Keep pairs.

        Raises:
            EngineError: the disk is full or not writable.
        """
        # What comes at once may be larger than the buffer.
        for start in range(0, len(left), self._most):
            part = slice(start, start + self._most)
            self._held.append(left[part] * self._rows + right[part])
            self._count += len(self._held[-1])
            if self._count > self._most:
                self._shrink()

    def take(self) -> tuple[Ids, Ids]:
        """Return all pairs, each once, in order; memory-mapped where they are many.

        Raises:
            EngineError: the disk is full or not writable.
        """
        if self._file is None:
            keys = self._sorted()
            return keys // self._rows, keys % self._rows
        self._write_run(self._sorted())
        with _disk():
            self._file.flush()
            with _temporary(self._folder) as left, _temporary(self._folder) as right:
                total = 0
                for keys in self._merged():
                    left.write((keys // self._rows).tobytes())
                    right.write((keys % self._rows).tobytes())
                    total += len(keys)
                self._file.close()
                # A mapping keeps its file alive.
                return _mapped(left, total), _mapped(right, total)

    def _sorted(self) -> Ids:
        keys = distinct(np.concatenate([*self._held, np.zeros(0, dtype=np.int64)]))
        self._held, self._count = [], 0
        return keys

    def _shrink(self) -> None:
        """Drop what is held twice; write the rest as a run where that is still much."""
        keys = self._sorted()
        if len(keys) > self._most // 2:
            self._write_run(keys)
        else:
            self._held, self._count = [keys], len(keys)

    def _write_run(self, keys: Ids) -> None:
        with _disk():
            if self._file is None:
                self._file = _temporary(self._folder)
                # A search that fails never takes its pairs.
                weakref.finalize(self, self._file.close)
            self._file.write(keys.tobytes())
        self._runs.append(len(keys))

    def _merged(self) -> Iterator[Ids]:
        """Yield all keys of the runs, each once, in order, in parts of about a buffer."""
        whole = _mapped(self._file, sum(self._runs))
        starts = np.cumsum([0, *self._runs])
        runs = [whole[low:high] for low, high in pairwise(starts)]
        # Every step-th key of each run: between two cuts a run holds less than a step.
        step = max(1, self._most // (2 * len(runs)))
        samples = np.sort(np.concatenate([run[::step] for run in runs]))
        cuts = [*np.unique(samples[:: len(runs)]).tolist()[1:], None]
        low = [0] * len(runs)
        for cut in cuts:
            high = [len(run) if cut is None else int(np.searchsorted(run, cut)) for run in runs]
            yield distinct(
                np.concatenate(
                    [run[one:two] for run, one, two in zip(runs, low, high, strict=True)]
                )
            )
            low = high


def _temporary(folder: Path) -> IO[bytes]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return tempfile.TemporaryFile(dir=folder, prefix="pairs-")


def _mapped(file: IO[bytes] | None, count: int) -> Ids:
    if file is None or not count:
        return np.zeros(0, dtype=np.int64)
    file.flush()
    return np.memmap(file, dtype=np.int64, mode="r", shape=(count,))


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EngineError(
            Text("見つかった組をディスクに書けません。", "Found pairs cannot be written to disk."),
            Text("空き容量と権限を確かめてください。", "Check free space and permissions."),
        ) from error
