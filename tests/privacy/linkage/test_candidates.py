from math import comb

import numpy as np
import pytest

from privacy.encoding.batch import Batch
from privacy.linkage.candidates import largest_distance, merge, pairs_by_token, pairs_by_view
from privacy.linkage.stack import stack
from tests.privacy.linkage.simulated import random_codes, token


@pytest.mark.parametrize("comparisons", [10**5, 10**9, 10**12])
def test_the_cut_is_the_last_distance_that_chance_stays_below(comparisons: int) -> None:
    limit = largest_distance(512, comparisons, 100.0)

    tail = sum(comb(512, k) for k in range(limit + 1)) / 2**512
    beyond = tail + comb(512, limit + 1) / 2**512
    assert tail * comparisons <= 100 < beyond * comparisons


def test_the_cut_never_goes_deep_into_the_noise() -> None:
    assert largest_distance(512, 1, 1.0) <= 512 / 2 - 0.5 * 512**0.5


def test_unrelated_rows_give_about_as_many_candidates_as_allowed() -> None:
    # 3,000 codes, one false candidate a row expected at most; 3,400 has probability < 1e-6.
    generator = np.random.default_rng(1)
    stacked = stack([Batch("a", 3000, {}, {"first/all": random_codes(generator, 3000)})])

    assert 500 < len(merge(pairs_by_view(stacked, "first/all"), 3000)) < 3400


def test_equal_tokens_of_two_departments_are_pairs_and_missing_ones_are_not() -> None:
    batches = [
        Batch("a", 3, {"T1": token(np.array([7, -1, 8]))}, {}),
        Batch("b", 3, {"T1": token(np.array([-1, 8, 7]))}, {}),
        Batch("c", 1, {}, {}),
    ]

    pairs = pairs_by_token(stack(batches), "T1")

    assert set(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)) == {(0, 5), (2, 4)}
