"""Why a pair weighs what it weighs: what each view and token gives, in views only.

The match weight is a sum (`weights.py`), so it comes apart without remainder: the constant
(how rare a match is among pairs), tokens, views, and what an exact identity makes up for.
A view's similarity, square and gap are the view's own; what a pass weighs as a whole is
shared out evenly among its views.  Then come the rivals: other pairs that
at most one match a department excludes.  In the spirit of Splink's waterfall chart.

A waterfall says how alike two pseudonymous rows are in a view, no value of anybody.  It
stays with whoever holds the codes: no message to a node carries a similarity (PROTOCOL 2).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from privacy.canonical import Json
from privacy.linkage.candidates import Pairs
from privacy.linkage.evidence import Evidence, Number, evidence
from privacy.linkage.features import Floats, view_weights
from privacy.linkage.linker import Linker
from privacy.linkage.stack import Ids
from privacy.linkage.weights import MatchModel

PRIOR, EXACT, NUMBER, IDENTITY, RIVALS = "prior", "T1", "number", "identity", "rivals"
_MILLION = 1_000_000
_THOUSAND = 1_000
_LARGEST = 30.0
"""Log odds beyond which a probability says no more."""


@dataclass(frozen=True, slots=True)
class Waterfalls:
    """What makes up the match weight of pairs, in natural log odds; rows add up to ``weight``.

    ``by_view``: pairs x views, 0 where the pair's model does not know the view.
    ``identity``: what an equal T1 or B adds to what the rest says.
    """

    shown: Evidence
    prior: Floats = field(repr=False)
    exact: Floats = field(repr=False)
    number: Floats = field(repr=False)
    by_view: Floats = field(repr=False)
    identity: Floats = field(repr=False)

    @property
    def weight(self) -> Floats:
        """Return the match weight of each pair."""
        fixed = self.prior + self.exact + self.number + self.identity
        return np.asarray(fixed + self.by_view.sum(axis=1))

    @property
    def alone(self) -> Floats:
        """Return the match probability of each pair as if it had no rivals."""
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(self.weight, -_LARGEST, _LARGEST))))

    def rivals(self, probability: Floats) -> Floats:
        """Return what rivals take from the log odds, given the *probability* they leave."""
        return np.minimum(0.0, _log_odds(probability) - _log_odds(self.alone))

    def where(self, rows: Ids | slice) -> Waterfalls:
        """Return the chosen rows."""
        return Waterfalls(
            self.shown.where(rows),
            self.prior[rows],
            self.exact[rows],
            self.number[rows],
            self.by_view[rows],
            self.identity[rows],
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One bar of a waterfall: ``kind`` is prior, token, view, identity or rivals.

    ``shown``: a view's similarity in thousandths, None where a side does not hold it; 1 or 0
    for T1; the outcome (`Number`) for the number.  ``weight``: millionths of log odds.
    """

    kind: str
    name: str
    shown: int | None
    weight: int

    def to_json(self) -> Json:
        """Return the step as canonical JSON takes it."""
        return {"kind": self.kind, "name": self.name, "shown": self.shown, "weight": self.weight}


@dataclass(frozen=True, slots=True)
class Explanation:
    """The waterfall of one pair: the steps but the rivals add up to ``weight``, in millionths.

    ``probability``: millionths, after the rivals.
    """

    steps: tuple[Step, ...]
    weight: int
    probability: int

    def to_json(self) -> Json:
        """Return the explanation as canonical JSON takes it: integers only."""
        steps = [step.to_json() for step in self.steps]
        return {"steps": steps, "weight": self.weight, "probability": self.probability}


def explain(linker: Linker, chosen: Ids) -> tuple[Explanation, ...]:
    """Return the explanations of candidate pairs of *linker*, by their place among its pairs."""
    falls = waterfalls(linker, chosen)
    probability = linker.linked.probability[chosen]
    return tuple(
        explanation(falls, row, float(probability[row])) for row in range(len(probability))
    )


def waterfalls(linker: Linker, chosen: Ids) -> Waterfalls:
    """Return what makes up the weights of candidate pairs, each by the model that weighed it."""
    linked = linker.linked
    pairs, source = linked.pairs.where(chosen), linked.source[chosen]
    falls = waterfalls_of(linker, pairs)
    for place, model in enumerate(linked.refined, start=1):
        here = np.flatnonzero(source == place)
        if len(here):
            _put(falls, here, model)
    return falls


def waterfalls_of(linker: Linker, pairs: Pairs) -> Waterfalls:
    """Return what would make up the weights of any *pairs* of rows, by the models of the passes."""
    models = linker.linked.models
    shown = evidence(linker.stack, pairs, tuple(linker.stack.views))
    count, views = shown.similarity.shape
    empty = (np.zeros(count) for _ in range(4))
    prior, exact, number, identity = empty
    falls = Waterfalls(shown, prior, exact, number, np.zeros((count, views)), identity)
    known = len(models.first.views)
    later = np.asarray(~np.isnan(shown.similarity[:, known:]).all(axis=1))
    if models.second is None:
        later = np.zeros(count, dtype=np.bool_)
    _put(falls, np.flatnonzero(~later), models.first)
    if models.second is not None:
        _put(falls, np.flatnonzero(later), models.second)
    return falls


def taken_apart(model: MatchModel, shown: Evidence) -> Waterfalls:
    """Return what makes up the weights that *model* gives pairs with the evidence *shown*."""
    coefficients, scale = model.coefficient_values, model.scale_value
    by_view = view_weights(shown, coefficients) * scale
    prior = np.full(len(shown.number), coefficients[0] * scale)
    exact = np.where(shown.exact, coefficients[1] * scale, 0.0)
    number = model.number_weight(shown.number)
    none = np.zeros(len(number))
    falls = Waterfalls(shown, prior, exact, number, by_view, none)
    # What is left of rounding is nobody's: only an exact identity adds anything.
    identical = shown.exact | (shown.number == Number.EQUAL)
    rest = np.where(identical, np.round(model.weigh(shown) - falls.weight, 6), 0.0)
    return replace(falls, identity=rest)


def _put(falls: Waterfalls, rows: Ids, model: MatchModel) -> None:
    """Fill *rows* of *falls* with what *model* says of them."""
    known = len(model.views)
    part = taken_apart(model, falls.shown.where(rows).of_views(known))
    falls.prior[rows], falls.exact[rows] = part.prior, part.exact
    falls.number[rows], falls.identity[rows] = part.number, part.identity
    falls.by_view[rows] = 0.0
    falls.by_view[rows, :known] = part.by_view


def explanation(falls: Waterfalls, row: int, probability: float | None = None) -> Explanation:
    """Return row *row* of *falls* as an explanation, views in the order of the passes.

    Without a *probability* (a pair that was no candidate), no rivals are counted.
    """
    shown, own = falls.shown, falls.where(slice(row, row + 1))
    final = float(own.alone[0]) if probability is None else probability
    outcome = int(shown.number[row])
    steps = [
        Step("prior", PRIOR, None, _millionths(falls.prior[row])),
        *(
            Step(
                "view",
                shown.views[view],
                _similarity(shown.similarity[row, view]),
                _millionths(falls.by_view[row, view]),
            )
            for view in range(len(shown.views))
        ),
        Step("token", EXACT, int(shown.exact[row]), _millionths(falls.exact[row])),
        Step("token", NUMBER, outcome, _millionths(falls.number[row])),
        Step("identity", IDENTITY, None, _millionths(falls.identity[row])),
    ]
    total = sum(step.weight for step in steps)
    rival = _millionths(own.rivals(np.array([final]))[0])
    return Explanation(
        (*steps, Step("rivals", RIVALS, None, rival)), total, round(final * _MILLION)
    )


def _millionths(weight: float | np.float64) -> int:
    return round(float(weight) * _MILLION)


def _similarity(value: np.float32) -> int | None:
    return None if np.isnan(value) else round(float(value) * _THOUSAND)


def _log_odds(probability: Floats) -> Floats:
    edge = float(np.exp(-_LARGEST))
    inside = np.clip(probability, edge, 1.0 - edge)
    return np.asarray(np.log(inside / (1.0 - inside)))
