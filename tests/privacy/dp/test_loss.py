"""Losses are exact; epsilon, tau, charge and error bars have the published values."""

import json
import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.dp.loss import MAX_CELLS, Noise, Rho, total
from privacy.errors import BadInputError

FOLDER = Path(__file__).parents[2] / "vectors" / "dp"
VECTORS = json.loads((FOLDER / "loss.json").read_text(encoding="utf-8"))


@given(st.lists(st.integers(0, 10**9), max_size=30))
def test_the_loss_of_many_releases_is_their_exact_sum(losses: list[int]) -> None:
    assert total([Rho(nano) for nano in losses]) == Rho(sum(losses))


@pytest.mark.parametrize(("text", "nano"), [("0.05", 50_000_000), ("1e-10", 1), ("1/3", 333333334)])
def test_a_loss_is_rounded_up_to_whole_nano_rho(text: str, nano: int) -> None:
    assert Rho.of(text).nano == nano


def test_a_loss_is_shown_as_a_decimal_number() -> None:
    assert [str(Rho(nano)) for nano in (0, 1, 50_000_000, 2 * 10**9)] == [
        "0",
        "0.000000001",
        "0.05",
        "2",
    ]


@pytest.mark.parametrize("bad", ["nan", "inf", "-0.1", "", "ten", "1/0", "1001"])
def test_what_is_no_sensible_loss_is_refused(bad: str) -> None:
    with pytest.raises(BadInputError):
        Rho.of(bad)


@pytest.mark.parametrize("row", VECTORS["epsilon"], ids=lambda row: row["rho"])
def test_epsilon_is_the_published_upper_bound(row: dict[str, str]) -> None:
    found = Rho.of(row["rho"]).epsilon(1e-6)
    assert float(row["epsilon"]) <= found <= float(row["epsilon"]) * (1 + 1e-5)


@given(st.integers(1, 10**9), st.sampled_from([1e-9, 1e-6, 1e-3]))
def test_epsilon_is_never_above_the_simple_bound(nano: int, delta: float) -> None:
    rho = nano / 1e9
    simple = rho + 2 * math.sqrt(rho * math.log(1 / delta))
    assert 0 <= Rho(nano).epsilon(delta) <= simple * (1 + 1e-6)


@pytest.mark.parametrize("delta", [0.0, 1.0, -1.0, math.nan])
def test_a_delta_that_is_no_probability_is_refused(delta: float) -> None:
    with pytest.raises(BadInputError):
        Rho.of("0.1").epsilon(delta)


@pytest.mark.parametrize("row", VECTORS["joint"])
def test_the_distributed_noise_has_the_published_charge_and_width(row: dict[str, str]) -> None:
    noise = Noise.joint(
        int(row["nodes"]),
        Rho.of(row["rho"]),
        cells=int(row["cells"]),
        sensitivity=int(row["sensitivity"]),
    )
    assert float(noise.variance) == pytest.approx(float(row["variance"]), rel=1e-9)
    assert noise.tau == pytest.approx(float(row["tau"]), rel=1e-9)
    assert str(noise.charge) == row["charge"]
    assert noise.half_width(0.95) == int(row["half_width_95"])


@given(
    st.integers(2, 30),
    st.integers(10**5, 10**9),
    st.integers(1, MAX_CELLS),
    st.integers(1, 10_000),
)
def test_the_charge_is_positive_and_never_above_the_nominal_loss(
    nodes: int, nano: int, cells: int, sensitivity: int
) -> None:
    noise = Noise.joint(nodes, Rho(nano), cells=cells, sensitivity=sensitivity)
    main = Fraction(sensitivity**2) / (2 * (nodes - 1) * noise.variance)

    assert noise.variance >= Fraction(5, 2)
    assert 0 < noise.charge.nano <= nano
    assert main <= noise.charge.exact <= main + Fraction(1, 10**6)


def test_without_the_colluding_nodes_noise_the_guarantee_still_holds() -> None:
    one = Noise.joint(5, Rho.of("0.01"), cells=10)
    three = Noise.joint(5, Rho.of("0.01"), cells=10, colluding=3)
    assert float(three.variance / one.variance) == pytest.approx(2)


def test_one_department_alone_adds_all_the_noise_itself() -> None:
    noise = Noise.single(Rho.of("0.125"), cells=3)
    assert float(noise.variance) == pytest.approx(4)
    assert noise.total_variance == noise.variance
    assert noise.charge == Rho.of("0.125")


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: Noise.joint(1, Rho.of("0.1"), cells=3),
        lambda: Noise.joint(3, Rho(0), cells=3),
        lambda: Noise.joint(3, Rho.of("0.1"), cells=0),
        lambda: Noise.joint(3, Rho.of("0.1"), cells=MAX_CELLS + 1),
        lambda: Noise.joint(3, Rho.of("0.1"), cells=3, sensitivity=0),
        lambda: Noise.joint(3, Rho.of("0.1"), cells=3, colluding=3),
        lambda: Noise.single(Rho(0), cells=1),
        lambda: Noise(3, 1, math.inf, 1, 1),
        lambda: Noise(3, 1, math.nan, 1, 1),
        lambda: Noise(3, 1, 1.0, 1, 1),
        lambda: Noise.single(Rho.of("0.1"), cells=1).half_width(1.0),
    ],
    ids=[
        "one node",
        "no rho",
        "no cell",
        "too many cells",
        "no sensitivity",
        "all collude",
        "no rho alone",
        "infinite scale",
        "no number",
        "variance too small",
        "certainty",
    ],
)
def test_noise_that_would_not_protect_is_refused(attempt: Callable[[], object]) -> None:
    with pytest.raises(BadInputError):
        attempt()
