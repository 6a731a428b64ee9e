"""The named hardenings: a vector each, and what each keeps or breaks."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from privacy.encoding.hardening import BLIP_FLIPS, Hardening, harden, pack, unpack
from privacy.encoding.sharpening import SignMatrix
from privacy.keys import keystream
from tests.privacy.encoding.people import VECTORS

KEY = bytes(range(32))
FILTERS = np.frombuffer(keystream(bytes(32), 3 * 128), dtype="<u8").reshape(3, 16).astype(np.uint64)
COMPARED = [name for name in Hardening if name is not Hardening.SHARPEN]


@pytest.mark.parametrize("name", list(Hardening))
def test_each_hardening_has_its_vector(name: Hardening) -> None:
    expected = json.loads((VECTORS / "hardenings.json").read_text("utf-8"))[name]
    if name is Hardening.SHARPEN:
        codes = SignMatrix.from_key(KEY, 512, 2).sharpen(FILTERS)
    else:
        codes = harden(name, FILTERS, KEY)
    assert hashlib.sha256(codes.astype("<u8").tobytes()).hexdigest() == expected


def test_packing_and_unpacking_are_inverse_and_low_bit_first() -> None:
    bits = unpack(FILTERS)
    assert bits[0, 0] == FILTERS[0, 0] & 1
    assert bits[1, 65] == (FILTERS[1, 1] >> np.uint64(1)) & 1
    assert np.array_equal(pack(bits), FILTERS)


def test_xor_fold_halves_and_is_linear() -> None:
    folded = harden(Hardening.XOR_FOLD, FILTERS, KEY)
    assert folded.shape == (3, 8)
    both = harden(Hardening.XOR_FOLD, FILTERS[:1] ^ FILTERS[1:2], KEY)
    assert np.array_equal(both[0], folded[0] ^ folded[1])


def test_balanced_codes_all_have_half_their_bits_set() -> None:
    codes = harden(Hardening.BALANCE, FILTERS, KEY)
    assert unpack(codes).sum(axis=1).tolist() == [1024] * 3
    assert not np.array_equal(codes, harden(Hardening.BALANCE, FILTERS, bytes(32)))


def test_blip_flips_about_one_bit_in_twenty_and_the_same_ones_again() -> None:
    codes = harden(Hardening.BLIP, FILTERS, KEY)
    flipped = (unpack(codes) != unpack(FILTERS)).mean()
    assert BLIP_FLIPS / 2 < flipped < BLIP_FLIPS * 2
    assert np.array_equal(codes, harden(Hardening.BLIP, FILTERS, KEY))


def test_rule_90_is_the_xor_of_both_neighbours() -> None:
    bits, hardened = unpack(FILTERS), unpack(harden(Hardening.RULE_90, FILTERS, KEY))
    assert hardened[0, 7] == bits[0, 6] ^ bits[0, 8]
    assert hardened[0, 0] == bits[0, 1023] ^ bits[0, 1]


def test_none_returns_a_copy() -> None:
    codes = harden(Hardening.NONE, FILTERS, KEY)
    codes[0, 0] = 0
    assert FILTERS[0, 0] != 0


def test_sharpening_has_its_own_module() -> None:
    with pytest.raises(ValueError, match="sharpen"):
        harden(Hardening.SHARPEN, FILTERS, KEY)


def test_sharpened_codes_of_unrelated_filters_are_unrelated_whatever_their_weight() -> None:
    sparse = FILTERS & FILTERS[::-1]
    codes = unpack(SignMatrix.from_key(KEY, 512, 2).sharpen(np.concatenate([FILTERS, sparse])))
    agreement = (codes[0] == codes[1:]).mean(axis=1)
    assert (np.abs(agreement[:2] - 0.5) < 0.12).all()


def test_a_sign_matrix_does_not_print() -> None:
    assert repr(SignMatrix.from_key(KEY, 512, 2)) == "SignMatrix(length=512, fold=2)"
