"""Tokens: which identities are equal, which are missing, which are dropped."""

from __future__ import annotations

import hmac

import numpy as np

from privacy.encoding.tokens import (
    block_labels,
    drop_repeated,
    objection_tokens,
    record_tokens,
)
from tests.privacy.encoding.people import LINK_KEYS, person


def _token(kind: str, **changes: str) -> bytes:
    row = objection_tokens(LINK_KEYS, [person(**changes)])[kind][0]
    return bytes(row)


def test_t1_is_the_hmac_of_kana_names_birth_date_and_sex() -> None:
    text = "カクウ|イチバン|2012-04-01|1"
    assert _token("T1") == hmac.digest(LINK_KEYS.token("T1"), text.encode(), "sha256")
    assert _token("T1", town="", family="", given="", resident_number="") == _token("T1")
    assert _token("T1", sex="2") != _token("T1")


def test_t1_needs_all_four_parts() -> None:
    for name in ("family_kana", "given_kana", "birth_date", "sex"):
        assert _token("T1", **{name: ""}) == bytes(32), name


def test_latin_records_without_kana_use_their_latin_names() -> None:
    latin = {"family": "EXAMPLE", "given": "SAMPLE", "family_kana": "", "given_kana": ""}
    text = "EXAMPLE|SAMPLE|2012-04-01|1"
    assert _token("T1", **latin) == hmac.digest(LINK_KEYS.token("T1"), text.encode(), "sha256")
    assert _token("T1", family_kana="", given_kana="") == bytes(32)  # kanji do not serve
    assert _token("T1", **(latin | {"given_kana": "サンプル"})) == bytes(32)


def test_a_is_the_number_and_b_adds_the_birth_date() -> None:
    assert _token("A", birth_date="") == _token("A") != bytes(32)
    assert _token("B", birth_date="") == bytes(32)
    assert _token("B", birth_date="2012-04-02") != _token("B")
    assert _token("A", resident_number="") == bytes(32)


def test_kinds_have_keys_of_their_own() -> None:
    assert len({LINK_KEYS.token(kind) for kind in ("T1", "A", "B", "tolerant")}) == 4


def test_the_tolerant_token_forgives_family_name_and_sex() -> None:
    assert _token("tolerant", family_kana="ソウゾウ", sex="2") == _token("tolerant")
    assert "tolerant" not in record_tokens(LINK_KEYS, [person()])


def test_a_repeated_token_is_dropped_at_all_its_rows() -> None:
    persons = [person(), person(sex="2"), person(), person(sex="")]
    tokens = drop_repeated(record_tokens(LINK_KEYS, persons)["T1"])
    assert tokens.any(axis=1).tolist() == [False, True, False, False]
    assert drop_repeated(tokens[:0]).shape == (0, 32)


def test_tokens_that_share_a_word_only_are_kept() -> None:
    tokens = np.zeros((4, 32), dtype=np.uint8)
    tokens[:, 0] = 7
    tokens[1, 31] = tokens[3, 31] = 1
    tokens[2, 20] = 5

    assert drop_repeated(tokens).any(axis=1).tolist() == [True, False, True, False]


def test_block_labels_agree_on_salts_and_hide_missing_ones() -> None:
    labels = block_labels(LINK_KEYS, "first", ["2012-04-01", None, "2012-04-02", "2012-04-01"])
    assert labels[0] == labels[3]
    assert labels[1] == 0
    assert len(np.unique(labels)) == 3
    assert labels[0] != block_labels(LINK_KEYS, "kana", ["2012-04-01"])[0]
