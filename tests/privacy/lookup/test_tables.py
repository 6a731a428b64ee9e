"""Tables answer 0 for nobody, list one receiver's children only, and have one digest."""

import json
from pathlib import Path

import numpy as np
import pytest

from privacy.errors import BadInputError, RefusedError
from privacy.lookup.digits import Digit, DigitPlan
from privacy.lookup.tables import Table, by_slot

VECTORS = Path(__file__).parents[2] / "vectors" / "lookup" / "tables.json"
PLAN = DigitPlan(
    (Digit.flag("hold", ("a", "b", "c")), Digit.of("mine", "b", 3), Digit.of("seen", "c", 2))
)


def rule() -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    grid = PLAN.grid()
    return np.asarray((grid["hold"] == 0) & (grid["seen"] == 1))


def test_a_listing_answers_for_the_receivers_own_children_and_bare_decoys_only() -> None:
    table = Table.listing(PLAN, "mine", rule())
    grid = PLAN.grid()

    for place, answer in enumerate(table.values):
        hold, mine, seen = (int(grid[name][place]) for name in ("hold", "mine", "seen"))
        own = mine == 1 and hold == 0 and seen == 1
        decoy = mine == 2 and hold == 0 and seen == 0
        assert answer == int(own or decoy)


def test_a_table_that_would_list_absent_children_is_refused() -> None:
    with pytest.raises(RefusedError):
        Table.of(PLAN, np.ones(PLAN.size, dtype=np.int64))


def test_a_table_that_lists_another_nodes_children_is_refused() -> None:
    Table.listing(PLAN, "mine", rule()).check_receiver("mine")
    with pytest.raises(RefusedError):
        Table.of(PLAN, rule()).check_receiver("mine")


def test_a_receiver_digit_that_two_nodes_may_set_is_refused() -> None:
    shared = DigitPlan((Digit("mine", (("a", 1), ("b", 1))),))
    with pytest.raises(BadInputError):
        Table.listing(shared, "mine", np.zeros(3, dtype=bool))


@pytest.mark.parametrize(
    ("values", "modulus"), [((0,) * 23, 2), ((0, 2) + (0,) * 22, 2), ((0,) * 24, 12)]
)
def test_a_table_of_another_shape_or_range_is_refused(
    values: tuple[int, ...], modulus: int
) -> None:
    with pytest.raises(BadInputError):
        Table(PLAN, values, modulus)


def test_a_level_that_the_next_digit_cannot_hold_is_refused() -> None:
    with pytest.raises(BadInputError):
        Table.layer(PLAN, np.full(PLAN.size, 3), PLAN, "mine")


def test_the_canonical_form_and_digest_are_the_published_ones() -> None:
    vector = json.loads(VECTORS.read_text(encoding="utf-8"))
    table = Table.listing(PLAN, "mine", rule())

    assert table.canonical() == vector["canonical"]
    assert table.digest().hex() == vector["digest"]


def test_several_rows_on_one_slot_are_combined_by_their_maximum() -> None:
    combined = by_slot(np.array([1, 3, 2]), np.array([4, 0, 4]), 5)
    assert combined.tolist() == [3, 0, 0, 0, 2]


def test_a_row_outside_the_slots_is_refused() -> None:
    with pytest.raises(BadInputError):
        by_slot(np.array([1]), np.array([5]), 5)
