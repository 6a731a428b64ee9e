"""Read back a table and its digits from a plan's canonical JSON.

Dealer and nodes build the same table from the same plan; what does not parse to a sound
table, or does not come out again byte for byte, is refused.
"""

from __future__ import annotations

import numpy as np

from privacy.canonical import Json
from privacy.errors import ProtocolError, Text
from privacy.lookup.digits import Digit, DigitPlan
from privacy.lookup.tables import Table


def digits_from(raw: Json) -> DigitPlan:
    """Return the digits that `DigitPlan.canonical` wrote.

    Raises:
        ProtocolError: it is not their canonical form.
        BadInputError: the digits are unsound.
        RefusedError: they multiply to more than the largest domain.
    """
    match raw:
        case list(entries):
            plan = DigitPlan(tuple(_digit(entry) for entry in entries))
            if plan.canonical() == raw:
                return plan
    raise _unreadable()


def table_from(raw: Json) -> Table:
    """Return the table that `Table.canonical` wrote.

    Raises:
        ProtocolError: it is not a table's canonical form.
        BadInputError: wrong lengths or values.
        RefusedError: it lists absent children.
    """
    match raw:
        case {"digits": digits, "modulus": int(modulus), "values": str(packed)}:
            try:
                values = np.frombuffer(bytes.fromhex(packed), dtype=">u2")
            except ValueError as error:
                raise _unreadable() from error
            table = Table.of(digits_from(digits), values.astype(np.int64), modulus)
            if table.canonical() == raw:
                return table
    raise _unreadable()


def _digit(raw: Json) -> Digit:
    match raw:
        case {"name": str(name), "limits": list(limits)}:
            pairs = []
            for limit in limits:
                match limit:
                    case [str(node), int(most)]:
                        pairs.append((node, most))
                    case _:
                        raise _unreadable()
            return Digit(name, tuple(pairs))
    raise _unreadable()


def _unreadable() -> ProtocolError:
    return ProtocolError(
        Text("計画の桁または表を読めません。", "The plan's digits or table cannot be read."),
        Text("双方の版を揃えてください。", "Bring both sides to the same version."),
    )
