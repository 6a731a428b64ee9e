"""The encoder against its normative vectors, a second implementation, and its promises."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.encoding.batch import Batch, concatenate
from privacy.encoding.encoder import Encoder
from privacy.encoding.hardening import unpack
from privacy.encoding.kernels import PLAIN
from privacy.encoding.schema import default_schema
from privacy.errors import BadInputError
from privacy.keys import CityKey
from tests.privacy.encoding import reference
from tests.privacy.encoding.people import LINK_KEYS, VECTORS, person, vector_persons

ALL_PASSES = tuple(p.name for p in default_schema().passes)
LABELLED = tuple(p.name for p in default_schema(labels=True).passes)


def _encode(passes: tuple[str, ...] = ALL_PASSES, *, labels: bool = False) -> Batch:
    encoder = Encoder(default_schema(labels=labels), LINK_KEYS)
    return encoder.encode(vector_persons(), "school", passes)


def _similarity(batch: Batch, view: str, a: int, b: int) -> float:
    """Return the share of equal bits, minus the half that unrelated codes share, times two."""
    bits = unpack(batch.views[view])
    return float(2 * (bits[a] == bits[b]).mean() - 1)


@pytest.mark.parametrize("labels", [False, True], ids=["plain", "labelled"])
def test_the_normative_vectors_hold(labels: bool) -> None:
    expected = json.loads((VECTORS / "codes.json").read_text("utf-8"))[str(labels).lower()]
    batch = _encode(LABELLED if labels else ALL_PASSES, labels=labels)

    assert default_schema(labels=labels).digest.hex() == expected["schema_digest"]
    for view, codes in batch.views.items():
        octets = codes.astype("<u8").tobytes()
        assert hashlib.sha256(octets).hexdigest() == expected["sha256"][view], view
        assert codes[0].astype("<u8").tobytes().hex() == expected["first_row"][view], view
    for kind, tokens in batch.tokens.items():
        assert [row.tobytes().hex() for row in tokens] == expected["tokens"][kind]
    assert {p: [str(x) for x in row] for p, row in batch.labels.items()} == expected["labels"]


@pytest.mark.parametrize("pass_name", ["first", "kana"])
def test_the_second_implementation_gives_equal_bits(pass_name: str) -> None:
    schema = default_schema()
    salt_pass = schema.get_pass(pass_name)
    persons = vector_persons()[:9:8]
    batch = Encoder(schema, LINK_KEYS).encode(persons, "school", [pass_name])

    for view in salt_pass.views[:1] if pass_name == "kana" else salt_pass.views[1:]:
        bits = unpack(batch.views[f"{pass_name}/{view.name}"])
        for row, one in enumerate(persons):
            assert bits[row].tolist() == reference.code(schema, LINK_KEYS, salt_pass, view, one)


def test_without_numba_the_bits_are_the_same() -> None:
    fast = _encode()
    plain = Encoder(default_schema(), LINK_KEYS, PLAIN).encode(
        vector_persons(), "school", ALL_PASSES
    )
    for view, codes in fast.views.items():
        assert np.array_equal(codes, plain.views[view]), view


def test_near_duplicates_stay_similar_and_others_look_unrelated() -> None:
    batch = _encode(("first",))
    assert _similarity(batch, "first/name", 0, 1) == 1  # moved: the name view is equal
    assert _similarity(batch, "first/given_address", 0, 2) == 1  # renamed
    assert abs(_similarity(batch, "first/all", 0, 5)) < 0.35  # a sibling
    assert abs(_similarity(batch, "first/all", 0, 6)) < 0.25  # another salt: noise 1/sqrt(512)


def test_latin_names_with_a_typo_stay_similar_in_all_views() -> None:
    batch = _encode(("first",))
    assert _similarity(batch, "first/all", 8, 9) > 0.3
    assert _similarity(batch, "first/given_address", 8, 9) == 1


def test_a_birth_date_error_is_bridged_by_the_passes_salted_by_names() -> None:
    batch = _encode(("first", "kana", "kanji"))
    assert abs(_similarity(batch, "first/all", 0, 4)) < 0.25
    assert _similarity(batch, "kana/all", 0, 4) > 0.4
    assert _similarity(batch, "kanji/all", 0, 4) > 0.4


def test_records_without_salt_or_with_too_little_content_are_missing() -> None:
    missing = {view: (codes == 0).all(axis=1) for view, codes in _encode().views.items()}
    assert missing["first/all"].tolist() == [False] * 3 + [True] + [False] * 6 + [True] * 2
    assert missing["first/given_address"][6]  # no address
    assert missing["kana/all"][7]  # no kana
    assert missing["kanji/all"][6]  # no kanji
    assert not missing["kana/all"][3]  # no birth date, but names


def test_another_key_or_epoch_gives_unrelated_codes_and_tokens() -> None:
    one = _encode(("first",))
    for keys in (CityKey(1, bytes(range(32))).link_keys(8), CityKey(2, bytes(32)).link_keys(7)):
        other = Encoder(default_schema(), keys).encode(vector_persons(), "school")
        equal = (unpack(one.views["first/all"])[0] == unpack(other.views["first/all"])[0]).mean()
        assert abs(equal - 0.5) < 0.15
        assert not np.array_equal(one.tokens["T1"][2], other.tokens["T1"][2])


def test_rows_do_not_depend_on_their_neighbours_or_on_the_cache() -> None:
    persons = vector_persons()
    encoder = Encoder(default_schema(), LINK_KEYS)
    encoder.encode(persons[6:], "school")
    order = np.array([5, 0, 3, 8])
    again = encoder.encode([persons[row] for row in order], "school", ALL_PASSES)
    assert np.array_equal(again.views["kana/name"], _encode().take(order).views["kana/name"])
    assert np.array_equal(again.views["first/all"], _encode().take(order).views["first/all"])


def test_many_records_are_encoded_in_chunks_with_the_same_bits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("privacy.encoding.encoder.CHUNK", 5)
    chunked = _encode(LABELLED, labels=True)
    monkeypatch.undo()
    whole = _encode(LABELLED, labels=True)
    for view, codes in whole.views.items():
        assert np.array_equal(codes, chunked.views[view])
    assert np.array_equal(whole.labels["first"], chunked.labels["first"])
    assert np.array_equal(whole.tokens["T1"], chunked.tokens["T1"])


def test_no_rows_and_unknown_passes() -> None:
    encoder = Encoder(default_schema(), LINK_KEYS)
    empty = encoder.encode([], "school", ALL_PASSES)
    assert empty.views["first/all"].shape == (0, 8)
    assert empty.tokens["A"].shape == (0, 32)
    with pytest.raises(BadInputError, match="no pass third"):
        encoder.encode([person()], "school", ["third"])


def test_batches_join_in_order() -> None:
    whole = _encode(LABELLED, labels=True)
    halves = [whole.take(np.arange(5)), whole.take(np.arange(5, 12))]
    joined = concatenate(halves)
    assert joined.rows == 12
    for view, codes in whole.views.items():
        assert np.array_equal(joined.views[view], codes)
    assert np.array_equal(joined.labels["first"], whole.labels["first"])


def test_a_batch_does_not_print_its_arrays() -> None:
    assert repr(_encode()) == "Batch(department='school', rows=12)"


def _names() -> st.SearchStrategy[str]:
    return st.text(alphabet="アイウエオカキクケコ架空見本ABC ", min_size=1, max_size=8)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.tuples(_names(), _names(), st.dates().map(str)), min_size=1, max_size=12))
def test_encoding_is_deterministic_and_equal_in_both_kernels(
    rows: list[tuple[str, str, str]],
) -> None:
    persons = [person(family_kana=f, given=g, birth_date=d) for f, g, d in rows]
    fast = Encoder(default_schema(labels=True), LINK_KEYS).encode(persons, "x", ("first", "kana"))
    plain = Encoder(default_schema(labels=True), LINK_KEYS, PLAIN).encode(
        persons, "x", ("first", "kana")
    )
    for view, codes in fast.views.items():
        assert np.array_equal(codes, plain.views[view])
