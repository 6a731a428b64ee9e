"""Cards: fixed size, opened with role key and outer key together, at their position only."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.errors import BadInputError, ProtocolError
from privacy.identity import AgreementKey
from privacy.sealing import (
    BOX_BYTES,
    MOST_TEXT,
    CardContext,
    agree_as_holder,
    agree_as_receiver,
    open_cards,
    outer_keys,
    seal_cards,
)
from tests.privacy.members import seed, static

VECTOR = json.loads(
    (Path(__file__).parents[1] / "vectors" / "keys" / "sealed.json").read_text("utf-8")
)
TRANSCRIPT = seed("transcript")
CONTEXT = CardContext("welfare", "school", "school-support", TRANSCRIPT)
ROLE = AgreementKey(seed("role"))
CARD_SEED = b"d" * 32
KEY, MESSAGE = agree_as_holder(CONTEXT, static("welfare"), ROLE.public)
TEXTS = [b"", "長期欠席 2026-05".encode(), b"", b"x" * MOST_TEXT]
CARDS = seal_cards(KEY, CARD_SEED, TEXTS)


def test_recorded_cards_open_and_are_sealed_to_the_same_bytes() -> None:
    holder = static("welfare").public
    message = bytes.fromhex(VECTOR["card_agreement"])
    key = agree_as_receiver(CONTEXT, ROLE, holder, message)
    boxes = {at: bytes.fromhex(card) for at, card in enumerate(VECTOR["cards"])}
    opened = open_cards(key, outer_keys(CARD_SEED, TRANSCRIPT, boxes), boxes)
    assert opened == {0: b"", 1: b"D-39 2026-05", 2: b""}
    assert seal_cards(key, CARD_SEED, list(opened.values())) == list(boxes.values())


def test_the_receiver_opens_the_listed_cards() -> None:
    key = agree_as_receiver(CONTEXT, ROLE, static("welfare").public, MESSAGE)
    listed = {1: CARDS[1], 3: CARDS[3]}
    opened = open_cards(key, outer_keys(CARD_SEED, TRANSCRIPT, listed), listed)
    assert opened == {1: TEXTS[1], 3: TEXTS[3]}


def test_blank_and_written_cards_look_alike() -> None:
    assert {len(card) for card in CARDS} == {BOX_BYTES}
    assert CARDS[0] != CARDS[2]


def test_a_text_that_does_not_fit_is_refused() -> None:
    with pytest.raises(BadInputError, match="longer than 254 bytes"):
        seal_cards(KEY, CARD_SEED, [b"x" * (MOST_TEXT + 1)])


def test_without_the_dealers_key_of_the_position_a_card_stays_closed() -> None:
    keys = outer_keys(CARD_SEED, TRANSCRIPT, [1])
    for boxes in ({0: CARDS[0]}, {1: CARDS[0]}, {1: CARDS[1][:-1]}, {1: b""}):
        with pytest.raises(ProtocolError, match="cannot be opened"):
            open_cards(KEY, keys, boxes)
    for seed_bytes, transcript in ((b"e" * 32, TRANSCRIPT), (CARD_SEED, seed("another"))):
        with pytest.raises(ProtocolError):
            open_cards(KEY, outer_keys(seed_bytes, transcript, [1]), {1: CARDS[1]})


def test_without_the_role_key_the_outer_keys_open_nothing() -> None:
    other, _ = agree_as_holder(CONTEXT, static("welfare"), ROLE.public)
    with pytest.raises(ProtocolError, match="welfare, card"):
        open_cards(other, outer_keys(CARD_SEED, TRANSCRIPT, [1]), {1: CARDS[1]})


def test_an_inner_box_is_bound_to_its_position() -> None:
    with pytest.raises(ProtocolError):
        KEY.unbox(2, KEY.box(1, b"text"))


@pytest.mark.parametrize(
    "context",
    [
        replace(CONTEXT, holder="health"),
        replace(CONTEXT, receiver="health"),
        replace(CONTEXT, role_id="nurse"),
        replace(CONTEXT, transcript=seed("another")),
    ],
)
def test_an_agreement_holds_for_one_holder_role_and_run(context: CardContext) -> None:
    with pytest.raises(ProtocolError):
        agree_as_receiver(context, ROLE, static("welfare").public, MESSAGE)


def test_an_agreement_shows_its_holder_and_serves_its_receiver() -> None:
    for role, holder, message in (
        (ROLE, static("health").public, MESSAGE),
        (AgreementKey(seed("role 2")), static("welfare").public, MESSAGE),
        (ROLE, static("welfare").public, MESSAGE[:-1] + bytes([MESSAGE[-1] ^ 1])),
        (ROLE, static("welfare").public, b""),
    ):
        with pytest.raises(ProtocolError):
            agree_as_receiver(CONTEXT, role, holder, message)


@given(st.lists(st.binary(max_size=MOST_TEXT), max_size=6))
def test_every_text_comes_back(texts: list[bytes]) -> None:
    boxes = dict(enumerate(seal_cards(KEY, CARD_SEED, texts)))
    keys = outer_keys(CARD_SEED, TRANSCRIPT, boxes)
    assert list(open_cards(KEY, keys, boxes).values()) == texts


def test_card_keys_do_not_print() -> None:
    assert KEY.key.hex() not in repr(KEY)
    assert "key=" not in repr(KEY)
