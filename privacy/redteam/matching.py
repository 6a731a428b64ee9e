"""Graph matching without a key: codes are aligned with persons by their similarities alone.

The recipe that re-identifies every unsalted encoding tried (RESEARCH 2; after Vidanage et
al., CIKM 2020, and the Frank-Wolfe assignment of Vogelstein et al., PLOS ONE 2015):
structural priors, rectangular Frank-Wolfe with smooth assignments, then landmarks whose
similarities describe everybody else, trained on their own surest matches.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from privacy.redteam.assignment import Scores, assign, soften
from privacy.redteam.observation import Matrix, Observation

Match = NDArray[np.int64]
"""For each code the person it is taken for."""

_PROFILE = 24
"""Similarities kept of each node's sorted list: its structural profile."""
_STEPS = 20
_ROUNDS = 12


def match_graphs(seen: Observation, expected: Observation, *, weights: bool) -> Match:
    """Return whom each code is taken for, from similarities alone.

    Args:
        seen: the codes, n rows.
        expected: the known population, m >= n rows.
        weights: whether the codes show their filters' weights.
    """
    prior = structural_scores(seen, expected, weights=weights)
    found = []
    for start in (prior, np.zeros_like(prior)):
        rough = _frank_wolfe(seen.mean(), expected.mean(), start)
        found.append(refine(seen, expected, rough))
    return max(found, key=lambda match: agreement(seen, expected, match))


def match_from_known(
    seen: Observation, expected: Observation, rows: Match, persons: Match
) -> Match:
    """Return whom each code is taken for when *rows* are known to be *persons*.

    The known pairs are the first landmarks, and stay; the surest matches join them.
    """
    scores = landmark_scores(seen, expected, rows, persons)
    scores[rows] = scores.min()
    scores[:, persons] = scores.min()
    scores[rows, persons] = scores.max() + 1
    found = assign(scores)
    return refine(seen, expected, found, (rows, persons), scores)


def structural_scores(seen: Observation, expected: Observation, *, weights: bool) -> Scores:
    """Return n x m scores of how alike a code's and a person's profiles are."""
    left, right = _profiles(seen, weights=weights), _profiles(expected, weights=weights)
    spread = np.concatenate([left, right]).std(axis=0)
    spread[spread == 0] = 1.0
    left, right = (left - left.mean(axis=0)) / spread, (right - right.mean(axis=0)) / spread
    return _nearness(left.astype(np.float32), right.astype(np.float32))


def landmark_scores(
    seen: Observation, expected: Observation, rows: Match, persons: Match
) -> Scores:
    """Return n x m scores from similarities to landmarks: least squares over all views.

    Code rows[k] is taken for person persons[k]; a code's likeness to rows[k] should be a
    person's to persons[k], give or take equal noise.
    """
    left = np.concatenate([plane[:, rows] for plane in seen.similarity], axis=1)
    right = np.concatenate([plane[:, persons] for plane in expected.similarity], axis=1)
    return _nearness(left, right)


def refine(
    seen: Observation,
    expected: Observation,
    found: Match,
    known: tuple[Match, Match] | None = None,
    scores: Scores | None = None,
) -> Match:
    """Return *found* after rounds of taking the surest matches as landmarks for the rest."""
    rows = np.arange(len(found))
    if scores is None:
        scores = landmark_scores(seen, expected, rows, found)
    for turn in range(_ROUNDS):
        sure = _surest(scores, found, 0.1 + 0.9 * (turn + 1) / _ROUNDS)
        if known is not None:
            sure = np.setdiff1d(sure, known[0])
            marks = (np.concatenate([known[0], sure]), np.concatenate([known[1], found[sure]]))
        else:
            marks = (sure, found[sure])
        scores = landmark_scores(seen, expected, *marks)
        if known is not None:
            scores[known[0]] = scores.min()
            scores[known[0], known[1]] = scores.max() + 1
        found = scores.argmax(axis=1)
    return assign(scores)


def agreement(seen: Observation, expected: Observation, found: Match) -> float:
    """Return how well similarities agree under *found*: what an attacker without truth knows."""
    total = 0.0
    for left, right in zip(seen.similarity, expected.similarity, strict=True):
        chosen = right[np.ix_(found, found)]
        total += float((left * chosen).sum() - 0.5 * (chosen**2).sum())
    return total


def _frank_wolfe(left: Matrix, right: Matrix, start: Scores) -> Match:
    """Return the assignment that makes the graphs agree best, by conditional gradients."""
    share = soften(start, 1.0)
    for step in range(_STEPS):
        flow = np.asarray(left @ share @ right, dtype=np.float32)
        target = soften(flow, 4.0 + step)
        move = target - share
        shift = left @ move @ right
        bend, slope = float((shift * move).sum()), 2 * float((flow * move).sum())
        size = 1.0 if bend >= 0 else min(1.0, -slope / (2 * bend))
        share = share + np.float32(size) * move
        if size * float(np.abs(move).sum()) < 0.01 * len(left):
            break
    return assign(share)


def _surest(scores: Scores, found: Match, share: float) -> Match:
    """Return the codes whose match stands out most from their second best, in that order."""
    rows = np.arange(len(found))
    reached = scores[rows, found]
    others = scores.copy()
    others[rows, found] = -np.inf
    rival = others.max(axis=0)
    np.maximum.at(rival, found, np.where(reached < scores[:, found].max(axis=0), reached, -np.inf))
    lead = np.minimum(reached - others.max(axis=1), reached - rival[found])
    return np.argsort(-lead, kind="stable")[: max(8, round(share * len(found)))]


def _profiles(view: Observation, *, weights: bool) -> Matrix:
    """Return n x features: each view's sorted similarities at fixed ranks and their moments."""
    columns = []
    for plane, weight in zip(view.similarity, view.weight, strict=True):
        ordered = np.sort(plane, axis=1)[:, ::-1]
        ranks = np.geomspace(1, ordered.shape[1], _PROFILE).astype(np.int64) - 1
        columns += [ordered[:, ranks], plane.mean(axis=1)[:, None], plane.std(axis=1)[:, None]]
        if weights:
            columns.append(np.repeat(weight[:, None], _PROFILE // 2, axis=1))
    return np.concatenate(columns, axis=1)


def _nearness(left: Matrix, right: Matrix) -> Scores:
    """Return minus half the squared distance of each row of *left* to each of *right*."""
    product = left @ right.T
    product -= 0.5 * (right**2).sum(axis=1)
    product -= 0.5 * (left**2).sum(axis=1)[:, None]
    return np.asarray(product, dtype=np.float32)
