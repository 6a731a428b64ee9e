"""Which link epoch a round belongs to, and on what terms it goes on in one."""

from __future__ import annotations

import datetime as dt

from coordinator.config import CoordinatorConfig
from coordinator.epochs import UNFINISHED, unfinished
from coordinator.process import CoordinatorProcess
from coordinator.rosters import roster_in_force
from coordinator.store.rounds import SlotTable
from privacy.encoding.schema import Schema, default_schema
from privacy.errors import RefusedError, Text
from privacy.linkage.conditions import Conditions, Missing
from privacy.linkage.epoch_terms import EpochTerms, Scope
from privacy.plan import Plan, PlanKind


def link_schema(config: CoordinatorConfig) -> Schema:
    """Return the schema of link rounds: with block labels above the policy's size."""
    return default_schema(labels=config.population_size > config.labels_above)


def link_conditions(config: CoordinatorConfig) -> Conditions:
    """Return the conditions of link rounds as the settings state them."""
    return Conditions(config.population_size, Missing(config.missing))


def link_epoch(process: CoordinatorProcess, terms: EpochTerms) -> int:
    """Return the epoch of a link plan on these *terms*: its base's, or a number never planned."""
    if terms.base:
        return Plan.from_bytes(process.rounds.get(terms.base).plan).link_epoch
    plans = [r.plan for r in process.rounds.all() if r.kind == str(PlanKind.LINK)]
    return max((Plan.from_bytes(plan).link_epoch for plan in plans), default=0) + 1


def epoch_of(process: CoordinatorProcess, table: SlotTable) -> int:
    """Return the link epoch that a slot table belongs to."""
    return Plan.from_bytes(process.rounds.get(table.round_id).plan).link_epoch


def continued(
    process: CoordinatorProcess, scope: Scope, codes_until: dt.date | None = None
) -> EpochTerms:
    """Return the terms of a round inside the epoch that is open.

    Args:
        process: The coordinator.
        scope: Full sends all rows again; incremental only what changed.
        codes_until: The last day on which codes may be held; None keeps the epoch's.

    Raises:
        RefusedError: no epoch is open, roster or schema are others than its base round's, or
            another round of it has not ended.
        RosterMissingError: there is no roster in force.
    """
    epoch = process.epochs.open_one()
    full = Text(
        "`round link --keep-codes DAY` で新しい世代を始めてください。",
        "Open a new epoch with `round link --keep-codes DAY`.",
    )
    if epoch is None or epoch.codes_until < process.clock().date().isoformat():
        raise RefusedError(Text("開いている連携世代がありません。", "No link epoch is open."), full)
    base = Plan.from_bytes(process.rounds.get(epoch.round_id).plan)
    config = process.config
    now = roster_in_force(process).digest, link_schema(config).digest, link_conditions(config)
    if (base.roster_digest, base.schema_digest, Conditions.of(base)) != now:
        raise RefusedError(
            Text(
                "名簿、連結スキーマ、または人数の設定が、この連携世代のものと違います。",
                "Roster, linkage schema or the size of the population are not the link epoch's.",
            ),
            full,
        )
    if unfinished(process, epoch.epoch):
        raise RefusedError(
            UNFINISHED,
            Text(
                "`round resume` で終えるか、`round cancel` で取り消してください。",
                "Finish it with `round resume` or end it with `round cancel`.",
            ),
        )
    until = codes_until or dt.date.fromisoformat(epoch.codes_until)
    return EpochTerms(scope, epoch.round_id, until)
