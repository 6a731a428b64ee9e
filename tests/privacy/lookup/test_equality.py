"""A masked lookup, a layered one, a histogram and a sum equal the plain computation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.lookup.combine import listed_positions, noisy_counts, noisy_sums
from privacy.lookup.digits import Digit, DigitPlan
from privacy.lookup.tables import Table
from tests.privacy.lookup.parties import (
    a_run,
    a_seeds,
    names,
    pair_keys,
    play_histogram,
    play_layer,
    play_lookup,
    play_sum,
)

some_nodes = st.integers(3, 8)
some_positions = st.integers(1, 5000)
some_seed = st.integers(0, 2**32 - 1)


def a_plan(nodes: tuple[str, ...], draw: np.random.Generator) -> DigitPlan:
    """A hold, a digit several nodes add to, and one digit a few nodes set alone."""
    own = [Digit.of(f"own-{node}", node, int(draw.integers(2, 5))) for node in nodes[:3]]
    both = Digit("both", ((nodes[0], int(draw.integers(1, 3))), (nodes[1], 1)))
    return DigitPlan((Digit.flag("hold", nodes), both, *own))


def values(
    plan: DigitPlan, node: str, positions: int, draw: np.random.Generator
) -> dict[str, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Some beyond the limit, so that clamping matters."""
    return {
        digit.name: draw.integers(0, digit.limit(node) + 3, positions)
        for digit in plan.digits
        if digit.limit(node)
    }


@settings(max_examples=25, deadline=None)
@given(some_nodes, some_positions, some_seed)
def test_the_listed_positions_are_those_of_the_plain_computation(
    count: int, positions: int, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    nodes = names(count)
    plan = a_plan(nodes, draw)
    answers = draw.integers(0, 2, plan.size)
    answers[0] = 0
    table = Table.of(plan, answers)
    clear = {node: values(plan, node, positions, draw) for node in nodes}
    inputs = {node: plan.pack(node, clear[node], positions) for node in nodes}
    run = a_run(positions, nodes, salt=seed)

    outputs = play_lookup(a_seeds(run), table, inputs, pair_keys(nodes)).outputs

    grid = plan.grid()
    expected = np.zeros(positions, dtype=bool)
    for total in np.flatnonzero(answers):
        hit = np.ones(positions, dtype=bool)
        for digit in plan.digits:
            summed = sum(
                np.clip(clear[n][digit.name], 0, digit.limit(n)) for n in digit.contributors
            )
            hit &= summed == grid[digit.name][total]
        expected |= hit
    found = listed_positions(run, outputs, cap=positions)
    assert np.array_equal(found, np.flatnonzero(expected))


@settings(max_examples=15, deadline=None)
@given(some_nodes, st.integers(1, 2000), some_seed, st.sampled_from([4, 40]))
def test_a_two_layer_lookup_equals_the_plain_one_and_opens_no_level(
    count: int, positions: int, seed: int, levels: int
) -> None:
    draw = np.random.default_rng(seed)
    nodes = names(count)
    first = DigitPlan(tuple(Digit.of(f"item-{node}", node, 4) for node in nodes[:4]))
    second = DigitPlan(
        (
            Digit.flag("hold", nodes),
            Digit("level", ((nodes[0], levels - 1),)),
            Digit.of("mine", nodes[1], 3),
        )
    )
    level = draw.integers(0, levels, first.size)
    level[0] = 0
    layer = Table.layer(first, level, second, "level")
    answers = draw.integers(0, 2, second.size)
    answers[0] = 0
    inputs = {
        node: first.pack(
            node,
            {d.name: draw.integers(0, 4, positions) for d in first.digits if d.limit(node)},
            positions,
        )
        for node in nodes
    }
    holds = {node: (draw.random(positions) < 0.1).astype(np.int64) for node in nodes}
    own = draw.integers(0, 3, positions)

    shares = play_layer(a_seeds(a_run(positions, nodes, step="layer-1")), layer, inputs)
    further = {}
    for node in nodes:
        mine = {"hold": holds[node]} | ({"mine": own} if node == nodes[1] else {})
        further[node] = (second.pack(node, mine, positions) + shares[node]) % second.domain
    run = a_run(positions, nodes, step="layer-2")
    table = Table.of(second, answers)
    outputs = play_lookup(a_seeds(run), table, further, pair_keys(nodes)).outputs

    plain_level = level[np.sum([inputs[node] for node in nodes], axis=0)]
    plain = (
        np.sum([holds[node] for node in nodes], axis=0)
        + plain_level * second.weight("level")
        + own * second.weight("mine")
    )
    expected = np.flatnonzero(answers[plain])
    assert np.array_equal(listed_positions(run, outputs, cap=positions), expected)


@settings(max_examples=15, deadline=None)
@given(some_nodes, some_positions, some_seed)
def test_a_histogram_without_noise_equals_the_plain_counts(
    count: int, positions: int, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    nodes = names(count)
    domain = 64
    parts = {node: draw.integers(0, domain // count, positions) for node in nodes}
    cells = draw.permutation(domain)[: int(draw.integers(1, domain))]
    noise = {node: draw.integers(-9, 10, cells.size) for node in nodes}
    run = a_run(positions, nodes)

    sent = play_histogram(a_seeds(run), domain, parts, cells, noise, pair_keys(nodes))

    totals = np.sum([parts[node] for node in nodes], axis=0)
    exact = np.bincount(totals, minlength=domain)[cells]
    wanted = exact + np.sum([noise[node] for node in nodes], axis=0)
    assert np.array_equal(noisy_counts(run, sent, cells.size), wanted)


@settings(max_examples=10, deadline=None)
@given(some_nodes, st.integers(1, 1500), some_seed)
def test_a_bounded_sum_without_noise_equals_the_plain_clamped_sum(
    count: int, positions: int, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    nodes = names(count)
    domain, bound = 32, 100
    parts = {node: draw.integers(0, domain // count, positions) for node in nodes}
    measures = {node: draw.integers(-150, 151, positions) for node in nodes}
    cells = np.arange(1, domain)
    silent = {node: np.zeros(cells.size, dtype=np.int64) for node in nodes}
    run = a_run(positions, nodes)

    sent = play_sum(a_seeds(run), domain, bound, parts, measures, cells, silent, pair_keys(nodes))

    totals = np.sum([parts[node] for node in nodes], axis=0)
    clamped = np.sum([np.clip(measures[node], -bound, bound) for node in nodes], axis=0)
    wanted = np.array([clamped[totals == cell].sum() for cell in cells])
    assert np.array_equal(noisy_sums(run, sent, cells.size), wanted)


@pytest.mark.parametrize("count", [3, 20])
def test_the_widest_domain_over_many_chunks_is_exact(count: int) -> None:
    nodes = names(count)
    draw = np.random.default_rng(count)
    plan = DigitPlan((Digit.of("wide", nodes[0], 4096),))
    answers = draw.integers(0, 2, 4096)
    answers[0] = 0
    positions = 5003
    inputs = {node: np.zeros(positions, dtype=np.int64) for node in nodes}
    inputs[nodes[0]] = draw.integers(0, 4096, positions)
    run = a_run(positions, nodes)

    played = play_lookup(a_seeds(run), Table.of(plan, answers), inputs, pair_keys(nodes))

    expected = np.flatnonzero(answers[inputs[nodes[0]]])
    assert np.array_equal(listed_positions(run, played.outputs, cap=positions), expected)
