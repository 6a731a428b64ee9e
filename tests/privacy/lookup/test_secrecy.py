"""The coordinator's view, dealer's seeds and tables included, follows from the answer alone.

At least 40,000 samples in each experiment.  The real protocol passes; mutants without an
output mask, with a reused mask seed, with an overflowing digit and with two holds fail.
False-alarm rate of each bound: 1e-6 (see `secrecy`).
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from privacy.lookup.digits import Digit
from privacy.lookup.party import LookupParty
from privacy.lookup.run import Chunking
from privacy.lookup.stream import input_mask
from tests.privacy.lookup.parties import a_run, a_seeds, fixed, play_lookup
from tests.privacy.lookup.secrecy import (
    NODES,
    Bits,
    Scene,
    auc,
    digits,
    features,
    listing,
    output_bits,
    scenes,
    simulated,
    tolerance,
)

RUNS, POSITIONS = 6, 5_000
SAMPLES = (RUNS - 1) * POSITIONS
View = dict[str, Bits]
Mutate = Callable[[Scene, Scene, View], View]


def untouched(scene: Scene, earlier: Scene, view: View) -> View:
    del scene, earlier
    return view


def without_masks(scene: Scene, earlier: Scene, view: View) -> View:
    del earlier
    masks = scene.masks()
    return {node: view[node] ^ masks[node] for node in NODES}


def with_the_earlier_mask(scene: Scene, earlier: Scene, view: View) -> View:
    now, before = scene.masks(), earlier.masks()
    return {node: view[node] ^ now[node] ^ before[node] for node in NODES}


def coordinators_auc(mutate: Mutate, *, hold: Digit | None = None) -> float:
    """Compare RUNS - 1 lookups, each beside the one before it, with simulated ones."""
    rng = np.random.default_rng(7)
    real: list[Bits] = []
    fake: list[Bits] = []
    for earlier, scene in pairwise(scenes(RUNS, POSITIONS, hold=hold)):
        said = [
            output_bits(play_lookup(s.seeds, s.table, s.inputs, s.keys).outputs, s.run)
            for s in (scene, earlier)
        ]
        views = [mutate(scene, earlier, said[0]), said[1]]
        real.append(features(scene, views, [earlier]))
        made = [simulated(scene, rng), simulated(earlier, rng)]
        fake.append(features(scene, made, [earlier]))
    return auc(np.concatenate(real), np.concatenate(fake))


def test_the_coordinators_view_cannot_be_told_from_one_made_of_the_answer() -> None:
    assert 2 * SAMPLES >= 40_000
    assert abs(coordinators_auc(untouched) - 0.5) < tolerance(SAMPLES)


@pytest.mark.parametrize("mutant", [without_masks, with_the_earlier_mask])
def test_a_mutant_of_the_output_mask_is_found_out(mutant: Mutate) -> None:
    # A simulated position agrees with all three shares in one of four cases: 0.875 at most.
    assert coordinators_auc(mutant) > 0.85


@pytest.mark.parametrize(
    "hold",
    [Digit.of("hold", "health", 2), Digit("hold", (("health", 1), ("clubs", 1)))],
    ids=["two holds in one place", "three holds in a digit for two"],
)
def test_a_mutant_with_an_overflowing_digit_is_found_out(hold: Digit) -> None:
    assert coordinators_auc(untouched, hold=hold) > 0.5 + 1.5 * tolerance(SAMPLES)


def words_as_bits(values: np.ndarray[tuple[int], np.dtype[np.int64]], domain: int) -> Bits:
    width = (domain - 1).bit_length()
    shifted = (values[:, None] % domain) >> np.arange(width)
    return (shifted & 1).astype(np.uint8)


def a_nodes_auc(*, shared_seed: bool = False, replayed: bool = False) -> float:
    """What node clubs sees of node health: two masked inputs, beside its own r."""
    plan = digits()
    table, domain = listing(plan), plan.domain
    rng = np.random.default_rng(11)
    real: list[Bits] = []
    fake: list[Bits] = []
    for number in range(4):
        said, known = [], []
        for turn in range(2):
            run = a_run(POSITIONS, NODES, salt=(number, 0 if replayed else turn))
            seed = a_seeds(run, number).by_node["health"]
            own = seed if shared_seed else fixed("own", number, turn)
            inputs = rng.integers(0, plan.size, POSITIONS)
            sent = LookupParty(run, table, "health", seed).all_inputs(inputs)
            said.append(np.frombuffer(sent, dtype="<u2").astype(np.int64))
            chunk = Chunking.of(run, table.row_bytes)[0]
            known.append((inputs, input_mask(own, run, chunk, domain).astype(np.int64)))
        made = [rng.integers(0, domain, POSITIONS) for _ in said]
        for views, samples in ((said, real), (made, fake)):
            looks = [views[0] - known[0][0] - known[0][1]]
            looks.append(views[0] - views[1] - known[0][0] + known[1][0])
            looks.append(views[0])
            samples.append(np.column_stack([words_as_bits(look, domain) for look in looks]))
    return auc(np.concatenate(real), np.concatenate(fake))


def test_a_nodes_view_of_another_nodes_inputs_is_uniform() -> None:
    assert abs(a_nodes_auc() - 0.5) < tolerance(4 * POSITIONS)


def test_a_mutant_that_gives_two_nodes_one_seed_is_found_out() -> None:
    assert a_nodes_auc(shared_seed=True) > 0.99


def test_a_mutant_that_uses_a_seed_again_for_other_inputs_is_found_out() -> None:
    assert a_nodes_auc(replayed=True) > 0.99
