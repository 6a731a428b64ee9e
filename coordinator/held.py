"""The rows of a link round by their handles, and the archive in which an epoch holds them.

An archive is the spool of one round's rows, encrypted under a key file of its own, beside
the rounds' spools: destroying it destroys that key.  The round that follows in the epoch
writes a new archive, so what was changed or removed since is gone with the old one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from coordinator.encodings import FIRST, Expected, merged, second_passes
from coordinator.frames import encodings
from coordinator.messages import EncodingPart
from coordinator.process import CoordinatorProcess
from coordinator.slots import fresh_seed
from coordinator.spool import Spool
from coordinator.wire_bytes import pack_encoding
from coordinator.work import Work
from privacy.encoding.batch import Batch
from privacy.encoding.registry import find_schema
from privacy.encoding.schema import Schema
from privacy.linkage.conditions import Conditions
from privacy.linkage.epoch_terms import EpochTerms, Scope, epoch_terms_of
from privacy.linkage.incremental import Handles, HeldRows, updated, whole_rows
from privacy.plan import Plan

FOLDER = "epochs"
ROWS_A_FRAME = 2_000
SEED = "epoch_seed"
_LATER = "later"


def archive(process: CoordinatorProcess, round_id: str) -> Spool:
    """Return the archive of the rows of the round *round_id*."""
    return Spool(process.config.spool / FOLDER, round_id)


def terms(work: Work) -> EpochTerms:
    """Return the terms of the round's plan."""
    return epoch_terms_of(work.plan)


def schema_of(work: Work) -> Schema:
    """Return the linkage schema of the round's plan."""
    return find_schema(work.plan.schema_digest)


def expected(work: Work, member: str, passes: tuple[str, ...], rows: int | None) -> Expected:
    """Return what *member* is asked for in *passes* of this round."""
    epoch, first = terms(work), passes == (FIRST,)
    return Expected(
        department=member,
        plan_digest=work.stored.plan_digest,
        schema=schema_of(work),
        bits=Conditions.of(work.plan).bits,
        passes=passes,
        tokens=passes[0] == FIRST,
        rows=rows,
        most_rows=work.process.config.most_rows,
        handles=first and (epoch.keeps_codes or not epoch.opens_epoch),
        changes=first and epoch.scope is Scope.INCREMENTAL,
    )


def first_rows(work: Work, member: str) -> HeldRows:
    """Return a department's rows after the first pass of this round.

    Of an incremental round: the rows of its base with the changes merged into them.

    Raises:
        ProtocolError: what it sent is wrong, or does not fit the base; it is named.
        SpoolError: a stream is missing or was changed.
    """
    parts = list(encodings(work.spool, f"{FIRST}/{member}"))
    wanted = expected(work, member, (FIRST,), None)
    sent = wanted.batch(parts)
    handles = _handles(parts)
    epoch = terms(work)
    if epoch.scope is Scope.INCREMENTAL:
        base = _read(archive(work.process, epoch.base), member, base_plan=bytes.fromhex(epoch.base))
        held = updated(base, handles, sent, parts[0].removed)
        for tokens in held.first.tokens.values():
            there = tokens[tokens.any(axis=1)]
            if len(np.unique(there, axis=0)) != len(there):
                raise wanted.refused("同じ行が二度あります", "a row twice: equal tokens")
        return held
    return whole_rows(handles, sent)


def later_rows(work: Work, member: str, requested: Handles) -> HeldRows:
    """Return a department's rows with the later views of the *requested* handles."""
    held = first_rows(work, member)
    if not len(requested):
        return held
    found = [
        expected(work, member, (salt_pass,), len(requested)).batch(
            encodings(work.spool, f"{salt_pass}/{member}")
        )
        for salt_pass in second_passes(schema_of(work))
    ]
    return held.with_later(requested, merged(member, found))


def seed_of(work: Work) -> bytes:
    """Return the epoch's seed: of the base round's archive, or fresh where the epoch is new."""
    base = terms(work).base
    return next(archive(work.process, base).frames(SEED)) if base else fresh_seed()


def archived(work: Work) -> int | None:
    """Return how many rows this round's archive holds, or None where it is not complete."""
    spool = archive(work.process, work.stored.round_id)
    if not spool.has(SEED):
        return None
    _, rows = spool.frames(SEED)
    return int(rows)


def write_archive(work: Work, rows: Mapping[str, HeldRows], seed: bytes) -> None:
    """Write the archive of this round's *rows*, whole or not at all; an older try is replaced."""
    spool = archive(work.process, work.stored.round_id)
    spool.destroy()
    for member, held in rows.items():
        later = held.later
        with spool.writer(f"{FIRST}/{member}") as writer:
            for part in _parts(held.handles, held.first, work.plan, FIRST):
                writer.append(pack_encoding(part))
        with spool.writer(f"{_LATER}/{member}") as writer:
            for part in _parts(held.later_handles, later, work.plan, _LATER):
                writer.append(pack_encoding(part))
    with spool.writer(SEED) as writer:
        writer.append(seed)
        writer.append(str(sum(len(held.handles) for held in rows.values())).encode())


def _read(spool: Spool, member: str, *, base_plan: bytes) -> HeldRows:
    handles, first = _batch(spool, f"{FIRST}/{member}", member, base_plan)
    later_handles, later = _batch(spool, f"{_LATER}/{member}", member, base_plan)
    return HeldRows(handles, first, later_handles, later)


def _batch(spool: Spool, name: str, member: str, plan: bytes) -> tuple[Handles, Batch]:
    parts = [part for part in encodings(spool, name) if part.plan_digest == plan]
    filled = [part for part in parts if part.rows]
    if not filled:
        return np.zeros(0, dtype=np.uint32), Batch(member, 0, {}, {})
    head = filled[0]
    return _handles(filled), Batch(
        member,
        sum(part.rows for part in filled),
        {kind: np.concatenate([part.tokens[kind] for part in filled]) for kind in head.tokens},
        {view: np.concatenate([part.views[view] for part in filled]) for view in head.views},
        {name: np.concatenate([part.labels[name] for part in filled]) for name in head.labels},
    )


def _parts(handles: Handles, batch: Batch, plan: Plan, name: str) -> Iterator[EncodingPart]:
    for first in range(0, batch.rows, ROWS_A_FRAME):
        here = slice(first, first + ROWS_A_FRAME)
        yield EncodingPart(
            plan.digest,
            plan.schema_digest,
            name,
            batch.rows,
            first,
            len(handles[here]),
            {kind: values[here] for kind, values in batch.tokens.items()},
            {view: codes[here] for view, codes in batch.views.items()},
            {label: values[here] for label, values in batch.labels.items()},
            handles[here],
        )


def _handles(parts: Sequence[EncodingPart]) -> Handles:
    """Return the rows' handles; where a node counts its rows, their places."""
    found = np.concatenate([part.handles for part in parts])
    rows = sum(part.rows for part in parts)
    return found if len(found) == rows else np.arange(rows, dtype=np.uint32)
