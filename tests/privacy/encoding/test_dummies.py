"""Dummy records: fixed by secret, epoch and number, similar to nobody, shaped like the rest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from privacy.encoding.batch import Batch
from privacy.encoding.dummies import DummySource, Pads
from privacy.encoding.encoder import Encoder
from privacy.encoding.hardening import unpack
from privacy.encoding.schema import default_schema
from privacy.keys import CityKey
from tests.privacy.encoding.people import LINK_KEYS, person, vector_persons

SOURCE = DummySource(b"s" * 32)
ENCODER = Encoder(default_schema(), LINK_KEYS)
REAL = ENCODER.encode([person()], "school", ("first", "kana"))


def _dummies(numbers: range, source: DummySource = SOURCE, like: Batch = REAL) -> Batch:
    return source.batch(ENCODER, like, numbers, ("first", "kana"))


def test_more_dummies_only_add() -> None:
    few, more = _dummies(range(4)), _dummies(range(9))
    added = _dummies(range(4, 9))
    for view, codes in more.views.items():
        assert np.array_equal(codes[:4], few.views[view])
        assert np.array_equal(codes[4:], added.views[view])
    for kind, tokens in more.tokens.items():
        assert np.array_equal(tokens[:4], few.tokens[kind])


def test_secret_and_epoch_change_them() -> None:
    base = _dummies(range(2))
    other = _dummies(range(2), DummySource(b"t" * 32))
    encoder = Encoder(default_schema(), CityKey(1, bytes(range(32))).link_keys(8))
    next_epoch = SOURCE.batch(encoder, REAL, range(2))
    for changed in (other, next_epoch):
        assert not (changed.views["first/all"] == base.views["first/all"]).all(axis=1).any()
        assert not (changed.tokens["T1"] == base.tokens["T1"]).all(axis=1).any()


def test_dummies_are_similar_to_no_record_and_not_to_each_other() -> None:
    codes = unpack(
        np.concatenate([_dummies(range(30)).views["first/all"], REAL.views["first/all"]])
    )
    signs = 2 * codes.astype(np.int64) - 1
    similarity = signs @ signs.T / signs.shape[1]
    np.fill_diagonal(similarity, 0)
    # 465 pairs of 512 fair coins: |similarity| > 0.31 has probability below 1e-9 in all.
    assert np.abs(similarity).max() < 0.31


def test_a_dummy_lacks_what_some_real_row_lacks() -> None:
    batch = ENCODER.encode(vector_persons(), "school", ("first",))
    dummies = SOURCE.batch(ENCODER, batch, range(60))
    patterns = {_pattern(batch, row) for row in range(batch.rows)}
    assert {_pattern(dummies, row) for row in range(60)} <= patterns
    assert len({_pattern(dummies, row) for row in range(60)}) > 1


def _pattern(batch: Batch, row: int) -> tuple[bool, ...]:
    views = [bool(codes[row].any()) for codes in batch.views.values()]
    return (*views, *(bool(tokens[row].any()) for tokens in batch.tokens.values()))


def test_labelled_dummies_stand_in_the_blocks_they_pad() -> None:
    encoder = Encoder(default_schema(labels=True), LINK_KEYS)
    real = encoder.encode([person(), replace(person(), birth_date="")], "school", ("first", "kana"))
    pads = Pads(np.array([5, 6], dtype=np.uint64), np.flatnonzero(real.labels["first"]))

    padded = SOURCE.batch(encoder, real, range(2), ("first", "kana"), pads)

    assert padded.labels["first"].tolist() == [5, 6]
    assert padded.labels["kana"].all()
    assert padded.views["first/all"].any(axis=1).all()
    assert padded.labels["kana"][0] != padded.labels["kana"][1]


def test_the_secret_does_not_print() -> None:
    assert repr(SOURCE) == "DummySource()"
