"""Who lives together: precision before recall, numbers that say nothing, locks for the sealed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.encoding.households import Evidence, household_tokens
from privacy.linkage.household_locks import UNKNOWN, Locked, lock_numbers, open_numbers
from privacy.linkage.households import (
    MOST_CHILDREN,
    Households,
    group_households,
    number_households,
)
from privacy.linkage.stack import Ids
from privacy.normalise.person import Person
from tests.privacy.encoding.people import LINK_KEYS

PLAN = bytes(32)
SEEDS = st.binary(min_size=32, max_size=32)


def _child(
    family: str = "サトウ", block: str = "1-2-3", room: str = "", number: str = ""
) -> Person:
    return Person(
        family=family,
        family_phonetic=family,
        town="架空町",
        block=block,
        building=room,
        household_number=number,
    )


def _evidence(department: str, rows: dict[int, Person], withheld: tuple[int, ...] = ()) -> Evidence:
    positions = np.array(sorted(rows), dtype=np.int64)
    persons = [rows[at] for at in sorted(rows)]
    tokens = household_tokens(LINK_KEYS, persons, department, PLAN)
    return Evidence(department, positions, tokens, np.array(withheld, dtype=np.int64))


def _together(found: Households) -> set[frozenset[int]]:
    homes: dict[int, set[int]] = {}
    for position, home in enumerate(found.home.tolist()):
        homes.setdefault(home, set()).add(position)
    return {frozenset(one) for one in homes.values() if len(one) > 1}


def test_siblings_at_two_departments_live_together() -> None:
    school = _evidence("school", {0: _child(), 3: _child("スズキ")})
    welfare = _evidence("welfare", {2: _child(), 3: _child("スズキ")})

    assert _together(group_households([school, welfare], 4)) == {frozenset({0, 2})}


def test_one_surname_in_two_flats_is_two_homes_and_the_building_joins_nobody() -> None:
    flats = _evidence("school", {0: _child(room="101"), 1: _child(room="102"), 2: _child()})
    siblings = _evidence("health", {3: _child(room="102")})

    found = group_households([flats, siblings], 4)

    assert _together(found) == {frozenset({1, 3})}
    assert found.refused["two_rooms"] == 2
    one_flat = _evidence("school", {0: _child(room="101"), 2: _child()})
    assert _together(group_households([one_flat], 3)) == {frozenset({0, 2})}


def test_the_registers_number_decides_over_the_address() -> None:
    register = _evidence("residents", {0: _child(number="1"), 1: _child(number="2")})
    others = _evidence("school", {0: _child(), 1: _child(), 2: _child()})

    found = group_households([register, others], 3)

    assert _together(found) == set()
    assert found.refused["two_numbers"] == 2
    family = _evidence("residents", {0: _child(number="1"), 1: _child("ヤマダ", number="1")})
    assert _together(group_households([family, others], 3)) == {frozenset({0, 1, 2})}


def test_a_child_with_two_addresses_brings_both_homes_together() -> None:
    then = _evidence("health", {0: _child(block="9-9"), 1: _child(block="9-9")})
    now = _evidence("school", {1: _child(), 2: _child()})

    assert _together(group_households([then, now], 3)) == {frozenset({0, 1, 2})}


def test_more_children_than_a_family_has_are_no_household() -> None:
    home = _evidence("school", {at: _child() for at in range(MOST_CHILDREN + 1)})

    found = group_households([home], MOST_CHILDREN + 1)

    assert _together(found) == set()
    assert found.refused["too_many"] == 2


def test_a_withheld_position_stays_alone_whoever_else_shows_it() -> None:
    protecting = _evidence("residents", {0: _child()}, withheld=(1,))
    others = _evidence("school", {0: _child(), 1: _child(), 2: _child()})

    found = group_households([protecting, others], 3)

    assert _together(found) == {frozenset({0, 2})}
    assert found.withheld == 1


_ROWS = st.dictionaries(
    st.integers(0, 11),
    st.builds(
        _child,
        family=st.sampled_from(["サトウ", "スズキ"]),
        block=st.sampled_from(["1-1", "1-2", ""]),
        room=st.sampled_from(["", "101", "102"]),
        number=st.sampled_from(["", "1", "2", "3"]),
    ),
)


@settings(max_examples=60, deadline=None)
@given(one=_ROWS, two=_ROWS, three=_ROWS, order=st.permutations([0, 1, 2]))
def test_the_order_of_departments_changes_nothing_and_no_two_numbers_share_a_home(
    one: dict[int, Person], two: dict[int, Person], three: dict[int, Person], order: list[int]
) -> None:
    named = [_evidence(n, r) for n, r in (("a", one), ("b", two), ("c", three))]

    found = group_households(named, 12)

    assert (found.home == group_households([named[at] for at in order], 12).home).all()
    for rows in (one, two, three):
        numbers: dict[int, set[str]] = {}
        for at, child in rows.items():
            if child.household_number:
                numbers.setdefault(int(found.home[at]), set()).add(child.household_number)
        assert all(len(held) == 1 for held in numbers.values())
    assert np.bincount(found.home).max() <= MOST_CHILDREN


@given(home=st.lists(st.integers(0, 5), min_size=6, max_size=12), one=SEEDS, two=SEEDS)
def test_numbers_say_who_lives_together_and_nothing_else(
    home: list[int], one: bytes, two: bytes
) -> None:
    homes = np.unique(np.array(home), return_inverse=True)[1].astype(np.int64)

    numbers = number_households(homes, one)

    same = homes[:, None] == homes[None, :]
    assert ((numbers[:, None] == numbers[None, :]) == same).all()
    assert numbers.min() >= 0
    assert numbers.max() < len(homes)
    # The numbers of another table are those of the same homes under another injection.
    renamed = homes.max() - homes
    assert set(number_households(renamed, one)) == set(numbers)
    assert (number_households(homes, one) == numbers).all()
    assert one == two or len(number_households(homes, two)) == len(numbers)


def test_fresh_numbers_carry_nothing_from_one_version_to_the_next() -> None:
    homes = np.arange(2_000, dtype=np.int64) // 2
    rng = np.random.default_rng(7)

    first, second = (number_households(homes, rng.bytes(32)) for _ in range(2))

    # Equal numbers of one home in two tables: about 1/2 of 1,000 homes on average, Poisson;
    # 20 or more are seen with a probability below 1e-20.
    assert int((first == second).sum() / 2) < 20
    # Neither order nor parity of one table tells the other's (4.9 standard errors, 1e-6).
    assert abs(float(np.corrcoef(first[::2], second[::2])[0, 1])) < 4.9 / np.sqrt(1_000)
    with pytest.raises(ValueError, match="32 bytes"):
        number_households(homes, b"short")


def _locked() -> tuple[Locked, Ids]:
    school = _evidence("school", {0: _child(), 1: _child(room="101"), 3: _child("スズキ")})
    health = _evidence("health", {1: _child(block="9-9"), 4: _child("スズキ", block="9-9")})
    found = group_households([school, health], 5)
    numbers = number_households(found.home, bytes(range(32)))
    return lock_numbers([school, health], found.home, numbers, bytes(32)), numbers


def _opened(locked: Locked, position: int, child: Person) -> int:
    tokens = household_tokens(LINK_KEYS, [child], "welfare", PLAN)
    return int(open_numbers(locked, np.array([position]), tokens)[0])


def test_a_sealed_department_opens_its_own_childs_number_by_any_address_of_the_home() -> None:
    locked, numbers = _locked()

    assert _opened(locked, 0, _child()) == numbers[0]
    assert _opened(locked, 0, _child(block="9-9")) == numbers[0]
    assert _opened(locked, 3, _child("スズキ")) == numbers[3]


def test_a_lock_stays_shut_at_another_position_and_for_another_family() -> None:
    locked, _ = _locked()

    assert _opened(locked, 3, _child()) == UNKNOWN
    assert _opened(locked, 2, _child()) == UNKNOWN
    assert _opened(locked, 0, _child("ヤマダ")) == UNKNOWN
    assert _opened(locked, 0, Person(household_number="1")) == UNKNOWN


def test_locks_are_as_many_for_one_child_as_tokens_of_its_home_and_ordered_by_chance() -> None:
    locked, _ = _locked()

    # Position 0 and 1 share a home with two addresses in kana and kanji, one with a room.
    assert len(locked.labels) == len(set(locked.labels.tolist())) == 6 + 6 + 2 + 2


def test_where_nobody_shows_anything_there_are_no_locks_and_nothing_opens() -> None:
    bare = _evidence("school", {0: Person(), 1: Person()})
    found = group_households([bare], 3)

    locked = lock_numbers([bare], found.home, number_households(found.home, bytes(32)), bytes(32))

    assert len(locked.labels) == len(locked.numbers) == 0
    assert _opened(locked, 0, _child()) == UNKNOWN
    assert found.evidenced == 0
