"""Who drives: the process that gets the lock; every other one follows what is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from coordinator import epochs
from coordinator.connections import Connections
from coordinator.driver import Driver
from coordinator.errors import RoundStateError
from coordinator.kinds import kind_of
from coordinator.lock import driver_lock
from coordinator.log import Log
from coordinator.process import CoordinatorProcess
from coordinator.retries import Retries
from coordinator.spool import Spool
from coordinator.store.rounds import StoredRound
from privacy.errors import EnishiError

LOOK_S = 0.5

OnLook = Callable[[StoredRound], None]


def has_ended(stored: StoredRound) -> bool:
    """Tell whether a stored round is in a terminal state."""
    machine = kind_of(stored.kind).machine
    return machine.terminal(machine.state(stored.state))


async def run_round(
    process: CoordinatorProcess, round_id: str, log: Log, on_look: OnLook
) -> StoredRound:
    """Drive a round to its end, or follow it while another process drives.

    Args:
        process: The coordinator.
        round_id: The round.
        log: Where transitions are logged.
        on_look: Called now and then with the round as it stands.
    """
    connections = Connections(process)
    watching = asyncio.create_task(_watch(process, round_id, on_look))
    try:
        while True:
            with driver_lock(process.config.home) as mine:
                if mine:
                    sweep(process)
                    return await Driver(process, connections, log).drive(round_id)
            stored = process.rounds.get(round_id)
            if has_ended(stored):
                return stored
            await asyncio.sleep(LOOK_S)
    finally:
        watching.cancel()
        await connections.close()


async def drive_unfinished(process: CoordinatorProcess, log: Log, stop: asyncio.Event) -> None:
    """Drive every round that has not ended, as far as it goes, until *stop* is set."""
    connections = Connections(process)
    try:
        while not stop.is_set():
            with driver_lock(process.config.home) as mine:
                if mine:
                    await _drive_all(process, connections, log)
            try:
                await asyncio.wait_for(stop.wait(), process.config.wait_s)
            except TimeoutError:
                continue
    finally:
        await connections.close()


async def tell_closed_epochs(process: CoordinatorProcess) -> tuple[str, ...]:
    """Tell nodes of closed epochs, each once; return who did not answer."""
    if not any(epoch.untold for epoch in process.epochs.all()):
        return ()
    connections = Connections(process, Retries(attempts=1))
    try:
        return await epochs.tell_nodes(process, connections)
    finally:
        await connections.close()


def sweep(process: CoordinatorProcess) -> int:
    """Destroy what a driver that was killed at the very end of a round has left in its spool.

    And close link epochs whose day has passed, with the codes that were kept of them.

    Returns:
        How many ended rounds still had one.
    """
    folder = process.config.spool
    left = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    ended = [r.round_id for r in process.rounds.all() if r.round_id in left and has_ended(r)]
    for round_id in ended:
        Spool(folder, round_id).destroy()
    epochs.sweep(process)
    return len(ended)


async def _drive_all(process: CoordinatorProcess, connections: Connections, log: Log) -> None:
    sweep(process)
    await tell_closed_epochs(process)
    driver = Driver(process, connections, log)
    for stored in process.rounds.all():
        if has_ended(stored):
            continue
        try:
            await driver.drive(stored.round_id, wait=False)
        except RoundStateError:
            raise
        except EnishiError as error:
            log("round_not_driven", round=stored.round_id, error=type(error).__name__)


async def _watch(process: CoordinatorProcess, round_id: str, on_look: OnLook) -> None:
    while True:
        on_look(process.rounds.get(round_id))
        await asyncio.sleep(LOOK_S)
