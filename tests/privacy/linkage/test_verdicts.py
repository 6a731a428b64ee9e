"""What people answered stands above the weights, and below one row a department."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.errors import ProtocolError
from privacy.linkage.asking import Answer, Told
from privacy.linkage.candidates import Pairs
from privacy.linkage.clusters import Verdicts, solve
from privacy.linkage.compiled import greedy_numba
from privacy.linkage.greedy import greedy_python
from privacy.linkage.linker import Linker, start
from privacy.linkage.quality import quality_report
from privacy.linkage.stack import Stack
from privacy.linkage.verdicts import (
    POSSIBLE,
    apply_answers,
    identical,
    outcome_from,
    pair_up,
    rows_in_doubt,
)
from tests.privacy.linkage.simulated import town

SAME, DIFFERENT, UNSURE, OPEN = Answer.SAME, Answer.DIFFERENT, Answer.UNSURE, Answer.OPEN


def _stack(sizes: list[int], numbers: list[int] | None = None) -> Stack:
    department = np.repeat(np.arange(len(sizes)), sizes)
    tokens = {} if numbers is None else {"A": np.array(numbers)}
    offsets = (0, *np.cumsum(sizes).tolist())
    return Stack(tuple(f"d{i}" for i in range(len(sizes))), offsets, department, tokens, {})


def _pairs(*pairs: tuple[int, int]) -> Pairs:
    rows = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return Pairs(rows[:, 0], rows[:, 1])


def test_what_both_call_the_same_is_joined_below_the_threshold() -> None:
    verdicts = Verdicts(same=_pairs((0, 1)))

    solution = solve(_stack([1, 1]), _pairs((0, 1)), np.array([0.2]), verdicts=verdicts)

    assert solution.cluster.tolist() == [0, 0]
    assert solution.confirmed.tolist() == [0]
    assert solution.review.tolist() == []


def test_two_numbers_of_one_person_no_longer_contradict_a_third_row() -> None:
    pairs, probability = _pairs((0, 1), (1, 2)), np.array([0.95, 0.99])
    stacked = _stack([1, 1, 1], [5, 6, 6])

    apart = solve(stacked, pairs, probability)
    joined = solve(stacked, pairs, probability, verdicts=Verdicts(same=_pairs((0, 1))))

    assert apart.cluster.tolist() == [0, 1, 1]
    assert apart.conflicts.tolist() == [0]
    assert joined.cluster.tolist() == [0, 0, 0]
    assert joined.conflicts.tolist() == []


def test_what_one_calls_different_does_not_meet_through_a_third_row() -> None:
    pairs, probability = _pairs((0, 1), (0, 2), (1, 2)), np.array([0.99, 0.98, 0.97])

    solution = solve(
        _stack([1, 1, 1]), pairs, probability, verdicts=Verdicts(different=_pairs((0, 1)))
    )

    assert solution.cluster[0] != solution.cluster[1]
    assert solution.cluster[2] == solution.cluster[0]


@given(
    seed=st.integers(0, 2**32),
    sizes=st.lists(st.integers(0, 8), min_size=2, max_size=6),
    numbered=st.booleans(),
)
@settings(max_examples=80, deadline=None)
def test_no_answers_put_two_rows_of_a_department_together(
    seed: int, sizes: list[int], numbered: bool
) -> None:
    generator = np.random.default_rng(seed)
    rows = sum(sizes)
    numbers = generator.integers(-1, 5, rows).tolist() if numbered else None
    stacked = _stack(sizes, numbers)
    left, right = np.triu_indices(rows, 1)
    pairs = Pairs(left, right)
    pairs = pairs.where(pairs.across(stacked))
    pairs = pairs.where(generator.random(len(pairs)) < 0.5)
    fate = generator.integers(0, 3, len(pairs))
    verdicts = Verdicts(pairs.where(fate == 1), pairs.where(fate == 2))

    solution = solve(stacked, pairs, generator.random(len(pairs)), verdicts=verdicts)

    keys = solution.cluster * max(1, len(sizes)) + stacked.department
    assert len(np.unique(keys)) == rows
    apart = verdicts.different
    assert (solution.cluster[apart.left] != solution.cluster[apart.right]).all()
    decided = np.flatnonzero(fate > 0)
    assert not np.isin(solution.review, decided).any()
    assert not np.isin(solution.conflicts, decided).any()


@given(seed=st.integers(0, 2**32), sizes=st.lists(st.integers(0, 10), min_size=1, max_size=6))
@settings(max_examples=40, deadline=None)
def test_the_compiled_joining_equals_the_plain_one_with_pairs_apart(
    seed: int, sizes: list[int]
) -> None:
    generator = np.random.default_rng(seed)
    stacked = _stack(sizes)
    left, right = np.triu_indices(stacked.rows, 1)
    chosen, apart = (generator.random(len(left)) < share for share in (0.4, 0.2))
    number = generator.integers(-1, 4, stacked.rows)
    firm = generator.random(int(chosen.sum())) < 0.2
    given_pairs = (left[chosen], right[chosen], firm, stacked.department, number)

    plain = greedy_python(*given_pairs, (left[apart], right[apart]))
    compiled = greedy_numba(*given_pairs, (left[apart], right[apart]))

    assert np.array_equal(plain[0], compiled[0])
    assert np.array_equal(plain[1], compiled[1])


def _tag(number: int) -> bytes:
    return bytes([number]) * 32


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ({"d1": Told((_tag(1),), (9,), (SAME,))}, "d1.*unknown row"),
        ({"d1": Told((b"short",), (0,), (SAME,))}, "d1.*unknown row or pair"),
        ({"d2": Told((_tag(1), _tag(1)), (0, 1), (SAME, SAME))}, "d2.*twice"),
        ({f"d{at}": Told((_tag(1),), (0,), (SAME,)) for at in range(3)}, "d2.*two others"),
    ],
)
def test_answers_that_cannot_be_are_refused_by_name(told: dict[str, Told], named: str) -> None:
    with pytest.raises(ProtocolError, match=named):
        pair_up(told, _stack([3, 3, 3]))


def test_sides_find_each_other_by_tag_and_a_lone_one_counts() -> None:
    told = {
        "d0": Told((_tag(1), _tag(2)), (2, 0), (SAME, OPEN)),
        "d1": Told((_tag(1), _tag(3)), (1, 0), (DIFFERENT, SAME)),
    }

    answered = pair_up(told, _stack([3, 3]))

    assert (answered.pairs.left.tolist(), answered.pairs.right.tolist()) == ([2], [4])
    assert answered.answers.tolist() == [[SAME, DIFFERENT]]
    assert answered.lone == 2


def _linked() -> Linker:
    return start(town(5).batches)


def _told(linker: Linker, pair: int, left: Answer, right: Answer) -> dict[str, Told]:
    pairs, stacked = linker.linked.pairs, linker.stack
    told = {}
    for row, answer in ((int(pairs.left[pair]), left), (int(pairs.right[pair]), right)):
        at = int(stacked.department[row])
        told[stacked.departments[at]] = Told((_tag(1),), (row - stacked.offsets[at],), (answer,))
    return told


def _together(linker: Linker, pair: tuple[int, int]) -> bool:
    cluster = linker.solution.cluster
    return bool(cluster[pair[0]] == cluster[pair[1]])


@pytest.mark.parametrize(
    ("left", "right", "joined"),
    [(SAME, SAME, 1), (SAME, UNSURE, 0), (SAME, OPEN, 0), (SAME, DIFFERENT, 0)],
)
def test_a_number_conflict_is_joined_by_both_answers_only(
    left: Answer, right: Answer, joined: int
) -> None:
    linker = _linked()
    conflict = int(linker.solution.conflicts[0])
    ends = int(linker.linked.pairs.left[conflict]), int(linker.linked.pairs.right[conflict])
    told = _told(linker, conflict, left, right)

    after, outcome = apply_answers(linker, pair_up(told, linker.stack))

    assert _together(after, ends) is bool(joined)
    assert outcome.joined == joined
    assert outcome.agreed == (left == right)
    assert outcome.both == (right is not OPEN)
    reviewed = sum(d.linked_by_review for d in quality_report(after).departments)
    assert reviewed == 2 * joined
    assert outcome_from(outcome.to_json()) == outcome  # type: ignore[arg-type]  # a mapping


def test_one_slip_does_not_part_an_identical_pair_and_two_answers_do() -> None:
    linker = _linked()
    pair = int(np.flatnonzero(identical(linker.linked))[0])
    ends = int(linker.linked.pairs.left[pair]), int(linker.linked.pairs.right[pair])

    one, slip = apply_answers(linker, pair_up(_told(linker, pair, DIFFERENT, SAME), linker.stack))
    two, parted = apply_answers(
        linker, pair_up(_told(linker, pair, DIFFERENT, DIFFERENT), linker.stack)
    )

    assert _together(one, ends)
    assert sum(r.identical for r in slip.departments) == 2
    assert sum(r.identical_right for r in slip.departments) == 1
    assert not _together(two, ends)
    assert parted.parted == 1


def test_a_pair_that_nothing_speaks_for_is_never_joined() -> None:
    linker = _linked()
    last = linker.stack.rows - 1
    size = np.bincount(linker.solution.cluster)[linker.solution.cluster]
    alone = np.flatnonzero(size == 1)
    row = int(alone[0])
    pairs, possible = linker.linked.pairs, linker.linked.probability >= POSSIBLE
    like = {int(r) for r in pairs.right[possible & (pairs.left == row)]}
    second = [int(r) for r in alone[::-1] if linker.stack.department[r] == 2]
    other = next(r for r in second if r not in like)
    told = {
        "d0": Told((_tag(1),), (row,), (SAME,)),
        "d2": Told((_tag(1),), (other - linker.stack.offsets[2],), (SAME,)),
    }
    assert other <= last

    after, outcome = apply_answers(linker, pair_up(told, linker.stack))

    assert not _together(after, (row, other))
    assert outcome.joined == 0
    assert [(r.unlike, r.unlike_right) for r in outcome.departments] == [(1, 0), (0, 0), (1, 0)]


def test_without_answers_nothing_changes() -> None:
    linker = _linked()

    after, outcome = apply_answers(linker, pair_up({}, linker.stack))

    assert after is linker
    assert outcome.pairs == 0
    assert [r.department for r in outcome.departments] == ["d0", "d1", "d2"]


def test_pairs_that_are_identical_need_no_further_look() -> None:
    linker = _linked()
    pair = int(np.flatnonzero(identical(linker.linked))[0])
    conflict = int(linker.solution.conflicts[0])

    for at, rows in ((pair, 0), (conflict, 2)):
        answered = pair_up(_told(linker, at, OPEN, SAME), linker.stack)
        found = rows_in_doubt(linker, answered)
        assert sum(len(each) for each in found.values()) == rows


def test_rows_in_review_are_asked_again_before_all_others() -> None:
    linker = _linked()
    wanted = {"d0": np.array([3, 7]), "d1": np.array([], dtype=np.int64)}

    for seed in range(8):
        asked = linker.ask(bytes([seed]) * 32, 0.1, wanted=wanted)
        assert {3, 7} <= set(asked["d0"].tolist())
        assert len(asked["d0"]) == len(linker.ask(bytes(32), 0.1)["d0"])
