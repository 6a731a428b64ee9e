"""Fitting match weights without truth: EM over pairs across and inside departments.

Pairs across departments mix matches and non-matches; pairs inside one department are
non-matches, because a department resolves its own duplicates first.  With r the ratio
of cross pairs to inside pairs, the density of cross pairs over that of inside pairs is
r (1 + odds of a match), which fixes the odds with no label at all.  Where departments
hold numbers, their agreement enters as evidence with rates that EM estimates, so that
wrong numbers are expected rather than believed (noisy labels).  Each round computes
match probabilities, with at most one match a row and department, and takes Newton
steps on the regularised logistic likelihood; the ridge pulls towards the starting
weights where data are few.  In spirit Fellegi-Sunter EM (Winkler 1988), with an
exponential family over similarities in place of independent levels.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from privacy.linkage.candidates import Pairs
from privacy.linkage.evidence import Evidence, Number
from privacy.linkage.stack import Stack
from privacy.linkage.weights import (
    Floats,
    MatchModel,
    features,
    model_of,
    rivals,
    starting_coefficients,
)

_ROUNDS = 40
_RIDGE = 0.5
_CONVERGED = 1e-3
_LARGEST_RATIO = 8.0
_DUPLICATES = 0.003
"""Odds, against a cross pair's, that a pair inside a department is an unresolved duplicate."""
_STARTING_NUMBER = np.array([0.0, 5.0, 3.0, -3.0])
_SMALLEST_USEFUL = 0.17
"""Similarity below which a pair is a candidate by tokens only, and teaches nothing about views."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Pairs to learn from: what they show, which join departments, and the exposure ratio r."""

    pairs: Pairs = field(repr=False)
    shown: Evidence = field(repr=False)
    across: NDArray[np.bool_] = field(repr=False)
    ratio: float


def exposure_ratio(stack: Stack, eligible: NDArray[np.bool_]) -> float:
    """Return cross pairs over inside pairs among *eligible* rows; 0 inside pairs count as one."""
    counts = np.bincount(stack.department[eligible], minlength=len(stack.departments)).astype(float)
    inside = float((counts * (counts - 1) / 2).sum())
    total = float(counts.sum() * (counts.sum() - 1) / 2)
    return max(total - inside, 1.0) / max(inside, 1.0)


def fit(stack: Stack, sample: Sample) -> MatchModel:
    """Fit the match model to *sample*."""
    useful = np.nan_to_num(sample.shown.similarity, nan=-1.0).max(axis=1, initial=-1.0)
    inside_twice = ~sample.across & (
        sample.shown.exact | np.isin(sample.shown.number, (Number.EQUAL, Number.CONFLICT))
    )
    keep = (useful >= _SMALLEST_USEFUL) & ~inside_twice
    pairs, shown, across = sample.pairs.where(keep), sample.shown.where(keep), sample.across[keep]
    start = starting_coefficients(shown.views)
    design = features(shown)
    offset = np.log(sample.ratio / (1.0 + sample.ratio))
    coefficients, number = start.copy(), _STARTING_NUMBER.copy()
    for _ in range(_ROUNDS):
        logit = design @ coefficients + number[shown.number]
        odds = np.exp(np.clip(logit, -30, 30))
        odds[~across] *= _DUPLICATES
        rival = np.zeros(len(odds))
        rival[across] = np.maximum(rivals(odds[across], pairs.where(across), stack), 0.0)
        match = odds / (1.0 + odds + rival)
        number = _number_weights(match[across], shown.number[across])
        step = _newton_step(design, coefficients, match, offset, start)
        coefficients = coefficients + step
        if np.abs(step).max() < _CONVERGED:
            break
    return model_of(shown.views, coefficients, number)


def _number_weights(match: Floats, outcome: NDArray[np.int8]) -> Floats:
    """Return the log likelihood ratio of each number outcome, given match probabilities."""
    pseudo = np.array([0.0, 3.0, 0.2, 0.2]), np.array([0.0, 0.02, 0.02, 3.0])
    matched = np.bincount(outcome, match, len(Number)) + pseudo[0]
    unmatched = np.bincount(outcome, 1.0 - match, len(Number)) + pseudo[1]
    matched[Number.MISSING] = unmatched[Number.MISSING] = 0.0
    ratio = matched[1:] / matched.sum() * (unmatched.sum() / unmatched[1:])
    return np.concatenate([[0.0], np.clip(np.log(ratio), -5.0, 9.0)])


def _newton_step(
    design: Floats, coefficients: Floats, match: Floats, offset: float, start: Floats
) -> Floats:
    """Return one damped Newton step of the ridge logistic regression on soft labels."""
    fitted = 1.0 / (1.0 + np.exp(-np.clip(design @ coefficients + offset, -30, 30)))
    gradient = design.T @ (match - fitted) - _RIDGE * (coefficients - start)
    curvature = (design * (fitted * (1.0 - fitted))[:, None]).T @ design
    curvature += _RIDGE * np.eye(len(start))
    step = np.linalg.solve(curvature, gradient)
    largest = np.abs(step).max()
    return np.asarray(step * min(1.0, 2.0 / largest) if largest > 0 else step)
