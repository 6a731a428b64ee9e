"""Another implementation that follows PROTOCOL 4 and 5 must produce these bytes."""

import json
from pathlib import Path

import numpy as np
import pytest

from privacy.lookup.combine import listed_positions, noisy_counts, noisy_sums
from privacy.lookup.dealing import Seeds, deal_histogram, deal_lookup, deal_sum
from privacy.lookup.digits import Digit, DigitPlan
from privacy.lookup.histogram import HistogramParty, SumParty
from privacy.lookup.party import LookupParty
from privacy.lookup.run import LookupRun
from privacy.lookup.tables import Table

FOLDER = Path(__file__).parents[2] / "vectors" / "lookup"
VECTOR = json.loads((FOLDER / "run.json").read_text(encoding="utf-8"))
RUN = LookupRun(
    bytes.fromhex(VECTOR["transcript"]), VECTOR["step"], tuple(VECTOR["nodes"]), VECTOR["positions"]
)
SEEDS = Seeds(RUN, {node: bytes.fromhex(seed) for node, seed in VECTOR["seeds"].items()})
KEYS = {
    node: {peer: bytes.fromhex(key) for peer, key in peers.items()}
    for node, peers in VECTOR["mask_keys"].items()
}
PLAN = DigitPlan(
    tuple(Digit(d["name"], tuple((n, m) for n, m in d["limits"])) for d in VECTOR["digits"])
)
CODES = {node: np.array(codes) for node, codes in VECTOR["codes"].items()}
CELLS = np.array(VECTOR["cells"])


def hexed(sent: dict[str, bytes]) -> dict[str, str]:
    return {node: data.hex() for node, data in sent.items()}


def correction(node: str, dealt: bytes) -> bytes | None:
    return dealt if node == RUN.corrected else None


def lookup() -> dict[str, object]:
    table = Table(PLAN, tuple(VECTOR["table"]))
    dealt = b"".join(deal_lookup(SEEDS, table))
    parties = {n: LookupParty(RUN, table, n, SEEDS.by_node[n]) for n in RUN.nodes}
    said = {n: p.all_inputs(CODES[n]) for n, p in parties.items()}
    sent = {n: p.answer(0, said, KEYS[n], correction(n, dealt)) for n, p in parties.items()}
    listed = listed_positions(RUN, sent, cap=RUN.positions).tolist()
    return {
        "correction": dealt.hex(),
        "inputs": hexed(said),
        "outputs": hexed(sent),
        "listed": listed,
    }


def histogram() -> dict[str, object]:
    dealt = b"".join(deal_histogram(SEEDS, PLAN.domain))
    parties = {n: HistogramParty(RUN, PLAN.domain, n, SEEDS.by_node[n]) for n in RUN.nodes}
    said = {n: p.mask_inputs(0, CODES[n]) for n, p in parties.items()}
    for node, party in parties.items():
        party.add(0, said, correction(node, dealt))
    noise = {n: np.array(VECTOR["noise"][n]) for n in RUN.nodes}
    sent = {n: p.finish(CELLS, noise[n], KEYS[n]) for n, p in parties.items()}
    return {"outputs": hexed(sent), "counts": noisy_counts(RUN, sent, CELLS.size).tolist()}


def bounded_sum() -> dict[str, object]:
    dealt = b"".join(deal_sum(SEEDS, PLAN.domain))
    seeds, bound = SEEDS.by_node, VECTOR["bound"]
    parties = {n: SumParty(RUN, PLAN.domain, bound, n, seeds[n]) for n in RUN.nodes}
    measures = {n: np.array(VECTOR["measures"][n]) for n in RUN.nodes}
    said = {n: p.mask_inputs(0, CODES[n], measures[n]) for n, p in parties.items()}
    for node, party in parties.items():
        party.add(0, said, correction(node, dealt))
    noise = {n: np.array(VECTOR["noise"][n]) for n in RUN.nodes}
    sent = {n: p.finish(CELLS, noise[n], KEYS[n]) for n, p in parties.items()}
    return {
        "inputs": hexed(said),
        "outputs": hexed(sent),
        "sums": noisy_sums(RUN, sent, CELLS.size).tolist(),
    }


MADE = {"lookup": lookup, "histogram": histogram, "sum": bounded_sum}


@pytest.mark.parametrize("kind", sorted(MADE))
def test_the_published_run_is_reproduced_byte_for_byte(kind: str) -> None:
    assert MADE[kind]() == VECTOR[kind]


def test_the_published_answers_are_those_of_the_plain_computation() -> None:
    totals = np.sum([CODES[node] for node in RUN.nodes], axis=0)
    table = np.array(VECTOR["table"])
    noise = np.sum([VECTOR["noise"][node] for node in RUN.nodes], axis=0)
    clamped = np.sum([np.clip(VECTOR["measures"][n], -20, 20) for n in RUN.nodes], axis=0)

    assert VECTOR["bound"] == 20
    assert np.flatnonzero(table[totals]).tolist() == VECTOR["lookup"]["listed"]
    counts = np.bincount(totals, minlength=PLAN.domain)[CELLS] + noise
    assert counts.tolist() == VECTOR["histogram"]["counts"]
    sums = np.array([clamped[totals == cell].sum() for cell in CELLS]) + noise
    assert sums.tolist() == VECTOR["sum"]["sums"]
