"""The receiver maps positions to its slots, and accepts nothing but exactly its decoys."""

import secrets

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.errors import BadInputError, ProtocolError
from privacy.lookup.shuffled import (
    EXTRA,
    Decoys,
    listed_slots,
    own_rows,
    shuffle,
    widen,
)

SLOTS = 30


def an_order(seed: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.random.default_rng(seed).permutation(SLOTS + EXTRA)


@given(st.integers(0, 999), st.sets(st.integers(0, SLOTS - 1)))
def test_listed_slots_come_back_through_the_secret_order(seed: int, wanted: set[int]) -> None:
    decoys = Decoys.draw(secrets.randbelow)
    marks = np.zeros(SLOTS, dtype=np.int64)
    marks[sorted(wanted)] = 1
    positions = np.flatnonzero(shuffle(decoys.mark(marks, 2), an_order(seed)))

    assert listed_slots(positions, an_order(seed), decoys).tolist() == sorted(wanted)


def test_a_decoy_too_few_too_many_or_twice_spoils_the_list() -> None:
    decoys, order = Decoys((3, 9)), an_order(1)
    places = np.flatnonzero(order >= SLOTS)
    mine = places[np.isin(order[places] - SLOTS, decoys.places)]
    other = places[~np.isin(places, mine)][:1]

    assert listed_slots(mine, order, decoys).size == 0
    for wrong in (mine[:1], np.append(mine, other), np.append(mine, mine[0]), mine[:0]):
        with pytest.raises(ProtocolError):
            listed_slots(wrong, order, decoys)


@pytest.mark.parametrize("position", [-1, SLOTS + EXTRA])
def test_a_position_outside_the_run_is_refused(position: int) -> None:
    with pytest.raises(ProtocolError):
        listed_slots(np.array([position]), an_order(1), Decoys((0,)))


def test_decoys_are_one_to_all_of_the_extra_places() -> None:
    fewest = Decoys.draw(lambda _bound: 0)
    most = Decoys.draw(lambda bound: bound - 1)

    assert len(fewest.places) == 1
    assert most.places == tuple(range(EXTRA))


def test_the_number_of_decoys_takes_every_value_from_one_to_sixty_four() -> None:
    # 4,000 draws miss a given one of 64 values with probability 4e-28.
    counts = {len(Decoys.draw(secrets.randbelow).places) for _ in range(4000)}
    assert counts == set(range(1, EXTRA + 1))


@pytest.mark.parametrize("places", [(), (64,), (1, 1)])
def test_unsound_decoys_are_refused(places: tuple[int, ...]) -> None:
    with pytest.raises(BadInputError):
        Decoys(places)


def test_an_order_that_is_no_permutation_is_refused() -> None:
    with pytest.raises(BadInputError):
        shuffle(widen(np.zeros(SLOTS, dtype=np.int64)), np.zeros(SLOTS + EXTRA, dtype=np.int64))


def test_rows_of_listed_slots_are_the_nodes_own() -> None:
    assert own_rows(np.array([4, 8]), np.array([8, 1, 4, 8])).tolist() == [0, 2, 3]
