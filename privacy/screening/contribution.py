"""A node's signals as its digits of the lookup, its local alerts, and the plain answer.

`digits_of_rows` and `local_alerts` run at one node on its own rows.  `plain_answer` sees
everybody's rows at once; it exists for rehearsals on a city's own extracts and for tests, which
compare it with the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from privacy.errors import BadInputError, Text
from privacy.lookup.tables import MINE, by_slot
from privacy.screening.classes import Codes, States
from privacy.screening.compiled import HOLD, RECEIVER, SOURCES, Compiled
from privacy.screening.evaluation import Bits, Truth, Value, evaluate
from privacy.screening.signals import SignalTable


def _columns(states: States, table: SignalTable) -> list[int]:
    missing = [name for name in states.signals if name not in table.signal_ids]
    if missing:
        named = ", ".join(missing)
        raise BadInputError(
            Text(
                f"ノード {states.node} にシグナル {named} のデータがありません。",
                f"Node {states.node} has no data for the signals {named}.",
            ),
            Text(
                "項目を取り込むか、計画を断ってください。", "Import the items or refuse the plan."
            ),
        )
    return [table.signal_ids.index(name) for name in states.signals]


def _codes(states: States, table: SignalTable) -> Codes:
    columns = _columns(states, table)
    return states.codes(table.fired[:, columns], table.known[:, columns])


def _check_population(compiled: Compiled, table: SignalTable) -> None:
    if len(table.row_ids) and not table.population.any():
        grades = ", ".join(compiled.definition.grades)
        raise BadInputError(
            Text(
                f"受取部署 {compiled.receiver} に対象学年（{grades}）の子どもがいません。",
                f"The receiver {compiled.receiver} has no child of the grades {grades}.",
            ),
            Text(
                "学校と学年（D-02）を取り込み、列の対応を確かめてください。",
                "Import school and grade (D-02) and check the mapping of its columns.",
            ),
        )


def local_alerts(compiled: Compiled, table: SignalTable, held: Bits) -> Bits:
    """Return which of the receiver's rows its own facts suffice for.

    These are alerts without cards: children in the population for whom the receiver's
    own signals fulfil the rule, unless the receiver itself holds them back or knows that they
    are supported.  `min_sources` and other departments' holds or rolls play no part: a
    missing local alert says nothing about another department.

    Args:
        compiled: the screening.
        table: the receiver's own signals.
        held: rows that the receiver itself holds back.

    Raises:
        BadInputError: no row is in the population, or a signal's data is not there.
    """
    _check_population(compiled, table)
    part = compiled.part(compiled.receiver)
    if part is None:
        return np.zeros(len(table.row_ids), dtype=np.bool_)
    found = np.array(part.local, dtype=np.bool_)[_codes(part.states, table)]
    found &= table.population & ~held
    if compiled.definition.exclude_supported:
        found &= ~table.supported
    return found


def digits_of_rows(
    compiled: Compiled, node: str, table: SignalTable, held: Bits
) -> dict[str, NDArray[np.int64]]:
    """Return what *node* adds to each digit for each of its rows; private to the node.

    A row in the receiver's population says `MINE` unless its own facts decide it alone.

    Raises:
        BadInputError: the data of a signal is not there, or no row of the receiver is
            in the population.
    """
    found: dict[str, NDArray[np.int64]] = {HOLD: held.astype(np.int64)}
    part = compiled.part(node)
    local = np.zeros(len(table.row_ids), dtype=np.bool_)
    if part is not None:
        codes = _codes(part.states, table)
        if part.digit:
            found[part.digit] = np.array(part.classes, dtype=np.int64)[codes]
        if part.counts_as_source:
            found[SOURCES] = table.fresh.astype(np.int64)
        if part.local:
            local = np.array(part.local, dtype=np.bool_)[codes]
    if node in compiled.supporting:
        name = compiled.support_digit
        found[name] = np.maximum(found.get(name, 0), table.supported.astype(np.int64))
    if node == compiled.receiver:
        _check_population(compiled, table)
        found[RECEIVER] = np.where(table.population & ~local, MINE, 0).astype(np.int64)
    return found


def contribution(
    compiled: Compiled, node: str, table: SignalTable, held: Bits
) -> NDArray[np.uint16]:
    """Return *node*'s packed digits for each of its rows (one value a row)."""
    found = digits_of_rows(compiled, node, table, held)
    return compiled.digits.pack(node, found, len(table.row_ids))


def contribution_by_slot(
    compiled: Compiled,
    node: str,
    table: SignalTable,
    held: Bits,
    slots: NDArray[np.integer],
    positions: int,
) -> NDArray[np.uint16]:
    """Return *node*'s packed digits for each slot; rows on one slot count as their maximum.

    Args:
        compiled: the screening.
        node: whose rows.
        table: its signals.
        held: rows to hold back.
        slots: each row's slot.
        positions: the number of slots N.
    """
    found = digits_of_rows(compiled, node, table, held)
    placed = {name: by_slot(values, slots, positions) for name, values in found.items()}
    return compiled.digits.pack(node, placed, positions)


@dataclass(frozen=True, slots=True)
class PlainAnswer:
    """What a screening finds when all departments' rows lie side by side.

    `listed` is the lookup's answer, `local` the receiver's own alerts; `supported`
    marks children who fulfil the rule but are supported already: counted, not listed.
    """

    listed: Bits
    local: Bits
    supported: Bits


def plain_answer(
    compiled: Compiled, tables: Mapping[str, SignalTable], held: Mapping[str, Bits]
) -> PlainAnswer:
    """Return the answer computed straight from the definition, without classes or digits.

    Args:
        compiled: the screening.
        tables: node -> its signals; row i of every table is the same child.
        held: node -> rows held back.
    """
    rows = len(tables[compiled.receiver].row_ids)
    values: dict[str, Value] = {}
    own: dict[str, Value] = {}
    nothing = np.zeros(rows, dtype=np.bool_)
    for part in compiled.parts:
        node, table = part.states.node, tables[part.states.node]
        for name, column in zip(part.states.signals, _columns(part.states, table), strict=True):
            fired, known = table.fired[:, column], table.known[:, column]
            values[name] = Truth(fired, known & ~fired)
            seen = node == compiled.receiver
            own[name] = values[name] if seen else Truth(nothing, nothing)
    definition, members = compiled.definition, compiled.definition.members()
    rule = evaluate(definition.rule, values, members, rows).true
    alone = evaluate(definition.rule, own, members, rows).true
    population = tables[compiled.receiver].population
    hold = np.logical_or.reduce([held[node] for node in compiled.nodes])
    supported = nothing.copy()
    for node in compiled.supporting:
        supported |= tables[node].supported
    sources = sum(
        (tables[part.states.node].fresh.astype(np.int64) for part in compiled.parts),
        start=np.zeros(rows, dtype=np.int64),
    )
    enough = sources >= definition.min_sources if definition.min_sources > 1 else ~nothing
    fulfilled = rule & population & ~alone & enough & ~hold
    receiver = tables[compiled.receiver]
    local = alone & population & ~held[compiled.receiver]
    if definition.exclude_supported:
        local &= ~receiver.supported
    return PlainAnswer(fulfilled & ~supported, local, fulfilled & supported)
