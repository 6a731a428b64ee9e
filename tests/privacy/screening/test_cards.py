"""Cards have one size, say only what fired, and are read back strictly."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.errors import BadInputError, ProtocolError
from privacy.screening.cards import (
    BLANK,
    CARD_BYTES,
    CardSignal,
    card,
    read_card,
    write_card,
)
from privacy.screening.signals import SignalTable
from tests.privacy.screening.test_compile import compiled, random_tables

signals = st.lists(
    st.builds(
        CardSignal,
        signal=st.text("abcdefgh_1", min_size=1, max_size=8),
        day=st.one_of(st.none(), st.dates(dt.date(2000, 1, 1))),
        item=st.sampled_from(["D-07", "D-11"]),
    ),
    max_size=6,
)


@given(signals)
def test_what_is_written_is_read(said: list[CardSignal]) -> None:
    content = write_card(said)
    assert len(content) == CARD_BYTES
    assert read_card(content) == tuple(said)


def test_a_card_that_is_too_large_is_refused() -> None:
    many = [CardSignal("a" * 30, dt.date(2026, 6, 30), "D-07")] * 6
    with pytest.raises(BadInputError, match="240 is the limit"):
        write_card(many)


def _table() -> SignalTable:
    table = random_tables(compiled(), np.random.default_rng(1), 3)[0]["survey"]
    table.fired[:] = [[True, True, False], [True, False, False], [False, False, False]]
    table.days[:] = np.datetime64("2026-05-31")
    table.days[1] = np.datetime64("2026-06-30")
    return table


def test_a_card_says_which_signals_fired_and_as_of_when() -> None:
    said = read_card(card(_table(), [0]))
    assert [(each.signal, each.day) for each in said] == [
        ("lesson", dt.date(2026, 5, 31)),
        ("noone", dt.date(2026, 5, 31)),
    ]


def test_rows_of_one_child_make_one_card_with_the_newest_dates() -> None:
    said = read_card(card(_table(), [0, 1]))
    assert [each.day for each in said] == [dt.date(2026, 6, 30), dt.date(2026, 5, 31)]


def test_policy_narrows_a_card_and_nothing_to_say_is_blank() -> None:
    table = _table()
    assert [each.signal for each in read_card(card(table, [0], shown={"noone"}))] == ["noone"]
    assert card(table, [0], shown=()) == BLANK
    assert card(table, [2]) == card(table, []) == BLANK
    assert read_card(BLANK) == ()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        BLANK + b" ",
        b"x" * CARD_BYTES,
        b'{"s":[],"v":2}'.ljust(CARD_BYTES),
        b'{"s":[["a"]],"v":1}'.ljust(CARD_BYTES),
        b'{"s":[["a","soon","D-07"]],"v":1}'.ljust(CARD_BYTES),
        b'{"s":[],"v":1,"score":3}'.ljust(CARD_BYTES),
        b"[1]".ljust(CARD_BYTES),
        b"\xff" * CARD_BYTES,
    ],
)
def test_anything_else_is_no_card(content: bytes) -> None:
    with pytest.raises(ProtocolError):
        read_card(content)
