"""A node refuses link plans whose encoding its policy does not allow, and says which rule."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from nodes.config import ConfigError, PolicyConfig
from nodes.policy import PlanRefusedError
from nodes.schema_policy import check_encoding
from privacy.canonical import Json
from privacy.encoding.registry import registered
from privacy.encoding.schema import Schema, default_schema
from privacy.errors import BadInputError
from privacy.linkage.conditions import Conditions, Missing
from privacy.plan import Plan, PlanKind

NOW = dt.datetime(2026, 7, 5, 9, tzinfo=dt.UTC)
POLICY = PolicyConfig(labels_above=1000)
SAFE = {"sharpened-views", "sharpened-views-labelled"}


def plan(schema: Schema, conditions: Conditions | None = None) -> Plan:
    return Plan(
        kind=PlanKind.LINK,
        purpose="linkage",
        legal_basis=(),
        items={},
        nodes=("residents", "school", "welfare"),
        roster_digest=bytes(32),
        link_epoch=1,
        schema_digest=schema.digest,
        created=NOW,
        expires=NOW + dt.timedelta(days=1),
        definition=None if conditions is None else conditions.canonical(),
    )


def test_the_default_schema_passes() -> None:
    check_encoding(plan(default_schema()), POLICY)


@pytest.mark.parametrize("name", sorted(registered().keys() - SAFE))
def test_a_schema_below_the_floor_is_refused_by_its_hardening(name: str) -> None:
    asked = plan(registered()[name], Conditions(population=10**6))

    with pytest.raises(PlanRefusedError, match="hardening-floor") as raised:
        check_encoding(asked, POLICY)

    assert "sharpen" in raised.value.fix.en
    check_encoding(asked, PolicyConfig(labels_above=1000, hardening_floor="none"))


def test_an_unknown_schema_is_refused() -> None:
    unknown = replace(default_schema(), min_grams=99)

    with pytest.raises(PlanRefusedError, match="schema"):
        check_encoding(plan(unknown), POLICY)


def test_labels_for_a_large_population_pass() -> None:
    check_encoding(plan(default_schema(labels=True), Conditions(population=1001)), POLICY)


@pytest.mark.parametrize("population", [0, 999, 1000])
def test_labels_for_a_small_population_are_refused(population: int) -> None:
    with pytest.raises(PlanRefusedError, match="labels") as raised:
        check_encoding(plan(default_schema(labels=True), Conditions(population)), POLICY)

    assert "1000" in raised.value.what.en
    assert "labels_above" in raised.value.fix.ja


def test_a_plan_may_not_go_on_with_fewer_departments_than_the_policy_asks() -> None:
    few = plan(default_schema(), Conditions(missing=Missing.GO_ON, least=2))
    with pytest.raises(PlanRefusedError, match="min-nodes"):
        check_encoding(few, POLICY)
    check_encoding(plan(default_schema(), Conditions(missing=Missing.GO_ON, least=3)), POLICY)


@pytest.mark.parametrize(
    "definition",
    [{"population": -1}, {"population": True}, {"missing": "perhaps"}, {"least": "3"}],
)
def test_conditions_with_wrong_values_are_refused(definition: dict[str, Json]) -> None:
    changed: Json = {**Conditions().canonical(), **definition}
    with pytest.raises(BadInputError):
        check_encoding(replace(plan(default_schema()), definition=changed), POLICY)


def test_conditions_survive_the_plan() -> None:
    conditions = Conditions(population=320_000, missing=Missing.GO_ON, least=4)
    read = Plan.from_bytes(plan(default_schema(labels=True), conditions).to_bytes())

    assert Conditions.of(read) == conditions
    assert conditions.bits == 10


@pytest.mark.parametrize("wrong", [{"hardening_floor": "strong"}, {"block_padding": 1}])
def test_a_policy_that_means_nothing_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        PolicyConfig(**wrong)  # type: ignore[arg-type]  # what a file may hold
