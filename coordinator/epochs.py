"""The life of a link epoch at the coordinator: held, closing, closed (PROTOCOL 2, 3).

Codes of an epoch are held encrypted while incremental rounds are planned.  An epoch ends
when a newer one comes into force, a round says that codes are not kept, its last day has
passed, or the operator closes it: it is marked *closing*, its archive with the key is
destroyed, then it is *closed*, and nodes are told.  Killed between any two of these, the
next process goes on from the stored state.
"""

from __future__ import annotations

from coordinator.held import FOLDER, archive, terms
from coordinator.peers import Peers
from coordinator.process import CoordinatorProcess
from coordinator.rounds.link import LINK
from coordinator.store.engine import Connection
from coordinator.store.epochs import (
    EpochState,
    KeptEpoch,
    begin_closing,
    end_closing,
    hold,
    told,
)
from coordinator.store.rounds import StoredRound
from coordinator.work import Work
from privacy.audit import EntryKind
from privacy.errors import EnishiError, RefusedError, Text
from privacy.plan import Plan

UNFINISHED = Text(
    "この世代の連携ラウンドが終わっていません。", "A link round of this epoch has not ended."
)


def come_into_force(work: Work, connection: Connection, rows: int) -> None:
    """Record, in the transaction that ends a link round, whose rows are held from now on.

    No *rows* where a department was left out: the next round has to be a full one.
    The round before in the same epoch and every older epoch are not held any more.
    """
    process, epoch, plan = work.process, terms(work), work.plan
    if epoch.codes_until is not None:
        # Nodes were promised codes until a day: if none are held after all, they are told.
        kept = KeptEpoch(
            epoch=plan.link_epoch,
            city_epoch=work.roster.city_epoch,
            state=EpochState.OPEN if rows else EpochState.CLOSING,
            untold=() if rows else plan.nodes,
            round_id=work.stored.round_id,
            opened=process.clock().isoformat(),
            codes_until=epoch.codes_until.isoformat(),
            rows=rows,
        )
        hold(connection, kept)
    for other in process.epochs.all():
        over = other.epoch != plan.link_epoch or epoch.codes_until is None
        if over and other.state is EpochState.OPEN:
            # Nodes close it by themselves: they hold the newer table, or approved the plan.
            begin_closing(connection, other.epoch, ())


def close(process: CoordinatorProcess) -> KeptEpoch:
    """Close the epoch that is open: nothing may use it from now on, and its codes are destroyed.

    Raises:
        RefusedError: none is open, or one of its rounds has not ended.
    """
    found = next((e for e in process.epochs.all() if e.state is not EpochState.CLOSED), None)
    if found is None:
        raise RefusedError(
            Text("符号を持っている連携世代はありません。", "No link epoch's codes are held."),
        )
    if found.state is EpochState.OPEN:
        if unfinished(process, found.epoch):
            raise RefusedError(
                UNFINISHED,
                Text(
                    "`round resume` で終えるか、`round cancel` で取り消してください。",
                    "Finish it with `round resume` or end it with `round cancel`.",
                ),
            )
        _begin_closing(process, found, "operator")
    sweep(process)
    return next(e for e in process.epochs.all() if e.epoch == found.epoch)


def sweep(process: CoordinatorProcess) -> int:
    """Close epochs whose day has passed; destroy every archive that is nobody's any more.

    Returns:
        How many archives were destroyed.
    """
    today = process.clock().date().isoformat()
    for epoch in process.epochs.all():
        due = epoch.state is EpochState.OPEN and epoch.codes_until < today
        if due and not unfinished(process, epoch.epoch):
            _begin_closing(process, epoch, "day")
    epochs = process.epochs.all()
    held = {epoch.round_id for epoch in epochs if epoch.state is EpochState.OPEN}
    held |= {stored.round_id for stored in _unfinished(process)}
    folder = process.config.spool / FOLDER
    left = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    for round_id in sorted(left - held):
        archive(process, round_id).destroy()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    for epoch in epochs:
        if epoch.state is EpochState.CLOSING:
            _end_closing(process, epoch)
    return len(left - held)


async def tell_nodes(process: CoordinatorProcess, peers: Peers) -> tuple[str, ...]:
    """Tell nodes of closed epochs as far as they answer; return who still has to be told."""
    left: list[str] = []
    for epoch in process.epochs.all():
        for node in epoch.untold if epoch.state is EpochState.CLOSED else ():
            try:
                await peers.node(node).close_epoch(epoch.epoch)
            except EnishiError:
                # Asked again later; the node closes it by its own calendar as well.
                left.append(node)
                continue
            with process.database.write() as connection:
                told(connection, epoch.epoch, node)
    return tuple(left)


def unfinished(process: CoordinatorProcess, epoch: int) -> bool:
    """Tell whether a link round of *epoch* has not ended."""
    plans = (Plan.from_bytes(stored.plan) for stored in _unfinished(process))
    return any(plan.link_epoch == epoch for plan in plans)


def _begin_closing(process: CoordinatorProcess, epoch: KeptEpoch, why: str) -> None:
    plan = Plan.from_bytes(process.rounds.get(epoch.round_id).plan)
    with process.database.write() as connection:
        begin_closing(connection, epoch.epoch, plan.nodes)
        about: dict[str, str | int] = {"link_epoch": epoch.epoch, "closing": why}
        process.audit.append(connection, EntryKind.CHANGED, process.clock(), about)


def _end_closing(process: CoordinatorProcess, epoch: KeptEpoch) -> None:
    now = process.clock()
    with process.database.write() as connection:
        end_closing(connection, epoch.epoch, now.isoformat())
        about: dict[str, str | int] = {"link_epoch": epoch.epoch, "codes": "destroyed"}
        process.audit.append(connection, EntryKind.CHANGED, now, about)


def _unfinished(process: CoordinatorProcess) -> list[StoredRound]:
    return [
        stored
        for stored in process.rounds.all()
        if stored.kind == LINK.kind and not LINK.terminal(LINK.state(stored.state))
    ]
