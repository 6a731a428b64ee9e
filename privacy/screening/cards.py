"""What a sealed card says: which signals fired, as of when, from which item; nothing else.

Every card of a run has the same size, fired or blank, so that sealed cards look alike
(PROTOCOL 7).  A card holds no number of the child, no condition, no answer.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from privacy.canonical import canonical_bytes
from privacy.errors import BadInputError, ProtocolError, Text
from privacy.screening.signals import SignalTable

CARD_BYTES = 240
VERSION = 1
_PAD = b" "
BLANK = _PAD * CARD_BYTES
"""The card of a position where a node has nothing to say."""


@dataclass(frozen=True, slots=True)
class CardSignal:
    """One fired signal: its id, the day it speaks of (None unknown), its catalogue item."""

    signal: str
    day: dt.date | None
    item: str


def card(table: SignalTable, places: Sequence[int], shown: Collection[str] | None = None) -> bytes:
    """Return the card (240 bytes) of one child's rows at this node.

    Args:
        table: the node's signals.
        places: the rows of *table* that are this child's; mostly one, none for a blank card.
        shown: the signals that the node's policy lets the receiving role know; None for all.

    Raises:
        BadInputError: more fired than a card can say; the definition's ids are too long.
    """
    found: dict[str, CardSignal] = {}
    for place in places:
        for column in np.flatnonzero(table.fired[place]):
            name = table.signal_ids[column]
            if shown is None or name in shown:
                day = _day(table.days[place, column])
                found[name] = _newer(found.get(name), CardSignal(name, day, table.items[column]))
    return write_card([found[name] for name in table.signal_ids if name in found])


def _day(value: np.datetime64) -> dt.date | None:
    return None if np.isnat(value) else dt.date.fromisoformat(str(value))


def _newer(one: CardSignal | None, two: CardSignal) -> CardSignal:
    if one is None or one.day is None:
        return two
    return two if two.day is not None and two.day > one.day else one


def write_card(signals: Sequence[CardSignal]) -> bytes:
    """Return the card (240 bytes) that says *signals*; blank for none.

    Raises:
        BadInputError: they do not fit.
    """
    if not signals:
        return BLANK
    listed = [
        [each.signal, "" if each.day is None else each.day.isoformat(), each.item]
        for each in signals
    ]
    content = canonical_bytes({"v": VERSION, "s": listed})
    if len(content) > CARD_BYTES:
        raise BadInputError(
            Text(
                f"カードが {len(content)} バイトで、上限 {CARD_BYTES} を超えます。",
                f"The card needs {len(content)} bytes; {CARD_BYTES} is the limit.",
            ),
            Text(
                "シグナルの id を短くするか、数を減らしてください。",
                "Shorten signal ids or use fewer.",
            ),
        )
    return content.ljust(CARD_BYTES, _PAD)


def read_card(content: bytes) -> tuple[CardSignal, ...]:
    """Return what an opened card says; nothing for a blank one.

    Raises:
        ProtocolError: another size, or not a card of this version.
    """
    if len(content) != CARD_BYTES:
        raise _not_a_card()
    if content == BLANK:
        return ()
    try:
        value = json.loads(content.decode())
        listed = value["s"]
        if value.keys() != {"v", "s"} or value["v"] != VERSION:
            raise _not_a_card()
        return tuple(
            CardSignal(str(name), dt.date.fromisoformat(day) if day else None, str(item))
            for name, day, item in listed
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _not_a_card() from None


def _not_a_card() -> ProtocolError:
    return ProtocolError(
        Text("カードの形式が違います。", "This is not a card of this version."),
        Text("送信側の版を確かめてください。", "Check the sender's version."),
    )
