"""What a node puts into a run: its frozen inputs a slot, and its reason cards.

Computed from the node's own facts and rows only; it leaves masked or sealed, never as
it stands.  Pandas is loaded here and nowhere else in a serving node.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nodes.governance import Governance
from nodes.labels import labels
from nodes.own_rows import OwnRows, held_rows, read_facts
from nodes.store import Tables
from privacy.canonical import canonical_bytes
from privacy.dp.ledger import Account
from privacy.dp.loss import Noise, Rho
from privacy.errors import BadInputError, ProtocolError, Text
from privacy.lookup.parsing import table_from
from privacy.lookup.tables import DECOY, Table
from privacy.plan import Plan, PlanKind
from privacy.statistics.query import CountQuery, Dimension

if TYPE_CHECKING:
    from privacy.screening.compiled import Compiled
    from privacy.screening.signals import SignalTable

DEFAULT_PER_WEEK = 4


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A node's inputs of one run, frozen when it begins.

    ``values``: packed digits a slot.  ``cards``: slot -> card text.  ``local``: records
    whose own facts suffice for an alert (at the receiver).  ``definition``: of the plan.
    """

    values: NDArray[np.uint16] = field(repr=False)
    cards: Mapping[int, bytes] = field(repr=False)
    local: Mapping[int, bytes] = field(repr=False)
    plan: Plan
    per_school_week: int = DEFAULT_PER_WEEK

    @property
    def table(self) -> Table:
        """The public table of a screening."""
        return table_from(_compiled_json(self.plan)["table"])

    @property
    def decoy(self) -> int:
        """The packed value of a decoy place, at the receiver."""
        table = self.table
        return DECOY * table.digits.weight("receiver")

    @property
    def query(self) -> CountQuery:
        """The question of a statistic."""
        return read_query(self.plan)

    @property
    def domain(self) -> int:
        """The domain of a statistic's digits."""
        return self.query.digits.domain

    @property
    def cells(self) -> NDArray[np.int64]:
        """The places that a statistic releases."""
        return np.array([cell.place for cell in self.query.cells], dtype=np.int64)

    def noise(self) -> Noise:
        """Return the noise of a statistic at the plan's rho."""
        return self.query.noise(Rho(self.plan.rho_nano))

    def to_bytes(self) -> bytes:
        """Return the snapshot for the store; `from_bytes` reads it."""
        return canonical_bytes(
            {
                "values": self.values.astype("<u2").tobytes().hex(),
                "cards": {str(slot): text.hex() for slot, text in self.cards.items()},
                "local": {str(record): text.hex() for record, text in self.local.items()},
                "plan": self.plan.to_bytes().decode(),
                "per_school_week": self.per_school_week,
            }
        )

    @classmethod
    def from_bytes(cls, body: bytes) -> Snapshot:
        """Read what `to_bytes` wrote."""
        raw = json.loads(body)
        return cls(
            np.frombuffer(bytes.fromhex(raw["values"]), dtype="<u2"),
            {int(slot): bytes.fromhex(text) for slot, text in raw["cards"].items()},
            {int(record): bytes.fromhex(text) for record, text in raw["local"].items()},
            Plan.from_bytes(raw["plan"].encode()),
            raw["per_school_week"],
        )


def freeze(node: str, plan: Plan, tables: Tables, governance: Governance) -> Snapshot:
    """Return this node's inputs for *plan*, from its facts as they stand now.

    Raises:
        ProtocolError: the plan's digits or table are not what its definition compiles to.
        BadInputError: the definition or query cannot be used.
    """
    rows = OwnRows.read(tables, plan.slot_table)
    if plan.kind is PlanKind.SCREEN:
        return _freeze_screening(node, plan, tables, governance, rows)
    return _freeze_count(node, plan, tables, rows)


def compile_plan(plan: Plan, governance: Governance, opened: Sequence[Compiled] = ()) -> Compiled:
    """Compile the plan's definition here, and check that the plan's table is that one.

    *opened*: what the same receiver has opened on this slot table before; a pair of tables
    whose difference would show a hold or a support is refused.

    Raises:
        ProtocolError: the plan's digits or table differ from what this node compiles, or its
            purpose is not the definition's.
        BadInputError: the definition cannot be used.
        RefusedError: it has expired or asks for a prohibited use.
    """
    from privacy.screening.compile import compile_screening  # noqa: PLC0415  # pandas
    from privacy.screening.reading import read_definition  # noqa: PLC0415

    raw = plan.definition
    if not isinstance(raw, dict):
        raise BadInputError(Text("計画に定義がありません。", "The plan has no definition."))
    as_of = date.fromisoformat(str(raw.get("as_of", "")))
    definition = read_definition(
        str(raw.get("text", "")),
        catalogue=governance.catalogue,
        purposes=governance.purposes,
        today=max(as_of, plan.created.date()),
    )
    if definition.purpose != plan.purpose:
        raise ProtocolError(
            Text("定義の目的が計画と違います。", "The definition is for another purpose."),
            Text("計画を作り直してください。", "Make the plan again."),
        )
    compiled = compile_screening(
        definition,
        receiver=plan.receiver,
        nodes=plan.nodes,
        holders=dict(raw.get("holders", {})),
        catalogue=governance.catalogue,
        as_of=as_of,
        opened=opened,
    )
    if compiled.canonical() != plan.tables or compiled.digits.canonical() != plan.digits:
        raise ProtocolError(
            Text(
                "計画の桁または表が、定義から作ったものと違います。",
                "The plan's digits or table are not what its definition compiles to.",
            ),
            Text(
                "双方の目録と版を揃え、計画を作り直してください。",
                "Bring catalogue and version of both sides together; make the plan again.",
            ),
        )
    return compiled


def read_query(plan: Plan) -> CountQuery:
    """Return the count query of a statistics plan.

    Raises:
        BadInputError: the plan holds none.
    """
    raw = plan.definition
    try:
        values: dict[str, Any] = dict(raw) if isinstance(raw, dict) else {}
        return CountQuery(
            Account(values["population"], values["fiscal_year"]),
            values["slot_table"],
            tuple(values["nodes"]),
            values["anchor"],
            tuple(
                Dimension(each["name"], each["node"], tuple(each["values"]))
                for each in values["dimensions"]
            ),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadInputError(
            Text("計画の問いを読めません。", "The query of the plan cannot be read."),
        ) from error


def _compiled_json(plan: Plan) -> dict[str, Any]:
    if not isinstance(plan.tables, dict):
        raise BadInputError(Text("計画に表がありません。", "The plan has no table."))
    return plan.tables


def _freeze_screening(
    node: str, plan: Plan, tables: Tables, governance: Governance, rows: OwnRows
) -> Snapshot:
    from privacy.screening.contribution import (  # noqa: PLC0415  # pandas
        contribution_by_slot,
        local_alerts,
    )
    from privacy.screening.signals import compute  # noqa: PLC0415

    compiled = compile_plan(plan, governance, _opened_before(tables, plan, governance))
    facts = read_facts(tables, plan.items.get(node, ()))
    signals = compute(
        compiled.definition, facts, rows.row_ids, compiled.as_of, governance.catalogue
    )
    held = held_rows(tables, rows, plan, node, compiled.as_of)
    values = contribution_by_slot(compiled, node, signals, held, rows.slots, rows.total)
    fired = signals.fired.any(axis=1) & ~held
    by_slot = _cards(signals, rows.slots, np.flatnonzero(fired))
    local: dict[int, bytes] = {}
    if node == plan.receiver:
        chosen = np.flatnonzero(local_alerts(compiled, signals, held))
        local = _cards(signals, rows.records, chosen)
    capacity = compiled.definition.capacity
    weekly = (capacity.per_school_week if capacity else None) or DEFAULT_PER_WEEK
    return Snapshot(values, by_slot, local, plan, weekly)


def _opened_before(tables: Tables, plan: Plan, governance: Governance) -> list[Compiled]:
    """Return the screenings that the plan's receiver has opened on its slot table before."""
    earlier = (Plan.from_bytes(each.canonical) for each in tables.runs.plans_on(plan.slot_table))
    return [
        compile_plan(each, governance)
        for each in earlier
        if each.kind is PlanKind.SCREEN
        and each.receiver == plan.receiver
        and each.digest != plan.digest
    ]


def _cards(
    signals: SignalTable, keys: NDArray[np.int64], places: NDArray[np.int64]
) -> dict[int, bytes]:
    """Return key -> card over the rows at *places*; rows of one key share a card."""
    from privacy.screening.cards import card  # noqa: PLC0415  # pandas

    grouped: dict[int, list[int]] = defaultdict(list)
    for place in places.tolist():
        grouped[int(keys[place])].append(place)
    return {key: card(signals, rows) for key, rows in grouped.items()}


def _freeze_count(node: str, plan: Plan, tables: Tables, rows: OwnRows) -> Snapshot:
    query = read_query(plan)
    if query.canonical() != plan.definition or query.digits.canonical() != plan.digits:
        raise ProtocolError(
            Text("計画の桁が問いと違います。", "The plan's digits are not the query's."),
        )
    own = {
        dimension.name: labels(tables, rows, dimension.name, plan.created.date())
        for dimension in query.held_by(node)
    }
    held = held_rows(tables, rows, plan, node, plan.created.date())
    values = query.contribution(node, own, rows.slots, held, rows.total)
    return Snapshot(values, {}, {}, plan)
