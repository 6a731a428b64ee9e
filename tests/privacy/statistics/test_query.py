"""A count query compiles to digits and cells, and its release equals the plain table."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.dp.ledger import Account
from privacy.dp.loss import Rho
from privacy.dp.release import noise_of
from privacy.errors import BadInputError, ProtocolError, RefusedError
from privacy.lookup.combine import noisy_counts
from privacy.statistics.query import EVERY, NO_ROW, OTHERS, CountQuery, Dimension, others
from privacy.statistics.result import CountRelease
from tests.privacy.lookup.parties import a_run, a_seeds, pair_keys, play_histogram

NODES = ("health", "residents", "school", "survey", "welfare")
LEVEL = Dimension("level", "residents", ("小学校", "中学校"))
GRADE = Dimension("grade", "residents", ("1", "2", "3"))
LISTED = Dimension("listed", "school", ("yes", "no"))
QUERY = CountQuery(Account("pupils", 2026), "table-1", NODES, "residents", (LEVEL, GRADE, LISTED))
NOISE = QUERY.noise(Rho.of("0.02"))


def test_cells_are_all_public_combinations_and_the_row_that_another_department_lacks() -> None:
    labels = [cell.labels for cell in QUERY.cells]
    assert len(labels) == len(set(labels)) == 2 * 3 * 3
    assert ("小学校", "1", NO_ROW) in labels
    assert not any(NO_ROW in (level, grade) for level, grade, _ in labels)


def test_no_released_cell_holds_an_unanchored_or_held_child() -> None:
    places = np.array([cell.place for cell in QUERY.cells])
    values = QUERY.digits.unpack(places)
    assert (values["hold"] == 0).all()
    assert (values["residents"] >= 1).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 400))
def test_the_release_without_noise_is_the_plain_table(seed: int, positions: int) -> None:
    draw = np.random.default_rng(seed)
    slots = {n: draw.permutation(positions)[: positions * 2 // 3] for n in NODES}
    held = {n: draw.random(len(slots[n])) < 0.05 for n in NODES}
    facts = {
        dimension.name: draw.choice([*dimension.values, "else"], len(slots[dimension.node]))
        for dimension in QUERY.dimensions
    }
    codes = {
        n: QUERY.contribution(
            n, {d.name: list(facts[d.name]) for d in QUERY.held_by(n)}, slots[n], held[n], positions
        )
        for n in NODES
    }
    run = a_run(positions, NODES)
    silent = {n: np.zeros(len(QUERY.cells), dtype=np.int64) for n in NODES}
    places = np.array([cell.place for cell in QUERY.cells])
    seeds, keys = a_seeds(run), pair_keys(NODES)

    sent = play_histogram(seeds, QUERY.digits.domain, codes, places, silent, keys)

    table = CountRelease.of(QUERY, noisy_counts(run, sent, places.size), NOISE)
    plain = dict.fromkeys((cell.labels for cell in QUERY.cells), 0)
    at_school = dict(zip(slots["school"].tolist(), facts["listed"], strict=True))
    out = {slot for n in NODES for slot, hold in zip(slots[n], held[n], strict=True) if hold}
    anchored = zip(slots["residents"], facts["level"], facts["grade"], strict=True)
    for slot, level, grade in anchored:
        listed = str(at_school.get(int(slot), NO_ROW)).replace("else", NO_ROW)
        if slot not in out and "else" not in (level, grade):
            plain[(str(level), str(grade), listed)] += 1
    assert {cell.labels: cell.value for cell in table.cells} == plain


def test_other_departments_are_counted_together_whoever_they_are() -> None:
    query = replace(QUERY, dimensions=(LEVEL, others(NODES)))
    positions = 6
    at = {"residents": [0, 1, 2, 3], "school": [0, 1], "health": [1, 5], "welfare": [1]}
    total = np.zeros(positions, dtype=np.int64)
    for node in NODES:
        slots = np.array(at.get(node, []), dtype=np.int64)
        labels = {"level": ["小学校"] * len(slots)} if node == "residents" else {}
        held = slots == 3
        total += query.contribution(node, labels, slots, held, positions)

    cells = {cell.place: cell.labels for cell in query.cells}
    assert [cells.get(int(place)) for place in total] == [
        ("小学校", "1"),
        ("小学校", "3"),
        ("小学校", "0"),
        None,
        None,
        None,
    ]
    assert len(cells) == 2 * len(NODES)
    assert query.noise(Rho.of("0.02")).cells == len(cells)


@pytest.mark.parametrize(
    "wrong",
    [
        Dimension(OTHERS, "school", tuple("01234")),
        Dimension(OTHERS, EVERY, tuple("0123")),
        Dimension("level", EVERY, ("小学校",)),
    ],
)
def test_only_the_whole_count_of_others_is_held_by_nobody(wrong: Dimension) -> None:
    with pytest.raises(BadInputError):
        replace(QUERY, dimensions=(wrong,))


def test_a_noisy_release_states_its_cost_and_error_bars() -> None:
    # Any of 18 cells lies outside six half-widths with probability below 1e-12.
    drawn = np.sum([noise_of(NOISE) for _ in NODES], axis=0)
    table = CountRelease.of(QUERY, drawn, NOISE)

    assert table.charge <= Rho.of("0.02")
    assert table.epsilon == pytest.approx(table.charge.epsilon(1e-6))
    assert all(abs(cell.value) <= 6 * cell.half_width for cell in table.cells)
    assert {cell.half_width for cell in table.cells} == {NOISE.half_width(0.95)}


def test_a_margin_adds_released_numbers_and_widens_the_bars() -> None:
    table = CountRelease.of(QUERY, np.arange(18), NOISE)
    levels = table.margin("level")
    assert sum(cell.value for cell in levels) == sum(range(18))
    width = NOISE.half_width(0.95)
    assert levels[0].half_width == int(np.ceil(width * 3))
    with pytest.raises(ProtocolError):
        table.margin("ward")


def test_cosmetic_variants_are_one_question_and_real_ones_are_not() -> None:
    turned = replace(LEVEL, values=LEVEL.values[::-1])
    same = replace(QUERY, dimensions=(LISTED, turned, GRADE), nodes=NODES[::-1])
    assert same.release_id == QUERY.release_id
    for other in (
        replace(QUERY, slot_table="table-2"),
        replace(QUERY, dimensions=(LEVEL, GRADE)),
        replace(QUERY, account=Account("pupils", 2027)),
        replace(QUERY, anchor="school"),
    ):
        assert other.release_id != QUERY.release_id


def test_an_order_of_display_changes_no_code() -> None:
    turned = replace(QUERY, dimensions=(LISTED, replace(LEVEL, values=LEVEL.values[::-1]), GRADE))
    places = {frozenset(cell.labels): cell.place for cell in QUERY.cells}
    assert {frozenset(cell.labels): cell.place for cell in turned.cells} == places


def test_a_query_that_is_too_fine_is_refused_with_its_radices() -> None:
    schools = Dimension("school", "school", tuple(f"S{n}" for n in range(150)))
    with pytest.raises(RefusedError, match="school:151"):
        _ = replace(QUERY, dimensions=(LEVEL, GRADE, schools)).digits


@pytest.mark.parametrize(
    "change",
    [
        {"dimensions": ()},
        {"dimensions": (LEVEL, LEVEL)},
        {"anchor": "nobody"},
        {"dimensions": (Dimension("x", "nobody", ("a",)),)},
    ],
    ids=["none", "twice", "no anchor", "no holder"],
)
def test_an_unsound_query_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(BadInputError):
        replace(QUERY, **change)  # type: ignore[arg-type]  # the fields under test


@pytest.mark.parametrize("values", [(), ("a", "a"), ("a", "")], ids=["none", "twice", "empty"])
def test_an_unsound_domain_is_refused(values: tuple[str, ...]) -> None:
    with pytest.raises(BadInputError):
        Dimension("x", "school", values)


def test_a_contribution_with_other_dimensions_or_lengths_is_refused() -> None:
    slots, held = np.array([0, 1]), np.zeros(2, dtype=bool)
    with pytest.raises(BadInputError):
        QUERY.contribution("school", {"level": ["1", "2"]}, slots, held, 2)
    with pytest.raises(BadInputError):
        QUERY.contribution("school", {"listed": ["yes"]}, slots, held, 2)


def test_totals_of_another_query_are_refused() -> None:
    with pytest.raises(ProtocolError):
        CountRelease.of(QUERY, np.zeros(3, dtype=np.int64), NOISE)
