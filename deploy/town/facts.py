"""What the departments record month by month, drawn from the latent lives.

Every array has one row per child; pupils alone have values.  Months run from April of
the year before the as-of year to June (15 months); August has no school.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deploy.town.lives import MONTHS, NEVER, Lives
from deploy.town.people import LAST_PRIMARY, Child, Standing

SCHOOL_DAYS = np.array([17, 20, 21, 14, 0, 20, 22, 19, 17, 16, 18, 17, 17, 19, 21])
AUGUST = 4
RAMP = np.array([0.8, 1.8, 3.6, 6.5])
"""Days more absent in the fourth, third, second and last month before onset."""
SURVEY_GRADE = 4
NO_ANSWER = 0
NON_RESPONSE = 0.05
FRIENDLESS = 2.0
"""Cuts on the latent scale: about 8 % have no friend and 9 % no teacher, 3 % neither."""
HELPLESS = 1.7
PLANTED_SCORE = 4.0
"""Points that the planted school achieves over its context (P-31)."""


@dataclass(slots=True, kw_only=True)
class Facts:
    """Monthly counts (children x months) and answers; 0 in an answer is no answer."""

    absent: NDArray[np.int64]
    reported_absent: NDArray[np.int64]
    """What the monthly report on long absence (D-09) holds; the roll's count, keyed again."""
    late: NDArray[np.int64]
    early: NDArray[np.int64]
    visits: NDArray[np.int64]
    talk_home: NDArray[np.int64]
    """D-10, 1 (often) to 4 (not at all); children x two years."""
    understand: NDArray[np.int64]
    """D-11, 1 to 4; children x three rounds (2025-06, 2025-12, 2026-06)."""
    fun: NDArray[np.int64]
    no_teacher: NDArray[np.int64]
    """D-12: 1 nobody, 2 somebody; children x two years."""
    no_friend: NDArray[np.int64]
    score_japanese: NDArray[np.float64]
    score_mathematics: NDArray[np.float64]
    """D-14, standard scores; NaN without a test."""


def record(
    children: list[Child], lives: Lives, planted_school: int, rng: np.random.Generator
) -> Facts:
    """Return the facts of *children*; *planted_school* achieves more than its context."""
    count = len(children)
    pupil = np.array([child.standing is Standing.MUNICIPAL for child in children])
    grade = np.array([child.grade for child in children])
    now = pupil[:, None] & (grade[:, None] - (np.arange(MONTHS) < 12) >= 1)  # noqa: PLR2004 - months of the year before
    now[:, AUGUST] = False
    before = _before_onset(lives)
    absent = _absence(lives, before, rng)
    intensity = rng.gamma(2.0, 0.5, size=(count, 1))
    ramp = np.where((before >= 1) & (before <= len(RAMP)), RAMP[::-1][np.clip(before - 1, 0, 3)], 0)
    mood = np.exp(0.35 * lives.mood)[:, None]
    late = rng.poisson(0.16 * mood + 0.3 * ramp * intensity)
    early = rng.poisson(0.07 * mood + 0.15 * ramp)
    frequent = rng.random((count, 1)) < 0.55  # noqa: PLR2004 - share whose body speaks first
    visits = rng.poisson(0.16 * mood + 0.45 * ramp * frequent)
    facts = {"absent": absent, "late": late, "early": early, "visits": visits}
    cleared = {
        name: np.where(now, np.minimum(values, SCHOOL_DAYS), 0) for name, values in facts.items()
    }
    left_days = SCHOOL_DAYS - cleared["absent"]
    cleared = {
        name: values if name == "absent" else np.minimum(values, left_days)
        for name, values in cleared.items()
    }
    answers = _answers(lives, pupil, grade, before, rng)
    japanese, mathematics = _scores(children, lives, planted_school, rng)
    tested = pupil & (grade >= SURVEY_GRADE)
    return Facts(
        **cleared,
        reported_absent=cleared["absent"].copy(),
        **answers,
        score_japanese=np.where(tested, japanese, np.nan),
        score_mathematics=np.where(tested, mathematics, np.nan),
    )


def _before_onset(lives: Lives) -> NDArray[np.int64]:
    """Return months until onset, counted in months of school; 99 for those without one."""
    months = np.arange(MONTHS)
    gap = lives.onset[:, None] - months[None, :]
    crosses = (months[None, :] < AUGUST) & (lives.onset[:, None] > AUGUST)
    return np.where(lives.onset[:, None] == NEVER, NEVER, gap - crosses)


def _absence(
    lives: Lives, before: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return days absent: colds, the ramp before onset, long absence after it."""
    count = len(lives.onset)
    own = rng.gamma(1.8, 0.2, size=(count, 1))
    season = np.array([0.7, 0.9, 1.0, 0.9, 0.0, 0.8, 0.9, 1.2, 1.5, 1.7, 1.6, 1.0, 0.7, 0.9, 1.0])
    days = rng.poisson(own * season)
    ill = rng.random((count, 1)) < 0.004  # noqa: PLR2004 - share of the chronically ill
    days = days + ill * rng.poisson(4.0, size=days.shape)
    intensity = rng.gamma(3.0, 1 / 3, size=(count, 1))
    near = (before >= 1) & (before <= len(RAMP))
    days = days + rng.poisson(np.where(near, RAMP[::-1][np.clip(before - 1, 0, 3)] * intensity, 0))
    share = rng.beta(4.5, 2.5, size=(count, 1))
    away = rng.binomial(
        np.broadcast_to(SCHOOL_DAYS, days.shape), np.broadcast_to(share, days.shape)
    )
    return np.asarray(np.where(before <= 0, away, days), dtype=np.int64)


def _answers(
    lives: Lives, pupil: NDArray[np.bool_], grade: NDArray[np.int64], before: NDArray[np.int64],
    rng: np.random.Generator,
) -> dict[str, NDArray[np.int64]]:  # fmt: skip
    """Return the answers of the surveys; those who stay away seldom answer."""
    near = (before[:, [0, 8, 12]] <= 6).astype(float)  # noqa: PLR2004 - months

    def ask(
        latent: NDArray[np.float64], rounds: int, cuts: tuple[float, float, float]
    ) -> NDArray[np.int64]:
        value = (
            latent[:, None] + rng.standard_normal((len(latent), rounds)) + 0.5 * near[:, :rounds]
        )
        return np.asarray(1 + np.digitize(value, cuts), dtype=np.int64)

    def silent(answers: NDArray[np.int64], eligible: NDArray[np.bool_]) -> NDArray[np.int64]:
        away = (before[:, [0, 8, 12]] <= 0)[:, : answers.shape[1]]
        quiet = rng.random(answers.shape) < np.where(away, 0.5, NON_RESPONSE)
        return np.asarray(np.where(eligible[:, None] & ~quiet, answers, NO_ANSWER), dtype=np.int64)

    asked = pupil & (grade >= SURVEY_GRADE)
    seventh_or_eighth = pupil & (grade > LAST_PRIMARY) & (grade <= LAST_PRIMARY + 2)
    peers, mood = lives.peers, lives.mood
    alone = np.asarray(
        rng.standard_normal((len(peers), 2)) + peers[:, None] > FRIENDLESS, dtype=np.int64
    )
    helpless = np.asarray(
        rng.standard_normal((len(peers), 2)) + 0.8 * peers[:, None] > HELPLESS, dtype=np.int64
    )
    return {
        "talk_home": silent(ask(lives.caregiving, 2, (0.0, 1.3, 2.6)), asked),
        "understand": silent(ask(0.6 * peers + 0.4 * mood, 3, (0.0, 1.3, 2.5)), asked),
        "fun": silent(ask(0.8 * peers + 0.3 * mood, 3, (0.0, 1.3, 2.6)), asked),
        "no_teacher": silent(2 - helpless, seventh_or_eighth),
        "no_friend": silent(2 - alone, seventh_or_eighth),
    }


def _scores(
    children: list[Child], lives: Lives, planted_school: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return standard scores that fall with adversity; the planted school's are higher."""
    school = np.array([child.school for child in children])
    ability = 0.8 * rng.standard_normal(len(children)) - 0.3 * lives.household_adversity
    bonus = PLANTED_SCORE * (school == planted_school)
    pair = [
        np.round(50 + 10 * (0.85 * ability + 0.45 * rng.standard_normal(len(children))) + bonus, 1)
        for _ in range(2)
    ]
    return pair[0], pair[1]
