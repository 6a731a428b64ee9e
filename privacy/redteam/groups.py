"""The group attack on salted codes: whose codes lie together, and which birth date they share.

Under one salt value codes are comparable; across salt values they are noise.  Who knows
the children of each birth date compares each group of codes with each date's children:
sizes, and the likelihood of the similarities inside under the best order (Armknecht,
Heng and Schnell, PoPETs 2023, describe groups as the leak of salting).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from privacy.redteam.assignment import assign
from privacy.redteam.matching import Match
from privacy.redteam.observation import Matrix, Observation

Ids = NDArray[np.int64]

_NOBODY = -1
_SHORTLIST = 12
_STARTS = 4
_SWEEPS = 30
_ROUNDING = 1e-6
_NOISE = 1 / 512
"""Variance of a similarity about its expectation: that of 512 bits."""
_LARGEST = 24
"""Members of a group that are compared; the largest published attack groups are far smaller."""


def recover_groups(similarity: Matrix, count: int, largest: int) -> Ids:
    """Return a group for each code from similarities alone: average linkage.

    Args:
        similarity: n x n, the mean over views.
        count: groups to stop at: the dates on which known persons were born.
        largest: members of a group at most.
    """
    rows = len(similarity)
    total = similarity.astype(np.float64)
    size = np.ones(rows)
    np.fill_diagonal(total, -np.inf)
    group = np.arange(rows)
    nearest, nearness = np.empty(rows, dtype=np.int64), np.full(rows, -np.inf)

    def look(row: int) -> None:
        mean = np.where(size[row] + size <= largest, total[row] / (size[row] * size), -np.inf)
        nearest[row] = mean.argmax()
        nearness[row] = mean[nearest[row]]

    for row in range(rows):
        look(row)
    for _ in range(max(rows - count, 0)):
        left = int(nearness.argmax())
        right = int(nearest[left])
        if nearness[left] <= 0:
            break
        total[left] += total[right]
        total[:, left] += total[:, right]
        total[left, left] = -np.inf
        total[right] = total[:, right] = -np.inf
        size[left] += size[right]
        size[right] = rows
        nearness[right] = -np.inf
        group[group == right] = left
        # A mean of two means is nearer than neither: only who was nearest to them must look.
        touched = (nearest == left) | (nearest == right)
        touched[left], touched[right] = True, False
        for row in np.flatnonzero(touched & (size < rows)).tolist():
            look(row)
    return np.asarray(np.unique(group, return_inverse=True)[1], dtype=np.int64)


def match_groups(
    seen: Observation,
    expected: Observation,
    groups: Ids,
    dates: Sequence[str],
    rng: np.random.Generator,
    *,
    weights: bool = False,
) -> Match:
    """Return whom each code is taken for, -1 for nobody.

    Args:
        seen: the codes, n rows.
        expected: the known population, m rows.
        groups: n, the group of each code, -1 for none: from labels, or recovered.
        dates: m, the salt value of each person; "" for none.
        rng: draws the orders to start from.
        weights: whether the codes show their filters' weights.
    """
    members = [np.flatnonzero(groups == one) for one in range(int(groups.max(initial=-1)) + 1)]
    known = np.array(dates)
    classes = [np.flatnonzero(known == one) for one in sorted(set(dates) - {""})]
    members = [rows[:_LARGEST] for rows in members if len(rows) > 1]
    classes = [rows[:_LARGEST] for rows in classes]
    if not members or not classes:
        return np.full(seen.rows, _NOBODY, dtype=np.int64)
    width = max(len(rows) for rows in (*members, *classes))
    models = np.stack([_padded(expected.similarity, rows, width) for rows in classes])
    sizes = np.array([len(rows) for rows in classes])
    coverage = seen.rows / max(expected.rows, 1)
    scores = np.full((len(members), len(classes)), -1e6, dtype=np.float32)
    orders: list[Ids] = []
    for at, rows in enumerate(members):
        block = _padded(seen.similarity, rows, width)
        fit = _size_scores(len(rows), sizes, coverage)
        alone = _weight_scores(seen, expected, rows, classes, width) if weights else None
        first = _first_orders(block, models)
        if weights:
            first = _orders_by_weight(seen, expected, rows, classes, width)
        value, order = _best_orders(block, models, first, alone)
        short = np.argsort(-(fit + value), kind="stable")[:_SHORTLIST]
        alone = None if alone is None else alone[short]
        for _ in range(_STARTS):
            start = np.argsort(rng.random((len(short), width)), axis=1)
            again, other = _best_orders(block, models[short], start, alone)
            better = again > value[short]
            value[short[better]], order[short[better]] = again[better], other[better]
        scores[at] = fit + value
        orders.append(order)
    found = np.full(seen.rows, _NOBODY, dtype=np.int64)
    chosen = assign(scores) if len(members) <= len(classes) else scores.argmax(axis=1)
    for at, one in enumerate(chosen.tolist()):
        place = orders[at][one][: len(members[at])]
        real = place < sizes[one]
        found[members[at][real]] = classes[one][place[real]]
    return found


def _padded(similarity: Matrix, rows: Ids, width: int) -> Matrix:
    """Return views x width x width: the similarities inside *rows*, zeros for nobody."""
    square = np.zeros((len(similarity), width, width), dtype=np.float32)
    square[:, : len(rows), : len(rows)] = similarity[:, rows[:, None], rows[None, :]]
    return square


def _size_scores(size: int, known: Ids, coverage: float) -> NDArray[np.float32]:
    """Return log likelihoods that a group of *size* codes is each class, by a binomial count."""
    share = min(max(coverage, 0.05), 0.98)
    mean, spread = known * share, known * share * (1 - share) + 0.3
    return np.asarray(-((size - mean) ** 2) / (2 * spread) - 0.5 * np.log(spread), dtype=np.float32)


def _weight_scores(
    seen: Observation, expected: Observation, rows: Ids, classes: Sequence[Ids], width: int
) -> Matrix:
    """Return classes x width x width: how well each code's weight fits each person's.

    Log likelihood ratios of one weight under two keys (collisions of w throws into 1,024
    places vary by w^2 / 2,048 on each side) against any weight at all; 0 for nobody.
    """
    fits = np.zeros((len(classes), width, width), dtype=np.float32)
    for codes, persons in zip(seen.weight, expected.weight, strict=True):
        mean, spread = float(persons.mean()), float(persons.var()) + 1.0
        ours = codes[rows][:, None]
        noise = persons**2 / 1024 + 4.0
        for at, members in enumerate(classes):
            theirs, near = persons[members][None, :], noise[members][None, :]
            like = -((ours - theirs) ** 2) / (2 * near) - 0.5 * np.log(near / spread)
            like += (ours - mean) ** 2 / (2 * spread)
            fits[at, : len(rows), : len(members)] += like
    return fits * np.float32(_NOISE / len(seen.weight))


def _orders_by_weight(
    seen: Observation, expected: Observation, rows: Ids, classes: Sequence[Ids], width: int
) -> Ids:
    """Return orders that put the fullest codes on the persons with the fullest filters."""
    placed = np.empty((len(classes), width), dtype=np.int64)
    codes = np.argsort(-_filled(seen.weight[:, rows].sum(axis=0), width), kind="stable")
    for at, members in enumerate(classes):
        persons = _filled(expected.weight[:, members].sum(axis=0), width)
        placed[at, codes] = np.argsort(-persons, kind="stable")
    return placed


def _filled(values: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    return np.pad(values, (0, width - len(values)))


def _best_orders(
    block: Matrix, models: Matrix, placed: Ids, alone: Matrix | None = None
) -> tuple[NDArray[np.float32], Ids]:
    """Return for each model the order that swaps reach from *placed*, and its log likelihood.

    *alone*: models x width x width, what each code on each person gives by itself.
    """
    count, views, width = models.shape[:3]
    moving = np.arange(count)
    for _ in range(_SWEEPS):
        gain = _swap_gains(block, models[moving], placed[moving])
        if alone is not None:
            gain += _lone_gains(alone[moving], placed[moving])
        gain = gain.reshape(len(moving), -1)
        pair = gain.argmax(axis=1)
        better = gain[np.arange(len(moving)), pair] > _ROUNDING
        moving, pair = moving[better], pair[better]
        if not len(moving):
            break
        left, right = pair // width, pair % width
        held = placed[moving, left].copy()
        placed[moving, left] = placed[moving, right]
        placed[moving, right] = held
    value = _values(block, models.reshape(count, views, width * width), placed)
    if alone is not None:
        value += np.take_along_axis(alone, placed[:, :, None], axis=2).sum(axis=(1, 2))
    return value / _NOISE, placed


def _lone_gains(alone: Matrix, placed: Ids) -> NDArray[np.float32]:
    """Return count x width x width: what exchanging the persons of two codes gives alone."""
    # reached[c, a, b]: what code a gives on the person of code b.
    reached = np.take_along_axis(alone, placed[:, None, :], axis=2)
    own = np.einsum("caa->ca", reached)
    return np.asarray(
        reached + reached.transpose(0, 2, 1) - own[:, :, None] - own[:, None, :], dtype=np.float32
    )


def _first_orders(block: Matrix, models: Matrix) -> Ids:
    """Return orders that put the most connected codes on the most connected persons."""
    codes = np.argsort(-block.sum(axis=(0, 2)), kind="stable")
    persons = np.argsort(-models.sum(axis=(1, 3)), axis=1, kind="stable")
    placed = np.empty_like(persons)
    placed[:, codes] = persons
    return placed


def _values(block: Matrix, flat: Matrix, placed: Ids) -> NDArray[np.float32]:
    """Return the sum over pairs of o e - e^2 / 2 for each order; pairs with nobody give 0."""
    width = block.shape[1]
    index = (placed[:, :, None] * width + placed[:, None, :]).reshape(len(placed), -1)
    chosen = np.take_along_axis(flat, index[:, None, :], axis=2)
    there = (block != 0).reshape(1, len(block), -1)
    return np.asarray(
        ((block.reshape(1, len(block), -1) * chosen - 0.5 * chosen**2) * there).sum(axis=(1, 2))
        / 2,
        dtype=np.float32,
    )


def _swap_gains(block: Matrix, models: Matrix, placed: Ids) -> NDArray[np.float32]:
    """Return count x width x width: how much exchanging the persons of two codes would gain."""
    count, _, width = models.shape[:3]
    rows = np.arange(count)[:, None, None]
    chosen = models[rows, :, placed[:, :, None], placed[:, None, :]].transpose(0, 3, 1, 2)
    there = (block != 0).astype(np.float32)
    # cross[c, a, b]: what code a would contribute on the person of code b, others unmoved.
    cross = np.einsum("vak,cvbk->cab", block, chosen, optimize=True)
    cross -= 0.5 * np.einsum("vak,cvbk->cab", there, chosen**2, optimize=True)
    own = np.einsum("caa->ca", cross)
    # Terms of the pair (a, b) itself: it does not change by the exchange.
    pair = np.einsum("vab,cvab->cab", block, chosen) - 0.5 * np.einsum(
        "vab,cvab->cab", there, chosen**2
    )
    gain = cross + cross.transpose(0, 2, 1) - own[:, :, None] - own[:, None, :] + 2 * pair
    diagonal = np.arange(width)
    gain[:, diagonal, diagonal] = 0
    return np.asarray(gain, dtype=np.float32)
