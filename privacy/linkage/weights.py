"""Match weights without truth: how much a pair's similarities speak for one person.

The weight of a pair is its log odds of being a match (Fellegi and Sunter 1969),
linear in the similarities of its views, their squares, missing-view indicators and the
equality of token T1, plus the log likelihood ratio of its resident-number tokens.
`training.py` fits it by EM.  The value below is what a sealed department receives: it
says how much a similarity weighs and nothing about any record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from privacy.canonical import Json
from privacy.errors import ProtocolError, Text
from privacy.linkage.candidates import Pairs
from privacy.linkage.evidence import Evidence, Number
from privacy.linkage.stack import Stack

Floats = NDArray[np.float64]

MODEL_VERSION = 2
IDENTITY = 5.0
"""Least weight of an equal T1 or B: one in 150 is a wrong number or a namesake."""
_SCALE = 1_000_000
_PER_VIEW = 4
_STRETCH = 1 << 15
_PIECE = 1 << 15
"""Pairs that are weighed at a time."""
_NOISE = 0.25
"""Similarity that no unrelated pair reaches: 5.7 standard deviations at 512 bits."""


@dataclass(frozen=True, slots=True)
class MatchModel:
    """Weights of evidence of one fit, in millionths of a natural logarithm of odds.

    ``coefficients``: constant, T1 equal, then per view rise, similarity, its square, missing.
    ``number``: the number tokens missing, equal, in conflict, different.
    """

    views: tuple[str, ...]
    coefficients: tuple[int, ...]
    number: tuple[int, int, int, int]

    def __post_init__(self) -> None:
        """Check that there is one coefficient for each feature."""
        if len(self.coefficients) != 2 + _PER_VIEW * len(self.views):
            raise ProtocolError(
                Text("照合モデルの係数の数が違います。", "the match model has other coefficients"),
            )

    def weigh(self, shown: Evidence) -> Floats:
        """Return the match weight of each pair of *shown* (natural log odds).

        Tokens T1 and B are exact identities: however unlike the spellings of the rest,
        they weigh at least `IDENTITY`, unless the numbers contradict.
        """
        weight = self.similarity_weight(shown) + self.number_weight(shown.number)
        identical = (shown.exact & (shown.number != Number.DIFFERENT)) | (
            shown.number == Number.EQUAL
        )
        return np.where(identical, np.maximum(weight, IDENTITY), weight)

    def similarity_weight(self, shown: Evidence) -> Floats:
        """Return the part of the weight that views and T1 give."""
        return similarity_weights(shown, self.coefficient_values)

    def number_weight(self, outcome: NDArray[np.int8]) -> Floats:
        """Return the part of the weight that the number tokens' *outcome* gives."""
        return np.asarray(self.number_values[outcome])

    @property
    def coefficient_values(self) -> Floats:
        """Return the coefficients in natural logarithms of odds."""
        return np.array(self.coefficients, dtype=np.float64) / _SCALE

    @property
    def number_values(self) -> Floats:
        """Return the number weights in natural logarithms of odds."""
        return np.array(self.number, dtype=np.float64) / _SCALE

    def to_json(self) -> Json:
        """Return the model as canonical JSON takes it."""
        return {
            "views": list(self.views),
            "coefficients": list(self.coefficients),
            "number": list(self.number),
        }


@dataclass(frozen=True, slots=True)
class MatchModels:
    """The models of one linkage: of the first pass, and of all passes where one was fitted.

    A pair that shows no view of a later pass is weighed as in the first pass: what was
    never asked for is no evidence, and the model of all passes has seldom seen it missing.
    """

    first: MatchModel
    second: MatchModel | None = None

    def __post_init__(self) -> None:
        """Check that the second model knows the first one's views, and some more."""
        views = self.first.views
        if self.second and (
            self.second.views[: len(views)] != views or len(self.second.views) == len(views)
        ):
            raise _unreadable()

    @property
    def views(self) -> tuple[str, ...]:
        """Return the views that pairs must show, in order."""
        return (self.second or self.first).views

    def weigh(self, shown: Evidence) -> Floats:
        """Return the match weight of each pair of *shown* (natural log odds)."""
        weight = np.empty(len(shown.number))
        for first in range(0, len(weight), _PIECE):
            piece = slice(first, first + _PIECE)
            weight[piece] = self._weigh(shown.where(piece))
        return weight

    def _weigh(self, shown: Evidence) -> Floats:
        known = len(self.first.views)
        weight = self.first.weigh(shown.of_views(known))
        if self.second is not None:
            later = np.asarray(~np.isnan(shown.similarity[:, known:]).all(axis=1))
            weight[later] = self.second.weigh(shown.where(later))
        return weight

    def to_json(self) -> Json:
        """Return the models as canonical JSON takes them."""
        second = self.second.to_json() if self.second else None
        return {"version": MODEL_VERSION, "first": self.first.to_json(), "second": second}


def models_from_json(raw: Mapping[str, object]) -> MatchModels:
    """Read back what `MatchModels.to_json` wrote.

    Raises:
        ProtocolError: another version, or something that is no model.
    """
    if raw.get("version") != MODEL_VERSION:
        raise _unreadable()
    second = raw.get("second")
    return MatchModels(_model(raw.get("first")), None if second is None else _model(second))


def _model(raw: object) -> MatchModel:
    if not isinstance(raw, dict):
        raise _unreadable()
    views, coefficients, number = (
        _listed(raw.get("views"), str),
        _listed(raw.get("coefficients"), int),
        _listed(raw.get("number"), int),
    )
    if len(number) != len(Number):
        raise _unreadable()
    missing, equal, conflict, different = number
    return MatchModel(views, coefficients, (missing, equal, conflict, different))


_Item = TypeVar("_Item", str, int)


def _listed(value: object, kind: type[_Item]) -> tuple[_Item, ...]:
    if not isinstance(value, list) or not all(type(item) is kind for item in value):
        raise _unreadable()
    return tuple(value)


def _unreadable() -> ProtocolError:
    return ProtocolError(
        Text("照合モデルを読み取れません。", "the match model cannot be read"),
        Text("両側の版をそろえてください。", "bring both sides to the same version"),
    )


def model_of(views: tuple[str, ...], coefficients: Floats, number: Floats) -> MatchModel:
    """Return the model of *coefficients* and *number* weights given in natural logarithms."""
    missing, equal, conflict, different = np.rint(number * _SCALE).astype(np.int64).tolist()
    return MatchModel(
        views,
        tuple(np.rint(coefficients * _SCALE).astype(np.int64).tolist()),
        (missing, equal, conflict, different),
    )


def features(shown: Evidence) -> NDArray[np.float32]:
    """Return the design matrix, pairs x (2 + 4 views): constant, T1, and per view four.

    The first of the four is the rise out of the noise: unrelated codes agree by chance
    with a log density that falls with the square of the similarity, up to where chance
    ends and likeness of names begins.
    """
    count, views = shown.similarity.shape
    design = np.empty((count, 2 + _PER_VIEW * views), dtype=np.float32)
    design[:, 0], design[:, 1] = 1.0, shown.exact
    for view in range(views):
        at = 2 + _PER_VIEW * view
        design[:, at : at + _PER_VIEW] = np.transpose(_of_view(shown, view))
    return design


def owners(views: int) -> tuple[tuple[int, ...], ...]:
    """Return for each column of `features` the views it speaks of: none for constant and T1.

    What a column gives is shared out evenly among them (`explain.py`).
    """
    return ((), (), *((view,) for view in range(views) for _ in range(_PER_VIEW)))


def _of_view(shown: Evidence, view: int) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
    given = shown.similarity[:, view]
    missing = np.isnan(given)
    similarity = np.clip(np.where(missing, 0.0, given), 0.0, 1.0).astype(np.float64)
    return np.minimum(similarity / _NOISE, 1.0) ** 2, similarity, similarity**2, missing


def similarity_weights(shown: Evidence, coefficients: Floats) -> Floats:
    """Return the product of the design matrix with *coefficients*, view by view.

    The matrix of all pairs would be the largest array of a round: it is never made.
    """
    total: Floats = np.where(shown.exact, coefficients[0] + coefficients[1], coefficients[0])
    for view in range(len(shown.views)):
        at = 2 + _PER_VIEW * view
        for weight, feature in zip(coefficients[at:], _of_view(shown, view), strict=False):
            total += weight * feature
    return total


def alike(shown: Evidence) -> NDArray[np.bool_]:
    """Return which columns but the first are the same for all pairs, as far as gaps make them."""
    same = np.zeros(2 + _PER_VIEW * len(shown.views), dtype=np.bool_)
    same[1] = bool(shown.exact.all() or not shown.exact.any())
    for view in range(len(shown.views)):
        missing = np.isnan(shown.similarity[:, view])
        at = 2 + _PER_VIEW * view
        same[at : at + _PER_VIEW - 1] = missing.all()
        same[at + _PER_VIEW - 1] = missing.all() or not missing.any()
    return same


def starting_coefficients(views: tuple[str, ...]) -> Floats:
    """Return weights to start from and to stay near where data are few.

    Half similarity in all views of one pass is an even chance; 0.8 is a sure match.
    """
    passes = len({view.partition("/")[0] for view in views})
    share = 3.0 / max(1, len(views)) * max(1, passes) ** 0.5
    one_view = [3.0 * share, 2.0 * share, 3.0 * share, 1.5 * share]
    return np.array([-8.0, 2.0, *(one_view * len(views))])


def rivals(odds: Floats, pairs: Pairs, stack: Stack) -> Floats:
    """Return for each pair the summed odds of the pairs it excludes.

    A row has at most one match in another department, so a pair competes with every
    other pair of either row with the other row's department.
    """
    count = len(stack.departments)
    left_key = pairs.left * count + stack.department[pairs.right]
    right_key = pairs.right * count + stack.department[pairs.left]
    size = stack.rows * count
    totals = np.bincount(left_key, odds, size) + np.bincount(right_key, odds, size)
    return np.asarray(totals[left_key] + totals[right_key] - 2 * odds)


def probabilities(weights: Floats, pairs: Pairs, stack: Stack) -> Floats:
    """Return the match probability of each cross-department pair under *weights*.

    The odds of a pair stand against those of its rivals and of no match at all.
    """
    odds = np.exp(np.clip(weights, -30.0, 30.0))
    return np.asarray(odds / (1.0 + odds + np.maximum(rivals(odds, pairs, stack), 0.0)))
