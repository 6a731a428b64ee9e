"""Sealed reason cards: one fixed-size box per position, opened only for listed positions.

PROTOCOL 7.  Each holding node makes one HPKE Auth agreement with the receiver's role key
per run; under its exported key one ChaCha20-Poly1305 box per position (nonce = position);
around each box an outer layer under HKDF(card seed from the dealer, transcript |
position).  The coordinator reads none, and coordinator and receiver together open only
positions whose outer keys the dealer gave: the listed ones.  Blank and written cards
have the same size.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from privacy.canonical import framed
from privacy.envelope import (
    ENCAPSULATED_BYTES,
    TAG_BYTES,
    cannot_open,
    hpke_info,
    hpke_receiver,
    hpke_sender,
    hpke_unseal,
)
from privacy.errors import BadInputError, Text
from privacy.identity import AgreementKey
from privacy.keys import KEY_BYTES, derive

CARD_BYTES = 256
"""A padded card before sealing: two bytes of length, the text, zeros."""
MOST_TEXT = CARD_BYTES - 2
BOX_BYTES = CARD_BYTES + 2 * TAG_BYTES
"""A card in both layers, as it travels."""
_CONFIRM = b"card agreement"
_OUTER_NONCE = bytes(12)  # Each outer key seals one box.


@dataclass(frozen=True, slots=True)
class CardContext:
    """Whose cards, for which role at which receiver, in which run."""

    holder: str
    receiver: str
    role_id: str
    transcript: bytes

    def bound(self) -> bytes:
        """Return the framed context, for HPKE's info and as associated data."""
        names = (self.holder.encode(), self.receiver.encode(), self.role_id.encode())
        return hpke_info("cards", *names, self.transcript)


@dataclass(frozen=True, slots=True)
class CardKey:
    """The key under which one holder's cards of one run are boxed for one role."""

    context: CardContext
    key: bytes = field(repr=False)

    def box(self, position: int, text: bytes) -> bytes:
        """Return the inner box of *text* at *position* (`CARD_BYTES` + tag).

        Raises:
            BadInputError: the text does not fit a card.
        """
        if len(text) > MOST_TEXT:
            raise BadInputError(
                Text(
                    f"カードの内容が {MOST_TEXT} バイトを超えています。",
                    f"A card's text is longer than {MOST_TEXT} bytes.",
                ),
                Text("記載する信号を減らしてください。", "Put fewer signals on the card."),
            )
        padded = (len(text).to_bytes(2, "big") + text).ljust(CARD_BYTES, b"\0")
        return ChaCha20Poly1305(self.key).encrypt(_nonce(position), padded, self.context.bound())

    def unbox(self, position: int, box: bytes) -> bytes:
        """Return the text of the inner *box* at *position*; empty for a blank card.

        Raises:
            ProtocolError: changed bytes, another position, holder, role or run.
        """
        try:
            padded = ChaCha20Poly1305(self.key).decrypt(_nonce(position), box, self.context.bound())
        except InvalidTag as error:
            raise cannot_open(self.context.holder, "card") from error
        length = int.from_bytes(padded[:2], "big")
        return padded[2 : 2 + length]


def agree_as_holder(
    context: CardContext, static: AgreementKey, role_public: bytes
) -> tuple[CardKey, bytes]:
    """Return a fresh card key and the agreement message for the receiver.

    Args:
        context: names this node as holder.
        static: this node's static key from the roster.
        role_public: the receiver's role key from its signed ``Ready``.

    Raises:
        ProtocolError: the role key cannot be used.
    """
    cipher = hpke_sender(role_public, static, context.bound())
    message = cipher.enc + cipher.seal(_CONFIRM)
    return CardKey(context, cipher.export(b"card boxes", KEY_BYTES)), message


def agree_as_receiver(
    context: CardContext, role_key: AgreementKey, holder_public: bytes, message: bytes
) -> CardKey:
    """Return the card key that the holder made.

    Raises:
        ProtocolError: the message is not from this holder for this role and run.
    """
    encapsulated, box = message[:ENCAPSULATED_BYTES], message[ENCAPSULATED_BYTES:]
    cipher = hpke_receiver(role_key, holder_public, context.bound(), encapsulated)
    if hpke_unseal(cipher, box) != _CONFIRM:
        raise cannot_open(context.holder, "card agreement")
    return CardKey(context, cipher.export(b"card boxes", KEY_BYTES))


def seal_cards(card_key: CardKey, card_seed: bytes, texts: Sequence[bytes]) -> list[bytes]:
    """Return the cards of all positions in both layers, `BOX_BYTES` each; empty text is blank.

    Args:
        card_key: from `agree_as_holder`.
        card_seed: 32 bytes that the dealer gave this node for this run.
        texts: one a position, in shuffled order.

    Raises:
        BadInputError: a text does not fit a card.
    """
    transcript = card_key.context.transcript
    keys = outer_keys(card_seed, transcript, range(len(texts)))
    bound = _outer_bound(card_key.context.holder, transcript)
    return [
        ChaCha20Poly1305(keys[at]).encrypt(_OUTER_NONCE, card_key.box(at, text), bound)
        for at, text in enumerate(texts)
    ]


def outer_keys(card_seed: bytes, transcript: bytes, positions: Iterable[int]) -> dict[int, bytes]:
    """Return the outer keys of *positions*: the dealer's answer for the listed ones."""
    return {
        at: derive(card_seed, "card-outer", transcript, at.to_bytes(8, "big")) for at in positions
    }


def open_cards(
    card_key: CardKey, keys: Mapping[int, bytes], boxes: Mapping[int, bytes]
) -> dict[int, bytes]:
    """Return the texts of one holder's listed cards by position.

    Raises:
        ProtocolError: a box has no outer key, or does not belong to its position.
    """
    context = card_key.context
    bound = _outer_bound(context.holder, context.transcript)
    texts = {}
    for at, box in boxes.items():
        try:
            inner = ChaCha20Poly1305(keys[at]).decrypt(_OUTER_NONCE, box, bound)
        except (InvalidTag, KeyError) as error:
            raise cannot_open(context.holder, "card") from error
        texts[at] = card_key.unbox(at, inner)
    return texts


def _nonce(position: int) -> bytes:
    return position.to_bytes(12, "little")


def _outer_bound(holder: str, transcript: bytes) -> bytes:
    return framed(b"enishi/v1/card-outer", holder.encode(), transcript)
