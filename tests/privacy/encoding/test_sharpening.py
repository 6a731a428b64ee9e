"""The compiled sharpening gives the bits of the plain one, whatever the filters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.encoding.kernels import PLAIN, fastest
from privacy.encoding.sharpening import SignMatrix

MATRICES = {fold: SignMatrix.from_key(bytes([fold]) * 32, 512, fold) for fold in (1, 2, 3, 4)}


@pytest.mark.parametrize("fold", sorted(MATRICES))
@given(seed=st.integers(0, 2**32), count=st.integers(0, 5), share=st.floats(0, 1))
def test_compiled_and_plain_sharpening_are_equal(
    fold: int, seed: int, count: int, share: float
) -> None:
    bits = np.random.default_rng(seed).random((count, 1024)) < share
    filters = np.packbits(bits, axis=1, bitorder="little").view("<u8").astype(np.uint64)

    fast, plain = (MATRICES[fold].sharpen(filters, kernels) for kernels in (fastest(), PLAIN))

    assert fast.shape == (count, 8)
    assert np.array_equal(fast, plain)


def test_sharpening_is_that_of_the_text() -> None:
    matrix, generator = MATRICES[3], np.random.default_rng(1)
    chosen = generator.random(1024) < 0.2
    filters = np.packbits(chosen, bitorder="little").view("<u8").astype(np.uint64)[None, :]
    signs = np.unpackbits(matrix.rows.view(np.uint8), axis=1, bitorder="little").astype(int) * 2 - 1
    weight = int(chosen.sum())

    sums = 1024 * signs[chosen].sum(axis=0) - weight * signs.sum(axis=0)
    layers = (sums >= 0).reshape(3, 512)
    expected = np.packbits(layers[0] ^ layers[1] ^ layers[2], bitorder="little").view("<u8")

    assert np.array_equal(matrix.sharpen(filters)[0], expected.astype(np.uint64))
