"""Encodings of made-up people as correlated random bits: no names, no keys, known truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from privacy.encoding.batch import Batch, Codes, Tokens

VIEWS = ("all", "name", "given_address")
WORDS = 8


@dataclass(frozen=True)
class Town:
    """Batches, the child of each row, and later-pass views of every row."""

    batches: list[Batch]
    truth: list[NDArray[np.int64]]
    later: list[Batch]

    def again(self, rows: dict[str, NDArray[np.int64]]) -> list[Batch]:
        """Return the second-pass batches of the asked rows."""
        return [
            Batch(b.department, len(rows[b.department]), {}, _picked(b.views, rows[b.department]))
            for b in self.later
        ]


def _picked(views: dict[str, Codes], rows: NDArray[np.int64]) -> dict[str, Codes]:
    return {name: codes[rows] for name, codes in views.items()}


def random_codes(generator: np.random.Generator, count: int) -> Codes:
    return generator.integers(0, 2**64, (count, WORDS), dtype=np.uint64)


def flipped(generator: np.random.Generator, codes: Codes, share: NDArray[np.float64]) -> Codes:
    """Return *codes* with each bit of row i flipped with probability share[i]."""
    noise = generator.random((len(codes), 64 * WORDS)) < share[:, None]
    return codes ^ np.packbits(noise, axis=1).view(np.uint64)


def token(values: NDArray[np.int64]) -> Tokens:
    """Return tokens that are equal where *values* are; negative values are missing."""
    tokens = np.zeros((len(values), 32), dtype=np.uint8)
    tokens[:, :8] = (values + 1).astype("<u8").view(np.uint8).reshape(-1, 8)
    tokens[:, 31] = values >= 0
    return tokens


def town(
    seed: int,
    children: int = 600,
    departments: int = 3,
    *,
    wrong_dates: float = 0.02,
    with_numbers: bool = True,
) -> Town:
    """Return a town whose rows resemble their child's true codes with varying closeness."""
    generator = np.random.default_rng(seed)
    true = {f"{p}/{v}": random_codes(generator, children) for p in ("first", "kana") for v in VIEWS}
    batches, truth, later = [], [], []
    for index in range(departments):
        child = np.flatnonzero(generator.random(children) < 0.7)
        generator.shuffle(child)
        wrong = generator.random(len(child)) < wrong_dates
        distance = np.clip(generator.normal(0.08, 0.07, len(child)), 0, 0.3)
        exact = generator.random(len(child)) < 0.3
        views = {
            name: flipped(generator, codes[child], np.where(exact, 0.0, distance))
            for name, codes in true.items()
        }
        for name, codes in views.items():
            if name.startswith("first/"):
                codes[wrong] = random_codes(generator, int(wrong.sum()))
        tokens = {"T1": token(np.where(exact & ~wrong, child, -1))}
        if with_numbers and index < 2:
            number = np.where(generator.random(len(child)) < 0.03, 10**6 + child, child)
            tokens["A"] = token(number)
            tokens["B"] = token(np.where(wrong, 10**7 + number, number))
        name = f"d{index}"
        firsts = {view: codes for view, codes in views.items() if view.startswith("first/")}
        seconds = {view: codes for view, codes in views.items() if view.startswith("kana/")}
        batches.append(Batch(name, len(child), tokens, firsts))
        later.append(Batch(name, len(child), {}, seconds))
        truth.append(child)
    return Town(batches, truth, later)
