"""All parties of one lookup in one process, as the real ones would speak to each other."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from privacy.lookup.dealing import Seeds, deal_histogram, deal_lookup, deal_sum
from privacy.lookup.histogram import HistogramParty, SumParty
from privacy.lookup.party import LookupParty
from privacy.lookup.run import LookupRun
from privacy.lookup.tables import Table

Keys = dict[str, dict[str, bytes]]
Vector = NDArray[np.integer]


def names(count: int) -> tuple[str, ...]:
    """Ids that do not sort as they are numbered."""
    return tuple(f"{'zyxwvutsrqponmlkjihg'[number]}-{number}" for number in range(count))


def fixed(*parts: object) -> bytes:
    return hashlib.sha256("|".join(str(part) for part in parts).encode()).digest()


def a_run(
    positions: int, nodes: Sequence[str], *, step: str = "one", salt: object = 0
) -> LookupRun:
    return LookupRun(fixed("transcript", salt), step, tuple(nodes), positions)


def a_seeds(run: LookupRun, salt: object = 0) -> Seeds:
    return Seeds(run, {node: fixed("seed", node, salt, run.transcript) for node in run.nodes})


def pair_keys(nodes: Sequence[str], salt: object = 0) -> Keys:
    keys: Keys = {node: {} for node in nodes}
    for first, second in combinations(sorted(nodes), 2):
        keys[first][second] = keys[second][first] = fixed("pair", first, second, salt)
    return keys


@dataclass(frozen=True)
class Played:
    """What was said in one lookup."""

    inputs: dict[str, bytes]
    outputs: dict[str, bytes]


def play_lookup(seeds: Seeds, table: Table, inputs: Mapping[str, Vector], keys: Keys) -> Played:
    run = seeds.run
    parties = {n: LookupParty(run, table, n, seeds.by_node[n]) for n in run.nodes}
    said = {node: party.all_inputs(inputs[node]) for node, party in parties.items()}
    outputs = {
        node: party.all_answers(said, keys[node], corrections(seeds, table, node))
        for node, party in parties.items()
    }
    return Played(said, outputs)


def corrections(seeds: Seeds, table: Table, node: str) -> tuple[bytes, ...]:
    return tuple(deal_lookup(seeds, table)) if node == seeds.run.corrected else ()


def play_layer(seeds: Seeds, table: Table, inputs: Mapping[str, Vector]) -> dict[str, Vector]:
    run = seeds.run
    parties = {n: LookupParty(run, table, n, seeds.by_node[n]) for n in run.nodes}
    said = {node: party.all_inputs(inputs[node]) for node, party in parties.items()}
    return {
        node: party.all_shares(said, corrections(seeds, table, node))
        for node, party in parties.items()
    }


def play_histogram(
    seeds: Seeds,
    domain: int,
    codes: Mapping[str, Vector],
    cells: Vector,
    noise: Mapping[str, NDArray[np.int64]],
    keys: Keys,
) -> dict[str, bytes]:
    run = seeds.run
    parties = {n: HistogramParty(run, domain, n, seeds.by_node[n]) for n in run.nodes}
    said = {n: p.all_inputs(codes[n]) for n, p in parties.items()}
    for node, party in parties.items():
        party.add_all(said, deal_histogram(seeds, domain) if node == run.corrected else ())
    return {n: p.finish(cells, noise[n], keys[n]) for n, p in parties.items()}


def play_sum(
    seeds: Seeds,
    domain: int,
    bound: int,
    codes: Mapping[str, Vector],
    measures: Mapping[str, Vector],
    cells: Vector,
    noise: Mapping[str, NDArray[np.int64]],
    keys: Keys,
) -> dict[str, bytes]:
    run = seeds.run
    parties = {n: SumParty(run, domain, bound, n, seeds.by_node[n]) for n in run.nodes}
    said = {n: p.all_inputs(codes[n], measures[n]) for n, p in parties.items()}
    for node, party in parties.items():
        party.add_all(said, deal_sum(seeds, domain) if node == run.corrected else ())
    return {n: p.finish(cells, noise[n], keys[n]) for n, p in parties.items()}
