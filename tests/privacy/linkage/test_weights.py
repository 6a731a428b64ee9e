import json
from dataclasses import replace

import numpy as np
import pytest

from privacy.canonical import canonical_bytes
from privacy.errors import ProtocolError
from privacy.linkage.candidates import Pairs
from privacy.linkage.evidence import Evidence, Number
from privacy.linkage.linker import start
from privacy.linkage.stack import Stack
from privacy.linkage.weights import MatchModel, MatchModels, models_from_json, probabilities
from tests.privacy.linkage.simulated import town


def _shown(similarity: list[list[float]], number: Number = Number.MISSING) -> Evidence:
    count = len(similarity)
    return Evidence(
        ("first/all", "first/name", "first/given_address"),
        np.array(similarity, dtype=np.float32),
        np.full(count, number, dtype=np.int8),
        np.zeros(count, dtype=np.bool_),
    )


@pytest.fixture(scope="module")
def model() -> MatchModel:
    return start(town(1).batches).models.first


def _with_more_views(model: MatchModel) -> MatchModel:
    views = (*model.views, "kana/name")
    return MatchModel(views, (*model.coefficients, 1, 2, 3, 4, 5, 6), model.number)


def test_models_survive_canonical_json(model: MatchModel) -> None:
    for models in (MatchModels(model), MatchModels(model, _with_more_views(model))):
        assert models_from_json(json.loads(canonical_bytes(models.to_json()))) == models


def test_a_pair_that_shows_no_later_view_is_weighed_as_in_the_first_pass(
    model: MatchModel,
) -> None:
    far_off = replace(_with_more_views(model), coefficients=(9_000_000,) * (2 + 2 * 2 + 4 * 4))
    alike = [[0.6, 0.6, 0.6, float("nan")], [0.6, 0.6, 0.6, 0.6]]
    shown = replace(_shown(alike), views=far_off.views)

    weights = MatchModels(model, far_off).weigh(shown)

    assert weights[0] == model.weigh(shown.of_views(3))[0]
    assert weights[1] == far_off.weigh(shown)[1]


@pytest.mark.parametrize(
    "change",
    [
        {"version": 1},
        {"first": None},
        {"first": {"coefficients": [1, 2]}},
        {"first": {"coefficients": ["x"]}},
        {"first": {"number": [0, 1, 2]}},
        {"first": {"views": None}},
        {"second": 1},
        {"second": {}},
    ],
)
def test_something_that_is_no_model_is_refused(
    model: MatchModel, change: dict[str, object]
) -> None:
    raw = json.loads(canonical_bytes(MatchModels(model).to_json()))
    inner = change.get("first")
    changed = {**raw, **change}
    if isinstance(inner, dict):
        changed["first"] = {**raw["first"], **inner}

    with pytest.raises(ProtocolError):
        models_from_json(changed)


def test_a_second_model_that_lacks_a_view_of_the_first_is_refused(model: MatchModel) -> None:
    with pytest.raises(ProtocolError):
        MatchModels(model, model)


def test_more_similarity_weighs_more(model: MatchModel) -> None:
    weights = model.weigh(_shown([[c, c, c] for c in np.linspace(0, 1, 21)]))

    assert (np.diff(weights) > 0).all()
    assert weights[0] < -3
    assert weights[-1] > 5


def test_different_numbers_weigh_against_a_match_and_equal_ones_for_it(model: MatchModel) -> None:
    alike = [[0.3, 0.3, 0.3]]

    without = model.weigh(_shown(alike))[0]

    assert model.weigh(_shown(alike, Number.DIFFERENT))[0] < without - 1
    assert model.weigh(_shown(alike, Number.EQUAL))[0] > without + 1


def test_a_missing_view_is_not_a_disagreement(model: MatchModel) -> None:
    missing, absent = model.weigh(_shown([[0.6, 0.6, float("nan")], [0.6, 0.6, 0.0]]))

    assert missing > absent


def test_two_equal_candidates_share_the_probability() -> None:
    stacked = Stack(("a", "b"), (0, 1, 3), np.array([0, 1, 1]), {}, {})
    pairs = Pairs(np.array([0, 0]), np.array([1, 2]))

    both = probabilities(np.array([10.0, 10.0]), pairs, stacked)
    one = probabilities(np.array([10.0, -10.0]), pairs, stacked)

    assert both == pytest.approx([0.5, 0.5], abs=1e-3)
    assert one[0] > 0.999
