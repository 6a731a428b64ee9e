"""The key tree: vectors, separation of uses, contributions, pair secrets, permutations."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from Crypto.Hash import SHA256
from Crypto.Protocol.KDF import HKDF
from hypothesis import given
from hypothesis import strategies as st

from privacy.canonical import framed
from privacy.errors import ProtocolError
from privacy.keys import (
    CityKey,
    PairSecret,
    RunKeys,
    city_key,
    commitment,
    derive,
    deriver,
    keystream,
    permutation,
)
from tests.privacy.members import NODES, ephemeral, roster, seed, static

VECTOR = json.loads(
    (Path(__file__).parents[1] / "vectors" / "keys" / "tree.json").read_text("utf-8")
)
CONTRIBUTIONS = {node_id: seed(f"contribution {node_id}") for node_id in NODES}
COMMITMENTS = {node_id: commitment(c) for node_id, c in CONTRIBUTIONS.items()}
CITY = city_key(1, CONTRIBUTIONS, COMMITMENTS)
TRANSCRIPT = seed("transcript")


def _pair(own: str, peer: str, transcript: bytes = TRANSCRIPT) -> PairSecret:
    keys = RunKeys(own, ephemeral(own), static(own))
    return keys.pair_secret(peer, ephemeral(peer).public, static(peer).public, transcript)


def test_the_tree_has_its_vectors() -> None:
    link = CITY.link_keys(7)
    pair = _pair("school", "health")
    assert {
        "city": CITY.secret.hex(),
        "confirmation": CITY.confirmation("school", roster().digest).hex(),
        "link": link.root.hex(),
        "ngram": link.ngram().hex(),
        "salt": link.salt("first/all").hex(),
        "sharpening": link.sharpening("first/all").hex(),
        "hardening": link.hardening("first/all").hex(),
        "token": link.token("T1").hex(),
        "block": link.block("first").hex(),
        "shuffle": CITY.shuffle_key(TRANSCRIPT, b"g" * 32).hex(),
        "permutation": permutation(CITY.shuffle_key(TRANSCRIPT, b"g" * 32), 12).tolist(),
        "pair": pair.secret.hex(),
        "aead": pair.aead("school", "health", "step-1").hex(),
        "mask_out": pair.mask_out("step-2", 0, 3, "listed").hex(),
    } == VECTOR


def test_derivation_is_hkdf_as_another_library_computes_it() -> None:
    info = framed(b"enishi/v1", b"label", b"a", b"bc")
    other = HKDF(b"secret", 32, b"salt", SHA256, 1, info)
    assert derive(b"secret", "label", b"a", b"bc", salt=b"salt") == other
    assert derive(b"secret", "label", b"ab", b"c", salt=b"salt") != other


def test_the_key_stream_is_aes_256_ctr_from_zero() -> None:
    # AES-256 of the all-zero block under the all-zero key.
    assert keystream(bytes(32), 16).hex() == "dc95c078a2408989ad48a21492842087"


def test_each_contribution_changes_the_city_key_and_order_does_not() -> None:
    backwards = dict(reversed(CONTRIBUTIONS.items()))
    assert city_key(1, backwards, COMMITMENTS) == CITY
    assert city_key(2, CONTRIBUTIONS, COMMITMENTS) != CITY
    for node_id in NODES:
        changed = CONTRIBUTIONS | {node_id: bytes(32)}
        commitments = COMMITMENTS | {node_id: commitment(bytes(32))}
        assert city_key(1, changed, commitments).secret != CITY.secret


@pytest.mark.parametrize(
    ("contributions", "commitments"),
    [
        (CONTRIBUTIONS | {"school": bytes(32)}, COMMITMENTS),
        ({n: c for n, c in CONTRIBUTIONS.items() if n != "school"}, COMMITMENTS),
        (CONTRIBUTIONS, {n: c for n, c in COMMITMENTS.items() if n != "school"}),
        (CONTRIBUTIONS | {"school": b"x"}, COMMITMENTS | {"school": commitment(b"x")}),
    ],
    ids=["changed", "not given", "not promised", "short"],
)
def test_a_contribution_that_does_not_open_its_commitment_names_the_node(
    contributions: dict[str, bytes], commitments: dict[str, bytes]
) -> None:
    with pytest.raises(ProtocolError, match="node school does not open"):
        city_key(1, contributions, commitments)


def test_confirmations_show_another_key_roster_or_node() -> None:
    given_by_school = CITY.confirmation("school", b"r" * 32)
    CITY.check_confirmation("school", b"r" * 32, given_by_school)
    for city, node_id, digest in (
        (CityKey(1, bytes(32)), "school", b"r" * 32),
        (CITY, "health", b"r" * 32),
        (CITY, "school", b"q" * 32),
    ):
        with pytest.raises(ProtocolError, match=f"confirmation of node {node_id}"):
            city.check_confirmation(node_id, digest, given_by_school)


def test_no_two_uses_share_a_key() -> None:
    link, next_epoch = CITY.link_keys(7), CITY.link_keys(8)
    pair, same = _pair("school", "health"), _pair("school", "welfare")
    keys = [
        CITY.secret,
        *(key for k in (link, next_epoch) for key in (k.root, k.ngram(), k.salt("first/all"))),
        *(link.sharpening(v) for v in ("first/all", "first/name")),
        *(link.token(kind) for kind in ("T1", "A")),
        link.block("first"),
        link.hardening("first/all"),
        CITY.shuffle_key(TRANSCRIPT, b"g" * 32),
        CITY.shuffle_key(TRANSCRIPT, b"h" * 32),
        CITY.shuffle_key(b"other", b"g" * 32),
        *(
            pair.aead(*ends, step)
            for ends in (("school", "health"), ("health", "school"))
            for step in ("step-1", "step-2")
        ),
        *(
            pair.mask_out(*v)
            for v in (
                ("a", 0, 0, "o"),
                ("a", 0, 1, "o"),
                ("a", 1, 0, "o"),
                ("b", 0, 0, "o"),
                ("a", 0, 0, "p"),
            )
        ),
        same.mask_out("a", 0, 0, "o"),
        _pair("school", "health", b"other").mask_out("a", 0, 0, "o"),
    ]
    assert len(set(keys)) == len(keys)


def test_both_ends_of_every_pair_derive_the_same() -> None:
    for a, b in combinations(NODES, 2):
        assert _pair(a, b) == _pair(b, a)
        assert _pair(a, b).mask_out("s", 0, 0, "o") == _pair(b, a).mask_out("s", 0, 0, "o")


def test_a_pair_secret_needs_both_key_agreements() -> None:
    right = _pair("school", "health")
    keys = RunKeys("school", ephemeral("school"), static("school"))
    stranger = static("stranger").public
    other_static = keys.pair_secret("health", ephemeral("health").public, stranger, TRANSCRIPT)
    other_fresh = keys.pair_secret("health", stranger, static("health").public, TRANSCRIPT)
    assert len({right.secret, other_static.secret, other_fresh.secret}) == 3


def test_directions_outside_the_pair_are_our_mistake() -> None:
    with pytest.raises(ValueError, match="two nodes of the pair"):
        _pair("school", "health").aead("school", "welfare", "step-1")
    with pytest.raises(ValueError, match="two nodes of the pair"):
        _pair("school", "health").aead("school", "school", "step-1")
    with pytest.raises(ValueError, match="with itself"):
        _pair("school", "school")


@given(st.binary(min_size=32, max_size=32), st.integers(0, 300))
def test_a_permutation_holds_every_position_once(key: bytes, positions: int) -> None:
    order = permutation(key, positions)
    assert order.dtype == np.int64
    assert sorted(order.tolist()) == list(range(positions))


def test_secrets_do_not_print() -> None:
    assert repr(CITY) == "CityKey(city_epoch=1)"
    assert repr(CITY.link_keys(7)) == "LinkKeys(city_epoch=1, link_epoch=7)"
    assert "secret" not in repr(_pair("school", "health"))
    assert repr(RunKeys("school", ephemeral("school"), static("school"))) == (
        "RunKeys(node_id='school', ephemeral=AgreementKey(), static=AgreementKey())"
    )


@given(secret=st.binary(min_size=1, max_size=64), context=st.binary(max_size=40))
def test_a_deriver_gives_the_keys_of_derive(secret: bytes, context: bytes) -> None:
    assert deriver(secret, "label")(context) == derive(secret, "label", context)
