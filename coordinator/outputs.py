"""Masked outputs as they arrive: checked, then one vector a node, and boxes of listed cards."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from coordinator.messages import OutputPart, RunId
from privacy.errors import ProtocolError, Text
from privacy.sealing import BOX_BYTES


@dataclass(frozen=True, slots=True)
class ExpectedOutput:
    """What one node must send: so many bytes of one output, so many cards."""

    node: str
    run: RunId
    output: str
    total_bytes: int
    cards: int
    """Positions, each with a card; 0 in statistics."""


class OutputArrival:
    """Follows one node's stream: bytes in order, then or along with it cards in order."""

    def __init__(self, expected: ExpectedOutput) -> None:
        """Check against *expected*."""
        self._expected = expected
        self._bytes = 0
        self._cards = 0
        self._agreed = False

    def check(self, part: OutputPart) -> None:
        """Check the next part.

        Raises:
            ProtocolError: naming the node and what is wrong.
        """
        wanted = self._expected
        if part.run != wanted.run or part.node != wanted.node or part.output != wanted.output:
            raise self._refused("別の実行または出力です", "another run or output")
        if part.masked:
            if part.offset != self._bytes or part.total_bytes != wanted.total_bytes:
                raise self._refused("長さが違います", "a wrong length")
            self._bytes += len(part.masked)
        if part.cards:
            in_order = part.first_position == self._cards
            if not in_order or any(len(card) != BOX_BYTES for card in part.cards):
                raise self._refused("カードの数または大きさが違います", "wrong cards")
            self._cards += len(part.cards)
        self._agreed = self._agreed or bool(part.card_agreement)

    def finish(self) -> None:
        """Check that the stream was complete.

        Raises:
            ProtocolError: bytes, cards or the card agreement are missing.
        """
        wanted = self._expected
        whole = self._bytes == wanted.total_bytes and self._cards == wanted.cards
        if not whole or self._agreed != bool(wanted.cards):
            raise self._refused("途中で切れています", "it was cut")

    def _refused(self, ja: str, en: str) -> ProtocolError:
        node = self._expected.node
        return ProtocolError(
            Text(
                f"{node} の出力を使えません: {ja}。", f"The output of {node} cannot be used: {en}."
            ),
            Text(f"{node} の版を確かめてください。", f"Check the version of {node}."),
        )


def vector(parts: Iterable[OutputPart]) -> bytes:
    """Return a node's whole masked vector."""
    return b"".join(part.masked for part in parts)


@dataclass(frozen=True, slots=True)
class Cards:
    """One node's boxes of the listed positions, and the agreement that opens them."""

    boxes: dict[int, bytes]
    agreement: bytes


def listed_cards(parts: Iterable[OutputPart], listed: Collection[int]) -> Cards:
    """Return the boxes of the *listed* positions only; the others stay in the spool and die."""
    wanted = set(listed)
    boxes: dict[int, bytes] = {}
    agreement = b""
    for part in parts:
        agreement = agreement or part.card_agreement
        cards = enumerate(part.cards, start=part.first_position)
        boxes |= {at: card for at, card in cards if at in wanted}
    return Cards(boxes, agreement)
