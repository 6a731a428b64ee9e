"""Match weights without truth: how much a pair's similarities speak for one person.

The weight of a pair is its log odds of being a match (Fellegi and Sunter 1969): what the
views of each pass and the equality of token T1 say (`features.py`), plus the log
likelihood ratio of its resident-number tokens.
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
from privacy.linkage.features import Floats, similarity_weights, starting_coefficients
from privacy.linkage.stack import Stack

MODEL_VERSION = 3
IDENTITY = 5.0
"""Least weight of an equal T1 or B: one in 150 is a wrong number or a namesake."""
_SCALE = 1_000_000
_PIECE = 1 << 15
"""Pairs that are weighed at a time."""


@dataclass(frozen=True, slots=True)
class MatchModel:
    """Weights of evidence of one fit, in millionths of a natural logarithm of odds.

    ``coefficients``: constant and T1 equal; per pass its depth and its floor; per view rise,
    similarity, its square and missing.  ``number``: the number tokens missing, equal, in
    conflict, different.  ``scale``: by what the sum of the former is multiplied, in millionths.
    """

    views: tuple[str, ...]
    coefficients: tuple[int, ...]
    number: tuple[int, int, int, int]
    scale: int = _SCALE

    def __post_init__(self) -> None:
        """Check that there is one coefficient for each feature."""
        if len(self.coefficients) != len(starting_coefficients(self.views)):
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
        return similarity_weights(shown, self.coefficient_values) * self.scale_value

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

    @property
    def scale_value(self) -> float:
        """Return the factor of the similarity weight."""
        return self.scale / _SCALE

    def to_json(self) -> Json:
        """Return the model as canonical JSON takes it."""
        return {
            "views": list(self.views),
            "coefficients": list(self.coefficients),
            "number": list(self.number),
            "scale": self.scale,
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
    (scale,) = _listed([raw.get("scale")], int)
    return MatchModel(views, coefficients, (missing, equal, conflict, different), scale)


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


def model_of(
    views: tuple[str, ...], coefficients: Floats, number: Floats, scale: float = 1.0
) -> MatchModel:
    """Return the model of *coefficients* and *number* weights given in natural logarithms."""
    missing, equal, conflict, different = np.rint(number * _SCALE).astype(np.int64).tolist()
    return MatchModel(
        views,
        tuple(np.rint(coefficients * _SCALE).astype(np.int64).tolist()),
        (missing, equal, conflict, different),
        round(scale * _SCALE),
    )


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
