"""A waterfall adds up to the weight, whatever the model, and names nobody."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.canonical import canonical_bytes
from privacy.linkage.candidates import Pairs
from privacy.linkage.clusters import Thresholds
from privacy.linkage.evidence import Evidence, Number
from privacy.linkage.explain import explain, taken_apart, waterfalls, waterfalls_of
from privacy.linkage.linker import Linker, start
from privacy.linkage.sample import PAIRS_PER_KIND, Kind, sample_pairs
from privacy.linkage.unlinkable import histogram, own_histograms, own_weights
from privacy.linkage.weights import MatchModel
from tests.privacy.linkage.simulated import town


def linked_twice(seed: int, *, with_numbers: bool = True) -> Linker:
    """Return a linkage of all passes, looks at the remainder included."""
    made = town(seed, children=300, wrong_dates=0.1, with_numbers=with_numbers)
    first = start(made.batches)
    asked = first.ask(bytes(32), 1.0)
    return first.second_pass(made.again(asked), asked)


@pytest.mark.parametrize("with_numbers", [True, False])
def test_the_parts_of_every_pair_add_up_to_its_weight(with_numbers: bool) -> None:
    linker = linked_twice(3, with_numbers=with_numbers)

    falls = waterfalls(linker, np.arange(len(linker.linked.pairs)))

    assert len(linker.linked.refined) > 0
    assert set(linker.linked.source.tolist()) > {0}
    np.testing.assert_allclose(falls.weight, linker.linked.weight, atol=2e-4)


similarities = st.one_of(st.none(), st.floats(-1, 1, width=32))
millionths = st.integers(-30_000_000, 30_000_000)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(millionths, min_size=2 + 2 + 4 * 2, max_size=2 + 2 + 4 * 2),
    st.tuples(*[millionths] * 4),
    st.lists(st.tuples(similarities, similarities, st.integers(0, 3), st.booleans()), max_size=20),
)
def test_the_parts_add_up_for_any_model_and_any_evidence(
    coefficients: list[int],
    number: tuple[int, int, int, int],
    pairs: list[tuple[float | None, float | None, int, bool]],
) -> None:
    model = MatchModel(("first/all", "first/name"), tuple(coefficients), number)
    similar = np.array([pair[:2] for pair in pairs], dtype=np.float32).reshape(-1, 2)
    shown = Evidence(
        model.views,
        similar,
        np.array([pair[2] for pair in pairs], dtype=np.int8),
        np.array([pair[3] for pair in pairs], dtype=np.bool_),
    )

    falls = taken_apart(model, shown)

    np.testing.assert_allclose(falls.weight, model.weigh(shown), atol=1e-3)
    assert (falls.identity[~shown.exact & (shown.number != Number.EQUAL)] == 0).all()


def test_only_an_exact_identity_makes_up_for_anything() -> None:
    linker = linked_twice(5)

    falls = waterfalls(linker, np.arange(len(linker.linked.pairs)))

    shown = linker.linked.shown
    assert (falls.identity >= -2e-4).all()
    assert (falls.identity[~shown.exact & (shown.number != 1)] == 0).all()


def test_an_explanation_is_integers_that_add_up_and_ends_at_the_probability() -> None:
    linker = linked_twice(6)
    chosen = np.linspace(0, len(linker.linked.pairs) - 1, 40).astype(np.int64)

    for why, place in zip(explain(linker, chosen), chosen, strict=True):
        *parts, rivals = why.steps
        assert sum(step.weight for step in parts) == why.weight
        assert why.weight == pytest.approx(1e6 * linker.linked.weight[place], abs=300)
        assert why.probability == round(1e6 * linker.linked.probability[place])
        assert rivals.weight <= 0
        at_end = (why.weight + rivals.weight) / 1e6
        if abs(at_end) < 12:
            assert 1 / (1 + np.exp(-at_end)) == pytest.approx(why.probability / 1e6, abs=1e-3)
        assert canonical_bytes(why.to_json())


def test_pairs_that_were_no_candidates_can_be_explained_too() -> None:
    linker = linked_twice(7)
    last = linker.stack.rows - 1

    falls = waterfalls_of(linker, Pairs(np.array([0]), np.array([last])))

    assert np.isfinite(falls.weight).all()


def test_the_sample_is_small_numbered_and_of_all_kinds() -> None:
    linker = linked_twice(8)

    sample = sample_pairs(linker, bytes(32))

    assert [pair.number for pair in sample] == list(range(1, len(sample) + 1))
    kinds = [pair.kind for pair in sample]
    assert set(kinds) >= {Kind.LINKED, Kind.CONFLICT}
    assert all(kinds.count(kind) <= PAIRS_PER_KIND for kind in Kind)
    assert {"number", "kind", "departments", "linked", "explanation"} == set(sample[0].to_json())  # type: ignore[arg-type]
    assert sample != sample_pairs(linker, b"another")


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-50, 50), max_size=50))
def test_a_histogram_counts_every_weight_once(weights: list[float]) -> None:
    assert sum(histogram(np.array(weights))) == len(weights)


def test_a_row_without_anything_is_below_every_threshold() -> None:
    made = town(9, children=80)
    batch = made.batches[0]
    for codes in batch.views.values():
        codes[0] = 0
    for tokens in batch.tokens.values():
        tokens[0] = 0
    linker = start(made.batches)

    weight = own_weights(linker)

    assert weight[0] < np.log(Thresholds().review)
    assert (weight[1:] > 0).all()
    assert [sum(bins) for bins in own_histograms(linker)] == [b.rows for b in made.batches]
