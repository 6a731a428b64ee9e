"""How dirty the town's extracts are: one frozen record of rates, three difficulties.

The typical rates are those found in real extracts of Japanese municipalities; clean is
0.15 of them, dirty 2.5 times.  What is true of the people (twins, foreign families,
moves, changed names) is the same in all three.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

CLEAN_FACTOR = 0.15
DIRTY_FACTOR = 2.5
HIGHEST = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """What is so, whoever writes it down; shares of children unless said otherwise."""

    twin_births: float = 0.011
    """Share of deliveries that bear twins."""
    foreign: float = 0.04
    name_changed: float = 0.07
    moved_recently: float = 0.09
    moved_since_infancy: float = 0.34
    arrived: float = 0.2
    """Came from another city after infancy; no check-ups here."""
    left: float = 0.12
    private_primary: float = 0.01
    private_lower_secondary: float = 0.07


@dataclass(frozen=True, slots=True, kw_only=True)
class Dirt:
    """How one department writes; each value is the probability per row."""

    number_missing: float = 1.0
    number_wrong: float = 0.0
    """Of the rows with a number; half of them hold a sibling's."""
    kana_missing: float = 0.0
    kana_typo: float = 0.008
    kana_other_reading: float = 0.05
    """Of the children whose characters have a second reading."""
    kanji_typo: float = 0.008
    kanji_plain: float = 0.5
    """Of the families with a registry form: written with the plain one.  Never scaled."""
    former_name: float = 0.0
    """Of the children whose family name changed: still under the old one."""
    address_missing: float = 0.0
    address_old: float = 0.3
    """Of the families that moved recently: still at the old address."""
    address_no_flat: float = 0.1
    birth_typo: float = 0.006
    birth_swapped: float = 0.002
    birth_missing: float = 0.0005
    sex_missing: float = 0.005
    sex_wrong: float = 0.002
    duplicated: float = 0.004
    absent: float = 0.01
    """A child that the register should hold, and does not."""
    foreign_short: float = 0.4
    """Of the foreign children: middle name dropped."""
    foreign_alias: float = 0.2
    """Of the children with an alias: written under it."""


UNSCALED = frozenset({"kanji_plain"})


def _scaled(dirt: Dirt, factor: float) -> Dirt:
    """Return *dirt* with its error rates times *factor*; what nobody collects stays."""
    changed: dict[str, float] = {}
    for item in fields(dirt):
        rate = getattr(dirt, item.name)
        if item.name not in UNSCALED and rate < 1.0:
            changed[item.name] = min(HIGHEST, rate * factor)
    return replace(dirt, **changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difficulty:
    """The people and every department's dirt."""

    name: str
    people: People
    residents: Dirt
    school: Dirt
    survey: Dirt
    welfare: Dirt
    health: Dirt
    benefits: Dirt
    clubs: Dirt
    left_on_register: float
    """Of the children who left: still in the residents' extract, marked as gone."""
    gaiji_blank: float = 0.4
    """Of the characters that cp932 lacks: written as 〓, else as the plain variant."""

    def scaled(self, name: str, factor: float) -> Difficulty:
        """Return the same town under another pen."""
        return replace(
            self,
            name=name,
            residents=_scaled(self.residents, factor),
            school=_scaled(self.school, factor),
            survey=_scaled(self.survey, factor),
            welfare=_scaled(self.welfare, factor),
            health=_scaled(self.health, factor),
            benefits=_scaled(self.benefits, factor),
            clubs=_scaled(self.clubs, factor),
        )


FIVE = ("residents", "school", "survey", "welfare", "health")
DEPARTMENTS = (*FIVE, "benefits", "clubs")

TYPICAL = Difficulty(
    name="typical",
    people=People(),
    left_on_register=0.35,
    residents=Dirt(
        number_missing=0.01,
        number_wrong=0.0,
        kana_typo=0.003,
        kana_other_reading=0.02,
        kanji_typo=0.002,
        kanji_plain=0.0,
        address_old=0.02,
        address_no_flat=0.02,
        birth_typo=0.001,
        birth_swapped=0.0,
        birth_missing=0.0,
        sex_missing=0.0,
        sex_wrong=0.0005,
        duplicated=0.0,
        absent=0.002,
        foreign_short=0.05,
        foreign_alias=0.0,
    ),
    school=Dirt(former_name=0.25, duplicated=0.004, kanji_plain=0.5, address_old=0.35),
    survey=Dirt(
        former_name=0.3,
        kana_typo=0.012,
        kanji_typo=0.012,
        kanji_plain=0.75,
        duplicated=0.004,
        absent=0.02,
        foreign_alias=0.3,
    ),
    welfare=Dirt(
        number_missing=0.5,
        number_wrong=0.03,
        kana_missing=0.22,
        kana_typo=0.04,
        kana_other_reading=0.12,
        kanji_typo=0.06,
        kanji_plain=0.65,
        former_name=0.38,
        address_missing=0.08,
        address_old=0.5,
        address_no_flat=0.3,
        birth_typo=0.02,
        birth_swapped=0.004,
        birth_missing=0.004,
        sex_missing=0.03,
        sex_wrong=0.005,
        duplicated=0.03,
        foreign_short=0.55,
        foreign_alias=0.35,
    ),
    health=Dirt(
        number_missing=0.24,
        number_wrong=0.02,
        kana_typo=0.01,
        kana_other_reading=0.06,
        kanji_typo=0.01,
        kanji_plain=0.6,
        former_name=0.9,
        address_missing=0.2,
        duplicated=0.01,
        absent=0.03,
        foreign_short=0.5,
    ),
    benefits=Dirt(
        number_missing=0.4,
        number_wrong=0.025,
        kana_typo=0.01,
        kanji_typo=0.012,
        kanji_plain=0.3,
        former_name=0.3,
        address_old=0.25,
        birth_typo=0.008,
        duplicated=0.01,
        absent=0.12,
        foreign_alias=0.4,
    ),
    clubs=Dirt(
        kana_missing=0.08,
        kana_typo=0.03,
        kana_other_reading=0.02,
        kanji_typo=0.04,
        kanji_plain=0.85,
        former_name=0.2,
        address_missing=0.1,
        address_no_flat=0.35,
        birth_typo=0.015,
        birth_swapped=0.002,
        birth_missing=0.01,
        sex_missing=0.05,
        duplicated=0.02,
        foreign_short=0.6,
        foreign_alias=0.5,
    ),
)
CLEAN = TYPICAL.scaled("clean", CLEAN_FACTOR)
DIRTY = TYPICAL.scaled("dirty", DIRTY_FACTOR)
DIFFICULTIES = {level.name: level for level in (CLEAN, TYPICAL, DIRTY)}
