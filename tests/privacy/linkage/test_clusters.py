import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from privacy.linkage.candidates import Pairs
from privacy.linkage.clusters import Thresholds, numbers_bind, solve
from privacy.linkage.compiled import greedy_numba
from privacy.linkage.greedy import greedy_python
from privacy.linkage.stack import Stack


def _stack(sizes: list[int], numbers: list[int] | None = None) -> Stack:
    department = np.repeat(np.arange(len(sizes)), sizes)
    tokens = {} if numbers is None else {"A": np.array(numbers)}
    offsets = (0, *np.cumsum(sizes).tolist())
    return Stack(tuple(f"d{i}" for i in range(len(sizes))), offsets, department, tokens, {})


def _pairs(*pairs: tuple[int, int]) -> Pairs:
    rows = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return Pairs(rows[:, 0], rows[:, 1])


def test_the_surer_of_two_twins_is_taken_and_they_never_meet() -> None:
    solution = solve(_stack([2, 1]), _pairs((0, 2), (1, 2)), np.array([0.9, 0.8]))

    assert solution.cluster[0] == solution.cluster[2]
    assert solution.cluster[1] != solution.cluster[0]


def test_twins_do_not_meet_through_a_third_department() -> None:
    pairs = _pairs((0, 2), (1, 3), (2, 3))

    solution = solve(_stack([2, 1, 1]), pairs, np.array([0.99, 0.98, 0.97]))

    assert solution.cluster[0] != solution.cluster[1]


def test_different_numbers_keep_a_likely_pair_apart_for_review() -> None:
    pairs = _pairs((0, 1))

    apart = solve(_stack([1, 1], [5, 6]), pairs, np.array([1.0]))

    assert apart.cluster.tolist() == [0, 1]
    assert apart.conflicts.tolist() == [0]
    assert apart.review.tolist() == []


@pytest.mark.parametrize(
    ("equal", "different", "bind"),
    [(0, 0, True), (0, 1, True), (8, 2, True), (950, 50, True), (4500, 430, False)],
)
def test_numbers_bind_unless_the_data_show_that_they_are_no_registers(
    equal: int, different: int, bind: bool
) -> None:
    assert numbers_bind(equal, different) is bind


def test_numbers_that_do_not_bind_are_overruled_by_sure_pairs_only() -> None:
    pairs = _pairs((0, 2), (1, 3))

    solution = solve(_stack([2, 2], [5, 6, 7, 8]), pairs, np.array([0.999, 0.98]), binding=False)

    assert solution.linked.tolist() == [0]
    assert solution.conflicts.tolist() == [1]


def test_the_row_whose_number_others_contradict_is_the_one_left_out() -> None:
    pairs = _pairs((0, 1), (0, 2), (1, 2), (1, 3), (0, 3), (2, 3))
    probability = np.array([0.99, 0.98, 0.999, 0.9999, 0.97, 0.96])

    solution = solve(_stack([1, 1, 1, 1], [5, 5, -1, 6]), pairs, probability)

    assert solution.cluster.tolist() == [0, 0, 0, 1]
    assert 3 in solution.conflicts.tolist()


def test_numbers_that_contradict_through_a_third_row_keep_clusters_apart() -> None:
    pairs = _pairs((0, 1), (1, 2))

    solution = solve(_stack([1, 1, 1], [5, -1, 6]), pairs, np.array([0.99, 0.98]))

    assert solution.cluster.tolist() == [0, 0, 1]
    assert solution.conflicts.tolist() == [1]


def test_pairs_near_the_threshold_go_to_review() -> None:
    pairs = _pairs((0, 4), (1, 5), (2, 6), (3, 7))

    solution = solve(_stack([4, 4]), pairs, np.array([0.05, 0.3, 0.7, 0.99]), Thresholds())

    assert solution.review.tolist() == [1, 2]
    assert solution.linked.tolist() == [2, 3]


@given(seed=st.integers(0, 2**32), sizes=st.lists(st.integers(0, 12), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_a_cluster_has_at_most_one_row_a_department(seed: int, sizes: list[int]) -> None:
    generator = np.random.default_rng(seed)
    stacked = _stack(sizes)
    left, right = np.triu_indices(stacked.rows, 1)
    pairs = Pairs(left, right)
    pairs = pairs.where(pairs.across(stacked))
    chosen = generator.random(len(pairs)) < 0.3
    pairs = pairs.where(chosen)

    solution = solve(stacked, pairs, generator.random(len(pairs)))

    keys = solution.cluster * max(1, len(sizes)) + stacked.department
    assert len(np.unique(keys)) == stacked.rows
    assert solution.count == len(np.unique(solution.cluster))


def _anonlink(
    sizes: list[int], pairs: Pairs, probability: NDArray[np.float64]
) -> set[frozenset[int]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from anonlink.solving import probabilistic_greedy_solve  # noqa: PLC0415
    stacked = _stack(sizes)
    order = np.argsort(-probability, kind="stable")
    left, right = pairs.left[order], pairs.right[order]
    offsets = np.array(stacked.offsets)
    parties = [stacked.department[rows].astype(np.uint32) for rows in (left, right)]
    records = [
        (rows - offsets[stacked.department[rows]]).astype(np.uint32) for rows in (left, right)
    ]
    groups = probabilistic_greedy_solve(
        (probability[order], tuple(parties), tuple(records)), merge_threshold=0.0
    )
    return {frozenset(int(offsets[d] + r) for d, r in group) for group in groups}


@pytest.mark.parametrize("seed", range(5))
def test_clusters_are_those_of_anonlinks_greedy_solver(seed: int) -> None:
    generator = np.random.default_rng(seed)
    sizes = [20, 15, 25]
    stacked = _stack(sizes)
    left, right = np.triu_indices(stacked.rows, 1)
    pairs = Pairs(left, right)
    pairs = pairs.where(pairs.across(stacked))
    pairs = pairs.where(generator.random(len(pairs)) < 0.05)
    probability = 0.5 + generator.random(len(pairs)) / 2

    solution = solve(stacked, pairs, probability)

    ours: dict[int, set[int]] = {}
    for row, cluster in enumerate(solution.cluster.tolist()):
        ours.setdefault(cluster, set()).add(row)
    grouped = {frozenset(rows) for rows in ours.values() if len(rows) > 1}
    assert grouped == _anonlink(sizes, pairs, probability)


@given(seed=st.integers(0, 2**32), sizes=st.lists(st.integers(0, 12), min_size=1, max_size=6))
@settings(max_examples=40, deadline=None)
def test_the_compiled_joining_equals_the_plain_one(seed: int, sizes: list[int]) -> None:
    generator = np.random.default_rng(seed)
    stacked = _stack(sizes)
    left, right = np.triu_indices(stacked.rows, 1)
    chosen = generator.random(len(left)) < 0.4
    number = generator.integers(-1, 4, stacked.rows)
    firm = generator.random(int(chosen.sum())) < 0.2
    given_pairs = (left[chosen], right[chosen], firm, stacked.department, number)

    plain, compiled = greedy_python(*given_pairs), greedy_numba(*given_pairs)

    assert np.array_equal(plain[0], compiled[0])
    assert np.array_equal(plain[1], compiled[1])


def test_a_thousand_pairs_of_twins_stay_apart() -> None:
    generator = np.random.default_rng(3)
    births, departments = 1000, 4
    rows = 2 * births
    department = np.repeat(np.arange(departments), rows)
    row = np.arange(departments * rows)
    left, right = np.triu_indices(departments, 1)
    twin = [0, 1]
    parts = [
        (a * rows + 2 * np.arange(births) + i, b * rows + 2 * np.arange(births) + j)
        for a, b in zip(left, right, strict=True)
        for i in twin
        for j in twin
    ]
    pairs = Pairs(*(np.concatenate(side) for side in zip(*parts, strict=True)))
    same = pairs.left % 2 == pairs.right % 2
    probability = np.where(same, 0.9, 0.85) + 0.1 * generator.random(len(pairs)) * same
    offsets = tuple(range(0, len(row) + 1, rows))
    stacked = Stack(tuple("abcd"), offsets, department, {}, {})

    cluster = solve(stacked, pairs, probability).cluster

    assert (cluster[row[::2]] != cluster[row[1::2]]).all()
    assert len(np.unique(cluster)) == rows


def test_more_departments_than_a_mask_holds_are_refused() -> None:
    with pytest.raises(ValueError, match="departments"):
        solve(_stack([1] * 64), _pairs((0, 1)), np.array([0.9]))
