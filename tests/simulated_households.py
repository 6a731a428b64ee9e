"""The household step of a simulated node: real evidence, numbers kept, locks kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from coordinator.messages import HouseholdPart, LockPart, NumberPart
from privacy.encoding.household_evidence import OwnRows, show_households
from privacy.encoding.households import household_positions, household_tokens
from privacy.keys import LinkKeys
from privacy.linkage.household_locks import Locked, open_numbers
from privacy.normalise.person import Person
from tests.simulated_run import RunningNode

KEYS = LinkKeys(1, 1, bytes(range(32)))
ROWS_A_PART = 25


class HouseholdNode(RunningNode):
    """A simulated node that takes part in linking households, or abstains."""

    slots: dict[int, int]
    total_slots: int

    def __init__(self, member_id: str) -> None:
        super().__init__(member_id)
        self.abstains = False
        self.household_of_slot: dict[int, int] = {}
        self.locks: list[LockPart] = []
        self.spoils: Callable[[HouseholdPart], HouseholdPart] = lambda part: part
        self._shown: list[int] = []

    @property
    def persons(self) -> Sequence[Person]:
        """The persons of all rows, in the order of their handles."""
        raise NotImplementedError

    async def send_households(
        self, plan_digest: bytes, schema_digest: bytes
    ) -> AsyncIterator[HouseholdPart]:
        self.called("send_households")
        for part in self._parts(plan_digest, schema_digest):
            yield self.spoils(part)

    async def accept_households(self, parts: Callable[[], Iterable[NumberPart]]) -> None:
        self.called("accept_households")
        numbers = [n for part in parts() for n in part.numbers.tolist()]
        self.household_of_slot = dict(zip(self._shown, numbers, strict=True))

    async def open_households(self, parts: Callable[[], Iterable[LockPart]]) -> None:
        self.called("open_households")
        self.locks = list(parts())

    def opened(self, plan_digest: bytes, slots: Sequence[int]) -> list[int]:
        """Return what this sealed node opens for its persons, whose slots a test knows."""
        locked = Locked(
            np.concatenate([part.labels for part in self.locks]),
            np.concatenate([part.numbers for part in self.locks]),
        )
        place = household_positions(KEYS, plan_digest, self.total_slots)[list(slots)]
        tokens = household_tokens(KEYS, self.persons, self.member_id, plan_digest)
        return [int(number) for number in open_numbers(locked, place, tokens)]

    def _parts(self, plan_digest: bytes, schema_digest: bytes) -> Iterator[HouseholdPart]:
        nothing = np.zeros(0, dtype=np.uint32)
        whole = HouseholdPart(plan_digest, schema_digest, True, 0, 0, nothing, {}, nothing)
        if self.abstains:
            yield whole
            return
        own = OwnRows(
            department=self.member_id,
            persons=self.persons,
            slots=np.array([self.slots[row] for row in range(len(self.persons))]),
            held=np.zeros(len(self.persons), dtype=np.bool_),
            dummies=np.zeros(0, dtype=np.int64),
            total=self.total_slots,
        )
        shown = show_households(own, KEYS, plan_digest, secret=self.member_id.encode(), floor=1)
        place = household_positions(KEYS, plan_digest, self.total_slots)
        self._shown = np.argsort(place)[shown.positions].tolist()
        rows = len(shown.positions)
        for first in range(0, rows, ROWS_A_PART):
            here = slice(first, first + ROWS_A_PART)
            yield replace(
                whole,
                abstains=False,
                total_rows=rows,
                first_row=first,
                positions=shown.positions[here].astype(np.uint32),
                tokens={kind: values[here] for kind, values in shown.tokens.items()},
            )
