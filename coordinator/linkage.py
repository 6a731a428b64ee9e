"""The steps of a link round: ask for encodings, compare, solve, tell the slots (PROTOCOL 2, 3).

The coordinator holds codes encrypted in the round's spool and, while it computes, in
memory; both end with the round.  What stays is the quality report, in counts, and the
slot table's version, digest and size; and where the plan says so, the rows' codes in the
archive of their link epoch, encrypted, until that is closed (`coordinator.epochs`).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coordinator import review
from coordinator.approvals import collect_approvals
from coordinator.encodings import FIRST, Arrival, second_passes
from coordinator.epochs import come_into_force
from coordinator.frames import receive
from coordinator.heads import exchange_heads
from coordinator.held import (
    SEED,
    archived,
    expected,
    first_rows,
    later_rows,
    schema_of,
    seed_of,
    terms,
    write_archive,
)
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
    universe_parts,
)
from coordinator.store.engine import Connection
from coordinator.store.rounds import SlotTable, add_slot_table
from coordinator.universe import make_universe
from coordinator.wire_bytes import pack_encoding
from coordinator.work import Moved, Work
from privacy.canonical import canonical_bytes
from privacy.encoding.known_answer import DifferentAnswersError, KnownAnswer, compare
from privacy.errors import ProtocolError, Text
from privacy.linkage.incremental import chances, to_request, without_codes
from privacy.linkage.linker import Linker, start
from privacy.linkage.quality import quality_report
from privacy.linkage.slots import issue_slots
from privacy.linkage.stack import Ids, Stack
from privacy.linkage.weights import MatchModels

VERSION = "slot_version"
QUALITY = "quality"
KEPT = (QUALITY, TABLE, HOUSEHOLDS, LEFT_OUT)
"""What stays of a link round's values when it has ended."""
HELD = "held_rows"
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
    values = await asyncio.to_thread(_asking, work, linker)
    asked = sum(len(values[f"ask/{d}"]) // 4 for d in linker.departments)
    about = {"rows": linker.stack.rows, "asked": asked}
    return Moved(LinkState.COMPARED, values, about)


async def _receive_second_pass(work: Work) -> Moved:
    passes = second_passes(schema_of(work))

    async def receive_all(member: str) -> int:
        handles = _numbers(work, f"request/{member}").tolist()
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
        await make_universe(work, matching.stack)
    digest, header = work.stored.plan_digest, _header(work)
    model_json, schema_digest = canonical_bytes(matching.models.to_json()), schema_of(work).digest

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
    here = Remaining.of(work)
    # Who was left out has no rows here, so an incremental round could not build on these.
    whole = terms(work).keeps_codes and here.open == work.open_nodes
    held = await asyncio.to_thread(_archive, work) if whole else 0
    heads = await exchange_heads(work, RunId(work.stored.plan_digest), without=here.left_out)
    work.memory.clear()
    work.spool.destroy()
    return Moved(LinkState.CLOSED, {HELD: str(held).encode()}, {"heads": heads})


async def _finish(work: Work) -> Moved:
    header = _header(work)
    table = SlotTable(
        header.version,
        work.stored.round_id,
        header.digest,
        header.slots,
        work.process.clock().isoformat(),
    )
    # A round that an older version has closed holds nothing.
    rows = int(work.process.rounds.value(work.stored.round_id, HELD) or b"0")

    def take_effect(connection: Connection) -> None:
        add_slot_table(connection, table)
        come_into_force(work, connection, rows)

    return Moved(
        LinkState.DONE,
        about={"slots": header.slots, "version": header.version},
        also=take_effect,
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


async def _receive_pass(work: Work, member: str, salt_pass: str, handles: list[int]) -> None:
    asked = expected(work, member, (salt_pass,), len(handles) or None)
    client, digest = work.node(member), work.stored.plan_digest
    await receive(
        work.spool,
        f"{salt_pass}/{member}",
        lambda: client.send_encodings(digest, asked.schema.digest, salt_pass, handles),
        pack_encoding,
        Arrival(asked),
    )


def _first_linker(work: Work) -> Linker:
    """Return the linkage after the first pass, from memory or computed again."""
    kept = work.memory.get(_FIRST_LINKER)
    if not isinstance(kept, Linker):
        batches = [first_rows(work, member).first for member in Remaining.of(work).open]
        kept = start(batches, engine=work.process.config.comparing())
        work.memory[_FIRST_LINKER] = kept
    return kept


def _second_linker(work: Work) -> Linker:
    """Return the linkage after the second pass, from memory or computed again."""
    kept = work.memory.get(_LINKER)
    if isinstance(kept, Linker):
        return kept
    asked: dict[str, Ids] = {
        m: _numbers(work, f"ask/{m}").astype(np.int64) for m in Remaining.of(work).open
    }
    batches = [
        later_rows(work, member, _numbers(work, f"request/{member}")).later_of(rows)
        for member, rows in asked.items()
        if len(rows)
    ]
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


def _asking(work: Work, linker: Linker) -> dict[str, bytes]:
    """Return whom to ask again, by place; the handles to request; and the epoch's seed."""
    seed = seed_of(work)
    rows = [without_codes(first_rows(work, member)) for member in linker.departments]
    wanted = review.rows_in_review(work, linker)
    asked = linker.ask(seed, wanted=wanted, chance=chances(seed, rows))
    values = {SEED: seed}
    for held in rows:
        member = held.first.department
        values[f"ask/{member}"] = asked[member].astype("<u4").tobytes()
        requested = to_request(held, asked[member], seed)
        values[f"request/{member}"] = requested.astype("<u4").tobytes()
    return values


def _archive(work: Work) -> int:
    """Write the rows that the epoch holds from now on; return how many."""
    count = archived(work)
    if count is not None:
        return count  # Killed after this: the round's own spool may be gone.
    rows = {m: later_rows(work, m, _numbers(work, f"request/{m}")) for m in work.open_nodes}
    write_archive(work, rows, work.value(SEED))
    return sum(len(held.handles) for held in rows.values())


def _numbers(work: Work, name: str) -> NDArray[np.uint32]:
    return np.frombuffer(work.value(name), dtype="<u4").astype(np.uint32)


def _header(work: Work) -> TableHeader:
    return TableHeader.from_bytes(work.value(TABLE))


def quality_of(value: bytes) -> dict[str, object]:
    """Return a stored quality report as JSON values."""
    report: dict[str, object] = json.loads(value)
    return report
