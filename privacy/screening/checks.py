"""What a missing alert may say: refuse tables that would show a hold or a support digit.

A receiver sees which of its own children are listed and knows its own digits.  If a
child that its own facts must list is not listed, only another department's hold or
support can be the reason: that would be told.  The same holds for two tables on the
same children whose answers differ (PROTOCOL 4, "What a missing alert says").
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from privacy.errors import RefusedError, Text
from privacy.lookup.digits import Digit, DigitPlan
from privacy.lookup.tables import MINE, Table


class MissingAlertError(RefusedError):
    """A missing alert would tell the receiver of a hold or of support elsewhere."""


def check_missing_alert(
    table: Table, receiver: str, *, receiver_digit: str, secret: Sequence[str]
) -> None:
    """Let *table* pass when no own value of the receiver makes a missing alert tell a secret.

    For every value of the receiver's own contributions, the child must not be listed
    while all foreign digits are 0, nor for all foreign values of the other digits, if
    a foreign digit of *secret* unlists it.  Every node runs this before it approves.

    Args:
        table: the opened table of a plan.
        receiver: the receiving node.
        receiver_digit: the digit that says `MINE`.
        secret: digits (those the table has) whose foreign value must stay unknown.

    Raises:
        MissingAlertError: some value fails.
    """
    digits, answers = table.digits, table.array()
    open_digits = [digit for digit in digits.digits if digit.name not in (*secret, receiver_digit)]
    hidden = [digit for digit in digits.digits if digit.name in secret]
    foreign_open = _totals(digits, open_digits, receiver, own=False)
    foreign_secret = _totals(digits, hidden, receiver, own=False)
    mine = MINE * digits.weight(receiver_digit)
    for own in _totals(digits, [*open_digits, *hidden], receiver, own=True) + mine:
        unlisting = (answers[own + foreign_open[:, None] + foreign_secret[None, :]] == 0).any()
        shown = answers[own] or answers[own + foreign_open].all()
        if shown and unlisting:
            values = digits.unpack(np.array([own]))
            said = ", ".join(f"{name}={int(value[0])}" for name, value in values.items())
            raise MissingAlertError(
                Text(
                    f"受取部署 {receiver} の値（{said}）だけで一覧に載るのに、"
                    "他部署の保留・支援で消えます。",
                    f"The receiver {receiver}'s own values ({said}) list the child, but another"
                    " department's hold or support unlists it.",
                ),
                Text(
                    "受取部署だけで足りる部分を部署内の規則に分けてください。",
                    "Split off what the receiver's own facts suffice for as a local rule.",
                ),
            )


def _totals(
    plan: DigitPlan, digits: Sequence[Digit], receiver: str, *, own: bool
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return every packed total that the receiver (or all others together) can make."""
    ranges: list[Iterator[int] | range] = []
    for digit in digits:
        mine = digit.limit(receiver)
        most = mine if own else digit.radix - 1 - mine
        ranges.append(range(0, (most + 1) * plan.weight(digit.name), plan.weight(digit.name)))
    return np.array([sum(values) for values in itertools.product(*ranges)], dtype=np.int64)
