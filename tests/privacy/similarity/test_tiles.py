from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.similarity.kernels import Words, default_scan
from privacy.similarity.search import pairs_among
from privacy.similarity.sinks import MemorySink
from privacy.similarity.tiles import (
    Comparison,
    Here,
    Terms,
    Tile,
    compare_tile,
    joined,
)
from tests.privacy.similarity.plain import assert_same, plain_pairs


def _codes(seed: int, count: int, words: int = 8) -> Words:
    return np.random.default_rng(seed).integers(0, 2**63, (count, words), dtype=np.uint64)


@given(
    seed=st.integers(0, 2**32),
    rows=st.integers(0, 700),
    codes=st.integers(0, 700),
    side=st.integers(1, 800),
    limit=st.integers(200, 240),
    upper=st.booleans(),
    order=st.randoms(use_true_random=False),
)
@settings(max_examples=40, deadline=None)
def test_neither_the_size_of_tiles_nor_their_order_changes_what_is_found(
    seed: int, rows: int, codes: int, side: int, limit: int, upper: bool, order: Random
) -> None:
    left = _codes(seed, rows)
    right = left if upper else _codes(seed + 1, codes)
    comparison = Comparison(left, right, Terms(limit, 8, upper))
    tiles = list(comparison.tiles(max(side, 1 + rows // 20)))
    order.shuffle(tiles)

    found = joined(
        part
        for t in tiles
        for part in compare_tile(
            t,
            left[t.row : t.row + t.rows],
            right[t.code : t.code + t.codes],
            comparison.terms,
            default_scan(),
        )
    )

    assert_same(found, plain_pairs(left, right, limit, upper=upper))


@pytest.mark.parametrize("side", [97, 256, 1000, 5000])
def test_a_folded_comparison_is_the_same_in_tiles_of_any_size(side: int) -> None:
    generator = np.random.default_rng(1)
    bits = generator.random((1500, 1024)) < 0.25
    codes = np.packbits(bits, axis=1).view(np.uint64)
    codes[700:800] = codes[:100] ^ np.uint64(1)
    executor = Here(side=side)

    folded, whole = Terms(110, 6, upper=True), Terms(110, 16, upper=True)

    among = joined(executor(Comparison(codes, codes, folded)))
    within = joined(executor(Comparison(codes[:700], codes[700:], Terms(110, 6, upper=False))))

    assert_same(among, joined(Here()(Comparison(codes, codes, whole))))
    assert len(among) == len(within) == 100


def test_halves_cover_a_tile() -> None:
    assert Tile(5, 7, 3, 2).halves() == (Tile(5, 7, 1, 2), Tile(6, 7, 2, 2))
    assert Tile(5, 7, 1, 4).halves() == (Tile(5, 7, 1, 2), Tile(5, 9, 1, 2))


@pytest.mark.parametrize(("rows", "pairs"), [(0, 0), (1, 0), (10, 45)])
def test_a_comparison_with_itself_counts_each_pair_once(rows: int, pairs: int) -> None:
    codes = _codes(1, rows)

    assert Comparison(codes, codes, Terms(5, 8, upper=True)).pairs == pairs
    assert len(joined(pairs_among(codes, 512))) == pairs


def test_a_sink_gives_each_pair_once_in_order() -> None:
    sink = MemorySink(10)
    sink.add(np.array([3, 0]), np.array([4, 9]))
    sink.add(np.array([0, 3]), np.array([1, 4]))

    left, right = sink.take()

    assert list(zip(left.tolist(), right.tolist(), strict=True)) == [(0, 1), (0, 9), (3, 4)]
