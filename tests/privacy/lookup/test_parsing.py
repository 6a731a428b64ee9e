"""Tables and digits come back from a plan as they went in, or not at all."""

import numpy as np
import pytest

from privacy.errors import EnishiError
from privacy.lookup.digits import Digit, DigitPlan
from privacy.lookup.parsing import digits_from, table_from
from privacy.lookup.tables import Table


def _table() -> Table:
    digits = DigitPlan((Digit.flag("hold", ["a", "b"]), Digit.of("receiver", "a", 3)))
    return Table.of(digits, np.array([0, 1, 0, 1, 0, 0, 0, 1, 1]))


def test_a_table_comes_back_equal() -> None:
    table = _table()

    assert table_from(table.canonical()) == table
    assert digits_from(table.digits.canonical()) == table.digits


@pytest.mark.parametrize(
    "change",
    [
        {"values": "00"},
        {"values": "zz"},
        {"modulus": 3},
        {"digits": []},
        {"digits": [{"name": "x", "limits": [["a", 0]]}]},
        {"extra": 1},
    ],
)
def test_another_form_is_refused(change: dict[str, object]) -> None:
    raw = _table().canonical()
    assert isinstance(raw, dict)

    with pytest.raises(EnishiError):
        table_from({**raw, **change})  # type: ignore[dict-item]  # deliberately wrong
