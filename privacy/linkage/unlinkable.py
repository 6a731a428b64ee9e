"""Rows that could hardly be linked to anybody: what a row weighs against itself.

A row without a birth date, a number or kana shows little, whomever it is compared with.
Its own possible weight is the weight of a pair of two such rows that agree in all that
they hold (after Splink's chart of unlinkable records); rows below the threshold would not
even be linked to themselves.  Only which views and tokens a row holds counts, so the
result says nothing of any value; it is a count of rows by weight.
"""

from __future__ import annotations

import numpy as np

from privacy.linkage.evidence import Evidence, Number
from privacy.linkage.features import Floats
from privacy.linkage.linker import Linker
from privacy.linkage.stack import Ids

LOWEST_WEIGHT, HIGHEST_WEIGHT = -20, 20
"""Whole weights that histograms tell apart; the outer bins hold what lies beyond."""


def own_weights(linker: Linker) -> Floats:
    """Return for each stacked row the match weight of a pair that agrees in all it holds."""
    stacked = linker.stack
    columns = [codes.any(axis=1) for codes in stacked.views.values()]
    columns += [stacked.token(name) >= 0 for name in ("T1", "A", "B")]
    held = np.zeros(stacked.rows, dtype=np.int64)
    for at, column in enumerate(columns):
        held |= np.asarray(column, dtype=np.int64) << at
    kinds, of_row = np.unique(held, return_inverse=True)
    patterns = ((kinds[:, None] >> np.arange(len(columns))) & 1).astype(np.bool_)
    views = len(stacked.views)
    exact, number, dated = (patterns[:, views + at] for at in range(3))
    outcome = np.where(number, Number.CONFLICT, Number.MISSING)
    outcome = np.where(dated, Number.EQUAL, outcome).astype(np.int8)
    similarity = np.where(patterns[:, :views], 1.0, np.nan).astype(np.float32)
    shown = Evidence(tuple(stacked.views), similarity, outcome, exact)
    return np.asarray(linker.models.weigh(shown)[of_row])


def histogram(weight: Floats) -> tuple[int, ...]:
    """Return how many of *weight* lie in each whole weight, lowest bin first."""
    whole = np.clip(np.floor(weight), LOWEST_WEIGHT, HIGHEST_WEIGHT - 1).astype(np.int64)
    bins = HIGHEST_WEIGHT - LOWEST_WEIGHT
    return tuple(np.bincount(whole - LOWEST_WEIGHT, minlength=bins).tolist())


def own_histograms(linker: Linker) -> tuple[tuple[int, ...], ...]:
    """Return the histogram of `own_weights` of each department."""
    weight = own_weights(linker)
    return tuple(histogram(weight[_of(linker, at)]) for at in range(len(linker.departments)))


def _of(linker: Linker, department: int) -> Ids:
    here = linker.stack.of(department)
    return np.arange(here.start, here.stop)
