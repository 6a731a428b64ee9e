"""The queue of clerical review: informative first, decoys among it, each row once."""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from privacy.encoding.encoder import Encoder
from privacy.encoding.schema import default_schema
from privacy.keys import LinkKeys
from privacy.linkage.asking import Answer, Kind, Told
from privacy.linkage.candidates import Pairs
from privacy.linkage.clusters import Thresholds
from privacy.linkage.evidence import evidence
from privacy.linkage.likeness import Level, Likeness, likenesses
from privacy.linkage.linker import Linker, start
from privacy.linkage.review import Limits, Question, draw_questions
from privacy.linkage.stack import stack
from privacy.linkage.verdicts import identical, pair_up
from privacy.normalise.person import Person
from tests.privacy.linkage.simulated import town

SCHEMA = default_schema()
SEED = b"q" * 32
AGREE, PARTLY, DIFFER, UNKNOWN = Level.AGREE, Level.PARTLY, Level.DIFFER, Level.UNKNOWN


@pytest.fixture(scope="module")
def linker() -> Linker:
    # Made-up codes leave few pairs in doubt: the band is widened until there are some.
    return start(town(5).batches, Thresholds(review=0.001, sure=0.998))


def _drawn(linker: Linker, limits: Limits | None = None, **told: Told) -> tuple[Question, ...]:
    answered = pair_up(told, linker.stack)
    return draw_questions(linker, SCHEMA, SEED, limits or Limits(), answered)


def _keys(linker: Linker) -> dict[tuple[int, int], int]:
    pairs = linker.linked.pairs
    both = zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)
    return {pair: at for at, pair in enumerate(both)}


def _sorted(linker: Linker, questions: tuple[Question, ...]) -> dict[str, list[Question]]:
    """Return the questions by what they are: real, one person for certain, nobody elsewhere."""
    where, sure = _keys(linker), identical(linker.linked)
    doubt = {*linker.solution.review.tolist(), *linker.solution.conflicts.tolist()}
    found: dict[str, list[Question]] = {"real": [], "identical": [], "alone": []}
    for each in questions:
        at = where.get((each.left, each.right))
        real = at is not None and at in doubt
        kind = "real" if real else "identical" if at is not None and sure[at] else "alone"
        found[kind].append(each)
    return found


def test_real_questions_and_both_sorts_of_decoys_are_mixed(linker: Linker) -> None:
    questions = _drawn(linker)
    found = _sorted(linker, questions)

    assert {each.kind for each in found["real"]} == {Kind.NEAR, Kind.NUMBER}
    assert all(len(each) > 4 for each in found.values())
    decoys = len(found["identical"]) + len(found["alone"])
    assert 0.4 <= decoys / len(questions) <= 0.6
    cluster = linker.solution.cluster
    size = np.bincount(cluster)[cluster]
    assert all(size[each.left] == size[each.right] == 1 for each in found["alone"])


def test_a_department_is_asked_about_each_row_once_and_at_most_so_often(linker: Linker) -> None:
    for most in (0, 4, 10, 40):
        questions = _drawn(linker, Limits(most))
        rows = [row for each in questions for row in (each.left, each.right)]
        departments = Counter(linker.stack.department[rows].tolist())

        assert len(set(rows)) == len(rows)
        assert max(departments.values(), default=0) <= most
        assert all(each.left < each.right for each in questions)


def test_the_most_doubtful_pairs_come_first(linker: Linker) -> None:
    few = _sorted(linker, _drawn(linker, Limits(4)))["real"]
    where, probability = _keys(linker), linker.linked.probability

    near = [probability[where[e.left, e.right]] for e in few if e.kind is Kind.NEAR]

    assert near
    spread = np.abs(probability[linker.solution.review] - 0.5)
    assert max(abs(p - 0.5) for p in near) <= np.sort(spread)[5]


def test_a_decoy_borrows_its_words_from_the_rest_of_the_queue(linker: Linker) -> None:
    found = _sorted(linker, _drawn(linker))
    lent = {each.likeness for each in (*found["real"], *found["identical"])}

    for each in found["alone"]:
        held = {name: level for name, level in each.likeness.levels().items() if level}
        assert any(held.items() <= one.levels().items() for one in lent)
        numbered = linker.stack.token("A")[[each.left, each.right]] >= 0
        assert each.likeness.number is UNKNOWN or numbered.all()


def test_without_doubt_nobody_is_asked(linker: Linker) -> None:
    none = np.zeros(0, dtype=np.int64)
    clear = replace(linker.solution, review=none, conflicts=none)

    assert _drawn(replace(linker, linked=replace(linker.linked, solution=clear))) == ()


def test_an_asked_pair_is_not_asked_again_nor_a_row_that_waits(linker: Linker) -> None:
    first = _drawn(linker)
    stacked = linker.stack
    told: dict[str, Told] = {}
    for index, name in enumerate(stacked.departments):
        rows, tags, answers = [], [], []
        for number, each in enumerate(first):
            for row in (each.left, each.right):
                if stacked.department[row] == index:
                    rows.append(row - stacked.offsets[index])
                    tags.append(number.to_bytes(32, "big"))
                    answers.append(Answer.UNSURE if number % 2 else Answer.OPEN)
        told[name] = Told(tuple(tags), tuple(rows), tuple(answers))

    second = draw_questions(linker, SCHEMA, b"r" * 32, Limits(80), pair_up(told, stacked))

    assert second
    assert not {(e.left, e.right) for e in first} & {(e.left, e.right) for e in second}
    waiting = {row for n, e in enumerate(first) if n % 2 == 0 for row in (e.left, e.right)}
    assert not waiting & {row for e in second for row in (e.left, e.right)}


def _child(**values: Any) -> Person:
    known: dict[str, Any] = {
        "family": "山田",
        "given": "花子",
        "family_kana": "ヤマダ",
        "given_kana": "ハナコ",
        "birth_date": "2015-06-11",
        "sex": "2",
        "town": "本町",
        "block": "3-5-1",
        "postcode": "3350001",
        "resident_number": "0000000018",
    }
    return Person(**{**known, **values})


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({}, Likeness(AGREE, AGREE, AGREE, AGREE, AGREE)),
        ({"town": "上町", "block": "9-9"}, Likeness(AGREE, AGREE, AGREE, DIFFER, AGREE)),
        ({"birth_date": "2015-06-17"}, Likeness(AGREE, DIFFER, UNKNOWN, AGREE, AGREE)),
        ({"resident_number": "0000000026"}, Likeness(AGREE, AGREE, AGREE, AGREE, DIFFER)),
        ({"resident_number": ""}, Likeness(AGREE, AGREE, AGREE, AGREE, UNKNOWN)),
        (
            {"family": "鈴木", "family_kana": "スズキ"},
            Likeness(PARTLY, AGREE, AGREE, AGREE, AGREE),
        ),
    ],
)
def test_words_say_what_agrees_and_what_does_not(other: dict[str, str], expected: Likeness) -> None:
    encoder = Encoder(SCHEMA, LinkKeys(1, 1, bytes(32)))
    passes = tuple(p.name for p in SCHEMA.passes)
    stacked = stack(
        [
            encoder.encode([_child()], "one", passes),
            encoder.encode([_child(**other)], "two", passes),
        ]
    )
    pair = Pairs(np.array([0]), np.array([1]))

    (found,) = likenesses(evidence(stacked, pair, tuple(stacked.views)), SCHEMA)

    assert found == expected
