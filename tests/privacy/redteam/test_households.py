"""The structure attack counts exactly what a guess by structure is worth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.errors import RefusedError
from privacy.redteam.households import Homes, HouseholdFindings, match_structures


def _homes(home: list[int], shown: list[int]) -> Homes:
    return Homes(np.array(home, dtype=np.int64), np.array(shown, dtype=np.int64))


def _share(seen: Homes, known: Homes) -> float:
    truth = np.arange(len(seen.home), dtype=np.int64)
    right, tried = match_structures(seen, known, truth, np.random.default_rng(1))
    return right / tried


def test_a_structure_that_nobody_else_has_is_known() -> None:
    one = _homes([0, 1, 1, 2, 2, 2], [1, 1, 2, 1, 1, 3])

    # The single, the pair of two patterns, and of the three the one that shows another.
    assert _share(one, one) == pytest.approx((1 + 2 + 1 + 2 * 0.5) / 6)


def test_homes_of_one_structure_hide_each_other() -> None:
    alike = _homes([at // 2 for at in range(200)], [1] * 200)

    assert _share(alike, alike) < 0.05


def test_unique_marks_name_everybody_and_wrong_structures_nobody() -> None:
    marked = _homes([0, 0, 1, 1], [10, 11, 12, 13])

    assert _share(marked, marked) == 1.0
    assert _share(_homes([0, 1, 2, 3], [10, 11, 12, 13]), marked) == 0.0


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2)), min_size=1, max_size=25))
def test_the_share_named_lies_between_none_and_all(rows: list[tuple[int, int]]) -> None:
    seen = _homes([home for home, _ in rows], [shown for _, shown in rows])

    assert 0 <= _share(seen, seen) <= 1


def test_a_blind_control_or_a_telling_structure_is_refused() -> None:
    HouseholdFindings(1000, 0.01, 0.2, 0.02, 0.99).check()
    with pytest.raises(RefusedError, match="control of the household test"):
        HouseholdFindings(1000, 0.01, 0.2, 0.02, 0.90).check()
    with pytest.raises(RefusedError, match="by the structure of their homes alone"):
        HouseholdFindings(1000, 0.04, 0.2, 0.02, 0.99).check()
