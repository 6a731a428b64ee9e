"""Rows held over an epoch: changes merged into them link as all rows sent again would."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from privacy.encoding.batch import Batch
from privacy.errors import ProtocolError
from privacy.linkage.incremental import (
    Handles,
    HeldRows,
    chances,
    drawn_by_handle,
    to_request,
    updated,
    whole_rows,
)
from privacy.linkage.linker import start
from privacy.linkage.stack import Ids
from tests.privacy.linkage.simulated import Town, town

SEED = b"e" * 32
PLACES = 90
"""Children of the simulated town; a department's pool of rows is what it knows of them."""


class Department:
    """What a node has: rows of a pool by handle, each in one of two versions."""

    def __init__(self, first: Batch, later: Batch, generator: np.random.Generator) -> None:
        self.first, self.later = first, later
        self.other = generator.permutation(first.rows)
        self.handles = generator.choice(1 << 32, first.rows, replace=False).astype(np.uint32)
        self.rows = {row: row for row in range(first.rows // 2)}
        """Row of the pool -> whose views it has now: its own, or another's after a change."""

    def sent(self, rows: list[int]) -> tuple[Handles, Batch]:
        """Return handles and first-pass codes of *rows*, in that order."""
        picked = np.array([self.rows[row] for row in rows], dtype=np.int64)
        return self.handles[np.array(rows, dtype=np.int64)], self.first.take(picked)

    def again(self, handles: Handles) -> Batch:
        row_of = {int(self.handles[row]): self.rows[row] for row in self.rows}
        picked = np.array([row_of[int(handle)] for handle in handles], dtype=np.int64)
        return self.later.take(picked)

    def change(self, generator: np.random.Generator) -> tuple[list[int], list[int]]:
        """Remove, change and add a few rows; return those to send and those gone."""
        here = sorted(self.rows)
        gone = generator.choice(here, min(3, len(here) - 4), replace=False).tolist()
        for row in gone:
            del self.rows[row]
        free = sorted(set(range(self.first.rows)) - set(self.rows) - set(gone))
        new = generator.choice(free, min(4, len(free)), replace=False).tolist()
        changed = generator.choice(sorted(self.rows), 2, replace=False).tolist()
        for row in new:
            self.rows[row] = row
        for row in changed:
            self.rows[row] = int(self.other[self.rows[row]])
        return [*new, *changed], gone


def _departments(made: Town, generator: np.random.Generator) -> list[Department]:
    return [
        Department(first, later, generator)
        for first, later in zip(made.batches, made.later, strict=True)
    ]


def _link(
    departments: list[Department], held: list[HeldRows]
) -> tuple[list[tuple[Handles, Ids]], list[HeldRows], dict[str, Handles]]:
    """Link two passes; return each department's clusters by handle, and what is held now."""
    linker = start([one.first for one in held])
    asked = linker.ask(SEED, chance=chances(SEED, held))
    requests, batches, after = {}, [], []
    for department, rows in zip(departments, held, strict=True):
        name = rows.first.department
        requests[name] = to_request(rows, asked[name], SEED)
        with_views = rows.with_later(requests[name], department.again(requests[name]))
        batches.append(with_views.later_of(asked[name]))
        after.append(with_views)
    second = linker.second_pass(batches, asked)
    clusters = second.clusters()
    found = [(one.handles, clusters[one.first.department]) for one in held]
    return found, after, requests


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10**6), st.integers(1, 3))
@pytest.mark.timeout(120)
def test_incremental_rounds_give_exactly_the_clusters_of_a_full_round(
    seed: int, rounds: int
) -> None:
    generator = np.random.default_rng(seed)
    departments = _departments(town(seed, PLACES), generator)
    held = [whole_rows(*d.sent(sorted(d.rows))) for d in departments]
    _, held, _ = _link(departments, held)
    for _ in range(rounds):
        for at, department in enumerate(departments):
            sent, gone = department.change(generator)
            held[at] = updated(held[at], *department.sent(sent), department.handles[gone])
        incremental, held, _ = _link(departments, held)

    orders = [generator.permutation(sorted(d.rows)).tolist() for d in departments]
    fresh = [whole_rows(*d.sent(order)) for d, order in zip(departments, orders, strict=True)]
    full, _, _ = _link(departments, fresh)

    for (handles, cluster), (others, other) in zip(incremental, full, strict=True):
        assert np.array_equal(handles, others)
        assert np.array_equal(cluster, other)


def _some(count: int = 40) -> HeldRows:
    made = town(1, PLACES).batches[0]
    assert made.rows >= count
    handles = np.arange(count, dtype=np.uint32) * 5
    return whole_rows(handles, made.take(np.arange(count)))


def _numbers(*values: int) -> NDArray[np.uint32]:
    return np.array(values, dtype=np.uint32)


def test_what_changed_or_is_gone_is_in_no_array_afterwards() -> None:
    held = _some()
    views = Batch("d0", 3, {}, {"kana/all": np.full((3, 8), 7, dtype=np.uint64)})
    held = held.with_later(_numbers(0, 5, 10), views)

    after = updated(held, _numbers(5), held.first.take(np.array([9])), _numbers(0))

    assert 0 not in after.handles
    assert after.later_handles.tolist() == [10]
    assert len(after.later.views["kana/all"]) == 1
    assert after.first.tokens["T1"][0].tobytes() == held.first.tokens["T1"][9].tobytes()


def test_rows_asked_before_are_not_asked_again_and_requests_come_in_steps() -> None:
    held = _some(60)
    views = {"kana/all": np.ones((20, 8), dtype=np.uint64)}
    first = to_request(held, np.arange(20), SEED)
    held = held.with_later(first, Batch("d0", 20, {}, views))

    again = to_request(held, np.arange(2, 21), SEED)

    assert first.tolist() == held.handles[:20].tolist()
    assert len(again) == 8
    assert 100 in again
    assert not np.isin(again, first).any()
    assert len(to_request(held, np.arange(20), SEED)) == 0
    # Above the share that nodes allow, only what lacks is asked for.
    assert len(to_request(held, np.arange(40), SEED)) == 20


def test_a_rows_chance_depends_on_its_handle_and_the_seed_alone() -> None:
    few, many = _numbers(7, 9), _numbers(1, 7, 8, 9)

    assert (
        drawn_by_handle(SEED, "d", few).tolist()
        == drawn_by_handle(SEED, "d", many)[[1, 3]].tolist()
    )
    assert drawn_by_handle(SEED, "d", few).tolist() != drawn_by_handle(SEED, "e", few).tolist()
    assert drawn_by_handle(SEED, "d", few).tolist() != drawn_by_handle(bytes(32), "d", few).tolist()


@pytest.mark.parametrize(
    ("handles", "removed"),
    [((5, 5), ()), ((5, 6), (5,)), ((1, 2), (3,)), ((1, 2), (0, 0)), ((1,), ())],
)
def test_changes_that_do_not_fit_are_refused(
    handles: tuple[int, ...], removed: tuple[int, ...]
) -> None:
    held = _some()

    with pytest.raises(ProtocolError, match="d0"):
        updated(held, _numbers(*handles), held.first.take(np.arange(2)), _numbers(*removed))


def test_later_views_of_unknown_or_missing_rows_are_refused() -> None:
    held = _some()
    views = Batch("d0", 1, {}, {"kana/all": np.ones((1, 8), dtype=np.uint64)})

    with pytest.raises(ProtocolError, match="unknown row"):
        held.with_later(_numbers(1), views)
    with pytest.raises(ProtocolError, match="lack"):
        held.with_later(_numbers(5), views).later_of(np.array([0]))
