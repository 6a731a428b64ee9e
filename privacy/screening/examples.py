"""A definition's own examples, run as its tests (`enishi screen test`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from privacy.governance.catalogue import Catalogue
from privacy.screening import history
from privacy.screening.definition import Definition, Example
from privacy.screening.evaluation import Truth, Value, evaluate
from privacy.screening.signals import compute, table_of

_ROW = "example"


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """What one example gave: the signals that fired and whether the rule lists the child.

    The rule alone is judged: holds, support and `min_sources` are not part of examples.
    """

    number: int
    expect: frozenset[str]
    fired: frozenset[str]
    expect_listed: bool | None
    listed: bool

    @property
    def right(self) -> bool:
        """Tell whether the example came out as it says."""
        return self.fired == self.expect and self.expect_listed in {None, self.listed}


def run_examples(
    definition: Definition, catalogue: Catalogue, as_of: dt.date
) -> tuple[ExampleResult, ...]:
    """Return the outcome of every example, in order, numbered from 1."""
    return tuple(
        _run(number, example, definition, catalogue, as_of)
        for number, example in enumerate(definition.examples, start=1)
    )


def _run(
    number: int, example: Example, definition: Definition, catalogue: Catalogue, as_of: dt.date
) -> ExampleResult:
    months = history.complete_months(as_of)
    facts = {}
    for name in definition.items:
        known = {variable.name for variable in catalogue.item(name).variables}
        columns: dict[str, dict[str, int]] = {}
        for variable, values in example.months:
            if variable in known:
                columns[variable] = dict(zip(reversed(months), reversed(values), strict=False))
        for variable, value in example.levels:
            if variable in known:
                columns.setdefault(variable, {})[months[-1]] = value
        facts[name] = table_of(_rows(columns))
    table = compute(definition, facts, [_ROW], as_of, catalogue)
    names = table.signal_ids
    fired = frozenset(name for name, hit in zip(names, table.fired[0], strict=True) if hit)
    truths: dict[str, Value] = {
        name: Truth(np.array([name in fired]), np.array([bool(seen) and name not in fired]))
        for name, seen in zip(names, table.known[0], strict=True)
    }
    listed = evaluate(definition.rule, truths, definition.members(), 1).true[0]
    return ExampleResult(number, example.expect, fired, example.listed, bool(listed))


def _rows(columns: Mapping[str, Mapping[str, int]]) -> dict[str, list[object]]:
    periods = sorted({period for values in columns.values() for period in values})
    rows: dict[str, list[object]] = {"row_id": [_ROW] * len(periods), "period": [*periods]}
    for name, values in columns.items():
        rows[name] = [values.get(period) for period in periods]
    return rows
