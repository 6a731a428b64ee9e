"""`enishi node redteam`: the attacks on the node's own register, a signed report of counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nodes.driver import redteaming
from nodes.driver.redteaming import attack_register
from privacy.encoding.schema import Schema, default_schema
from privacy.errors import Text
from privacy.redteam.population import Population
from privacy.redteam.report import Report, Source
from privacy.redteam.selftest import Progress
from tests.nodes.federation import make_federation
from tests.self_tests import record


def test_the_report_is_signed_logged_and_of_counts_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_federation(tmp_path, slots=False)
    context = made.contexts["school"]
    asked: list[tuple[Population, Schema, int, Source]] = []

    def attacked(
        population: Population, schema: Schema, *, seed: int, source: Source, progress: Progress
    ) -> Report:
        # The attacks have tests of their own, of minutes; here it counts who is attacked.
        progress(Text(schema.name, schema.name))
        asked.append((population, schema, seed, source))
        return replace(record().report, source=source)

    monkeypatch.setattr(redteaming, "self_test", attacked)
    told: list[Text] = []
    found = attack_register(
        context, children=60, seeds=range(1, 3), labels=False, progress=told.append
    )

    found.check_signature(context.identity.public)
    assert (found.maker, found.report.source) == ("school", Source.REGISTER)
    with context.store.reading() as tables:
        persons = tables.records.persons()
        assert any('"self-test"' in line for line in tables.audit.lines())
    assert len(told) == 2
    assert [seed for _, _, seed, _ in asked] == [1, 2]
    for population, schema, _, _ in asked:
        assert schema == default_schema()
        assert 60 <= len(population.known) < len(persons)
        assert set(population.known) <= set(persons)
    written = found.to_text()
    assert not any(p.family_kana in written for p in persons if len(p.family_kana) > 2)
