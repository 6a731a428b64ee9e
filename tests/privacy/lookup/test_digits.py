"""Digits never carry into each other, and a plan that does not fit is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.errors import BadInputError, RefusedError
from privacy.lookup.digits import Digit, DigitPlan

NODES = ("a", "b", "c")


@given(st.integers(0, 2**32 - 1))
def test_the_sum_of_packed_contributions_unpacks_to_the_sums_of_clamped_values(seed: int) -> None:
    draw = np.random.default_rng(seed)
    plan = DigitPlan(
        (
            Digit.flag("hold", NODES),
            Digit("count", (("a", 3), ("c", int(draw.integers(1, 9))))),
            Digit.of("mine", "b", 3),
        )
    )
    clear = {
        node: {d.name: draw.integers(-5, 30, 50) for d in plan.digits if d.limit(node)}
        for node in NODES
    }

    packed = [plan.pack(node, clear[node], 50).astype(np.int64) for node in NODES]

    total = np.sum(packed, axis=0)
    assert total.max() < plan.size <= plan.domain
    for digit in plan.digits:
        wanted = sum(np.clip(clear[n][digit.name], 0, digit.limit(n)) for n in digit.contributors)
        assert np.array_equal(plan.unpack(total)[digit.name], wanted)


def test_a_digit_that_any_node_may_set_has_one_value_more_than_there_are_nodes() -> None:
    assert Digit.flag("hold", NODES).radix == 4


def test_the_domain_is_the_next_power_of_two_and_fills_a_byte() -> None:
    assert DigitPlan((Digit.of("x", "a", 2),)).domain == 8
    assert DigitPlan((Digit.of("x", "a", 65),)).domain == 128
    assert DigitPlan((Digit.of("x", "a", 4096),)).domain == 4096


def test_a_product_over_the_limit_is_refused_with_its_radices() -> None:
    with pytest.raises(RefusedError, match=r"4097, over 4096 \(x:17 x y:241\)"):
        DigitPlan((Digit.of("x", "a", 17), Digit.of("y", "a", 241)))


@pytest.mark.parametrize(
    ("name", "limits"),
    [("x", ()), ("x", (("a", 0),)), ("x", (("a", 1), ("a", 2))), ("", (("a", 1),))],
)
def test_a_digit_without_a_sound_contributor_is_refused(
    name: str, limits: tuple[tuple[str, int], ...]
) -> None:
    with pytest.raises(BadInputError):
        Digit(name, limits)


def test_a_name_twice_is_refused() -> None:
    with pytest.raises(BadInputError):
        DigitPlan((Digit.of("x", "a", 2), Digit.of("x", "b", 2)))


@pytest.mark.parametrize(
    ("node", "name", "values"),
    [
        ("b", "x", np.ones(3, dtype=np.int64)),
        ("a", "nowhere", np.ones(3, dtype=np.int64)),
        ("a", "x", np.ones(4, dtype=np.int64)),
        ("a", "x", np.ones(3)),
    ],
    ids=["not its digit", "unknown digit", "another length", "not integers"],
)
def test_a_contribution_that_does_not_fit_is_refused(
    node: str, name: str, values: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> None:
    plan = DigitPlan((Digit.of("x", "a", 2),))
    with pytest.raises(BadInputError):
        plan.pack(node, {name: values}, 3)
