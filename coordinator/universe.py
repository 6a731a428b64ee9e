"""The universe for sealed departments: codes of all slots, hidden places filled with dummies.

Open departments supply the dummies; the universe is laid out once a round, in one random
order, and every sealed department is streamed the same bytes (PROTOCOL 2).
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np

from coordinator.encodings import FIRST, Arrival, second_passes
from coordinator.frames import encodings, receive
from coordinator.held import expected, first_rows, schema_of
from coordinator.remaining import Remaining
from coordinator.slots import fresh_seed, slots_of, store_universe
from coordinator.wire_bytes import pack_encoding
from coordinator.work import Work
from privacy.encoding.batch import Batch
from privacy.linkage.sealed import choose_entries, offer
from privacy.linkage.stack import Stack


async def make_universe(work: Work, stack: Stack) -> None:
    """Ask the open nodes for dummies, hide the missing places with them, spool the universe."""
    schema = schema_of(work)
    passes = (FIRST, *second_passes(schema))
    slot = np.concatenate([slots_of(work.spool, d) for d in stack.departments]).astype(np.int64)
    missing = int((choose_entries(stack, slot) < 0).sum())
    suppliers = Remaining.of(work).open
    share = -(-missing // len(suppliers))
    if share:
        await work.ask_all(suppliers, lambda member: _receive_dummies(work, member, passes, share))
    pools = [
        expected(work, m, passes, share).batch(encodings(work.spool, f"dummies/{m}"))
        for m in suppliers
        if share
    ]
    pool = _pool(pools, schema.view_ids(passes), schema.length // 64)
    firsts = [replace(first_rows(work, d).first, views={}) for d in stack.departments]
    offered = offer(firsts, stack, slot, pool, fresh_seed())
    await asyncio.to_thread(store_universe, work.spool, offered)


async def _receive_dummies(work: Work, member: str, passes: tuple[str, ...], count: int) -> None:
    asked = expected(work, member, passes, count)
    client, digest = work.node(member), work.stored.plan_digest
    await receive(
        work.spool,
        f"dummies/{member}",
        lambda: client.send_dummies(digest, asked.schema.digest, passes, count),
        pack_encoding,
        Arrival(asked),
    )


def _pool(batches: list[Batch], views: tuple[str, ...], words: int) -> Batch:
    rows = sum(batch.rows for batch in batches)
    empty = np.zeros((0, words), dtype=np.uint64)
    return Batch(
        "dummies",
        rows,
        {
            kind: np.concatenate([b.tokens[kind] for b in batches])
            for kind in (batches[0].tokens if batches else ())
        },
        {view: np.concatenate([empty, *(b.views[view] for b in batches)]) for view in views},
        {
            name: np.concatenate([b.labels[name] for b in batches])
            for name in (batches[0].labels if batches else ())
        },
    )
