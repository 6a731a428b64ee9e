"""Japanese names by frequency: a table of common ones and a combined tail of rare ones."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from importlib.resources import files
from itertools import accumulate
from math import exp

from deploy.town.people import FEMALE, MALE, Given, Surname
from deploy.town.variants import registry_form

TAIL_SHARE = 0.22
"""Share of families whose surname is not among the table's 1,100."""
TAIL_SIZE = 8000
POPULAR_SHARE = 0.34
"""Share of children with one of the popular given names."""
FASHION_YEARS = 4.5
UNLUCKY = frozenset(
    {"マラ", "シミ", "アキヤ", "シリ", "マヌ", "シシ", "ヒメイ", "ユウレイ", "シタイ"}
)
FIRST_YEAR = 2010
LAST_YEAR = 2026


def table(name: str) -> Iterator[list[str]]:
    """Yield the rows of one of the town's tables, without the header."""
    text = (files("deploy.town") / "data" / name).read_text(encoding="utf-8")
    rows = csv.reader(text.splitlines())
    next(rows)
    yield from rows


def _readings(kana: str) -> tuple[str, str]:
    first, _, other = kana.partition("/")
    return first, other.split("/")[0]


def _sounds_well(first: str, last: str) -> bool:
    """Tell whether parents would choose it: no sound doubled at the seam, no unlucky word."""
    return first[-1] != last[0] and first + last not in UNLUCKY


class Surnames:
    """Draws family names: about 1,100 common ones, then some 8,000 rare compounds."""

    def __init__(self, rng: random.Random) -> None:
        """Read the tables; *rng* orders the rare names."""
        self._names: list[tuple[str, str, str]] = []
        weights: list[float] = []
        known: set[str] = set()
        for kanji, kana, weight in table("surnames.csv"):
            known.add(kanji)
            self._names.append((kanji, *_readings(kana)))
            weights.append(float(weight))
        head = sum(weights)
        tail = self._tail(rng, known)
        shares = [1 / (rank + 150) ** 0.75 for rank in range(len(tail))]
        scale = head * TAIL_SHARE / (1 - TAIL_SHARE) / sum(shares)
        self._names.extend(tail)
        self._cumulative = list(accumulate(weights + [share * scale for share in shares]))

    @staticmethod
    def _tail(rng: random.Random, known: set[str]) -> list[tuple[str, str, str]]:
        parts: dict[str, list[tuple[str, str]]] = {"first": [], "last": []}
        for position, kanji, kana in table("surname_parts.csv"):
            parts[position].append((kanji, kana))
        names = []
        for first, first_kana in parts["first"]:
            for last, last_kana in parts["last"]:
                if first + last in known or first in last:
                    continue
                plain, _, voiced = last_kana.partition("/")
                readings = (plain, voiced) if rng.random() < 0.5 else (voiced or plain, plain)  # noqa: PLR2004 - even odds
                other = readings[1] if voiced and rng.random() < 0.3 else ""  # noqa: PLR2004 - share of two readings
                names.append((first + last, first_kana + readings[0], other and first_kana + other))
        rng.shuffle(names)
        return names[:TAIL_SIZE]

    def draw(self, rng: random.Random) -> Surname:
        """Return one family's name."""
        kanji, kana, other = rng.choices(self._names, cum_weights=self._cumulative)[0]
        if other and rng.random() < 1 / 3:
            kana, other = other, kana
        return Surname(kanji, registry_form(kanji, rng), kana, other)


class GivenNames:
    """Draws given names by the fashion of the year of birth."""

    def __init__(self) -> None:
        """Read the tables."""
        self._popular: dict[int, list[tuple[str, str]]] = {MALE: [], FEMALE: []}
        origin: dict[int, list[tuple[int, int]]] = {MALE: [], FEMALE: []}
        for sex, centre, rank, kanji, kana in table("given_names.csv"):
            self._popular[int(sex)].append((kanji, kana))
            origin[int(sex)].append((int(centre), int(rank)))
        self._cumulative = {
            (sex, year): list(
                accumulate(
                    exp(-(((year - centre) / FASHION_YEARS) ** 2) / 2) / (rank + 6)
                    for centre, rank in origin[sex]
                )
            )
            for sex in (MALE, FEMALE)
            for year in range(FIRST_YEAR, LAST_YEAR + 1)
        }
        self._parts: dict[tuple[int, str], list[tuple[str, list[str]]]] = {}
        for sex, position, kanji, kana in table("given_parts.csv"):
            self._parts.setdefault((int(sex), position), []).append((kanji, kana.split("/")))

    def draw(self, sex: int, year: int, rng: random.Random) -> Given:
        """Return a given name for a child of *sex* born in *year*."""
        if rng.random() < POPULAR_SHARE:
            weights = self._cumulative[sex, min(max(year, FIRST_YEAR), LAST_YEAR)]
            kanji, kana = rng.choices(self._popular[sex], cum_weights=weights)[0]
            first, other = _readings(kana)
            if other and rng.random() < 0.35:  # noqa: PLR2004 - share of the second reading
                first, other = other, first
            return Given(kanji, first, other, registry_form(kanji, rng))
        return self._combined(sex, rng)

    def adult(self, sex: int, rng: random.Random) -> Given:
        """Return a parent's given name."""
        return self._combined(sex, rng)

    def _combined(self, sex: int, rng: random.Random) -> Given:
        head, head_kana = rng.choice(self._parts[sex, "first"])
        tail, tail_kana = rng.choice(self._parts[sex, "last"])
        first = rng.choice(head_kana)
        while tail == head or not _sounds_well(first, tail_kana[0]):
            tail, tail_kana = rng.choice(self._parts[sex, "last"])
        last = tail_kana[0]
        others = [kana for kana in head_kana if kana != first]
        kanji = head + tail
        other = others[0] + last if others else ""
        return Given(kanji, first + last, other, registry_form(kanji, rng))
