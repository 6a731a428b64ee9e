"""Known surnames with their readings, and readings of the kanji that surnames are made of.

``data/surnames.tsv`` lists common and irregular surnames, commonest first;
``data/readings.tsv`` lists how kanji are read inside surnames, for the long tail.
Readings are compared without voiced marks, so that ヤマザキ and ヤマサキ agree.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files

from privacy.normalise.characters import GAIJI
from privacy.normalise.kana import fold_kana, unvoiced

LONGEST_SURNAME = 5


def _read(name: str) -> dict[str, tuple[str, ...]]:
    text = (files("privacy.normalise") / "data" / name).read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines())
    return {
        written: tuple(unvoiced(fold_kana(kana)) for kana in kanas.split(","))
        for written, kanas in rows
    }


@cache
def known_surnames() -> dict[str, tuple[str, ...]]:
    """Return each listed surname (variants folded) with the sounds of its readings."""
    return _read("surnames.tsv")


@cache
def surname_ranks() -> dict[str, int]:
    """Return the place of each listed surname, 0 for the commonest."""
    return {surname: place for place, surname in enumerate(known_surnames())}


@cache
def known_readings() -> frozenset[str]:
    """Return the sounds of all listed surnames."""
    return frozenset(key for keys in known_surnames().values() for key in keys)


@cache
def _component_readings() -> dict[str, tuple[str, ...]]:
    return _read("readings.tsv") | {"ノ": ("ノ",), "之": ("ノ",), "ケ": ("カ", "ケ"), "ツ": ("ツ",)}


def _composes(written: str, key: str) -> bool:
    """Return whether *key* is the kanji's readings in a row, ノ between two allowed."""
    if not written:
        return not key
    if written[0] == GAIJI:
        return any(_composes(written[1:], key[length:]) for length in (1, 2, 3, 4))
    for reading in _component_readings().get(written[0], ()):
        if reading and key.startswith(reading):
            rest = key[len(reading) :]
            if _composes(written[1:], rest):
                return True
            if written[1:] and rest.startswith("ノ") and _composes(written[1:], rest[1:]):
                return True
    return False


@lru_cache(maxsize=1 << 16)
def is_listed(written: str, key: str) -> bool:
    """Return whether *written* is a listed surname read as the sound *key*."""
    return key in known_surnames().get(written, ())


@lru_cache(maxsize=1 << 16)
def reads_as(written: str, key: str) -> bool:
    """Return whether the surname *written* can be read as the sound *key*."""
    return is_listed(written, key) or _composes(written, key)


@lru_cache(maxsize=1 << 16)
def ends_that_read(written: str, key: str) -> int:
    """Return how many of the first and last kanji of *written* read as the ends of *key*."""
    readings = _component_readings()
    first = any(key.startswith(reading) for reading in readings.get(written[0], ()) if reading)
    last = any(key.endswith(reading) for reading in readings.get(written[-1], ()) if reading)
    return first + last if len(written) > 1 else first
