"""A whole screening: secret order, decoys, holds; and memory that does not grow with N."""

import secrets
import tracemalloc

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.lookup.combine import listed_positions
from privacy.lookup.dealing import deal_lookup
from privacy.lookup.digits import Digit, DigitPlan
from privacy.lookup.party import LookupParty
from privacy.lookup.shuffled import EXTRA, Decoys, listed_slots, shuffle, widen
from privacy.lookup.tables import DECOY, MINE, Table
from tests.privacy.lookup.parties import a_run, a_seeds, names, pair_keys, play_lookup

NODES = names(4)
RECEIVER = NODES[2]
PLAN = DigitPlan(
    (
        Digit.flag("hold", NODES),
        Digit.of("mine", RECEIVER, 3),
        Digit("fired", tuple((node, 2) for node in NODES)),
    )
)
GRID = PLAN.grid()
TABLE = Table.listing(PLAN, "mine", (GRID["hold"] == 0) & (GRID["fired"] >= 3))


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 3000), st.integers(0, 2**32 - 1))
def test_exactly_the_receivers_children_under_the_rule_come_back_through_order_and_decoys(
    slots: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    order = rng.permutation(slots + EXTRA)
    decoys = Decoys.draw(secrets.randbelow)
    hold = {node: (rng.random(slots) < 0.05).astype(np.int64) for node in NODES}
    fired = {node: rng.integers(0, 3, slots) for node in NODES}
    mine = rng.integers(0, 2, slots)
    inputs = {}
    for node in NODES:
        facts = {"hold": widen(hold[node]), "fired": widen(fired[node])}
        if node == RECEIVER:
            facts["mine"] = decoys.mark(mine, DECOY)
        inputs[node] = shuffle(PLAN.pack(node, facts, slots + EXTRA), order)
    run = a_run(slots + EXTRA, NODES, salt=seed)

    sent = play_lookup(a_seeds(run), TABLE, inputs, pair_keys(NODES)).outputs

    positions = listed_positions(run, sent, cap=run.positions)
    held = np.sum(list(hold.values()), axis=0) > 0
    some = np.sum(list(fired.values()), axis=0) >= 3
    expected = np.flatnonzero((mine == MINE) & some & ~held)
    assert np.array_equal(listed_slots(positions, order, decoys), expected)
    assert positions.size == expected.size + len(decoys.places)


def peak_bytes(positions: int) -> int:
    """Play a lookup chunk by chunk, keeping nothing; return the most memory it took."""
    plan = DigitPlan((Digit("all", tuple((node, 511) for node in NODES)),))
    table = Table.of(plan, (np.arange(plan.size) % 7 == 1).astype(np.int64))
    run, keys = a_run(positions, NODES), pair_keys(NODES)
    seeds = a_seeds(run)
    tracemalloc.start()
    parties = {node: LookupParty(run, table, node, seeds.by_node[node]) for node in NODES}
    chunks = parties[NODES[0]].chunks
    for chunk, dealt in zip(chunks, deal_lookup(seeds, table), strict=True):
        inputs = np.arange(chunk.start, chunk.stop) % 512
        said = {node: party.mask_inputs(chunk.index, inputs) for node, party in parties.items()}
        for node, party in parties.items():
            party.answer(chunk.index, said, keys[node], dealt if node == run.corrected else None)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_eight_times_the_positions_take_no_more_memory() -> None:
    assert peak_bytes(160_000) < 1.05 * peak_bytes(20_000)
