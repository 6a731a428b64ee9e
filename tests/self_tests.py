"""Self-test reports made up for tests: they pass, whatever the default schema is today."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from privacy.encoding.registry import registered
from privacy.encoding.schema import Schema, default_schema
from privacy.redteam.controls import controls
from privacy.redteam.findings import Attack, Attacked, Finding, WeightLeak
from privacy.redteam.gate import SELF_TEST
from privacy.redteam.record import Record
from privacy.redteam.report import ControlFinding, Report, Source, WeightControl

MADE = date(2026, 7, 1)
"""Before the fixed clocks of the tests."""


def record(schema: Schema | None = None, made: date = MADE, right: int = 10) -> Record:
    """Return a report on 2,000 codes of which each attack names *right*."""
    schema = schema or default_schema()
    grouped = Attack.GROUPS_WITH_LABELS if schema.labels else Attack.GROUPS
    attacks = (Attack.GRAPH, Attack.KNOWN_PAIRS, grouped)
    asked = Attacked(
        schema.name,
        schema.digest.hex(),
        schema.labels,
        tuple(Finding(attack, p.name, right, 2000) for p in schema.passes for attack in attacks),
        tuple(WeightLeak(view, 0.05) for view in schema.view_ids(p.name for p in schema.passes)),
    )
    found = tuple(
        ControlFinding(
            control.schema.name,
            control.half,
            Finding(attack, where, 500 if control.half else 990, 1000),
        )
        for control in controls()
        for attack, where in control.measured
    )
    pair = WeightControl(0.6, 0.02)
    report = Report(Source.TOWN, (1, 2), 1000, 2000, 90.0, asked, found, pair)
    return Record(report, made, "0.0.0")


def tested(digest: object, definition: object) -> dict[str, object]:
    """Return what a link plan on the schema of *digest* states, a passing self-test with it."""
    chosen = (s for s in registered().values() if s.digest == digest)
    given = dict(definition) if isinstance(definition, dict) else {}
    return {SELF_TEST: record(next(chosen, None)).to_json(), **given}


def write_record(folder: Path, made: date = MADE) -> None:
    """Put passing reports beside a coordinator's settings, without and with block labels."""
    (folder / "self_test.json").write_text(record(made=made).to_text(), "utf-8")
    labelled = record(default_schema(labels=True), made)
    (folder / "self_test-labels.json").write_text(labelled.to_text(), "utf-8")
