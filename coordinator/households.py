"""The household step of a link round that asks for it: who lives together, told to each node.

It stands after the slots are told.  Open nodes show keyed evidence at secret positions;
the coordinator groups, draws fresh numbers, tells every open node those of its own slots,
and sends all of them, locked, to every sealed node.  It learns the sizes of homes at
positions that it can lay beside no code.  What stays are counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from coordinator.frames import receive
from coordinator.household_arrival import ExpectedHouseholds, HouseholdArrival
from coordinator.messages import LockPart, NumberPart
from coordinator.remaining import Remaining
from coordinator.rounds.link import LinkState
from coordinator.slots import TABLE, TableHeader, fresh_seed, slots_of
from coordinator.spool import Spool
from coordinator.wire_households import pack_household, unpack_household
from coordinator.work import Moved, Work
from privacy.canonical import canonical_bytes
from privacy.encoding.households import Evidence, household_schema
from privacy.linkage.household_locks import Locked, lock_numbers
from privacy.linkage.households import group_households, number_households
from privacy.linkage.stack import Ids

HOUSEHOLDS = "households"
"""The value that stays: the counts of `privacy.linkage.households.Households.report`."""
_NUMBERS = "household-numbers"
_LOCKS = "household-locks"
_PART = 100_000


@dataclass(frozen=True, slots=True)
class _Found:
    """Numbers of all positions, the locks for sealed nodes, and the evidence shown."""

    evidence: dict[str, Evidence] = field(repr=False)
    numbers: Ids = field(repr=False)
    report: bytes


async def tell_households(work: Work) -> Moved:
    """Group households and tell every node; a plan that does not ask passes at once."""
    if not work.plan.households:
        return Moved(LinkState.HOUSED)
    header = TableHeader.from_bytes(work.value(TABLE))
    await work.ask_all(Remaining.of(work).open, lambda member: _receive(work, member, header))
    found = await asyncio.to_thread(_number, work, header)

    async def tell_open(member: str) -> None:
        evidence = found.evidence[member]
        own = found.numbers[evidence.positions]
        await work.node(member).accept_households(lambda: _number_parts(work, header, own))

    async def tell_sealed(member: str) -> None:
        await work.node(member).open_households(lambda: _lock_parts(work, header))

    await work.ask_all(found.evidence, tell_open)
    await work.ask_all(Remaining.of(work).sealed if found.evidence else (), tell_sealed)
    about = {"departments": len(found.evidence), "sealed": len(Remaining.of(work).sealed)}
    return Moved(LinkState.HOUSED, {HOUSEHOLDS: found.report}, about)


async def _receive(work: Work, member: str, header: TableHeader) -> None:
    client, digest = work.node(member), work.stored.plan_digest
    await receive(
        work.spool,
        f"households/{member}",
        lambda: client.send_households(digest, household_schema().digest),
        pack_household,
        HouseholdArrival(_expected(work, member, header)),
    )


def _expected(work: Work, member: str, header: TableHeader) -> ExpectedHouseholds:
    rows = len(np.unique(slots_of(work.spool, member)))
    return ExpectedHouseholds(member, work.stored.plan_digest, rows, header.slots)


def _number(work: Work, header: TableHeader) -> _Found:
    """Group the spooled evidence; numbers and locks are drawn once and spooled."""
    here = Remaining.of(work)
    shown = {
        member: _expected(work, member, header).evidence(
            map(unpack_household, work.spool.frames(f"households/{member}"))
        )
        for member in here.open
    }
    evidence = {member: one for member, one in shown.items() if one is not None}
    grouped = group_households(list(evidence.values()), header.slots)
    if not work.spool.has(_NUMBERS):
        _spool_numbers(work.spool, number_households(grouped.home, fresh_seed()))
    numbers = np.frombuffer(b"".join(work.spool.frames(_NUMBERS)), dtype="<u4").astype(np.int64)
    if evidence and Remaining.of(work).sealed and not work.spool.has(_LOCKS):
        locked = lock_numbers(list(evidence.values()), grouped.home, numbers, fresh_seed())
        _spool_locks(work.spool, locked)
    abstained = [member for member in shown if member not in evidence]
    return _Found(evidence, numbers, canonical_bytes(grouped.report(list(evidence), abstained)))


def _spool_numbers(spool: Spool, numbers: Ids) -> None:
    with spool.writer(_NUMBERS) as writer:
        for first in range(0, len(numbers), _PART):
            writer.append(numbers[first : first + _PART].astype("<u4").tobytes())


def _spool_locks(spool: Spool, locked: Locked) -> None:
    """Spool the locks: their number, then frames of labels and of masked numbers in turn."""
    total = len(locked.labels)
    with spool.writer(_LOCKS) as writer:
        writer.append(total.to_bytes(8, "big"))
        for first in range(0, total, _PART):
            here = slice(first, first + _PART)
            writer.append(locked.labels[here].astype("<u8").tobytes())
            writer.append(locked.numbers[here].astype("<u4").tobytes())


def _number_parts(work: Work, header: TableHeader, own: Ids) -> Iterator[NumberPart]:
    for first in range(0, len(own), _PART):
        numbers = own[first : first + _PART].astype(np.uint32)
        yield NumberPart(work.stored.plan_digest, header.version, len(own), first, numbers)


def _lock_parts(work: Work, header: TableHeader) -> Iterator[LockPart]:
    frames = iter(work.spool.frames(_LOCKS))
    total, first = int.from_bytes(next(frames), "big"), 0
    for labels in frames:
        part = LockPart(
            work.stored.plan_digest,
            header.version,
            total,
            first,
            np.frombuffer(labels, dtype="<u8"),
            np.frombuffer(next(frames), dtype="<u4"),
        )
        first += len(part.labels)
        yield part
