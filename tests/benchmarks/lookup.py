"""Time and memory of masked lookups and histograms; all parties in one process and thread.

Run from the repository: ``python -m tests.benchmarks.lookup [--large]``.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Iterator

import numpy as np

from privacy.lookup.combine import noisy_counts
from privacy.lookup.dealing import deal_histogram, deal_lookup
from privacy.lookup.digits import Digit, DigitPlan
from privacy.lookup.histogram import HistogramParty
from privacy.lookup.party import LookupParty
from privacy.lookup.run import LookupRun
from privacy.lookup.tables import Table
from tests.privacy.lookup.parties import Keys, a_run, a_seeds, names, pair_keys


class Clock:
    """Seconds of CPU and wall time since the last reading, and the process's peak memory."""

    def __init__(self) -> None:
        """Start now."""
        self.wall = time.perf_counter()

    def read(self) -> str:
        """Return seconds since the start and the peak resident memory so far."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return f"{time.perf_counter() - self.wall:7.2f} s   peak {peak:5.0f} MB"


def codes_of(
    number: int, limit: int, start: int, stop: int
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return a node's inputs without keeping any: a fixed function of the position."""
    return (np.arange(start, stop) * (2 * number + 3) >> 4) % limit


def lookup(run: LookupRun, table: Table, keys: Keys, limit: int) -> Iterator[int]:
    """Play one lookup chunk by chunk; yields the number listed in each."""
    seeds = a_seeds(run)
    parties = {n: LookupParty(run, table, n, seeds.by_node[n]) for n in run.nodes}
    chunks = next(iter(parties.values())).chunks
    for chunk, correction in zip(chunks, deal_lookup(seeds, table), strict=True):
        said = {
            node: party.mask_inputs(chunk.index, codes_of(number, limit, chunk.start, chunk.stop))
            for number, (node, party) in enumerate(parties.items())
        }
        total = np.zeros(-(-chunk.size // 8), dtype=np.uint8)
        for node, party in parties.items():
            dealt = correction if node == run.corrected else None
            total ^= np.frombuffer(party.answer(chunk.index, said, keys[node], dealt), np.uint8)
        yield int(np.bitwise_count(total).sum())


def expected(run: LookupRun, table: Table, limit: int) -> int:
    """Return the number listed by the plain computation."""
    answers, listed = table.array(), 0
    for start in range(0, run.positions, 1 << 16):
        stop = min(start + (1 << 16), run.positions)
        totals = sum(codes_of(number, limit, start, stop) for number in range(len(run.nodes)))
        listed += int(answers[totals].sum())
    return listed


def bench_lookup(positions: int, domain: int, count: int) -> None:
    """Time one lookup of *positions* over *domain* by *count* nodes."""
    nodes = names(count)
    limit = domain // count
    plan = DigitPlan((Digit("all", tuple((node, limit - 1) for node in nodes)),))
    answers = (np.arange(plan.size) % 13 == 5).astype(np.int64)
    table = Table.of(plan, answers)
    run, keys, clock = a_run(positions, nodes), pair_keys(nodes), Clock()
    listed = sum(lookup(run, table, keys, limit))
    print(f"lookup    {positions:>9,} x D {table.domain:>4} x {count} nodes {clock.read()}")
    if listed != expected(run, table, limit):
        raise SystemExit("the masked lookup differs from the plain computation")


def bench_histogram(positions: int, domain: int, count: int) -> None:
    """Time one histogram of *positions* over *domain* by *count* nodes."""
    nodes = names(count)
    run, keys, clock = a_run(positions, nodes), pair_keys(nodes), Clock()
    seeds, limit = a_seeds(run), domain // count
    parties = {n: HistogramParty(run, domain, n, seeds.by_node[n]) for n in nodes}
    chunks = next(iter(parties.values())).chunks
    for chunk, correction in zip(chunks, deal_histogram(seeds, domain), strict=True):
        said = {
            node: party.mask_inputs(chunk.index, codes_of(number, limit, chunk.start, chunk.stop))
            for number, (node, party) in enumerate(parties.items())
        }
        for node, party in parties.items():
            party.add(chunk.index, said, correction if node == run.corrected else None)
    cells = np.arange(domain)
    silent = np.zeros(domain, dtype=np.int64)
    sent = {node: party.finish(cells, silent, keys[node]) for node, party in parties.items()}
    print(f"histogram {positions:>9,} x D {domain:>4} x {count} nodes {clock.read()}")
    if int(noisy_counts(run, sent, domain).sum()) != positions:
        raise SystemExit("the histogram does not count every position once")


def main() -> None:
    """Print one line a figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="also 1,000,000 positions")
    large = parser.parse_args().large
    bench_lookup(12_064, 2048, 5)
    bench_lookup(12_064, 256, 5)
    bench_histogram(12_000, 512, 3)
    bench_histogram(200_000, 512, 3)
    if large:
        bench_lookup(1_000_000, 256, 5)
        bench_lookup(1_000_000, 2048, 5)
        bench_histogram(1_000_000, 512, 3)


if __name__ == "__main__":
    main()
