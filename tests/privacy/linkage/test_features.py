"""What views weigh: mixtures of equal and different salts, their gradients and their parts."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from privacy.linkage.evidence import Evidence
from privacy.linkage.features import (
    gradients,
    places,
    similarity_weights,
    starting_coefficients,
    view_weights,
)

VIEWS = ("first/all", "first/name", "home/all", "kana/all", "kana/name")


def _shown(similarity: NDArray[np.float64]) -> Evidence:
    count = len(similarity)
    return Evidence(
        VIEWS,
        similarity.astype(np.float32),
        np.zeros(count, dtype=np.int8),
        np.arange(count) % 2 == 0,
    )


def _drawn(seed: int, pairs: int = 40) -> tuple[Evidence, NDArray[np.float64]]:
    dice = np.random.default_rng(seed)
    similarity = dice.uniform(-0.1, 1.0, (pairs, len(VIEWS)))
    similarity[dice.random(similarity.shape) < 0.3] = np.nan
    start = starting_coefficients(VIEWS)
    return _shown(similarity), start + dice.normal(0, 1, len(start))


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_gradients_are_those_of_the_weight(seed: int) -> None:
    shown, coefficients = _drawn(seed)
    design, step = gradients(shown, coefficients), 1e-6

    for column in range(len(coefficients)):
        moved = coefficients.copy()
        moved[column] += step
        slope = (similarity_weights(shown, moved) - similarity_weights(shown, coefficients)) / step
        np.testing.assert_allclose(design[:, column], slope, atol=1e-4)


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_the_views_parts_add_up_and_a_missing_pass_gives_nothing(seed: int) -> None:
    shown, coefficients = _drawn(seed)

    given_by = view_weights(shown, coefficients)

    fixed = coefficients[0] + np.where(shown.exact, coefficients[1], 0.0)
    np.testing.assert_allclose(
        given_by.sum(axis=1) + fixed, similarity_weights(shown, coefficients)
    )
    gone = np.isnan(shown.similarity[:, 3:]).all(axis=1)
    assert not given_by[gone, 3:].any()


def test_the_noise_of_other_passes_costs_at_most_their_floors() -> None:
    coefficients = starting_coefficients(VIEWS)
    one_stands_out = np.array([[0.0, 0.0, 0.9, 0.0, 0.0]])
    alone = np.array([[np.nan, np.nan, 0.9, np.nan, np.nan]])

    with_noise, without = (
        similarity_weights(_shown(similarity), coefficients)[0]
        for similarity in (one_stands_out, alone)
    )

    floors = sum(coefficients[place.floor] for place in places(VIEWS)[::2])
    assert without - floors <= with_noise < without
    assert with_noise > 0
