"""What the views of a pair say, pass by pass: the similarity part of the match weight.

Codes of two records are comparable only under one salt.  Where the salts of a pass
differ, its codes are unrelated and say just that.  So a pass adds the log odds of a
mixture, log(exp(-floor) + exp(sum over its views - depth)): at worst its floor, however
many views it has; and one pass that stands out is not talked down by the noise of the
others.  The coefficients are fitted by `training.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from privacy.linkage.evidence import Evidence

Floats = NDArray[np.float64]

_FIXED = 2
"""Constant, and equality of token T1."""
_PER_PASS = 2
"""Depth: what the views must outweigh.  Floor: what unrelated codes cost at most."""
_PER_VIEW = 4
"""Rise out of the noise, similarity, its square, missing."""
_NOISE = 0.25
"""Similarity that no unrelated pair reaches: 5.7 standard deviations at 512 bits."""
_FAR = 50.0
_START = (-2.0, 2.0)
_START_PASS = (6.0, 2.0)
_START_VIEW = (9.0, 6.0, 9.0, 4.5)


@dataclass(frozen=True, slots=True)
class PassPlace:
    """Where a pass stands: the place of its depth, and its views with the place of their four."""

    depth: int
    views: tuple[tuple[int, int], ...]

    @property
    def floor(self) -> int:
        """Return the place of the pass's floor."""
        return self.depth + 1

    def columns(self) -> Iterator[int]:
        """Yield the places of everything that belongs to the pass."""
        yield from range(self.depth, self.depth + _PER_PASS)
        for _, first in self.views:
            yield from range(first, first + _PER_VIEW)


def places(views: Sequence[str]) -> tuple[PassPlace, ...]:
    """Return where the passes of *views* stand among the coefficients, in order."""
    members: dict[str, list[int]] = {}
    for at, view in enumerate(views):
        members.setdefault(view.partition("/")[0], []).append(at)
    base = _FIXED + _PER_PASS * len(members)
    return tuple(
        PassPlace(
            _FIXED + _PER_PASS * place,
            tuple((view, base + _PER_VIEW * view) for view in held),
        )
        for place, held in enumerate(members.values())
    )


def starting_coefficients(views: Sequence[str]) -> Floats:
    """Return weights to start from and to stay near where data are few.

    Half similarity in all views of one pass speaks for a match; 0.8 makes it sure.
    """
    start = np.zeros(_FIXED + _PER_PASS * len(places(views)) + _PER_VIEW * len(views))
    start[:_FIXED] = _START
    for place in places(views):
        start[place.depth : place.depth + _PER_PASS] = _START_PASS
        for _, first in place.views:
            start[first : first + _PER_VIEW] = np.array(_START_VIEW) / len(place.views)
    return start


def similarity_weights(shown: Evidence, coefficients: Floats) -> Floats:
    """Return for each pair of *shown* what its views and token T1 weigh.

    The design matrix of all pairs would be the largest array of a round: it is never made.
    """
    total: Floats = np.where(shown.exact, coefficients[0] + coefficients[1], coefficients[0])
    for place in places(shown.views):
        parts = _parts(shown, coefficients, place)
        total += np.where(parts.held, parts.weight(coefficients[place.floor]), 0.0)
    return total


def view_weights(shown: Evidence, coefficients: Floats) -> Floats:
    """Return what each view gives, pairs x views: with constant and T1 they sum to the weight.

    A view's share of its pass is what its features add where the salts agree, as far as
    they do; depth and floor are shared out evenly among the views that the pair holds.
    """
    given = np.zeros((len(shown.number), len(shown.views)))
    for place in places(shown.views):
        parts = _parts(shown, coefficients, place)
        floor = coefficients[place.floor]
        agree = parts.agree(floor)
        own = np.zeros((len(agree), len(place.views)))
        for column, (view, first) in enumerate(place.views):
            np.multiply(_sum(shown, coefficients, view, first), agree, out=own[:, column])
        rest = np.where(parts.held, parts.weight(floor), 0.0) - own.sum(axis=1)
        given[:, [view for view, _ in place.views]] = own + (rest / len(place.views))[:, None]
    return given


def gradients(shown: Evidence, coefficients: Floats) -> Floats:
    """Return how the similarity weight changes with each coefficient, pairs x coefficients."""
    design = np.zeros((len(shown.number), len(coefficients)))
    design[:, 0], design[:, 1] = 1.0, shown.exact
    for place in places(shown.views):
        parts = _parts(shown, coefficients, place)
        agree = parts.agree(coefficients[place.floor])
        design[:, place.depth] = -agree
        design[:, place.floor] = agree - parts.held
        for view, first in place.views:
            columns = np.transpose(_columns(shown, view))
            np.multiply(columns, agree[:, None], out=design[:, first : first + _PER_VIEW])
    return design


def settled(shown: Evidence) -> NDArray[np.bool_]:
    """Return which coefficients but the first cannot be told from others, as far as gaps go."""
    same = np.zeros(len(starting_coefficients(shown.views)), dtype=np.bool_)
    same[1] = bool(shown.exact.all() or not shown.exact.any())
    for place in places(shown.views):
        gone = True
        for view, first in place.views:
            missing = np.isnan(shown.similarity[:, view])
            same[first : first + _PER_VIEW - 1] = missing.all()
            same[first + _PER_VIEW - 1] = missing.all() or not missing.any()
            gone &= bool(missing.all())
        same[place.depth : place.depth + _PER_PASS] = gone
    return same


@dataclass(frozen=True, slots=True)
class _Parts:
    """Of one pass: the sum of its views less its depth, and which pairs hold any of them."""

    total: Floats = field(repr=False)
    held: NDArray[np.bool_] = field(repr=False)

    def weight(self, floor: float) -> Floats:
        """Return the log odds that the pass adds to a pair that holds it."""
        return np.logaddexp(-floor, self.total)

    def agree(self, floor: float) -> Floats:
        """Return the share of the weight's odds that stands on equal salts; 0 where missing."""
        return np.asarray(self.held / (1.0 + np.exp(np.clip(-self.total - floor, -_FAR, _FAR))))


def _parts(shown: Evidence, coefficients: Floats, place: PassPlace) -> _Parts:
    total = np.full(len(shown.number), -coefficients[place.depth])
    held = np.zeros(len(shown.number), dtype=np.bool_)
    for view, first in place.views:
        total += _sum(shown, coefficients, view, first)
        held |= ~np.isnan(shown.similarity[:, view])
    return _Parts(total, held)


def _sum(shown: Evidence, coefficients: Floats, view: int, first: int) -> Floats:
    total: Floats = np.zeros(len(shown.number))
    for weight, column in zip(coefficients[first:], _columns(shown, view), strict=False):
        total += weight * column
    return total


def _columns(shown: Evidence, view: int) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
    """Return rise, similarity, square and missing of one view.

    Unrelated codes agree by chance with a log density that falls with the square of the
    similarity, up to where chance ends and likeness of names begins: that is the rise.
    """
    given = shown.similarity[:, view].astype(np.float64)
    missing = np.isnan(given)
    given[missing] = 0.0
    similarity = np.maximum(given, 0.0)
    rise = np.minimum(similarity / _NOISE, 1.0)
    return rise * rise, similarity, similarity * similarity, missing
