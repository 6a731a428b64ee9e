"""The middle of a run: sealed messages from dealer to nodes and from node to node.

The coordinator relays them through its spool and can read none of them.  It checks only
who sends what to whom, in which order: what does not belong is refused by name.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import ExitStack

from coordinator.agreement import run_of, stored_readys
from coordinator.dealing import CORRECTION, DealRequest, lookup_run
from coordinator.errors import MemberError, WaitingError
from coordinator.frames import dealings, sealed_messages
from coordinator.messages import Dealing, RunId, Sealed
from coordinator.wire_bytes import pack_dealing, pack_sealed
from coordinator.work import Work
from privacy.errors import EnishiError, ProtocolError, Text, UnreachableError

GROUP = "group"
INPUTS = "inputs"


def slots_in_force(work: Work) -> int:
    """Return N of the plan's slot table.

    Raises:
        ProtocolError: another slot table is in force by now.
    """
    table = work.process.rounds.slot_table()
    if table is None or table.version != work.plan.slot_table:
        raise ProtocolError(
            Text("計画のスロット表はもう有効ではありません。", "The plan's slot table is dead."),
            Text("新しい計画を作ってください。", "Make a new plan."),
        )
    return table.slots


async def deal(work: Work) -> int:
    """Fetch the dealer's randomness and hand each node its part.

    Returns:
        How many parts were relayed.

    Raises:
        MemberError: the dealer or a node refused or broke the protocol.
        WaitingError: one does not answer.
    """
    names = {node: f"dealing/{node}" for node in work.nodes}
    if not all(work.spool.has(name) for name in names.values()):
        await _fetch_dealing(work, names)

    async def hand_over(member: str) -> int:
        await work.node(member).receive_dealing(lambda: dealings(work.spool, names[member]))
        return sum(1 for _ in work.spool.frames(names[member]))

    parts = await work.ask_all(work.nodes, hand_over)
    for name in names.values():
        work.spool.remove(name)
    return sum(parts.values())


async def _fetch_dealing(work: Work, names: Mapping[str, str]) -> None:
    run, slots = run_of(work), slots_in_force(work)
    readys, own = stored_readys(work), work.process.config.coordinator
    signature = work.stored.plan_signature
    request = DealRequest(work.plan, own, signature, run, readys, slots)
    corrected = lookup_run(work.plan, run, work.nodes, slots).corrected
    seen: dict[str, int] = dict.fromkeys(names, 0)
    with _of_dealer(work.plan.dealer), ExitStack() as stack:
        writers = {n: stack.enter_context(work.spool.writer(name)) for n, name in names.items()}
        async for part in work.peers.dealer(work.plan.dealer).deal(request):
            _check_dealing(part, run, work.plan.dealer, corrected, seen)
            seen[part.receiver] += 1
            writers[part.receiver].append(pack_dealing(part))
        if not all(seen.values()):
            raise _wrong_message(work.plan.dealer)


def _check_dealing(
    part: Dealing, run: RunId, dealer: str, corrected: str, seen: Mapping[str, int]
) -> None:
    """Check that a part is the next one for its receiver: seeds first, then corrections."""
    number = seen.get(part.receiver, -1)
    seeds, correction = part.seeds, part.correction
    if part.run != run or number < 0 or (number == 0) != (seeds is not None):
        raise _wrong_message(dealer)
    if seeds is not None and (seeds.sender, seeds.receiver) != (dealer, part.receiver):
        raise _wrong_message(dealer)
    if correction is not None:
        wanted = Sealed(dealer, corrected, CORRECTION, number - 1, correction.box)
        if correction != wanted or part.receiver != corrected or seeds is not None:
            raise _wrong_message(dealer)


async def relay(work: Work, senders: Iterable[str], step: str) -> int:
    """Fetch what *senders* sealed to every other node in *step* and hand it over.

    Returns:
        How many messages were relayed.

    Raises:
        MemberError: a node refused, or sealed to a wrong receiver or in a wrong order.
        WaitingError: a node does not answer.
    """
    sending = tuple(senders)
    await work.ask_all(sending, lambda sender: _fetch_sealed(work, sender, step))

    async def hand_over(member: str) -> int:
        names = [_name(step, sender, member) for sender in sending if sender != member]

        def messages() -> Iterator[Sealed]:
            for name in names:
                yield from sealed_messages(work.spool, name)

        await work.node(member).receive_sealed(run_of(work), messages)
        return sum(1 for _ in messages())

    receivers = [n for n in work.nodes if set(sending) - {n}]
    relayed = await work.ask_all(receivers, hand_over)
    for sender in sending:
        for receiver in work.nodes:
            work.spool.remove(_name(step, sender, receiver))
    return sum(relayed.values())


async def _fetch_sealed(work: Work, sender: str, step: str) -> None:
    others = [node for node in work.nodes if node != sender]
    if all(work.spool.has(_name(step, sender, other)) for other in others):
        return
    counters = dict.fromkeys(others, 0)
    with ExitStack() as stack:
        writers = {
            o: stack.enter_context(work.spool.writer(_name(step, sender, o))) for o in others
        }
        async for sealed in _stream(work, sender, step):
            counter = counters.get(sealed.receiver, -1)
            if (sealed.sender, sealed.step, sealed.counter) != (sender, step, counter):
                raise _wrong_message(sender)
            counters[sealed.receiver] += 1
            writers[sealed.receiver].append(pack_sealed(sealed))
        if not all(counters.values()) or len(set(counters.values())) != 1:
            raise _wrong_message(sender)


def _stream(work: Work, sender: str, step: str) -> AsyncIterator[Sealed]:
    return work.node(sender).send_sealed(run_of(work), step)


def _name(step: str, sender: str, receiver: str) -> str:
    return f"{step}/{sender}/{receiver}"


class _of_dealer:  # noqa: N801  # used as a block, like a function
    """Turn an error inside the block into one of the dealer: waited for, or blamed."""

    def __init__(self, dealer: str) -> None:
        self._dealer = dealer

    def __enter__(self) -> None:
        return

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, UnreachableError):
            raise WaitingError({self._dealer: error.what}) from error
        if isinstance(error, EnishiError) and not isinstance(error, MemberError):
            raise MemberError(self._dealer, error) from error


def _wrong_message(sender: str) -> ProtocolError:
    return ProtocolError(
        Text(
            f"{sender} の封をしたメッセージの宛先、順序または数が違います。",
            f"Sealed messages of {sender} have a wrong receiver, order or number.",
        ),
        Text(f"{sender} の版を確かめてください。", f"Check the version of {sender}."),
    )
