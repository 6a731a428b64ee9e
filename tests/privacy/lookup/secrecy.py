"""The test of secrecy (PROTOCOL 4): can anything tell a real view from one made of the answer?

A distinguisher that knows all inputs, seeds and tables gets bits of real and of simulated
views, trains Fisher's linear discriminant over these bits and all their pairwise XORs on
one half, and is measured by its AUC on the other.  Under secrecy the AUC is 0.5 with
standard deviation sqrt((m + n + 1) / (12 m n)); a test that allows 4.9 deviations on
either side gives a false alarm with probability 1e-6.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from privacy.lookup.dealing import Seeds
from privacy.lookup.digits import Digit, DigitPlan
from privacy.lookup.run import Chunking, LookupRun
from privacy.lookup.stream import input_mask, pad, zero_mask_bits
from privacy.lookup.tables import MINE, Table
from tests.privacy.lookup.parties import Keys, Vector, a_run, a_seeds, corrections, pair_keys

DEVIATIONS = 4.9
Bits = NDArray[np.uint8]


def auc(real: Bits, simulated: Bits) -> float:
    """Train on even samples, measure on odd ones (n x features, 0 or 1)."""
    first, second = _with_pairs(real), _with_pairs(simulated)
    joint = np.concatenate([first[::2] - first[::2].mean(0), second[::2] - second[::2].mean(0)])
    spread = joint.T @ joint / len(joint) + 1e-3 * np.eye(joint.shape[1])
    weights = np.linalg.solve(spread, first[::2].mean(0) - second[::2].mean(0))
    return _area(first[1::2] @ weights, second[1::2] @ weights)


def _with_pairs(bits: Bits) -> NDArray[np.float64]:
    pairs = [bits[:, a] ^ bits[:, b] for a, b in combinations(range(bits.shape[1]), 2)]
    return np.column_stack([bits, *pairs]).astype(np.float64)


def _area(high: NDArray[np.float64], low: NDArray[np.float64]) -> float:
    ordered = np.sort(low.round(9))
    left = np.searchsorted(ordered, high.round(9), "left")
    right = np.searchsorted(ordered, high.round(9), "right")
    return float((left + right).mean() / (2 * len(low)))


def tolerance(samples: int) -> float:
    """How far from 0.5 the AUC of *samples* real and as many simulated ones may lie."""
    half = samples // 2
    return DEVIATIONS * float(np.sqrt((2 * half + 1) / (12 * half * half)))


# The lookup under test: hold (any node), the receiver's digit, two fired signals.

NODES = ("clubs", "health", "school")
RECEIVER = "school"


def digits(hold: Digit | None = None) -> DigitPlan:
    return DigitPlan(
        (
            hold or Digit.flag("hold", NODES),
            Digit.of("mine", RECEIVER, 3),
            Digit.of("fired", "clubs", 2),
            Digit.of("seen", "health", 2),
        )
    )


def listing(plan: DigitPlan) -> Table:
    grid = plan.grid()
    return Table.listing(plan, "mine", (grid["hold"] == 0) & (grid["fired"] + grid["seen"] >= 1))


@dataclass(frozen=True)
class Facts:
    """What every node knows, in clear; the ideal answer follows from it alone."""

    hold: Mapping[str, Vector]
    mine: Vector
    fired: Vector
    seen: Vector

    @classmethod
    def draw(cls, positions: int, rng: np.random.Generator) -> "Facts":
        hold = {node: (rng.random(positions) < 0.7).astype(np.int64) for node in NODES}
        return cls(hold, *(rng.integers(0, 2, positions) for _ in range(3)))

    def answer(self) -> Bits:
        held = np.sum(list(self.hold.values()), axis=0) > 0
        some = self.fired + self.seen >= 1
        return np.asarray((self.mine == MINE) & some & ~held, dtype=np.uint8)

    def raw(self, plan: DigitPlan) -> dict[str, Vector]:
        """Inputs packed without any clamp, as an overflowing implementation would."""
        totals = {node: self.hold[node] * plan.weight("hold") for node in NODES}
        totals[RECEIVER] = totals[RECEIVER] + self.mine * plan.weight("mine")
        totals["clubs"] = totals["clubs"] + self.fired * plan.weight("fired")
        totals["health"] = totals["health"] + self.seen * plan.weight("seen")
        return totals


@dataclass(frozen=True)
class Scene:
    """One lookup whose outputs are judged."""

    seeds: Seeds
    table: Table
    keys: Keys
    inputs: dict[str, Vector]
    answer: Bits

    @property
    def run(self) -> LookupRun:
        return self.seeds.run

    def masks(self) -> dict[str, Bits]:
        """Every node's zero-mask, as bits over positions (one chunk)."""
        size = -(-self.run.positions // 8)
        return {
            node: _unpacked(zero_mask_bits(self.run, node, self.keys[node], 0, size), self.run)
            for node in self.run.nodes
        }

    def table_shares(self) -> dict[str, Bits]:
        """What coordinator and dealer together expect of an output without a mask."""
        chunk = Chunking.of(self.run, self.table.row_bytes)[0]
        assert chunk.size == self.run.positions
        total = np.sum([self.inputs[node] for node in NODES], axis=0)
        for seed in self.seeds.by_node.values():
            total = total + input_mask(seed, self.run, chunk, self.table.domain)
        place = total % self.table.domain
        shares = {}
        for node, seed in self.seeds.by_node.items():
            rows = pad(seed, self.run, chunk, self.table.columns, self.table.word)
            if node == self.run.corrected:
                dealt = b"".join(corrections(self.seeds, self.table, node))
                rows = np.frombuffer(dealt, dtype=self.table.word).reshape(rows.shape)
            bits = np.unpackbits(rows.astype(np.uint8), axis=1, bitorder="little")
            shares[node] = bits[np.arange(chunk.size), place]
        return shares


def scenes(count: int, positions: int, *, hold: Digit | None = None) -> Iterator[Scene]:
    """Runs with fresh seeds, transcripts and facts, as many as *count*."""
    plan = digits(hold)
    for number in range(count):
        run = a_run(positions, NODES, salt=("secrecy", number))
        facts = Facts.draw(positions, np.random.default_rng(number))
        yield Scene(
            a_seeds(run, number), listing(plan), pair_keys(NODES), facts.raw(plan), facts.answer()
        )


def _unpacked(packed: NDArray[np.uint8] | bytes, run: LookupRun) -> Bits:
    bits = np.unpackbits(np.frombuffer(bytes(packed), dtype=np.uint8), bitorder="little")
    return bits[: run.positions]


def output_bits(outputs: Mapping[str, bytes], run: LookupRun) -> dict[str, Bits]:
    return {node: _unpacked(outputs[node], run) for node in run.nodes}


def simulated(scene: Scene, rng: np.random.Generator) -> dict[str, Bits]:
    """Make all outputs from the answer alone."""
    made = {node: rng.integers(0, 2, len(scene.answer), dtype=np.uint8) for node in NODES[1:]}
    return {NODES[0]: scene.answer ^ np.bitwise_xor.reduce(list(made.values())), **made}


def features(scene: Scene, seen: Sequence[Mapping[str, Bits]], other: Sequence[Scene]) -> Bits:
    """What the distinguisher looks at: one row a position.

    The outputs; each against the node's own table share; the same against another run's
    outputs; and the opened bit against the ideal answer.
    """
    shares = scene.table_shares()
    columns = [seen[0][node] for node in NODES]
    against = [seen[0][node] ^ shares[node] for node in NODES]
    columns += against
    for view, run in zip(seen[1:], other, strict=True):
        theirs = run.table_shares()
        columns += [own ^ view[n] ^ theirs[n] for own, n in zip(against, NODES, strict=True)]
    opened = np.bitwise_xor.reduce([seen[0][node] for node in NODES])
    return np.column_stack([*columns, opened ^ scene.answer])
