"""Plans: what the operator asks becomes the signed, canonical description of one run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from coordinator.epoch_plans import epoch_of, link_conditions, link_epoch, link_schema
from coordinator.errors import NoDealerError, SlotTableMissingError
from coordinator.kinds import kind_of
from coordinator.linkage import VERSION
from coordinator.process import CoordinatorProcess
from coordinator.queries import items_of, read_query
from coordinator.rosters import roster_in_force
from coordinator.self_tests import self_test_of
from coordinator.store.releases import StoredRelease
from coordinator.store.rounds import SlotTable, StoredRound
from privacy.audit import EntryKind
from privacy.dp.ledger import Account
from privacy.dp.loss import Rho
from privacy.encoding.schema import default_schema
from privacy.errors import BadInputError, Text
from privacy.governance.catalogue import Catalogue, ItemClass, read_catalogue
from privacy.governance.purpose import read_purposes
from privacy.linkage.epoch_terms import KEY, EpochTerms
from privacy.plan import Plan, PlanKind
from privacy.redteam.gate import SELF_TEST
from privacy.roster import Role, Roster

LINK_PURPOSE = "linkage"
STATISTICS_PURPOSE = "school_karte"
_APRIL = 4


def plan_link(
    process: CoordinatorProcess, terms: EpochTerms | None = None, *, households: bool = False
) -> Plan:
    """Return the plan of a link round.

    Without *terms*: a full round in a link epoch of its own, whose codes are destroyed with
    the round.  With a base, the round goes on in the base round's epoch
    (`epoch_plans.continued`).

    With *households* it also asks which slots live together: a purpose of its own, which
    every node may refuse or abstain from.

    Raises:
        RosterMissingError: there is no roster in force.
        RefusedError: the schema has no self-test report that passes.
    """
    roster, config = roster_in_force(process), process.config
    epoch = terms or EpochTerms()
    created = _now(process)
    schema = link_schema(config)
    record = self_test_of(process, schema, roster)
    return Plan(
        kind=PlanKind.LINK,
        purpose=LINK_PURPOSE,
        legal_basis=(),
        items={},
        nodes=roster.nodes,
        roster_digest=roster.digest,
        link_epoch=link_epoch(process, epoch),
        schema_digest=schema.digest,
        created=created,
        expires=created + dt.timedelta(days=config.plan_days),
        slot_table=process.rounds.link_rounds() + 1,
        definition={
            **link_conditions(config).canonical(),
            KEY: epoch.to_json(),
            SELF_TEST: record.to_json(),
        },
        households=households,
    )


def plan_screening(
    process: CoordinatorProcess, definition: Path, *, receiver: str, as_of: dt.date, capacity: int
) -> Plan:
    """Return the plan of a screening: the definition's text, its digits and its one table.

    Raises:
        BadInputError: the definition, the catalogue or the receiver cannot be used.
        RefusedError: expired, a prohibited use, or nothing to look up.
    """
    from privacy.screening.compile import compile_screening  # noqa: PLC0415  # pandas
    from privacy.screening.reading import read_definition  # noqa: PLC0415  # pandas

    roster, table = roster_in_force(process), _slot_table(process)
    catalogue = _catalogue(process)
    text = _read_text(definition)
    purposes = read_purposes(_read_text(process.config.home / process.config.purposes, _SAMPLES))
    read = read_definition(text, catalogue=catalogue, purposes=purposes, today=as_of)
    holders = {item.id: item.holder for item in catalogue.items if item.holder in roster.nodes}
    compiled = compile_screening(
        read,
        receiver=receiver,
        nodes=roster.nodes,
        holders=holders,
        catalogue=catalogue,
        as_of=as_of,
    )
    used = _screening_items(catalogue, holders, read.items, compiled.supporting, receiver)
    created = _now(process)
    return Plan(
        kind=PlanKind.SCREEN,
        purpose=read.purpose,
        legal_basis=(),
        items=used,
        nodes=roster.nodes,
        roster_digest=roster.digest,
        link_epoch=epoch_of(process, table),
        schema_digest=default_schema().digest,
        created=created,
        expires=created + dt.timedelta(days=process.config.plan_days),
        slot_table=table.version,
        dealer=_dealer(roster),
        receiver=receiver,
        definition={
            "text": text,
            "as_of": as_of.isoformat(),
            "holders": holders,
            "most_listed": capacity,
        },
        digits=compiled.digits.canonical(),
        tables=compiled.canonical(),
    )


def plan_statistics(
    process: CoordinatorProcess, query_file: Path, rho: Rho
) -> Plan | StoredRelease:
    """Return the plan of a count query, or the archived answer of the same question.

    Raises:
        BadInputError: the query or the catalogue cannot be used.
    """
    roster, table = roster_in_force(process), _slot_table(process)
    document = _read_yaml(query_file)
    config, created = process.config, _now(process)
    query = read_query(
        document,
        nodes=roster.nodes,
        slot_table=table.digest.hex(),
        catalogue=_catalogue(process),
        account=Account(config.population, config.fiscal_year or _fiscal_year(created)),
        anchor=config.anchor,
    )
    archived = process.releases.get(query.release_id)
    if archived is not None:
        return archived
    return Plan(
        kind=PlanKind.STATISTICS,
        purpose=str(document.get("purpose", STATISTICS_PURPOSE)),
        legal_basis=(),
        items=items_of(query),
        nodes=roster.nodes,
        roster_digest=roster.digest,
        link_epoch=epoch_of(process, table),
        schema_digest=default_schema().digest,
        created=created,
        expires=created + dt.timedelta(days=config.plan_days),
        slot_table=table.version,
        dealer=_dealer(roster),
        anchor=query.anchor,
        definition=query.canonical(),
        digits=query.digits.canonical(),
        rho_nano=rho.nano,
    )


def store_plan(process: CoordinatorProcess, plan: Plan) -> StoredRound:
    """Sign *plan* and store the round that it opens, with its audit entry."""
    round_id, now = plan.digest.hex(), process.clock()
    stored = StoredRound(
        round_id=round_id,
        kind=str(plan.kind),
        state=str(kind_of(str(plan.kind)).machine.first),
        plan=plan.to_bytes(),
        plan_signature=plan.sign(process.keys.identity),
        created=plan.created,
        updated=now,
        expires=plan.expires,
    )
    values = {VERSION: str(plan.slot_table).encode()} if plan.kind is PlanKind.LINK else {}
    process.rounds.add(stored, values)
    process.audit.note(EntryKind.ASKED, now, {"round": round_id, "kind": str(plan.kind)})
    return process.rounds.get(round_id)


def _screening_items(
    catalogue: Catalogue,
    holders: Mapping[str, str],
    used: tuple[str, ...],
    supporting: tuple[str, ...],
    receiver: str,
) -> dict[str, tuple[str, ...]]:
    """Return the items that each node computes on: signals, support rolls, the receiver's roll."""
    found: dict[str, set[str]] = {}
    for item_id in used:
        found.setdefault(holders[item_id], set()).add(item_id)
    for item in catalogue.items:
        node = holders.get(item.id)
        if node in supporting and item.item_class is ItemClass.SUPPORTED:
            found.setdefault(node, set()).add(item.id)
    if holders.get(ROLL) == receiver:
        found.setdefault(receiver, set()).add(ROLL)
    return {node: tuple(sorted(items)) for node, items in sorted(found.items())}


ROLL = "D-02"
"""The roll of pupils: which school a listed child attends."""


def _slot_table(process: CoordinatorProcess) -> SlotTable:
    table = process.rounds.slot_table()
    if table is None:
        raise SlotTableMissingError
    return table


def _dealer(roster: Roster) -> str:
    dealers = [m.node_id for m in roster.members if m.role is Role.DEALER]
    if not dealers:
        raise NoDealerError
    return dealers[0]


def _catalogue(process: CoordinatorProcess) -> Catalogue:
    return read_catalogue(_read_text(process.config.home / process.config.catalogue, _SAMPLES))


_SAMPLES = Text(
    "統括の設定と同じフォルダーに、deploy/samples の見本から作ってください。",
    "Make it beside the coordinator's settings, from the sample in deploy/samples.",
)


def _read_text(path: Path, fix: Text | None = None) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(
            Text(f"ファイル {path.name} を読めません。", f"The file {path.name} cannot be read."),
            fix
            or Text("場所と文字コード(UTF-8)を確かめてください。", "Check its place and UTF-8."),
        ) from error


def _read_yaml(path: Path) -> Mapping[str, Any]:
    try:
        document = yaml.safe_load(_read_text(path))
    except yaml.YAMLError as error:
        raise BadInputError(
            Text(f"{path.name} は正しいYAMLではありません。", f"{path.name} is not valid YAML.")
        ) from error
    if not isinstance(document, Mapping):
        raise BadInputError(
            Text(f"{path.name} に問いがありません。", f"{path.name} holds no query.")
        )
    return document


def _fiscal_year(moment: dt.datetime) -> int:
    return moment.year if moment.month >= _APRIL else moment.year - 1


def _now(process: CoordinatorProcess) -> dt.datetime:
    return process.clock().replace(microsecond=0)
