"""Tables that would show a hold or a support by a missing alert are refused."""

from __future__ import annotations

import pytest

from privacy.lookup.digits import Digit, DigitPlan
from privacy.lookup.tables import Table
from privacy.screening.checks import MissingAlertError, check_missing_alert


def _unsplit(secret: str) -> tuple[DigitPlan, Table]:
    """Return a table whose own signal lists alone, and which *secret* unlists."""
    digits = DigitPlan(
        (
            Digit.of("signals:school", "school", 2),
            Digit.flag(secret, ["survey", "welfare"]),
            Digit.of("receiver", "school", 3),
        )
    )
    grid = digits.grid()
    rule = (grid["signals:school"] == 1) & (grid[secret] == 0)
    return digits, Table.listing(digits, "receiver", rule)


@pytest.mark.parametrize("secret", ["hold", "supported"])
def test_a_table_whose_missing_alert_shows_a_secret_is_refused(secret: str) -> None:
    _, table = _unsplit(secret)
    with pytest.raises(MissingAlertError, match="signals:school=1"):
        check_missing_alert(
            table, "school", receiver_digit="receiver", secret=("hold", "supported")
        )


def test_the_same_table_passes_when_another_department_must_agree() -> None:
    digits = DigitPlan(
        (
            Digit.of("signals:school", "school", 2),
            Digit.of("signals:survey", "survey", 2),
            Digit.flag("hold", ["school", "survey", "welfare"]),
            Digit.of("receiver", "school", 3),
        )
    )
    grid = digits.grid()
    rule = (grid["signals:school"] == 1) & (grid["signals:survey"] == 1) & (grid["hold"] == 0)
    table = Table.listing(digits, "receiver", rule)
    check_missing_alert(table, "school", receiver_digit="receiver", secret=("hold", "supported"))
