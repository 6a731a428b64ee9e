"""Assignment of rows to columns: the exact one, and its smooth relative.

The exact one is the Hungarian method with potentials (Kuhn 1955; Jonker and Volgenant
1987), its inner loop in NumPy; the smooth one is Sinkhorn's (1964) scaling.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]


def assign(scores: Scores) -> NDArray[np.int64]:
    """Return for each row a column of its own so that the sum of *scores* is largest.

    Args:
        scores: n x m, n <= m.
    """
    cost = -np.asarray(scores, dtype=np.float64)
    rows, columns = cost.shape
    column_price = np.zeros(columns)
    row_price = cost.min(axis=1)
    row_of = np.full(columns, -1, dtype=np.int64)
    open_rows = []
    for row in range(rows):
        free = np.flatnonzero((cost[row] <= row_price[row]) & (row_of < 0))
        if len(free):
            row_of[free[0]] = row
        else:
            open_rows.append(row)
    for row in open_rows:
        _augment(cost, row, row_price, column_price, row_of)
    column_of = np.empty(rows, dtype=np.int64)
    taken = np.flatnonzero(row_of >= 0)
    column_of[row_of[taken]] = taken
    return column_of


def _augment(
    cost: NDArray[np.float64],
    start: int,
    row_price: NDArray[np.float64],
    column_price: NDArray[np.float64],
    row_of: NDArray[np.int64],
) -> None:
    """Give row *start* a column by the shortest augmenting path; prices stay feasible."""
    columns = cost.shape[1]
    distance = np.full(columns, np.inf)
    previous = np.full(columns, -1, dtype=np.int64)
    done = np.zeros(columns, dtype=np.bool_)
    reached: list[tuple[int, float]] = []
    row, column, so_far = start, -1, 0.0
    while True:
        reached.append((row, so_far))
        through = so_far + cost[row] - row_price[row] - column_price
        better = ~done & (through < distance)
        distance[better] = through[better]
        previous[better] = column
        ahead = np.where(done, np.inf, distance)
        column = int(ahead.argmin())
        so_far = float(ahead[column])
        # Among equals a free column ends the search.
        free = np.flatnonzero((ahead <= so_far) & (row_of < 0))
        column = int(free[0]) if len(free) else column
        if row_of[column] < 0:
            break
        done[column] = True
        row = int(row_of[column])
    for seen, at in reached:
        row_price[seen] += so_far - at
    column_price[done] -= so_far - distance[done]
    while column >= 0:
        before = int(previous[column])
        row_of[column] = start if before < 0 else row_of[before]
        column = before


def soften(scores: Scores, sharpness: float, rounds: int = 30) -> Scores:
    """Return n x m shares, rows adding to 1 and columns to at most 1, larger where *scores* are.

    Args:
        scores: n x m, n <= m.
        sharpness: by how many standard deviations of the scores a share grows e-fold, inverted.
        rounds: of Sinkhorn's scaling.
    """
    spread = float(scores.std()) or 1.0
    level = np.clip((scores - scores.max(axis=1, keepdims=True)) * (sharpness / spread), -60, 0)
    share: Scores = np.exp(level, dtype=np.float32)
    for _ in range(rounds):
        share /= share.sum(axis=1, keepdims=True)
        share /= np.maximum(share.sum(axis=0, keepdims=True), 1.0)
    share /= share.sum(axis=1, keepdims=True)
    return share
