"""Block labels that leave: coarse, and padded so that a size says little and never shrinks."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from privacy.encoding.labels import CHILDREN_A_BLOCK, Padding, blocks_of_labels, label_bits

PADDING = Padding(b"s" * 32, (1, 7), bits=3, step=4)
BLOCKS = st.lists(st.integers(0, 8), max_size=120).map(lambda b: np.array(b, dtype=np.uint64))


def sizes(blocks: np.ndarray) -> np.ndarray:
    return np.bincount(blocks.astype(np.int64), minlength=9)[1:]


@given(st.integers(0, 10**8))
def test_a_block_holds_many_children_on_average(population: int) -> None:
    bits = label_bits(population)

    assert bits == 0 or population >> bits >= CHILDREN_A_BLOCK
    assert population >> (bits + 1) < CHILDREN_A_BLOCK


def test_blocks_are_coarser_than_labels_and_missing_stays_missing() -> None:
    labels = np.array([0, 8, 16, 9, 7], dtype=np.uint64)

    assert blocks_of_labels(labels, 3).tolist() == [0, 1, 1, 2, 8]
    assert blocks_of_labels(labels, 0).tolist() == [0, 1, 1, 1, 1]


@given(real=BLOCKS, least=st.integers(0, 60))
def test_every_block_is_padded_to_a_step_beyond_its_size(real: np.ndarray, least: int) -> None:
    dummies = PADDING.extended(real, np.zeros(0, dtype=np.uint64), least)

    padded = sizes(real) + sizes(dummies)
    assert (padded % PADDING.step == 0).all()
    assert (padded > sizes(real)).all()
    assert len(dummies) >= least
    least_padded = PADDING.padded_sizes(sizes(real))
    assert ((least_padded - sizes(real) >= 1) & (least_padded - sizes(real) < 8)).all()


@given(real=BLOCKS, later=BLOCKS, least=st.integers(0, 60))
def test_later_rounds_of_an_epoch_only_add(real: np.ndarray, later: np.ndarray, least: int) -> None:
    first = PADDING.extended(real, np.zeros(0, dtype=np.uint64), least)
    second = PADDING.extended(later, first, least)

    assert second[: len(first)].tolist() == first.tolist()
    assert ((sizes(later) + sizes(second)) % PADDING.step == 0).all()
    assert PADDING.extended(later, second, least).tolist() == second.tolist()


def test_a_padded_size_stands_for_every_real_size_of_two_steps() -> None:
    of_secret = [
        Padding(bytes([n]) * 32, (1, 7), bits=0, step=4).padded_sizes(np.arange(20))
        for n in range(100)
    ]
    for padded in (8, 12, 16):
        real = {int(n) for found in of_secret for n in np.flatnonzero(found == padded)}
        assert real == set(range(padded - 7, padded))


def test_another_secret_or_epoch_pads_otherwise() -> None:
    there = np.arange(64) % 8
    padded = [
        Padding(secret, epochs, bits=3, step=16).padded_sizes(sizes(there + 1)).tolist()
        for secret, epochs in ((b"s" * 32, (1, 7)), (b"t" * 32, (1, 7)), (b"s" * 32, (1, 8)))
    ]
    assert padded[0] != padded[1]
    assert padded[0] != padded[2]
