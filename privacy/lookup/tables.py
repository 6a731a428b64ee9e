"""Public tables of a lookup: T over the sum of all inputs, with T[0] = 0 (PROTOCOL 4).

A table answers modulo 2 (one bit, shared by XOR, the only kind that is ever opened) or
modulo the domain of a next lookup (a layer, shared additively, never opened).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from privacy.canonical import Json, canonical_digest
from privacy.errors import BadInputError, RefusedError, Text
from privacy.lookup.digits import MAX_DOMAIN, MIN_DOMAIN, DigitPlan

MINE = 1
"""The receiver's digit: its own child, in the population."""
DECOY = 2
"""The receiver's digit: a decoy place."""
RECEIVER_RADIX = 3
BIT = 2
"""The modulus of an opened answer."""


@dataclass(frozen=True, slots=True)
class Table:
    """A public table over the digits of a plan.

    Args:
        digits: The lookup's digits; places beyond their product answer 0.
        values: One answer for each of ``digits.size`` totals, each below *modulus*.
        modulus: 2 for an opened bit; a power of two from 8 to 4096, the domain of the
            next lookup, for a layer (its values are already multiplied by the digit's
            weight there).

    Raises:
        BadInputError: wrong length, modulus or range.
        RefusedError: T[0] is not 0, so that absent children would be listed.
    """

    digits: DigitPlan
    values: tuple[int, ...]
    modulus: int = BIT

    def __post_init__(self) -> None:
        """Check the table."""
        layered = MIN_DOMAIN <= self.modulus <= MAX_DOMAIN and self.modulus.bit_count() == 1
        in_range = all(0 <= value < self.modulus for value in self.values)
        if len(self.values) != self.digits.size or not in_range:
            raise BadInputError(
                Text(
                    f"表は {self.digits.size} 個の値を持ち、各値は 0 以上 {self.modulus} "
                    "未満でなければなりません。",
                    f"The table needs {self.digits.size} values, each from 0 to "
                    f"{self.modulus - 1}.",
                )
            )
        if self.modulus != BIT and not layered:
            what = Text("表の法が不正です。", "A table's modulus is 2 or the next lookup's domain.")
            raise BadInputError(what)
        if self.values[0] != 0:
            what = Text("表の 0 番は 0 でなければなりません。", "A table must answer 0 at 0.")
            raise RefusedError(what)

    @classmethod
    def of(cls, digits: DigitPlan, values: NDArray[np.generic], modulus: int = BIT) -> Table:
        """Return the table of an array of answers in the order of ``digits.grid()``."""
        return cls(digits, tuple(int(value) for value in values.astype(np.int64)), modulus)

    @classmethod
    def layer(
        cls, digits: DigitPlan, levels: NDArray[np.integer], following: DigitPlan, name: str
    ) -> Table:
        """Return a layer whose answers are the digit *name* of the *following* lookup.

        Raises:
            BadInputError: a level that the digit cannot hold.
        """
        radix = following.digit(name).radix
        if levels.min() < 0 or levels.max() >= radix:
            what = Text(
                f"段階の値が桁 {name} に収まりません。", f"A level does not fit into digit {name}."
            )
            raise BadInputError(what)
        weighted = levels.astype(np.int64) * following.weight(name)
        return cls.of(digits, weighted, following.domain)

    @classmethod
    def listing(cls, digits: DigitPlan, receiver: str, rule: NDArray[np.bool_]) -> Table:
        """Return an opened table that lists only the receiver's own children and its decoys.

        T = *rule* where the receiver's digit says `MINE`; 1 where it says `DECOY` and all
        other digits are 0; else 0.

        Args:
            digits: The plan; its digit *receiver* has radix 3 and one contributor.
            receiver: Name of the receiver's digit.
            rule: Whether a child is listed, in the order of ``digits.grid()``.
        """
        own = digits.digit(receiver)
        if own.radix != RECEIVER_RADIX or len(own.contributors) != 1:
            raise BadInputError(
                Text(
                    f"桁 {receiver} は一つの受取ノードの 3 値でなければなりません。",
                    f"Digit {receiver} must have radix 3 and one contributor, the receiver.",
                )
            )
        grid = digits.grid()
        decoy = np.arange(digits.size) == DECOY * digits.weight(receiver)
        return cls.of(digits, ((grid[receiver] == MINE) & np.asarray(rule, dtype=bool)) | decoy)

    def check_receiver(self, receiver: str) -> None:
        """Check that an opened table lists only its receiver's children and bare decoys.

        Every node runs this on a plan's table before it approves.

        Raises:
            RefusedError: some other position would be listed, or a bare decoy would not.
            BadInputError: the digit is not a receiver's.
        """
        grid = self.digits.grid()
        answers = np.asarray(self.values)
        lawful = Table.listing(self.digits, receiver, (answers == 1) & (grid[receiver] == MINE))
        if not self.opened or lawful.values != self.values:
            raise RefusedError(
                Text(
                    f"この表は、桁 {receiver} の受取ノードの子ども以外を示し得ます。",
                    f"This table can list others than the children of the receiver ({receiver}).",
                ),
                Text(
                    "受取ノードごとに一つの表に分けてください。",
                    "Write one table for each receiving node.",
                ),
            )

    @property
    def domain(self) -> int:
        """Return D."""
        return self.digits.domain

    @property
    def opened(self) -> bool:
        """Return whether answers are bits that the coordinator opens."""
        return self.modulus == BIT

    @property
    def word(self) -> str:
        """Return the dtype of a share's words: packed bits, or one word an entry."""
        return "<u2" if self.modulus > 1 << 8 else "u1"

    @property
    def columns(self) -> int:
        """Return the words in one position's share."""
        return self.domain // 8 if self.opened else self.domain

    @property
    def row_bytes(self) -> int:
        """Return the bytes of one position's share."""
        return self.columns * np.dtype(self.word).itemsize

    def array(self) -> NDArray[np.unsignedinteger]:
        """Return T over the whole domain (D entries, unused ones 0)."""
        entries = np.zeros(self.domain, dtype=self.word)
        entries[: self.digits.size] = self.values
        return entries

    def canonical(self) -> Json:
        """Return the table for canonical JSON: digits, modulus, values."""
        return {
            "digits": self.digits.canonical(),
            "modulus": self.modulus,
            "values": np.asarray(self.values, dtype=">u2").tobytes().hex(),
        }

    def digest(self) -> bytes:
        """Return SHA-256 over the canonical form."""
        return canonical_digest(self.canonical())


def by_slot(
    values: NDArray[np.integer], slots: NDArray[np.integer], positions: int
) -> NDArray[np.int64]:
    """Return one value a position: the maximum over the node's rows there, 0 where it has none.

    Raises:
        BadInputError: lengths differ or a slot lies outside ``0 .. positions - 1``.
    """
    outside = slots.size > 0 and (slots.min() < 0 or slots.max() >= positions)
    if values.shape != slots.shape or outside:
        what = Text("行とスロットが対応していません。", "Rows and slots do not correspond.")
        raise BadInputError(what)
    combined = np.zeros(positions, dtype=np.int64)
    np.maximum.at(combined, slots.astype(np.int64), values.astype(np.int64))
    return combined
