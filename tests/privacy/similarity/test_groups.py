import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.similarity.groups import grouped
from privacy.similarity.kernels import Words
from privacy.similarity.search import pairs_among, pairs_within
from privacy.similarity.tiles import joined
from tests.privacy.similarity.plain import assert_same, plain_pairs


def _drawn(seed: int, rows: int, distinct: int) -> Words:
    """Return *rows* codes out of *distinct* and the missing one."""
    generator = np.random.default_rng(seed)
    pool = generator.integers(0, 2**63, (distinct, 8), dtype=np.uint64)
    pool[0] = 0
    return pool[generator.integers(0, distinct, rows)]


@given(
    seed=st.integers(0, 2**32),
    rows=st.integers(0, 120),
    others=st.integers(0, 120),
    distinct=st.integers(1, 150),
    limit=st.sampled_from([0, 225, 240, 512]),
    most=st.sampled_from([1, 7, 1 << 19]),
)
@settings(max_examples=40, deadline=None)
def test_rows_that_share_a_code_are_found_as_if_each_were_compared(
    seed: int, rows: int, others: int, distinct: int, limit: int, most: int
) -> None:
    codes = _drawn(seed, rows + others, distinct)
    left, right = codes[:rows], codes[rows:]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("privacy.similarity.search.FEW_PAIRS", -1)
        patch.setattr("privacy.similarity.groups._MOST_PAIRS", most if rows < 20 else 999)
        within = joined(pairs_within(left, right, limit))
        among = joined(pairs_among(codes, limit))

    assert_same(within, plain_pairs(left, right, limit))
    assert_same(among, plain_pairs(codes, codes, limit, upper=True))


def test_each_code_is_kept_once() -> None:
    codes = np.array([[1, 2], [3, 4], [1, 2], [2, 1], [3, 4], [1, 2]], dtype=np.uint64)

    groups = grouped(codes, np.arange(6))

    assert sorted(groups.sizes.tolist()) == [1, 2, 3]
    assert len(np.unique(groups.codes, axis=0)) == 3
    for at, code in enumerate(groups.codes):
        rows = groups.rows[groups.starts[at] : groups.starts[at + 1]]
        np.testing.assert_array_equal(codes[rows], np.tile(code, (len(rows), 1)))


def test_rows_on_which_the_sum_is_equal_and_codes_are_not_stay_apart() -> None:
    # The factors are 1, 3, ... times a constant: three in the first word weigh one in the second.
    codes = np.array([[3, 0], [0, 1], [3, 0]], dtype=np.uint64)

    groups = grouped(codes, np.arange(3))

    assert groups.sizes.sum() == 3
    assert len(joined(pairs_among(codes, 0))) == 1
