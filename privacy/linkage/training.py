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

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from privacy.linkage.candidates import Pairs
from privacy.linkage.evidence import Evidence, Number
from privacy.linkage.features import (
    Floats,
    gradients,
    settled,
    similarity_weights,
    starting_coefficients,
)
from privacy.linkage.stack import Stack
from privacy.linkage.weights import MatchModel, model_of, rivals

_ROUNDS = 15
_ROUNDS_AGAIN = 5
"""Most rounds of a first fit, and of one that starts from a fitted model."""
_RIDGE = 0.1
_CONVERGED = 0.05
_LONGEST = 6.0
"""Largest change of a coefficient in a step, and largest factor of extrapolation."""
_SETTLED = 1e-3
_FLOOR = 0.17
_FAINT = 0.05
_THINNED = 8
_PIECE = 1 << 13
"""Pairs whose part of a Newton step is summed at a time: the design never exists whole."""
_MATCHED_BEFORE = np.array([0.0, 3.0, 0.2, 0.2])
_UNMATCHED_BEFORE = np.array([0.0, 0.02, 0.02, 3.0])
"""Number outcomes seen before any data, among matches and others."""
_DUPLICATES = 0.003
"""Odds, against a cross pair's, that a pair inside a department is an unresolved duplicate."""
_SCALE_BEFORE = np.array([0.0, 0.0, np.log(_DUPLICATES)])
_SCALE_SPREAD = np.array([3.0, 0.5, 1.0])
"""Shift, log slope and log odds of duplicates before any data, and how far they may lie off."""
_FEWEST = 20
"""Likely pairs across, and pairs inside, that a scale can be learnt from."""
_PAIRS_PER_COEFFICIENT = 4
"""Fewest pairs a coefficient that a fit may rest on."""
_FAR = 15.0
_FINEST = 0.02
_STARTING_NUMBER = np.array([0.0, 5.0, 3.0, -3.0])


@dataclass(frozen=True, slots=True)
class Sample:
    """Pairs to learn from, drawn by `draw`.

    ``across``: which join departments; ``ratio``: of all pairs that hold the same views,
    those across departments over those inside (`exposure_ratios`); ``weight``: how many
    pairs each one stands for.
    """

    pairs: Pairs = field(repr=False)
    shown: Evidence = field(repr=False)
    across: NDArray[np.bool_] = field(repr=False)
    ratio: Floats = field(repr=False)
    weight: Floats = field(repr=False)


def draw(
    stack: Stack,
    pairs: Pairs,
    shown: Evidence,
    *,
    seekers: NDArray[np.bool_] | None = None,
    sought: NDArray[np.bool_] | None = None,
    floor: float = _FLOOR,
) -> Sample:
    """Return what teaches something of *pairs* between rows that seek and rows that are sought.

    Pairs below *floor* in all views are candidates by tokens only, and say nothing about
    views; pairs of one department with an equal token are its duplicates; of pairs that
    barely leave the noise one in eight is taken.
    """
    across, highest = pairs.across(stack), shown.brief().highest
    token = shown.exact | np.isin(shown.number, (Number.EQUAL, Number.CONFLICT))
    weight = np.where((highest >= floor) & (across | ~token), 1.0, 0.0)
    if seekers is not None and sought is not None:
        meeting = seekers[pairs.left] & sought[pairs.right]
        weight[~(meeting | (sought[pairs.left] & seekers[pairs.right]))] = 0.0
    faint = np.flatnonzero((weight > 0) & (highest < floor + _FAINT) & ~token)
    weight[faint] = 0.0
    weight[faint[::_THINNED]] = _THINNED
    keep = np.flatnonzero(weight)
    kept = shown.where(keep)
    ratio = exposure_ratios(stack, kept, seekers, sought)
    return Sample(pairs.where(keep), kept, across[keep], ratio, weight[keep])


def exposure_ratios(
    stack: Stack,
    shown: Evidence,
    seekers: NDArray[np.bool_] | None = None,
    sought: NDArray[np.bool_] | None = None,
) -> Floats:
    """Return for each pair of *shown* its cross-to-inside ratio among all *seekers* x *sought*.

    Departments differ in what they hold, so the views that a pair can show depend on
    whether it joins two: only pairs that hold the same views are comparable, or what is
    missing would pass for evidence.  Without pairs inside to compare with, the ratio is large.
    """
    held = _held(stack, shown.views)
    patterns, of_row = np.unique(held, return_inverse=True)
    size = len(patterns), len(stack.departments)
    left, right = (_counts(of_row, stack.department, size, rows) for rows in (seekers, sought))
    inside = left @ right.T
    every = np.outer(left.sum(axis=1), right.sum(axis=1))
    if seekers is None:
        # Each row also meets itself, and each pair is counted from both ends.
        inside[np.diag_indices(len(inside))] -= left.sum(axis=1)
        every[np.diag_indices(len(every))] -= left.sum(axis=1)
    both = (patterns[:, None] & patterns[None, :]).ravel()
    kinds, of_both = np.unique(both, return_inverse=True)
    across = np.bincount(of_both, (every - inside).ravel(), len(kinds))
    within = np.bincount(of_both, inside.ravel(), len(kinds))
    ratio = np.maximum(across, 1.0) / np.maximum(within, 1.0)
    pattern = np.zeros(len(shown.number), dtype=np.int64)
    for view in range(len(shown.views)):
        pattern |= (~np.isnan(shown.similarity[:, view])).astype(np.int64) << view
    place = np.minimum(np.searchsorted(kinds, pattern), len(kinds) - 1)
    return np.asarray(ratio[place], dtype=np.float64)


def _held(stack: Stack, views: tuple[str, ...]) -> NDArray[np.int64]:
    """Return for each row the views it holds, as bits."""
    held = np.zeros(stack.rows, dtype=np.int64)
    for at, view in enumerate(views):
        held |= stack.views[view].any(axis=1).astype(np.int64) << at
    return held


def _counts(
    of_row: NDArray[np.int64],
    department: NDArray[np.int64],
    size: tuple[int, int],
    rows: NDArray[np.bool_] | None,
) -> Floats:
    """Return the number of rows of each pattern in each department."""
    keys = of_row * size[1] + department
    chosen = keys if rows is None else keys[rows]
    return np.bincount(chosen, minlength=size[0] * size[1]).reshape(size).astype(np.float64)


def fit(stack: Stack, sample: Sample, before: MatchModel | None = None) -> MatchModel:
    """Fit the match model to *sample*, starting from and held near *before* where given.

    A sample with too few pairs to tell anything leaves the start as it is.
    """
    start, number = starting_coefficients(sample.shown.views), _STARTING_NUMBER
    if before is not None:
        start, number = before.coefficient_values, before.number_values
    if len(sample.pairs) < _PAIRS_PER_COEFFICIENT * len(start):
        return model_of(sample.shown.views, start, number)
    by_view = np.asfortranarray(sample.shown.similarity)
    learner = _Learner(
        stack,
        sample.pairs,
        replace(sample.shown, similarity=by_view),
        sample.across,
        sample.weight,
        np.log(sample.ratio / (1.0 + sample.ratio)),
        settled(sample.shown),
    )
    state = np.concatenate([start, number])
    for _ in range(_ROUNDS if before is None else _ROUNDS_AGAIN):
        once = learner.step(state, start)
        twice = learner.step(once, start)
        change, bend = once - state, twice - 2 * once + state
        state = twice
        if np.abs(change).max() < _CONVERGED:
            break
        # Squared extrapolation: EM creeps where few pairs carry a label.
        speed = float(np.linalg.norm(change)) / (float(np.linalg.norm(bend)) + 1e-12)
        length = min(max(speed, 1.0), _LONGEST)
        state = once - change + 2 * length * change + length**2 * bend
    state = learner.step(state, start)
    coefficients, scale = calibrated(state[: len(start)], learner)
    return model_of(sample.shown.views, coefficients, state[len(start) :], scale)


def calibrated(coefficients: Floats, learner: _Learner) -> tuple[Floats, float]:
    """Return *coefficients* and a scale on which their weight is the log odds of a match.

    Pairs inside a department are decoys, as in target-decoy counts: times their exposure
    ratio they are the non-matches among pairs across.  With o = exp(shift + slope * weight),
    a pair lies across with odds r (1 + o) / (1 + duplicates * o); shift, slope and the odds
    of unresolved duplicates maximise that likelihood, which asks for no label and is not
    held near any start.
    """
    weight = similarity_weights(learner.shown, coefficients)
    near = np.abs(weight) < _FAR
    ratio = learner.offset[near]
    fitted = _decoy_scale(weight[near], learner.across[near], learner.weight[near], ratio)
    if fitted is None:
        return coefficients, 1.0
    shift, slope = fitted
    shifted = coefficients.copy()
    shifted[0] += shift / slope
    return shifted, slope


def _decoy_scale(
    weight: Floats, across: NDArray[np.bool_], count: Floats, offset: Floats
) -> tuple[float, float] | None:
    """Return shift and slope of the likeliest scale; None where too few pairs tell."""
    ratio = np.exp(offset) / -np.expm1(offset)
    if min((across & (weight > 0)).sum(), (~across).sum()) < _FEWEST:
        return None

    def likelihood(at: Floats) -> float:
        odds = np.exp(np.clip(at[0] + np.exp(at[1]) * weight, -30, 30))
        inside = 1.0 + np.exp(at[2]) * odds
        outside = ratio * (1.0 + odds)
        log = np.where(across, np.log(outside), np.log(inside)) - np.log(inside + outside)
        held = ((at - _SCALE_BEFORE) / _SCALE_SPREAD) ** 2
        return float((count * log).sum() - 0.5 * held.sum())

    best = _climb(likelihood, _SCALE_BEFORE.copy())
    return float(best[0]), float(np.exp(best[1]))


def _climb(value: Callable[[Floats], float], at: Floats) -> Floats:
    """Return where *value* is highest near *at*: coordinate steps that halve, deterministic."""
    best, step = value(at), 1.0
    while step > _FINEST:
        moved = False
        for axis in range(len(at)):
            for sign in (-1.0, 1.0):
                trial = at.copy()
                trial[axis] += sign * step
                found = value(trial)
                if found > best:
                    at, best, moved = trial, found, True
        step = step if moved else step / 2
    return at


@dataclass(frozen=True, slots=True)
class _Learner:
    """The sample as arrays, and one EM step on it."""

    stack: Stack
    pairs: Pairs
    shown: Evidence
    across: NDArray[np.bool_]
    weight: Floats
    offset: Floats
    settled: NDArray[np.bool_]

    def step(self, state: Floats, start: Floats) -> Floats:
        """Return coefficients and number weights after one EM step from *state*."""
        coefficients, number = state[: len(start)], state[len(start) :]
        similarity = similarity_weights(self.shown, coefficients)
        odds = np.exp(np.clip(similarity + number[self.shown.number], -30, 30))
        odds[~self.across] *= _DUPLICATES
        rival = np.zeros(len(odds))
        crossing = self.pairs.where(self.across)
        rival[self.across] = np.maximum(rivals(odds[self.across], crossing, self.stack), 0.0)
        match = odds / (1.0 + odds + rival)
        fitted = 1.0 / (1.0 + np.exp(-np.clip(similarity + self.offset, -30, 30)))
        here = self.across
        number = _number_weights(match[here], self.weight[here], self.shown.number[here])
        change = _newton_step(
            self.shown,
            self.weight,
            match - fitted,
            fitted,
            coefficients,
            coefficients - start,
            self.settled,
        )
        return np.concatenate([coefficients + change, number])


def _number_weights(match: Floats, weight: Floats, outcome: NDArray[np.int8]) -> Floats:
    """Return the log likelihood ratio of each number outcome, given match probabilities."""
    matched = np.bincount(outcome, match * weight, len(Number)) + _MATCHED_BEFORE
    unmatched = np.bincount(outcome, (1.0 - match) * weight, len(Number)) + _UNMATCHED_BEFORE
    matched, unmatched = matched[1:], unmatched[1:]
    ratio = matched / matched.sum() * (unmatched.sum() / unmatched)
    return np.concatenate([[0.0], np.clip(np.log(ratio), -5.0, 9.0)])


def _newton_step(
    shown: Evidence,
    weight: Floats,
    error: Floats,
    fitted: Floats,
    coefficients: Floats,
    away: Floats,
    same: NDArray[np.bool_],
) -> Floats:
    """Return one damped Gauss-Newton step of the ridge logistic regression on soft labels.

    *error*: labels less the *fitted* probabilities that *coefficients* give; *away*: how far
    these lie from where the ridge pulls them.  Settled pairs, with next to no gradient and
    curvature, are left out.
    """
    error, bend = weight * error, weight * fitted * (1.0 - fitted)
    unsettled = np.flatnonzero((np.abs(error) > _SETTLED) | (bend > _SETTLED))
    gradient, curvature = -_RIDGE * away, _RIDGE * np.eye(len(away))
    for first in range(0, len(unsettled), _PIECE):
        piece = unsettled[first : first + _PIECE]
        chosen = gradients(shown.where(piece), coefficients)
        gradient += chosen.T @ error[piece]
        curvature += (chosen * bend[piece, None]).T @ chosen
    # What all pairs have in common (*same*) cannot be told from the constant: it stays.
    gradient[same], curvature[same], curvature[:, same] = 0.0, 0.0, 0.0
    curvature[same, same] = 1.0
    step = np.linalg.solve(curvature, gradient)
    return np.asarray(step * min(1.0, _LONGEST / max(float(np.abs(step).max()), 1e-12)))
