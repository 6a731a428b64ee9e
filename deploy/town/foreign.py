"""Names of foreign families: Latin letters, katakana, characters with two readings, aliases."""

from __future__ import annotations

import random
from dataclasses import replace

from deploy.town.names import table
from deploy.town.people import Foreign

ORIGINS = {"CN": 0.42, "VN": 0.16, "PH": 0.14, "KR": 0.1, "NP": 0.09, "BR": 0.05, "BD": 0.04}
MIDDLE_SHARE = {"VN": 0.95, "PH": 0.9, "NP": 0.5, "BR": 0.6, "BD": 0.5}
FAMILY_LAST = frozenset({"PH", "NP", "BR", "BD"})

_Row = tuple[str, str, str, str]


class ForeignNames:
    """Draws the names of foreign families and of their children."""

    def __init__(self) -> None:
        """Read the table."""
        self._rows: dict[tuple[str, str, int], list[_Row]] = {}
        for origin, part, sex, latin, kana, kanji, on_kana in table("foreign_names.csv"):
            self._rows.setdefault((origin, part, int(sex)), []).append(
                (latin, kana, kanji, on_kana)
            )

    def family(self, rng: random.Random) -> Foreign:
        """Return a family's part of the name."""
        origin = rng.choices(list(ORIGINS), weights=list(ORIGINS.values()))[0]
        latin, kana, kanji, on_kana = rng.choice(self._rows[origin, "family", 0])
        return Foreign(
            origin=origin,
            family=latin,
            family_kana=kana,
            family_kanji=kanji,
            family_on_kana=on_kana,
            family_last=origin in FAMILY_LAST,
        )

    def child(self, family: Foreign, sex: int, rng: random.Random) -> Foreign:
        """Return *family* with a child's given and middle name."""
        latin, kana, kanji, on_kana = rng.choice(self._rows[family.origin, "given", sex])
        named = replace(
            family, given=latin, given_kana=kana, given_kanji=kanji, given_on_kana=on_kana
        )
        if rng.random() >= MIDDLE_SHARE.get(family.origin, 0.0):
            return named
        middles = self._rows.get((family.origin, "middle", 0)) or self._rows.get(
            (family.origin, "middle", sex)
        )
        if not middles:
            return named
        middle, middle_kana, _, _ = rng.choice(middles)
        return replace(named, middle=middle, middle_kana=middle_kana)
