"""Household evidence: what agrees, what never agrees, and what a department does not show."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.encoding.household_evidence import FEWEST_WITHHELD, OwnRows, show_households
from privacy.encoding.households import (
    Evidence,
    household_positions,
    household_schema,
    household_tokens,
    rare_homes,
)
from privacy.errors import ProtocolError
from privacy.normalise.person import Person
from tests.privacy.encoding.people import LINK_KEYS, VECTORS, person

PLAN, OTHER_PLAN = bytes(32), bytes([1]) * 32
SECRET = bytes(range(32))
HOME = {"family_phonetic": "カク", "household_number": "71"}


def _agree(
    one: Person, two: Person, departments: tuple[str, str] = ("school", "welfare")
) -> set[str]:
    """Return the kinds of evidence in which two children of two departments agree."""
    first, second = (
        household_tokens(LINK_KEYS, [who], where, PLAN)
        for who, where in zip((one, two), departments, strict=True)
    )
    return {k for k in first if first[k].any() and (first[k] == second[k]).all()}


def test_the_committed_vector_holds() -> None:
    vector = json.loads((VECTORS / "households.json").read_text("utf-8"))
    persons = [Person(**entry) for entry in vector["persons"]]
    tokens = household_tokens(LINK_KEYS, persons, vector["department"], PLAN)

    assert household_schema().digest.hex() == vector["schema_digest"]
    assert {k: [row.tobytes().hex() for row in v] for k, v in tokens.items()} == vector["tokens"]
    assert household_positions(LINK_KEYS, PLAN, 8).tolist() == vector["positions"]


@pytest.mark.parametrize(
    ("one", "two", "agreed"),
    [
        ("コーポ架空101", "101", {"room", "room_kana", "block", "block_kana"}),
        ("コーポ架空101", "コーポ架空102", {"block", "block_kana"}),
        ("コーポ架空2F203", "見本ハイツ203", {"room", "room_kana", "block", "block_kana"}),
        ("コーポ架空101", "", {"block", "block_kana"}),
        ("架空寮", "架空寮", {"room", "room_kana", "block", "block_kana"}),
    ],
)
def test_a_flat_is_its_number_however_the_building_is_written(
    one: str, two: str, agreed: set[str]
) -> None:
    assert _agree(person(building=one, **HOME), person(building=two, **HOME)) == agreed


def test_siblings_agree_and_neighbours_or_other_families_do_not() -> None:
    child = person(**HOME)

    assert _agree(child, person(given="二番", birth_date="2015-01-01", **HOME)) == {
        "block",
        "block_kana",
    }
    assert not _agree(child, person(block="2-4", **HOME))
    assert not _agree(child, person(family="見本", family_phonetic="ミホン"))


def test_a_number_agrees_within_one_department_only() -> None:
    child = person(**HOME)

    assert "number" in _agree(child, child, ("school", "school"))
    assert "number" not in _agree(child, child, ("school", "welfare"))


def test_evidence_of_two_plans_has_nothing_in_common() -> None:
    one, two = (
        household_tokens(LINK_KEYS, [person(**HOME)], "school", p) for p in (PLAN, OTHER_PLAN)
    )

    assert all((one[kind] != two[kind]).any() for kind in one if one[kind].any())
    places = [household_positions(LINK_KEYS, p, 50).tolist() for p in (PLAN, OTHER_PLAN)]
    assert places[0] != places[1]
    assert sorted(places[0]) == list(range(50))


def test_without_an_address_or_a_family_name_nothing_is_shown() -> None:
    bare = household_tokens(
        LINK_KEYS,
        [person(town="", block=""), person(family="", family_phonetic="")],
        "school",
        PLAN,
    )

    assert not any(values.any() for values in bare.values())


def test_another_schema_is_refused() -> None:
    household_schema().check_digest(household_schema().digest)
    with pytest.raises(ProtocolError, match="Another definition"):
        household_schema().check_digest(bytes(32))


def _town(sizes: Sequence[int]) -> list[Person]:
    """Return the children of homes of these sizes, each in a block of its own."""
    return [
        person(
            block=f"1-{at}", given=str(n), household_number=f"{9000 + at}", family_phonetic="カク"
        )
        for at, size in enumerate(sizes)
        for n in range(size)
    ]


def _shown(
    persons: Sequence[Person], held: Sequence[int] = (), dummies: int = 0, floor: int = 1
) -> Evidence:
    marks = np.zeros(len(persons), dtype=np.bool_)
    marks[list(held)] = True
    own = OwnRows(
        department="school",
        persons=persons,
        slots=np.arange(len(persons)),
        held=marks,
        dummies=np.arange(len(persons), len(persons) + dummies),
        total=len(persons) + dummies + 5,
    )
    return show_households(own, LINK_KEYS, PLAN, secret=SECRET, floor=floor)


def test_a_home_of_a_rare_size_is_not_shown() -> None:
    persons = _town([1] * 12 + [2] * 11 + [5])
    tokens = household_tokens(LINK_KEYS, persons, "school", PLAN)

    assert rare_homes(tokens, 10).tolist() == [False] * 34 + [True] * 5
    assert rare_homes(tokens, 12).tolist() == [False] * 12 + [True] * 27
    shown = _shown(persons, floor=10)
    place = household_positions(LINK_KEYS, PLAN, len(persons) + 5)
    rows = np.searchsorted(shown.positions, place[34:39])
    numbers = shown.tokens["number"][rows]
    assert len(np.unique(numbers, axis=0)) == 5
    assert numbers.any(axis=1).all()


@settings(max_examples=30, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 3), min_size=8, max_size=14),
    held=st.sets(st.integers(0, 7), max_size=8),
    dummies=st.integers(0, 6),
)
def test_whoever_may_not_be_joined_meets_nobody_and_hides_among_decoys(
    sizes: list[int], held: set[int], dummies: int
) -> None:
    persons = _town(sizes)
    shown = _shown(persons, sorted(held), dummies)
    place = household_positions(LINK_KEYS, PLAN, len(persons) + dummies + 5)

    assert set(place[sorted(held)].tolist()) <= set(shown.withheld.tolist())
    assert len(shown.withheld) == min(FEWEST_WITHHELD, len(shown.positions))
    fake = [*sorted(held), *range(len(persons), len(persons) + dummies)]
    rows = np.searchsorted(shown.positions, place[fake])
    for values in shown.tokens.values():
        here = values[rows]
        held_tokens = {row.tobytes() for row in here if row.any()}
        others = np.delete(values, rows, axis=0)
        assert len(held_tokens) == int(here.any(axis=1).sum())
        assert not held_tokens & {row.tobytes() for row in others}
    again = _shown(persons, sorted(held), dummies)
    assert all((shown.tokens[k] == again.tokens[k]).all() for k in shown.tokens)
    assert (shown.withheld == again.withheld).all()
