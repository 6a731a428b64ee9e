"""The known-answer test finds the node that differs and says in what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from privacy.encoding.encoder import Encoder
from privacy.encoding.known_answer import KnownAnswer, compare, fake_people, known_answer
from privacy.encoding.schema import default_schema
from privacy.errors import ProtocolError
from privacy.keys import CityKey, LinkKeys
from privacy.normalise.person import Person, ProblemKind
from privacy.normalise.record import normalise
from tests.privacy.encoding.people import LINK_KEYS, vector_persons


def _answer(keys: LinkKeys = LINK_KEYS, persons: list[Person] | None = None) -> KnownAnswer:
    encoder = Encoder(default_schema(), keys)
    return known_answer(encoder, persons or vector_persons(), "1")


def test_equal_answers_pass() -> None:
    compare({})
    compare({"school": _answer(), "welfare": _answer(), "residents": _answer()})


def test_a_digest_stands_for_every_view_and_token() -> None:
    names = [name for name, _ in _answer().digests]
    assert len(names) == 35
    assert {"first/all", "kana/name", "kanji/given_address", "given/all", "T1", "A", "B"} <= set(
        names
    )
    assert all(len(digest) == 16 for _, digest in _answer().digests)


def test_a_node_with_another_key_is_named_with_the_views() -> None:
    other = CityKey(1, bytes(32)).link_keys(7)
    answers = {"health": _answer(), "school": _answer(other), "welfare": _answer()}
    with pytest.raises(ProtocolError, match="node school has another key or encoder") as caught:
        compare(answers)
    assert "first/all" in caught.value.what.en
    assert "school" in caught.value.what.ja
    assert "health" not in caught.value.what.en


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"normalisation": "0"}, "normalisation version 0, the others 1"),
        ({"schema_digest": "ab" * 32}, "schema abababab"),
        ({"city_epoch": 2}, "city epoch 2, the others 1"),
        ({"link_epoch": 8}, "link epoch 8, the others 7"),
    ],
)
def test_a_differing_version_is_said_before_the_digests(
    changes: dict[str, str | int], said: str
) -> None:
    wrong = replace(_answer(), digests=(), **changes)  # type: ignore[arg-type] # by name
    with pytest.raises(ProtocolError, match=said):
        compare({"a": _answer(), "b": _answer(), "c": wrong})


def test_one_changed_character_is_found() -> None:
    persons = vector_persons()
    changed = [replace(persons[0], given_kana="イチバソ"), *persons[1:]]
    with pytest.raises(ProtocolError, match="node c"):
        compare({"a": _answer(), "b": _answer(), "c": _answer(persons=changed)})


def test_two_groups_of_one_size_are_both_shown() -> None:
    other = _answer(CityKey(1, bytes(32)).link_keys(7))
    with pytest.raises(ProtocolError, match=r"node c.*node d"):
        compare({"a": _answer(), "b": _answer(), "c": other, "d": other})


def test_the_hundred_people_can_be_normalised_and_most_are_in_each_view() -> None:
    persons = [normalise(one) for one in fake_people()]
    kinds = {problem.kind for one in persons for problem in one.problems}
    assert kinds <= {ProblemKind.DATE_MISSING}
    batch = Encoder(default_schema(), LINK_KEYS).encode(persons, "x", ("first", "kana", "kanji"))
    for view, codes in batch.views.items():
        assert codes.any(axis=1).sum() > 50, view


def test_the_hundred_people_are_fixed_and_fictional() -> None:
    people = fake_people()
    assert len(people) == 100
    assert len(set(people)) == 100
    assert all(not p.resident_number or p.resident_number.startswith("9") for p in people)
