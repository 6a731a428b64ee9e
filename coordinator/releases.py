"""The steps of a statistics round: agree, charge, exchange, sum, archive (PROTOCOL 5, 6).

The coordinator learns the noisy cells and nothing else.  What was charged stays charged,
whatever happens; the same question is answered from the archive.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from coordinator.agreement import (
    TRANSCRIPT,
    abandon,
    begin_everywhere,
    collect_readys,
    end_everywhere,
    ready_values,
    run_of,
    stored_readys,
)
from coordinator.approvals import collect_approvals
from coordinator.dealing import CELLS, lookup_run
from coordinator.exchange import INPUTS, deal, relay, slots_in_force
from coordinator.frames import outputs, receive
from coordinator.heads import exchange_heads
from coordinator.outputs import ExpectedOutput, OutputArrival, vector
from coordinator.queries import query_of
from coordinator.rounds.statistics import StatisticsState
from coordinator.store.engine import Connection
from coordinator.store.releases import StoredRelease, add_release, extend_ledger, ledger_in
from coordinator.wire_bytes import pack_output
from coordinator.work import Moved, Work
from privacy.canonical import canonical_bytes
from privacy.dp.ledger import Limits
from privacy.dp.loss import Rho
from privacy.lookup.combine import noisy_counts
from privacy.statistics.result import COVERAGE, CountRelease

RESULT = "result"
KEPT = (RESULT, TRANSCRIPT)
CELL_BYTES = 4
_MILLION = 1_000_000


async def _approve(work: Work) -> Moved:
    return Moved(StatisticsState.APPROVED, about={"approvals": await collect_approvals(work)})


async def _agree(work: Work) -> Moved:
    slots_in_force(work)
    readys = await collect_readys(work)
    reported = {n: Rho(r.ledger_total_nano) for n, r in readys.items()}
    account, rho = query_of(work.plan).account, Rho(work.plan.rho_nano)
    work.process.charges.ledger(limits(work)).compare(account, reported).check(account, rho)
    return Moved(StatisticsState.READY, ready_values(work, readys), {"readys": len(readys)})


async def _begin(work: Work) -> Moved:
    await begin_everywhere(work)
    return Moved(StatisticsState.BEGUN, about={"transcript": run_of(work).transcript.hex()})


async def _charge(work: Work) -> Moved:
    query, rho = query_of(work.plan), Rho(work.plan.rho_nano)
    transcript = run_of(work).transcript.hex()
    reported = {r.node_id: Rho(r.ledger_total_nano) for r in stored_readys(work)}

    def charge(connection: Connection) -> None:
        before = ledger_in(connection, limits(work))
        compared = before.compare(query.account, reported)
        after = compared.charge(query.account, query.release_id, transcript, rho)
        extend_ledger(connection, before, after)

    return Moved(StatisticsState.CHARGED, about={"rho_nano": rho.nano}, also=charge)


async def _deal(work: Work) -> Moved:
    return Moved(StatisticsState.DEALT, about={"parts": await deal(work)})


async def _share_inputs(work: Work) -> Moved:
    return Moved(StatisticsState.SHARED, about={"messages": await relay(work, work.nodes, INPUTS)})


async def _release(work: Work) -> Moved:
    query, transcript = query_of(work.plan), run_of(work).transcript.hex()
    lookup = lookup_run(work.plan, run_of(work), work.nodes, slots_in_force(work))
    await work.ask_all(work.nodes, lambda member: _receive_output(work, member, len(query.cells)))
    vectors = {node: vector(outputs(work.spool, f"outputs/{node}")) for node in work.nodes}
    totals = noisy_counts(lookup, vectors, len(query.cells))
    released = CountRelease.of(query, totals, query.noise(Rho(work.plan.rho_nano)))
    body = release_body(work, released)
    stored = StoredRelease(
        query.release_id, work.stored.round_id, work.plan.slot_table, body, work.process.clock()
    )

    def archive(connection: Connection) -> None:
        before = ledger_in(connection, limits(work))
        extend_ledger(connection, before, before.released(transcript))
        add_release(connection, stored)

    about: Mapping[str, str | int] = {"cells": len(query.cells), "release": query.release_id}
    return Moved(StatisticsState.RELEASED, {RESULT: body}, about, archive)


async def _close(work: Work) -> Moved:
    heads = await exchange_heads(work, run_of(work))
    await end_everywhere(work)
    work.spool.destroy()
    return Moved(StatisticsState.CLOSED, about={"heads": heads})


async def _finish(_work: Work) -> Moved:
    return Moved(StatisticsState.DONE)


STEPS: Mapping[StatisticsState, Callable[[Work], Awaitable[Moved]]] = {
    StatisticsState.PROPOSED: _approve,
    StatisticsState.APPROVED: _agree,
    StatisticsState.READY: _begin,
    StatisticsState.BEGUN: _charge,
    StatisticsState.CHARGED: _deal,
    StatisticsState.DEALT: _share_inputs,
    StatisticsState.SHARED: _release,
    StatisticsState.RELEASED: _close,
    StatisticsState.CLOSED: _finish,
}
"""What is done in each state; the result is the state that follows."""


def limits(work: Work) -> Limits:
    """Return the coordinator's own limit for a population and year."""
    return Limits(Rho(work.process.config.rho_nano_per_year))


def release_body(work: Work, released: CountRelease) -> bytes:
    """Return a release as canonical JSON, for the archive and the pages."""
    return canonical_bytes(
        {
            "query": query_of(work.plan).canonical(),
            "dimensions": list(released.dimensions),
            "cells": [
                {"labels": list(c.labels), "value": c.value, "half_width": c.half_width}
                for c in released.cells
            ],
            "nano_rho": work.plan.rho_nano,
            "epsilon_millionths": round(released.epsilon * _MILLION),
            "coverage_millionths": round(COVERAGE * _MILLION),
        }
    )


async def give_up(work: Work) -> None:
    """Mark the attempt of a round that ended early as dead; its charge stands."""
    transcript = work.process.rounds.value(work.stored.round_id, TRANSCRIPT)
    if transcript is not None:
        with work.process.database.write() as connection:
            before = ledger_in(connection, limits(work))
            if transcript.hex() in {entry.transcript for entry in before.entries}:
                extend_ledger(connection, before, before.dead(transcript.hex()))
    await abandon(work)


async def _receive_output(work: Work, member: str, cells: int) -> None:
    expected = ExpectedOutput(member, run_of(work), CELLS, CELL_BYTES * cells, 0)
    client = work.node(member)
    await receive(
        work.spool,
        f"outputs/{member}",
        lambda: client.send_outputs(run_of(work)),
        pack_output,
        OutputArrival(expected),
    )
