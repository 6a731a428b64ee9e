"""One department's household evidence as it arrives: checked part by part, then one value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from coordinator.messages import HouseholdPart
from privacy.encoding.households import Evidence, household_schema
from privacy.errors import ProtocolError, Text

MOST_WITHHELD_SHARE = 4
"""A department may withhold a quarter of its slots, or `LEAST_WITHHELD` of them."""
LEAST_WITHHELD = 64


@dataclass(frozen=True, slots=True)
class ExpectedHouseholds:
    """What a department's evidence must be: one entry a slot of its own, positions below N."""

    department: str
    plan_digest: bytes
    rows: int
    slots: int

    def refused(self, ja: str, en: str) -> ProtocolError:
        """Return the refusal of this department's evidence."""
        return ProtocolError(
            Text(
                f"{self.department} の世帯の証拠を使えません: {ja}。",
                f"The household evidence of {self.department} cannot be used: {en}.",
            ),
            Text(
                f"{self.department} の版と設定を確かめ、新しい計画でやり直してください。",
                f"Check the version and the settings of {self.department}; make a new plan.",
            ),
        )

    def evidence(self, parts: Iterable[HouseholdPart]) -> Evidence | None:
        """Return the whole evidence of *parts*, checked again; None where it abstains.

        Raises:
            ProtocolError: naming the department and what is wrong.
        """
        arrival = HouseholdArrival(self)
        kept = []
        for part in parts:
            arrival.check(part)
            kept.append(part)
        arrival.finish()
        if kept[0].abstains:
            return None
        positions = np.concatenate([part.positions for part in kept]).astype(np.int64)
        tokens = {
            kind: np.concatenate([part.tokens[kind] for part in kept])
            for kind in household_schema().names
        }
        return Evidence(self.department, positions, tokens, kept[0].withheld.astype(np.int64))


class HouseholdArrival:
    """Follows one stream of household evidence: parts in order, complete at the end."""

    def __init__(self, expected: ExpectedHouseholds) -> None:
        """Check against *expected*."""
        self._expected = expected
        self._rows = 0
        self._last = -1
        self._parts = 0
        self._abstains = False

    def check(self, part: HouseholdPart) -> None:
        """Check the next part.

        Raises:
            ProtocolError: naming the department and what is wrong.
        """
        expected, first = self._expected, self._parts == 0
        self._parts += 1
        if part.plan_digest != expected.plan_digest:
            raise expected.refused("計画が違います", "another plan")
        if part.schema_digest != household_schema().digest:
            raise expected.refused("証拠の定義が違います", "another definition of evidence")
        if part.abstains or self._abstains:
            self._abstains = True
            if not first:
                raise expected.refused("不参加なのに続きがあります", "more than an abstention")
            return
        if part.total_rows != expected.rows or part.first_row != self._rows:
            raise expected.refused("行数が合いません", "a wrong number of rows")
        if set(part.tokens) != set(household_schema().names):
            raise expected.refused("証拠の種類が違います", "other kinds of evidence")
        positions = part.positions.astype(np.int64)
        steps = np.diff(positions, prepend=self._last)
        if len(positions) == 0 or (steps <= 0).any() or int(positions[-1]) >= expected.slots:
            raise expected.refused(
                "位置が昇順ではないか範囲外です", "positions out of order or range"
            )
        most = max(LEAST_WITHHELD, expected.rows // MOST_WITHHELD_SHARE)
        withheld = part.withheld
        if (len(withheld) and not first) or len(withheld) > most:
            raise expected.refused("除く位置が多すぎます", "too many withheld positions")
        if int(withheld.max(initial=0)) >= expected.slots:
            raise expected.refused("除く位置が範囲外です", "a withheld position out of range")
        self._rows += len(positions)
        self._last = int(positions[-1])

    def finish(self) -> None:
        """Check that the stream was complete.

        Raises:
            ProtocolError: it was cut, or empty.
        """
        complete = self._rows == self._expected.rows and self._rows > 0
        if not (self._abstains or complete):
            raise self._expected.refused("行が足りません", "rows are missing")
