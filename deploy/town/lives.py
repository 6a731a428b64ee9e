"""The latent lives behind the facts: needs, strains, and who stops coming to school when.

Five strains that different departments see from different sides add up to the risk of
long absence; no department sees them all, so that only linked signals show the risk
well.  Prevalence is exact: 0.86 % of primary and 3.64 % of lower-secondary pupils; the
causes follow the ministry's national table of fiscal 2020.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from deploy.town.city import City
from deploy.town.people import LAST_PRIMARY, Child, Standing

PRIMARY_RATE = 0.0086
LOWER_RATE = 0.0364
MONTHS = 15
"""Facts run from April of the year before to June: month 0 to 14."""
HORIZON = 24
"""Outcomes run to the end of the fiscal year: month 23."""
NEVER = 99
COUNSELLED = 0.012
ABSENT_COUNSELLED = 0.35
ABSENT_SUPPORTED = 0.4
CONSULTED_SUPPORTED = 0.3
CAUSES = {
    "無気力・不安": (46.3, 47.1), "生活リズムの乱れ・あそび・非行": (14.0, 11.0),
    "いじめを除く友人関係": (6.7, 12.5), "親子の関わり方": (14.6, 6.2), "学業の不振": (3.2, 6.5),
    "家庭の生活環境の急激な変化": (3.8, 2.5), "入学・転編入学・進級時の不適応": (1.8, 4.1),
    "教職員との関係": (1.9, 0.9), "家庭内の不和": (1.6, 1.8), "学校のきまり等": (0.7, 0.8),
    "進路に係る不安": (0.2, 1.1), "クラブ活動・部活動等": (0.0, 0.6), "いじめ": (0.3, 0.2),
    "該当なし": (4.9, 4.8),
}  # fmt: skip
"""Cause -> percent in primary and in lower-secondary schools."""


@dataclass(slots=True, kw_only=True)
class Lives:
    """One value per child, in the children's order."""

    household_adversity: NDArray[np.float64]
    caregiving: NDArray[np.float64]
    peers: NDArray[np.float64]
    mood: NDArray[np.float64]
    school_aid: NDArray[np.bool_]
    """就学援助 (D-25)."""
    assistance: NDArray[np.bool_]
    """生活保護 (D-26)."""
    single_allowance: NDArray[np.bool_]
    """児童扶養手当 (D-27)."""
    consulted: NDArray[np.bool_]
    """虐待・保健指導相談 (D-30)."""
    supported: NDArray[np.bool_]
    """On the roster of those who are being supported (D-39)."""
    counselled: NDArray[np.bool_]
    """教育相談 or a school counsellor (D-19, D-20)."""
    missed_checkups: NDArray[np.int64]
    """Of three: how many check-ups were not attended (bit mask)."""
    onset: NDArray[np.int64]
    """Month in which long absence begins; ``NEVER`` otherwise."""
    cause: NDArray[np.int64]
    risk: NDArray[np.float64]

    @property
    def client(self) -> NDArray[np.bool_]:
        """Tell who is known to the welfare department."""
        return (
            self.school_aid | self.assistance | self.single_allowance
            | self.consulted | self.supported
        )  # fmt: skip


def _sigmoid(value: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-value)), dtype=np.float64)


def live(children: list[Child], city: City, rng: np.random.Generator) -> Lives:
    """Return the lives of *children*."""
    count = len(children)
    homes = np.array([child.household.index for child in children])
    district = np.array(
        [
            city.schools[city.towns[child.household.address.town].school].adversity
            for child in children
        ]
    )
    mother = np.array([child.household.head_is_mother for child in children])
    grade = np.array([child.grade for child in children])
    shared = rng.standard_normal((homes.max() + 1, 6))[homes]
    adversity = 0.9 * shared[:, 0] + district
    caregiving = 0.45 * adversity + 0.8 * shared[:, 1] + 0.3 * rng.standard_normal(count)
    peers = rng.standard_normal(count)
    mood = rng.standard_normal(count)
    uniform = 1 - _sigmoid(1.7 * shared[:, 2:5])  # about uniform, shared by siblings
    aid = (uniform[:, 0] < _sigmoid(-2.75 + 1.15 * adversity + 1.2 * mother)) & (grade >= 1)
    assistance = uniform[:, 1] < _sigmoid(-5.2 + 1.3 * adversity + 0.8 * mother)
    allowance = mother & (uniform[:, 2] < _sigmoid(0.6 + 0.8 * adversity))
    consulted = rng.random(count) < _sigmoid(-4.3 + 1.3 * caregiving)
    missed = sum(
        (rng.random(count) < _sigmoid(-3.1 + 0.95 * caregiving)).astype(np.int64) << visit
        for visit in range(3)
    )
    missed_checkups = np.asarray(missed, dtype=np.int64)
    economic = 1.4 * aid + 0.9 * assistance + 0.7 * allowance
    visits = (missed_checkups & 1) + (missed_checkups >> 1 & 1) + (missed_checkups >> 2)
    risk = (
        0.9 * economic + 0.8 * caregiving + 0.6 * np.minimum(visits, 2) + 0.5 * peers + 0.5 * mood
    )
    onset, cause = _onsets(children, risk, rng)
    known = onset <= MONTHS - 4
    draw = rng.random((count, 4))
    counselled = (draw[:, 0] < COUNSELLED) | (known & (draw[:, 1] < ABSENT_COUNSELLED))
    supported = (known & (draw[:, 2] < ABSENT_SUPPORTED)) | (
        consulted & (draw[:, 3] < CONSULTED_SUPPORTED)
    )
    return Lives(
        household_adversity=adversity, caregiving=caregiving, peers=peers, mood=mood,
        school_aid=aid, assistance=assistance, single_allowance=allowance, consulted=consulted,
        supported=supported, counselled=counselled & (grade >= 1), missed_checkups=missed_checkups,
        onset=onset, cause=cause, risk=risk,
    )  # fmt: skip


def _onsets(
    children: list[Child], risk: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw who stops coming, when and why; a weighted draw without replacement (Gumbel)."""
    onset = np.full(len(children), NEVER, dtype=np.int64)
    cause = np.full(len(children), -1, dtype=np.int64)
    grade = np.array([child.grade for child in children])
    municipal = np.array([child.standing is Standing.MUNICIPAL for child in children])
    bounds = (1, LAST_PRIMARY + 1, 10)
    for level, ((low, high), rate) in enumerate(
        zip(pairwise(bounds), (PRIMARY_RATE, LOWER_RATE), strict=True)
    ):
        pupils = np.flatnonzero(municipal & (grade >= low) & (grade < high))
        wanted = round(rate * len(pupils))
        keys = risk[pupils] + rng.gumbel(size=len(pupils))
        chosen = pupils[np.argsort(-keys)[:wanted]]
        when = rng.choice(3, size=wanted, p=(0.4, 0.25, 0.35))
        early = rng.integers(1, 12, size=wanted)
        spring = rng.integers(12, MONTHS, size=wanted)
        later = np.minimum(MONTHS + rng.geometric(0.16, size=wanted) - 1, HORIZON - 1)
        onset[chosen] = np.choose(when, (early, spring, later))
        shares = np.array([pair[level] for pair in CAUSES.values()])
        cause[chosen] = rng.choice(len(CAUSES), size=wanted, p=shares / shares.sum())
    return onset, cause
