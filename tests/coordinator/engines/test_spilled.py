from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordinator.engines.spilled import Spilled
from coordinator.errors import EngineError
from privacy.linkage.linker import start
from privacy.similarity.engine import Engine
from privacy.similarity.sinks import MemorySink
from privacy.similarity.tiles import HERE
from tests.privacy.linkage.simulated import town


@given(
    seed=st.integers(0, 2**32),
    sizes=st.lists(st.integers(0, 60), max_size=12),
    rows=st.integers(1, 40),
    buffer=st.integers(1, 30),
)
@settings(max_examples=60, deadline=None)
def test_a_sink_on_disk_gives_what_a_sink_in_memory_gives(
    tmp_path_factory: pytest.TempPathFactory, seed: int, sizes: list[int], rows: int, buffer: int
) -> None:
    generator = np.random.default_rng(seed)
    spilled = Spilled(tmp_path_factory.getbasetemp(), buffer)(rows)
    plain = MemorySink(rows)
    for size in sizes:
        left, right = generator.integers(0, rows, (2, size))
        spilled.add(left, right)
        plain.add(left, right)

    for one, two in zip(spilled.take(), plain.take(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_many_pairs_come_back_memory_mapped_and_no_file_has_a_name(tmp_path: Path) -> None:
    sink = Spilled(tmp_path, 100)(10_000)
    for start_at in range(0, 5000, 50):
        rows = np.arange(start_at, start_at + 50)
        sink.add(rows, rows + 1)

    left, right = sink.take()

    assert isinstance(left, np.memmap)
    assert isinstance(right, np.memmap)
    np.testing.assert_array_equal(left, np.arange(5000))
    assert list(tmp_path.iterdir()) == []


def test_few_pairs_touch_no_disk(tmp_path: Path) -> None:
    sink = Spilled(tmp_path / "never made", 100)(10)
    for _ in range(50):
        sink.add(np.array([1, 2]), np.array([3, 4]))

    left, right = sink.take()

    assert (left.tolist(), right.tolist()) == ([1, 2], [3, 4])
    assert not (tmp_path / "never made").exists()


def test_a_disk_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    sink = Spilled(tmp_path / "file", 1)(10)

    with pytest.raises(EngineError, match="disk"):
        sink.add(np.array([1, 2, 3]), np.array([3, 4, 5]))


def test_a_linkage_with_pairs_on_disk_is_the_same(tmp_path: Path) -> None:
    batches = town(1).batches

    spilled = start(batches, engine=Engine(HERE, Spilled(tmp_path, 500)))
    plain = start(batches)

    assert isinstance(spilled.everything.left, np.memmap)
    np.testing.assert_array_equal(spilled.solution.cluster, plain.solution.cluster)
    np.testing.assert_array_equal(spilled.linked.weight, plain.linked.weight)
