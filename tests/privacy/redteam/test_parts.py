"""The parts of the attacks: assignment, expectation, groups, frequencies, intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.optimize import linear_sum_assignment
from scipy.stats import beta

from privacy.encoding.schema import default_schema
from privacy.errors import BadInputError
from privacy.normalise.person import Person
from privacy.redteam.assignment import assign, soften
from privacy.redteam.frequency import Column, named_by_frequency
from privacy.redteam.groups import recover_groups
from privacy.redteam.intervals import clopper_pearson
from privacy.redteam.matching import match_from_known, match_graphs
from privacy.redteam.observation import Observation, encoded_views, expect, observe
from privacy.redteam.population import Population
from tests.privacy.redteam import people

SCORES = st.tuples(st.integers(1, 9), st.integers(0, 4)).flatmap(
    lambda size: arrays.arrays(
        np.float32,
        (size[0], size[0] + size[1]),
        elements=st.floats(-100, 100, width=16),
    )
)


@given(SCORES)
def test_an_assignment_is_as_good_as_the_best(scores: np.ndarray) -> None:
    found = assign(scores)
    assert len(set(found.tolist())) == len(scores)
    rows, columns = linear_sum_assignment(-scores.astype(float))
    best = scores.astype(float)[rows, columns].sum()
    assert scores.astype(float)[np.arange(len(scores)), found].sum() == pytest.approx(best)


@given(SCORES)
def test_soft_shares_add_to_one_a_row(scores: np.ndarray) -> None:
    assert soften(scores, 3.0).sum(axis=1) == pytest.approx(np.ones(len(scores)), abs=1e-4)


@given(st.integers(1, 300), st.data())
def test_intervals_are_those_of_clopper_and_pearson(tried: int, data: st.DataObject) -> None:
    right = data.draw(st.integers(0, tried))
    low, high = clopper_pearson(right, tried, 0.05)
    assert low == pytest.approx(beta.ppf(0.025, right, tried - right + 1) if right else 0, abs=1e-9)
    whole = right == tried
    assert high == pytest.approx(
        1 if whole else beta.ppf(0.975, right + 1, tried - right), abs=1e-9
    )


def simulated(rows: int, seed: int) -> tuple[Observation, Observation, np.ndarray]:
    """A graph and a shuffled, slightly noisy copy of part of it."""
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(rows, 6))
    square = np.asarray(np.corrcoef(points), dtype=np.float32)
    order = rng.permutation(rows)[: rows * 3 // 4]
    seen = square[np.ix_(order, order)] + rng.normal(0, 0.01, (len(order),) * 2).astype("f4")
    for plane in (square, seen):
        np.fill_diagonal(plane, 0)

    def view(plane: np.ndarray) -> Observation:
        flat = np.ones((1, len(plane)), np.float32)
        return Observation(plane[None], flat, flat > 0)

    return view(seen), view(square), order


def test_a_noisy_part_of_a_graph_is_aligned_with_the_whole() -> None:
    seen, whole, order = simulated(80, 1)
    assert (match_graphs(seen, whole, weights=False) == order).mean() > 0.9
    known = np.arange(8)
    assert (match_from_known(seen, whole, known, order[known]) == order).mean() > 0.9


def test_unrelated_graphs_are_not_aligned() -> None:
    seen, _, _ = simulated(80, 2)
    _, whole, order = simulated(80, 3)
    # At most 7 of 60 by chance: a Poisson count of mean about 1 exceeds it once in 1e5;
    # the seeds are fixed, so the result is.
    assert (match_graphs(seen, whole, weights=False) == order).sum() <= 7


def test_groups_are_recovered_from_what_lies_together() -> None:
    rng = np.random.default_rng(1)
    true = np.repeat(np.arange(10), 5)
    near = (true[:, None] == true[None, :]) * 0.4 + rng.normal(0, 0.03, (50, 50))
    found = recover_groups(((near + near.T) / 2).astype("f4"), 10, 8)
    assert ((found[:, None] == found[None, :]) == (true[:, None] == true[None, :])).all()


def test_frequent_values_are_named_by_rank() -> None:
    values = ["佐藤"] * 5 + ["鈴木"] * 3 + ["高橋"] * 2
    code = {name: np.uint64(2**at) for at, name in enumerate(sorted(set(values)))}
    codes = np.array([[code[value]] for value in values], dtype=np.uint64)
    assert named_by_frequency([Column(codes, values, values)]) == [(10, 10)]


def test_what_is_expected_of_codes_is_what_other_keys_give() -> None:
    """The formula for sharpened codes agrees with codes under keys that the attacker lacks."""
    persons = people.population(per_date=60).known
    schema = default_schema()
    first = schema.get_pass("first")
    expected = expect(schema, first, persons, 1).similarity
    seen = observe(list(encoded_views(schema, first, persons, bytes(32)).values())).similarity
    off = ~np.eye(len(persons), dtype=bool)
    for left, right in zip(seen, expected, strict=True):
        bins = [(0.3, 0.5), (0.1, 0.2), (-0.001, 0.001)]
        for low, high in bins:
            chosen = off & (right > low) & (right < high)
            if chosen.sum() > 200:
                assert left[chosen].mean() == pytest.approx(right[chosen].mean(), abs=0.03)


def test_a_population_without_people_is_refused() -> None:
    few = (Person(),) * 10
    with pytest.raises(BadInputError, match="at least 50"):
        Population(few, few, np.arange(10))
    with pytest.raises(BadInputError, match="does not fit"):
        Population(few, few, np.arange(11))
