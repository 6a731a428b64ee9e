"""What people answered in clerical review, and what it changes (PROTOCOL 2; DOMAIN F-49).

Each holder answers for its own row, having seen its own side only; the two answers of a
pair find each other by a tag that both nodes derive and nobody else can.  Rules, in this
order: one row a department; rows that either holder calls different people never meet;
rows that both call the same person are joined, whatever their numbers say; for all other
pairs weights decide as before.  Where the weights are beyond doubt one answer is not
enough: an identical pair is parted only by both, and a pair that nothing speaks for is
never joined (decoys are such pairs).  The outcome holds counts, of no single pair.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from privacy.canonical import Json
from privacy.errors import ProtocolError, Text
from privacy.linkage.asking import TAG_BYTES, Answer, Told
from privacy.linkage.candidates import Pairs
from privacy.linkage.clusters import Verdicts, solve
from privacy.linkage.evidence import Number, evidence
from privacy.linkage.linker import Linked, Linker, joined
from privacy.linkage.stack import Ids, Stack
from privacy.linkage.weights import probabilities

SURE = 0.999
"""Probability from which an identical pair is beyond one person's doubt."""
POSSIBLE = 0.001
"""Probability below which no answer joins a pair."""
_NOISE = 0.15
"""Similarity below which no view stands out: 3.4 standard deviations of unrelated codes."""


_CAUTION = (Answer.OPEN, Answer.SAME, Answer.UNSURE, Answer.DIFFERENT)
"""From the weakest to the strongest, where one pair was asked twice."""


@dataclass(frozen=True, slots=True)
class Answered:
    """Pairs that two departments speak of: ``answers`` is pairs x 2, left and right row's.

    ``lone``: tags that only one department named; its partner's row has gone.
    """

    departments: tuple[str, ...]
    pairs: Pairs = field(repr=False)
    answers: NDArray[np.int8] = field(repr=False)
    department: NDArray[np.int64] = field(repr=False)
    """Pairs x 2: the index of each side's department."""
    lone: int = 0


def pair_up(told: Mapping[str, Told], stack: Stack) -> Answered:
    """Bring the two sides of every pair together.

    Raises:
        ProtocolError: a department names a row it has not sent, a tag of a wrong length or
            twice, or a pair that two others share; it is named.
    """
    sides: dict[bytes, list[tuple[int, Answer]]] = {}
    for index, department in enumerate(stack.departments):
        said = told.get(department, Told())
        start, stop = stack.offsets[index], stack.offsets[index + 1]
        if len(set(said.tags)) != len(said.tags):
            raise _refused(department, "同じ組が二度あります", "a pair twice")
        for tag, row, answer in zip(said.tags, said.rows, said.answers, strict=True):
            if len(tag) != TAG_BYTES or not 0 <= row < stop - start:
                raise _refused(department, "知らない行または組です", "an unknown row or pair")
            found = sides.setdefault(tag, [])
            if len(found) == 2:  # noqa: PLR2004 - a pair has two sides
                raise _refused(department, "他の二部署の組です", "a pair of two others")
            found.append((start + row, answer))
    both: dict[tuple[int, int], tuple[Answer, Answer]] = {}
    for two in sides.values():
        if len(two) == 2:  # noqa: PLR2004 - as above
            (left, one), (right, other) = sorted(two)
            before = both.get((left, right), (Answer.OPEN, Answer.OPEN))
            both[left, right] = _firmer(before[0], one), _firmer(before[1], other)
    rows = np.array(sorted(both), dtype=np.int64).reshape(-1, 2)
    answers = np.array([both[key] for key in sorted(both)], dtype=np.int8).reshape(-1, 2)
    lone = sum(len(two) == 1 for two in sides.values())
    return Answered(
        stack.departments, Pairs(rows[:, 0], rows[:, 1]), answers, stack.department[rows], lone
    )


def _firmer(one: Answer, other: Answer) -> Answer:
    return max(one, other, key=_CAUTION.index)


def _refused(department: str, ja: str, en: str) -> ProtocolError:
    return ProtocolError(
        Text(
            f"{department} の確認の答えを使えません: {ja}。",
            f"The review answers of {department} cannot be used: {en}.",
        ),
        Text(
            f"{department} の版を確かめ、新しい計画でやり直してください。",
            f"Check the version of {department}; make a new plan.",
        ),
    )


@dataclass(frozen=True, slots=True)
class Reviewer:
    """One department's answers: how many, and how often right where it can be known.

    ``identical``: answered pairs that are beyond doubt one person, ``identical_right`` of
    them called the same; ``unlike``: answered pairs that are beyond doubt two people,
    ``unlike_right`` of them not called the same.  Decoys are pairs of both sorts.
    """

    department: str
    asked: int
    answered: int
    unsure: int
    identical: int
    identical_right: int
    unlike: int
    unlike_right: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What review has come to in one linkage, in counts.

    ``both``: pairs that both holders answered, ``agreed`` of them alike; ``joined`` and
    ``parted``: pairs that weights alone would have left apart or together.
    """

    pairs: int
    both: int
    agreed: int
    joined: int
    parted: int
    lone: int
    departments: tuple[Reviewer, ...]
    questions: int = 0
    """Pairs asked at the end of this linkage, decoys among them."""

    def to_json(self) -> Json:
        """Return the counts as canonical JSON takes them; `outcome_from` reads them back."""
        counts: dict[str, Json] = {
            name: getattr(self, name) for name in ("pairs", "both", "agreed", "joined", "parted")
        }
        reviewers: list[Json] = [
            {name: getattr(each, name) for name in Reviewer.__dataclass_fields__}
            for each in self.departments
        ]
        more: dict[str, Json] = {"lone": self.lone, "questions": self.questions}
        return {**counts, **more, "departments": reviewers}


def outcome_from(value: Mapping[str, object]) -> Outcome:
    """Read back what `Outcome.to_json` wrote."""
    read = dict(value)
    read["departments"] = tuple(Reviewer(**each) for each in read["departments"])  # type: ignore[attr-defined]  # as to_json wrote it
    return Outcome(**read)  # type: ignore[arg-type]  # as above


def apply_answers(linker: Linker, answered: Answered) -> tuple[Linker, Outcome]:
    """Solve *linker*'s pairs again under what people *answered*.

    Pairs that are no candidates are weighed for it.  Nothing answered: as it was.
    """
    asked = answered.pairs
    if not len(asked):
        return linker, _outcome(answered, _Judged.nothing(), 0, 0)
    linked, place = _including(linker, asked)
    judged = _Judged.of(linked, place)
    left, right = answered.answers[:, 0], answered.answers[:, 1]
    same = (left == Answer.SAME) & (right == Answer.SAME) & ~judged.unlike
    one, two = left == Answer.DIFFERENT, right == Answer.DIFFERENT
    different = (one & two) | ((one | two) & ~judged.identical)
    solution = solve(
        linker.stack,
        linked.pairs,
        linked.probability,
        linker.thresholds,
        binding=linked.binding,
        verdicts=Verdicts(asked.where(same), asked.where(different)),
    )
    before, after = linker.solution.cluster, solution.cluster
    known = linked.pairs.where(solution.confirmed)
    fresh = solution.confirmed[before[known.left] != before[known.right]]
    solution = replace(solution, confirmed=fresh)
    was, still = (c[asked.left] == c[asked.right] for c in (before, after))
    parted = int((different & was & ~still).sum())
    changed = replace(linker, linked=replace(linked, solution=solution))
    return changed, _outcome(answered, judged, len(fresh), parted)


@dataclass(frozen=True, slots=True)
class _Judged:
    """What the weights say beyond doubt of asked pairs, one entry a pair."""

    identical: NDArray[np.bool_]
    unlike: NDArray[np.bool_]

    @classmethod
    def nothing(cls) -> _Judged:
        none = np.zeros(0, dtype=np.bool_)
        return cls(none, none)

    @classmethod
    def of(cls, linked: Linked, place: Ids) -> _Judged:
        return cls(identical(linked)[place], ~_something_speaks_for(linked)[place])


def _something_speaks_for(linked: Linked) -> NDArray[np.bool_]:
    """Tell which pairs are possible, and show more than noise or an equal token.

    The model was fitted to pairs that stand out of the noise: of others it says little.
    """
    shown = linked.shown
    token = shown.exact | np.isin(shown.number, (Number.EQUAL, Number.CONFLICT))
    return np.asarray((linked.probability >= POSSIBLE) & (token | (shown.highest >= _NOISE)))


def identical(linked: Linked) -> NDArray[np.bool_]:
    """Tell which pairs are one person beyond doubt: names, sex and birth date, no other number."""
    number = np.isin(linked.shown.number, (Number.EQUAL, Number.MISSING))
    return np.asarray((linked.probability >= SURE) & linked.shown.exact & number)


def rows_in_doubt(linker: Linker, answered: Answered) -> dict[str, Ids]:
    """Return for each department the rows of pairs in review, numbered there, ascending.

    But for pairs that *linker* finds identical already: they need no further look.
    """
    stack, asked = linker.stack, answered.pairs
    sure = linker.linked.pairs.where(identical(linker.linked))
    keys = [pairs.left * stack.rows + pairs.right for pairs in (asked, sure)]
    open_ = asked.where(~np.isin(keys[0], keys[1]))
    rows = np.unique(np.concatenate([open_.left, open_.right]))
    return {
        name: rows[stack.department[rows] == index] - stack.offsets[index]
        for index, name in enumerate(stack.departments)
    }


def _including(linker: Linker, asked: Pairs) -> tuple[Linked, Ids]:
    """Return what all pairs and the *asked* ones show, and where the asked ones stand in it."""
    stacked, linked = linker.stack, linker.linked
    shown = evidence(stacked, asked, linker.models.views)
    pairs, source = joined(linked.pairs, asked, stacked.rows)
    weight = np.concatenate([linked.weight, linker.models.weigh(shown)])[source]
    brief = linked.shown.followed_by(shown.brief()).where(source)
    probability = probabilities(weight, pairs, stacked)
    keys = pairs.left * stacked.rows + pairs.right
    place = np.searchsorted(keys, asked.left * stacked.rows + asked.right)
    by = np.concatenate([linked.source, np.zeros(len(asked), dtype=np.int8)])[source]
    enlarged = replace(
        linked, pairs=pairs, shown=brief, weight=weight, probability=probability, source=by
    )
    return enlarged, place


def _outcome(answered: Answered, judged: _Judged, joined_pairs: int, parted: int) -> Outcome:
    given = answered.answers
    both = (given != Answer.OPEN).all(axis=1)
    return Outcome(
        pairs=len(answered.pairs),
        both=int(both.sum()),
        agreed=int((both & (given[:, 0] == given[:, 1])).sum()),
        joined=joined_pairs,
        parted=parted,
        lone=answered.lone,
        departments=tuple(
            _reviewer(answered, judged, index) for index in range(len(answered.departments))
        ),
    )


def _reviewer(answered: Answered, judged: _Judged, index: int) -> Reviewer:
    sides = answered.department == index
    given = answered.answers[sides]
    same = np.broadcast_to(judged.identical[:, None], sides.shape)[sides]
    clear = np.broadcast_to(judged.unlike[:, None], sides.shape)[sides]
    done = given != Answer.OPEN
    return Reviewer(
        department=answered.departments[index],
        asked=len(given),
        answered=int(done.sum()),
        unsure=int((given == Answer.UNSURE).sum()),
        identical=int((done & same).sum()),
        identical_right=int((same & (given == Answer.SAME)).sum()),
        unlike=int((done & clear).sum()),
        unlike_right=int((done & clear & (given != Answer.SAME)).sum()),
    )
