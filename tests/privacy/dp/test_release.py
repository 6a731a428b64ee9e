"""OpenDP's noise has the distribution that the charge and the error bars assume.

Fixed sample sizes; every test's false-alarm rate is below 1e-6.
"""

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from privacy.dp.loss import Noise, Rho
from privacy.dp.release import noise_of, sample_noise
from privacy.errors import BadInputError

CELLS, ROUNDS = 4000, 25
SAMPLES = CELLS * ROUNDS


def allowed(probability: float, samples: int, comparisons: int) -> float:
    """Return how far a frequency may lie from *probability* (Bonferroni over all)."""
    quantile = NormalDist().inv_cdf(1 - 0.5e-6 / comparisons)
    return quantile * math.sqrt(probability * (1 - probability) / samples) + 5 / samples


def test_samples_follow_the_discrete_gaussian() -> None:
    scale = math.sqrt(2.5)
    drawn = np.concatenate([sample_noise(CELLS, scale) for _ in range(ROUNDS)])
    weights = np.exp(-(np.arange(-60, 61) ** 2) / (2 * scale**2))
    masses = weights / weights.sum()

    for value in range(-6, 7):
        expected = float(masses[value + 60])
        found = float((drawn == value).mean())
        assert abs(found - expected) < allowed(expected, SAMPLES, 13)


@pytest.mark.parametrize("rho", ["0.05", "0.002"])
def test_the_error_bars_of_a_joint_release_hold_as_often_as_they_say(rho: str) -> None:
    noise = Noise.joint(5, Rho.of(rho), cells=CELLS)
    summed = np.concatenate([np.sum([noise_of(noise) for _ in range(5)], axis=0) for _ in range(3)])
    covered = float((np.abs(summed) <= noise.half_width(0.95)).mean())

    assert covered > 0.95 - allowed(0.95, summed.size, 1)
    spread = float(summed.astype(float).var())
    deviations = NormalDist().inv_cdf(1 - 0.5e-6) * math.sqrt(2 / summed.size)
    assert abs(spread / float(noise.total_variance) - 1) < 1.1 * deviations


def test_opendp_charges_one_nodes_noise_as_we_do() -> None:
    import opendp.prelude as dp  # noqa: PLC0415 - the reference, loaded only here

    dp.enable_features("contrib")
    noise = Noise.single(Rho.of("0.05"), cells=12, sensitivity=3)
    space = dp.vector_domain(dp.atom_domain(T="i64"), size=12), dp.l2_distance(T=float)
    measurement: Any = dp.m.make_gaussian(*space, noise.scale)
    theirs = measurement.map(3.0)

    assert theirs == pytest.approx(float(noise.charge.exact), abs=2e-9)


@pytest.mark.parametrize(
    ("cells", "scale"), [(0, 1.0), (4097, 1.0), (3, 0.0), (3, -1.0), (3, math.inf), (3, math.nan)]
)
def test_a_sampler_without_noise_or_cells_is_refused(cells: int, scale: float) -> None:
    with pytest.raises(BadInputError):
        sample_noise(cells, scale)
