import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.similarity.compiled import scan_numba
from privacy.similarity.folding import choose_width, fold
from privacy.similarity.kernels import EVERYWHERE, LANES, Words, blocks_of, default_scan, scan_numpy
from privacy.similarity.reference import dice_by_anonlink
from privacy.similarity.search import (
    dice_pairs,
    pairs_among,
    pairs_within,
)
from privacy.similarity.tiles import Found, Here, distances


def _filters(seed: int, count: int, words: int = 16, ones: int = 300) -> Words:
    generator = np.random.default_rng(seed)
    bits = np.zeros((count, 64 * words), dtype=np.bool_)
    for row in bits:
        row[generator.integers(0, 64 * words, ones)] = True
    return np.packbits(bits, axis=1).view(np.uint64)


def _noisy(codes: Words, seed: int) -> Words:
    generator = np.random.default_rng(seed)
    changed = codes.copy()
    changed[:, 0] ^= generator.integers(0, 2**40, len(codes), dtype=np.uint64)
    return changed


def _triples(found: list[Found]) -> set[tuple[int, int, int]]:
    return {
        triple
        for part in found
        for triple in zip(
            part.left.tolist(), part.right.tolist(), part.distance.tolist(), strict=True
        )
    }


def test_the_compiled_scan_is_the_default() -> None:
    assert default_scan() is scan_numba


@given(
    seed=st.integers(0, 2**32),
    rows=st.integers(0, 40),
    codes=st.integers(0, 600),
    words=st.sampled_from([8, 16]),
    share=st.floats(0.2, 0.6),
    below=st.sampled_from([EVERYWHERE, -300, 1, 90]),
    threads=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_both_scans_find_the_same_pairs(
    seed: int, rows: int, codes: int, words: int, share: float, below: int, threads: bool
) -> None:
    generator = np.random.default_rng(seed)
    left = generator.integers(0, 2**63, (rows, words), dtype=np.uint64)
    blocks = blocks_of(generator.integers(0, 2**63, (codes, words), dtype=np.uint64))
    limit = int(share * 64 * words)
    most = 16 * max(1, rows) * blocks.shape[0] * LANES + 16

    plain = scan_numpy(left, blocks, limit, most, below)
    with pytest.MonkeyPatch.context() as patch:
        if threads:
            patch.setattr("privacy.similarity.compiled.FEW_PAIRS", -1)
        compiled = scan_numba(left, blocks, limit, most, below)

    assert plain is not None
    assert compiled is not None
    for one, two in zip(plain, compiled, strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_scan_that_finds_too_many_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = np.ones((100, 8), dtype=np.uint64)

    assert scan_numpy(codes, blocks_of(codes), 512, 99) is None
    assert scan_numba(codes, blocks_of(codes), 512, 16) is None
    monkeypatch.setattr("privacy.similarity.compiled.FEW_PAIRS", 0)
    assert scan_numba(codes, blocks_of(codes), 512, 16) is None


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.8, 0.95, 1.0])
def test_dice_pairs_are_those_of_anonlink(threshold: float) -> None:
    left = _filters(1, 300)
    right = np.concatenate([_noisy(left, 2), _filters(3, 50)])

    expected = dice_by_anonlink(left, right, threshold)
    found = sorted(
        triple
        for pairs, dice in dice_pairs(left, right, threshold)
        for triple in zip(pairs.left.tolist(), pairs.right.tolist(), dice.tolist(), strict=True)
    )

    assert found == list(zip(*(part.tolist() for part in expected), strict=True))


@given(
    seed=st.integers(0, 2**32),
    rows=st.integers(1, 60),
    others=st.integers(1, 60),
    ones=st.integers(1, 700),
    threshold=st.floats(0.05, 1.0),
    width=st.sampled_from([6, 16]),
)
@settings(max_examples=40, deadline=None)
def test_dice_pairs_are_those_of_anonlink_whatever_the_filters_and_the_fold(
    seed: int, rows: int, others: int, ones: int, threshold: float, width: int
) -> None:
    left = _filters(seed, rows, ones=ones)
    right = np.concatenate([_noisy(left, seed), _filters(seed + 1, others, ones=ones)])

    row, other, expected = dice_by_anonlink(left, right, threshold)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("privacy.similarity.search.choose_width", lambda *_: width)
        parts = list(dice_pairs(left, right, threshold))
    found = [
        triple
        for pairs, dice in parts
        for triple in zip(pairs.left.tolist(), pairs.right.tolist(), dice.tolist(), strict=True)
    ]

    assert sorted(found) == list(zip(row.tolist(), other.tolist(), expected.tolist(), strict=True))


def test_dice_pairs_do_not_depend_on_the_engine() -> None:
    left, right = _filters(1, 400), _noisy(_filters(1, 400), 2)

    compiled = [found for found, _ in dice_pairs(left, right, 0.8, executor=Here(scan_numba))]
    plain = [found for found, _ in dice_pairs(left, right, 0.8, executor=Here(scan_numpy))]

    assert _triples(compiled) == _triples(plain)


@pytest.mark.parametrize("threshold", [0.0, -1.0, 1.01])
def test_a_dice_threshold_outside_its_range_is_refused(threshold: float) -> None:
    codes = _filters(1, 3)

    with pytest.raises(ValueError, match="threshold"):
        list(dice_pairs(codes, codes, threshold))


def test_pairs_among_are_each_unordered_pair_once() -> None:
    codes = np.random.default_rng(1).integers(0, 2**63, (700, 8), dtype=np.uint64)

    found = _triples(list(pairs_among(codes, 235)))
    left, right = np.triu_indices(700, 1)
    apart = distances(codes, codes, left, right)
    near = apart <= 235

    expected = zip(left[near].tolist(), right[near].tolist(), apart[near].tolist(), strict=True)
    assert found == set(expected)
    assert found


def test_missing_rows_are_in_no_pair() -> None:
    codes = np.zeros((10, 8), dtype=np.uint64)
    codes[3] = codes[7] = 5

    assert _triples(list(pairs_among(codes, 512))) == {(3, 7, 0)}
    assert _triples(list(pairs_within(codes, codes[:5], 512))) == {(3, 3, 0), (7, 3, 0)}


def test_no_rows_give_no_pairs() -> None:
    nothing = np.zeros((0, 8), dtype=np.uint64)

    assert list(pairs_among(nothing, 100)) == []
    assert list(pairs_within(nothing, np.ones((3, 8), dtype=np.uint64), 512)) == []


def test_a_tile_with_too_many_pairs_is_cut_until_it_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("privacy.similarity.tiles._MOST_PAIRS", 64)
    codes = np.ones((60, 8), dtype=np.uint64)

    found = list(pairs_among(codes, 0))

    assert sum(len(part.left) for part in found) == 60 * 59 // 2


@given(seed=st.integers(0, 2**32), width=st.integers(1, 16))
@settings(max_examples=40, deadline=None)
def test_folding_never_raises_a_distance(seed: int, width: int) -> None:
    generator = np.random.default_rng(seed)
    one, two = generator.integers(0, 2**63, (2, 50, 16), dtype=np.uint64)

    full = np.bitwise_count(one ^ two).sum(axis=1)
    folded = np.bitwise_count(fold(one, width) ^ fold(two, width)).sum(axis=1)

    assert (folded <= full).all()


def test_the_fold_is_narrow_for_sparse_filters_and_absent_for_half_density() -> None:
    sparse = _filters(1, 3000)
    dense = np.random.default_rng(2).integers(0, 2**63, (3000, 8), dtype=np.uint64)

    assert choose_width(sparse, sparse, 110) < 16
    assert choose_width(dense, dense, 205) == 8
