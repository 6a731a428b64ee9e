"""The steps of a link round: ask for encodings, compare, solve, tell the slots (PROTOCOL 2, 3).

The coordinator holds codes encrypted in the round's spool and, while it computes, in
memory; both end with the round.  What stays is the quality report, in counts, and the
slot table's version, digest and size.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from coordinator import review
from coordinator.approvals import collect_approvals
from coordinator.encodings import FIRST, Arrival, Expected, merged, second_passes
from coordinator.frames import encodings, receive
from coordinator.heads import exchange_heads
from coordinator.households import HOUSEHOLDS, tell_households
from coordinator.messages import RunId
from coordinator.remaining import LEFT_OUT, Remaining
from coordinator.rounds.link import LinkState
from coordinator.slots import (
    TABLE,
    TableHeader,
    fresh_seed,
    left_out_parts,
    slot_parts,
    slots_of,
    store_slots,
    store_universe,
    universe_parts,
)
from coordinator.store.rounds import SlotTable, add_slot_table
from coordinator.wire_bytes import pack_encoding
from coordinator.work import Moved, Work
from privacy.canonical import canonical_bytes
from privacy.encoding.batch import Batch
from privacy.encoding.known_answer import DifferentAnswersError, KnownAnswer, compare
from privacy.encoding.registry import find_schema
from privacy.encoding.schema import Schema
from privacy.errors import ProtocolError, Text
from privacy.linkage.conditions import Conditions
from privacy.linkage.linker import Linker, start
from privacy.linkage.quality import quality_report
from privacy.linkage.sealed import choose_entries, offer
from privacy.linkage.slots import issue_slots
from privacy.linkage.stack import Ids, Stack
from privacy.linkage.weights import MatchModels

VERSION = "slot_version"
QUALITY = "quality"
KEPT = (QUALITY, TABLE, HOUSEHOLDS, LEFT_OUT)
"""What stays of a link round's values when it has ended."""
_LINKER = "linker"
_FIRST_LINKER = "first linker"
_MATCHING = "matching"


@dataclass(frozen=True, slots=True)
class _Matching:
    """What sealed departments are told from; the pairs are no longer needed."""

    stack: Stack
    models: MatchModels


async def _approve(work: Work) -> Moved:
    return Moved(LinkState.APPROVED, about={"approvals": await collect_approvals(work)})


async def _check_known_people(work: Work) -> Moved:
    digest = work.stored.plan_digest

    async def answer(member: str) -> KnownAnswer:
        return await work.node(member).answer_known_people(digest)

    here = Remaining.of(work)
    answers, here = await here.ask(here.nodes, answer)
    try:
        compare(answers)
    except DifferentAnswersError as error:
        if not error.nodes.keys() < answers.keys():
            raise
        here = here.without({name: _different(error, name) for name in error.nodes})
        answers = {name: answers[name] for name in here.nodes}
    if any(a.schema_digest != work.plan.schema_digest.hex() for a in answers.values()):
        raise ProtocolError(
            Text(
                "ノードの連結スキーマが計画と違います。",
                "The nodes' linkage schema is not the plan's.",
            ),
            Text("統括とノードの版を揃えてください。", "Bring all to one version."),
        )
    return here.moved(LinkState.CHECKED, about={"answers": len(answers)})


def _different(error: DifferentAnswersError, member: str) -> ProtocolError:
    return DifferentAnswersError({member: error.nodes[member]})


async def _receive_first_pass(work: Work) -> Moved:
    here = Remaining.of(work)
    rows, here = await here.ask(here.open, lambda m: _receive_pass(work, m, FIRST, []))
    reviewed = await review.receive_answers(work, here.open)
    about = {"departments": len(rows), "reviewed": reviewed}
    return here.moved(LinkState.ENCODED, about=about)


async def _compare(work: Work) -> Moved:
    linker = await asyncio.to_thread(_first_linker, work)
    asked = linker.ask(fresh_seed(), wanted=review.rows_in_review(work, linker))
    values = {f"ask/{d}": rows.astype("<u4").tobytes() for d, rows in asked.items()}
    about = {"rows": linker.stack.rows, "asked": sum(len(rows) for rows in asked.values())}
    return Moved(LinkState.COMPARED, values, about)


async def _receive_second_pass(work: Work) -> Moved:
    passes = second_passes(_schema(work))

    async def receive_all(member: str) -> int:
        handles = _asked(work, member).tolist()
        if handles:
            for salt_pass in passes:
                await _receive_pass(work, member, salt_pass, handles)
        return len(handles)

    here = Remaining.of(work)
    before = here.open
    rows, here = await here.ask(before, receive_all)
    if here.open != before:
        # What the department sent is not used: the first pass is compared again without it.
        work.memory.pop(_FIRST_LINKER, None)
    return here.moved(LinkState.COMPLETED, about={"rows": sum(rows.values())})


async def _solve(work: Work) -> Moved:
    linker = await asyncio.to_thread(_second_linker, work)
    linker, outcome = await asyncio.to_thread(review.settle, work, linker)
    report = canonical_bytes(quality_report(linker, fresh_seed(), outcome).to_json())
    stack, cluster = linker.stack, linker.linked.solution.cluster
    clusters = {name: cluster[stack.of(at)] for at, name in enumerate(stack.departments)}
    version = int(work.value(VERSION))
    header = store_slots(work.spool, issue_slots(clusters, version, fresh_seed()))
    work.memory[_MATCHING] = _Matching(stack, linker.models)
    work.memory.pop(_LINKER, None)
    values = {QUALITY: report, TABLE: header.to_bytes()}
    return Moved(LinkState.SLOTTED, values, {"slots": header.slots, "version": version})


async def _tell_sealed(work: Work) -> Moved:
    here = Remaining.of(work)
    if not here.sealed:
        return Moved(LinkState.MATCHED, about={"sealed": 0})
    matching = await asyncio.to_thread(_matching, work)
    if not work.spool.has("universe"):
        await _make_universe(work, matching.stack)
    digest, header = work.stored.plan_digest, _header(work)
    model_json, schema_digest = canonical_bytes(matching.models.to_json()), _schema(work).digest

    async def tell(member: str) -> None:
        await work.node(member).match_universe(
            lambda: universe_parts(work.spool, digest, schema_digest, header, model_json)
        )

    told, here = await here.ask(here.sealed, tell)
    return here.moved(LinkState.MATCHED, about={"sealed": len(told)})


async def _tell_open(work: Work) -> Moved:
    digest, header = work.stored.plan_digest, _header(work)

    async def tell(member: str) -> None:
        slots = slots_of(work.spool, member)
        await work.node(member).accept_slots(lambda: slot_parts(digest, header, slots))

    async def tell_left_out(member: str) -> None:
        why = here.left_out[member]
        await work.node(member).accept_slots(lambda: left_out_parts(digest, header, why))

    here = Remaining.of(work)
    declined = await review.ask(work)
    await work.ask_all(here.open, tell)
    # Who was left out learns it as far as it answers: nobody waits for it.
    await work.ask_each(here.left_out, tell_left_out)
    return Moved(LinkState.TOLD, about={"open": len(here.open), **declined})


async def _close(work: Work) -> Moved:
    left_out = Remaining.of(work).left_out
    heads = await exchange_heads(work, RunId(work.stored.plan_digest), without=left_out)
    work.memory.clear()
    work.spool.destroy()
    return Moved(LinkState.CLOSED, about={"heads": heads})


async def _finish(work: Work) -> Moved:
    header = _header(work)
    table = SlotTable(
        header.version,
        work.stored.round_id,
        header.digest,
        header.slots,
        work.process.clock().isoformat(),
    )
    return Moved(
        LinkState.DONE,
        about={"slots": header.slots, "version": header.version},
        also=lambda connection: add_slot_table(connection, table),
        reason=Remaining.of(work).summary(),
    )


STEPS: Mapping[LinkState, Callable[[Work], Awaitable[Moved]]] = {
    LinkState.PROPOSED: _approve,
    LinkState.APPROVED: _check_known_people,
    LinkState.CHECKED: _receive_first_pass,
    LinkState.ENCODED: _compare,
    LinkState.COMPARED: _receive_second_pass,
    LinkState.COMPLETED: _solve,
    LinkState.SLOTTED: _tell_sealed,
    LinkState.MATCHED: _tell_open,
    LinkState.TOLD: tell_households,
    LinkState.HOUSED: _close,
    LinkState.CLOSED: _finish,
}
"""What is done in each state; the result is the state that follows."""


def _schema(work: Work) -> Schema:
    return find_schema(work.plan.schema_digest)


def _expected(work: Work, member: str, passes: tuple[str, ...], rows: int | None) -> Expected:
    return Expected(
        department=member,
        plan_digest=work.stored.plan_digest,
        schema=_schema(work),
        bits=Conditions.of(work.plan).bits,
        passes=passes,
        tokens=passes[0] == FIRST,
        rows=rows,
        most_rows=work.process.config.most_rows,
    )


async def _receive_pass(work: Work, member: str, salt_pass: str, handles: list[int]) -> None:
    expected = _expected(work, member, (salt_pass,), len(handles) or None)
    client, digest = work.node(member), work.stored.plan_digest
    await receive(
        work.spool,
        f"{salt_pass}/{member}",
        lambda: client.send_encodings(digest, expected.schema.digest, salt_pass, handles),
        pack_encoding,
        Arrival(expected),
    )


async def _make_universe(work: Work, stack: Stack) -> None:
    """Ask the open nodes for dummies, hide the missing places with them, spool the universe."""
    schema = _schema(work)
    passes = (FIRST, *second_passes(schema))
    slot = np.concatenate([slots_of(work.spool, d) for d in stack.departments]).astype(np.int64)
    missing = int((choose_entries(stack, slot) < 0).sum())
    suppliers = Remaining.of(work).open
    share = -(-missing // len(suppliers))
    if share:
        await work.ask_all(suppliers, lambda member: _receive_dummies(work, member, passes, share))
    pools = [
        _expected(work, m, passes, share).batch(encodings(work.spool, f"dummies/{m}"))
        for m in suppliers
        if share
    ]
    pool = _pool(pools, schema.view_ids(passes), schema.length // 64)
    firsts = [replace(_first_batch(work, d), views={}) for d in stack.departments]
    offered = offer(firsts, stack, slot, pool, fresh_seed())
    await asyncio.to_thread(store_universe, work.spool, offered)


async def _receive_dummies(work: Work, member: str, passes: tuple[str, ...], count: int) -> None:
    expected = _expected(work, member, passes, count)
    client, digest = work.node(member), work.stored.plan_digest
    await receive(
        work.spool,
        f"dummies/{member}",
        lambda: client.send_dummies(digest, expected.schema.digest, passes, count),
        pack_encoding,
        Arrival(expected),
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


def _first_batch(work: Work, member: str) -> Batch:
    parts = encodings(work.spool, f"{FIRST}/{member}")
    return _expected(work, member, (FIRST,), None).batch(parts)


def _first_linker(work: Work) -> Linker:
    """Return the linkage after the first pass, from memory or computed again."""
    kept = work.memory.get(_FIRST_LINKER)
    if not isinstance(kept, Linker):
        batches = [_first_batch(work, member) for member in Remaining.of(work).open]
        kept = start(batches, engine=work.process.config.comparing())
        work.memory[_FIRST_LINKER] = kept
    return kept


def _second_linker(work: Work) -> Linker:
    """Return the linkage after the second pass, from memory or computed again."""
    kept = work.memory.get(_LINKER)
    if isinstance(kept, Linker):
        return kept
    asked: dict[str, Ids] = {m: _asked(work, m).astype(np.int64) for m in Remaining.of(work).open}
    passes = second_passes(_schema(work))
    batches = []
    for member, rows in asked.items():
        if len(rows):
            found = [
                _expected(work, member, (p,), len(rows)).batch(
                    encodings(work.spool, f"{p}/{member}")
                )
                for p in passes
            ]
            batches.append(merged(member, found))
    linker = _first_linker(work).second_pass(batches, asked)
    work.memory[_LINKER] = linker
    work.memory.pop(_FIRST_LINKER, None)
    return linker


def _matching(work: Work) -> _Matching:
    """Return what sealed departments are told from, from memory or computed again."""
    kept = work.memory.get(_MATCHING)
    if not isinstance(kept, _Matching):
        linker = _second_linker(work)
        kept = _Matching(linker.stack, linker.models)
        work.memory[_MATCHING] = kept
        work.memory.pop(_LINKER, None)
    return kept


def _asked(work: Work, member: str) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
    return np.frombuffer(work.value(f"ask/{member}"), dtype="<u4")


def _header(work: Work) -> TableHeader:
    return TableHeader.from_bytes(work.value(TABLE))


def quality_of(value: bytes) -> dict[str, object]:
    """Return a stored quality report as JSON values."""
    report: dict[str, object] = json.loads(value)
    return report
