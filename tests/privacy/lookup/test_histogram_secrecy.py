"""A node's noisy cells tell the coordinator and the dealer together nothing but their sum."""

import numpy as np
from numpy.typing import NDArray

from privacy.lookup.dealing import COUNT_WORD, Seeds, deal_histogram
from privacy.lookup.run import Chunking
from privacy.lookup.stream import input_mask, pad, zero_mask_words
from tests.privacy.lookup.parties import a_run, a_seeds, names, pair_keys, play_histogram
from tests.privacy.lookup.secrecy import Bits, auc, tolerance

NODES = names(3)
DOMAIN, POSITIONS, RUNS = 64, 20, 320
Cells = NDArray[np.int64]


def exact_shares(seeds: Seeds, codes: dict[str, Cells]) -> dict[str, Cells]:
    """What coordinator and dealer can work out of every node's share, knowing all inputs."""
    run = seeds.run
    chunk = Chunking.of(run, 4 * DOMAIN)[0]
    opened = np.sum([codes[node] for node in NODES], axis=0)
    for seed in seeds.by_node.values():
        opened = opened + input_mask(seed, run, chunk, DOMAIN)
    turned = (opened[:, None] - np.arange(DOMAIN)) % DOMAIN
    shares = {}
    for node, seed in seeds.by_node.items():
        rows = pad(seed, run, chunk, DOMAIN, COUNT_WORD, "unit")
        if node == run.corrected:
            dealt = b"".join(deal_histogram(seeds, DOMAIN))
            rows = np.frombuffer(dealt, dtype=COUNT_WORD).reshape(rows.shape)
        shares[node] = np.take_along_axis(rows, turned, axis=1).astype(np.int64).sum(axis=0)
    return shares


def seen(vectors: dict[str, Cells], shares: dict[str, Cells]) -> Bits:
    """The upper bits of every vector, and of its difference from the expected share."""
    columns = []
    for node in NODES:
        for look in (vectors[node], vectors[node] - shares[node]):
            columns += [(look >> bit) & 1 for bit in (31, 24, 16)]
    return np.column_stack(columns).astype(np.uint8)


def histogram_auc(*, masked: bool) -> float:
    rng = np.random.default_rng(3)
    cells = np.arange(DOMAIN)
    keys = pair_keys(NODES)
    real: list[Bits] = []
    fake: list[Bits] = []
    for number in range(RUNS):
        run = a_run(POSITIONS, NODES, salt=number)
        seeds = a_seeds(run)
        codes = {node: rng.integers(0, DOMAIN // 3, POSITIONS) for node in NODES}
        noise = {node: rng.integers(-6, 7, DOMAIN) for node in NODES}
        sent = play_histogram(seeds, DOMAIN, codes, cells, noise, keys)
        vectors = {n: np.frombuffer(sent[n], COUNT_WORD).astype(np.int64) for n in NODES}
        if not masked:
            for node in NODES:
                mask = zero_mask_words(run, node, keys[node], DOMAIN, COUNT_WORD)
                vectors[node] = vectors[node] - mask.astype(np.int64)
        total = np.sum([vectors[node] for node in NODES], axis=0)
        made = {node: rng.integers(0, 2**32, DOMAIN) for node in NODES[1:]}
        made[NODES[0]] = total - np.sum(list(made.values()), axis=0)
        shares = exact_shares(seeds, codes)
        real.append(seen(vectors, shares))
        fake.append(seen(made, shares))
    return auc(np.concatenate(real), np.concatenate(fake))


def test_a_noisy_share_cannot_be_told_from_one_made_of_the_noisy_sum() -> None:
    assert 2 * RUNS * DOMAIN >= 40_000
    assert abs(histogram_auc(masked=True) - 0.5) < tolerance(RUNS * DOMAIN)


def test_a_mutant_without_output_masks_gives_single_cells_away() -> None:
    assert histogram_auc(masked=False) > 0.99
