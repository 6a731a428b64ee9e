"""The self-test: every attack on the schema asked, and on the controls, in one run.

    report = self_test(population, default_schema(), seed=1)
    report.check_controls()   # or the run says nothing
    report.check_schema()     # or the plan is refused

It answers for one population: the same schema leaks more where fewer children share a
salt value's noise, or where more share a salt value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from privacy.encoding.hardening import Hardening
from privacy.encoding.schema import Pass, Schema
from privacy.errors import Text
from privacy.keys import derive
from privacy.normalise.person import Person
from privacy.redteam.controls import field_level, plain_clk, salted_clk
from privacy.redteam.frequency import (
    contents,
    mined_grams,
    named_by_frequency,
    weight_correlation,
)
from privacy.redteam.groups import match_groups, recover_groups
from privacy.redteam.matching import Match, match_from_known, match_graphs
from privacy.redteam.observation import Observation, encoded_views, expect, observe
from privacy.redteam.population import Population
from privacy.redteam.report import Attack, Attacked, Finding, Report, WeightLeak

KNOWN_SHARE = 0.1
"""Share of pairs given away in the attack with known pairs."""
Progress = Callable[[Text], None]


def self_test(
    population: Population, schema: Schema, *, seed: int, progress: Progress | None = None
) -> Report:
    """Return what attacks take of *schema* and of the controls on *population*.

    Args:
        population: whom the attacker knows, and whose codes it sees.
        schema: the linkage schema asked about.
        seed: fixes keys, known pairs and the attacker's choices: the same report again.
        progress: told which schema is being attacked.
    """
    tell = progress or (lambda _what: None)
    controls = []
    for control, attacks in (
        (plain_clk(), {Attack.GRAPH}),
        (field_level(), {Attack.FREQUENCY, Attack.MINING, Attack.GRAPH}),
        (salted_clk(), {Attack.GROUPS_WITH_LABELS}),
    ):
        tell(Text(f"対照 {control.name}", f"control {control.name}"))
        controls.append(attack_schema(population, control, seed, frozenset(attacks)))
    tell(Text(f"スキーマ {schema.name}", f"schema {schema.name}"))
    asked = attack_schema(population, schema, seed, frozenset(Attack))
    return Report(
        len(population.known),
        len(population.encoded),
        population.per_birth_date,
        asked,
        tuple(controls),
    )


def attack_schema(
    population: Population, schema: Schema, seed: int, attacks: frozenset[Attack]
) -> Attacked:
    """Return the findings of *attacks* on every pass of *schema*.

    All passes are attacked as if every record were in them, though later passes hold a
    share of the records only.  `Attack.GROUPS_WITH_LABELS` is tried where the schema
    sends labels, `Attack.GROUPS` where it does not.
    """
    findings: list[Finding] = []
    leaks: list[WeightLeak] = []
    unlabelled = replace(schema, labels=False)
    for salt_pass in schema.passes:
        scene = _Scene(population, unlabelled, salt_pass, seed)
        findings += scene.without_similarity(attacks)
        findings += scene.by_similarity(attacks, labels=schema.labels)
        leaks += scene.weight_leaks()
    return Attacked(schema.name, schema.digest.hex(), schema.labels, tuple(findings), tuple(leaks))


class _Scene:
    """One pass of one schema under attack."""

    def __init__(self, population: Population, schema: Schema, salt_pass: Pass, seed: int) -> None:
        """Encode the department's records, and what the attacker expects of whom it knows."""
        self._population, self._schema, self._pass, self._seed = population, schema, salt_pass, seed
        secret = derive(seed.to_bytes(8, "big"), "redteam defender")
        self._views = encoded_views(schema, salt_pass, population.encoded, secret)

    def by_similarity(self, attacks: frozenset[Attack], *, labels: bool) -> list[Finding]:
        """Return what *attacks* on the similarities of this pass find."""
        grouped = Attack.GROUPS_WITH_LABELS if labels else Attack.GROUPS
        if not attacks & {Attack.GRAPH, Attack.KNOWN_PAIRS, grouped}:
            return []
        found: list[Finding] = []
        seen = observe(list(self._views.values()))
        expected = expect(self._schema, self._pass, self._population.known, self._seed)
        if Attack.GRAPH in attacks:
            shown = self._pass.hardening is not Hardening.SHARPEN
            found.append(self._counted(Attack.GRAPH, match_graphs(seen, expected, weights=shown)))
        if Attack.KNOWN_PAIRS in attacks:
            found.append(self._with_known_pairs(seen, expected))
        if grouped in attacks and self._pass.salt:
            found.append(self._by_groups(seen, expected, grouped))
        return found

    def without_similarity(self, attacks: frozenset[Attack]) -> list[Finding]:
        """Return what counting equal codes and mining patterns find, view by view.

        Under a salt the same gram has other positions in each block: nothing to mine.
        """
        found = []
        known, encoded = self._population.known, self._population.encoded
        for view in self._pass.views:
            view_id = f"{self._pass.name}/{view.name}"
            codes = self._views[view_id]
            if Attack.FREQUENCY in attacks:
                values = [contents(view, side, self._pass.salt) for side in (known, encoded)]
                counted = named_by_frequency(codes, *values)
                found.append(Finding(Attack.FREQUENCY, view_id, *counted))
            if Attack.MINING in attacks and not self._pass.salt:
                mined = mined_grams(self._schema, view, codes, known, encoded)
                found.append(Finding(Attack.MINING, view_id, *mined))
        return found

    def weight_leaks(self) -> list[WeightLeak]:
        """Return how far each view's codes tell their filters' weights."""
        plain = replace(self._pass, hardening=Hardening.NONE)
        schema = replace(self._schema, passes=(plain,))
        secret = derive(self._seed.to_bytes(8, "big"), "redteam defender")
        filters = encoded_views(schema, plain, self._population.encoded, secret)
        return [
            WeightLeak(view_id, weight_correlation(codes, filters[view_id]))
            for view_id, codes in self._views.items()
        ]

    def _counted(self, attack: Attack, found: Match, rows: Match | None = None) -> Finding:
        rows = np.arange(len(found)) if rows is None else rows
        right = (found == self._population.truth)[rows] & (self._population.truth[rows] >= 0)
        return Finding(attack, self._pass.name, int(right.sum()), len(rows))

    def _with_known_pairs(self, seen: Observation, expected: Observation) -> Finding:
        rng = np.random.default_rng([self._seed, 1])
        truth = self._population.truth
        real = np.flatnonzero(truth >= 0)
        given = np.sort(rng.choice(real, round(KNOWN_SHARE * len(real)), replace=False))
        found = match_from_known(seen, expected, given, truth[given])
        rest = np.setdiff1d(np.arange(len(truth)), given)
        return self._counted(Attack.KNOWN_PAIRS, found, rest)

    def _by_groups(self, seen: Observation, expected: Observation, attack: Attack) -> Finding:
        rng = np.random.default_rng([self._seed, 2])
        salts = [
            self._salts(persons) for persons in (self._population.known, self._population.encoded)
        ]
        counts = np.unique(np.array([salt for salt in salts[0] if salt]), return_counts=True)[1]
        if attack is Attack.GROUPS_WITH_LABELS:
            groups = _labels(salts[1])
        else:
            largest = int(counts.max(initial=1))
            groups = recover_groups(seen.mean(), len(counts), largest)
        return self._counted(attack, match_groups(seen, expected, groups, salts[0], rng))

    def _salts(self, persons: tuple[Person, ...]) -> list[str]:
        parts = [[getattr(person, name) for name in self._pass.salt] for person in persons]
        return ["|".join(values) if all(values) else "" for values in parts]


def _labels(salts: list[str]) -> NDArray[np.int64]:
    """Return a number a salt value: what block labels tell; -1 where there is none."""
    number: dict[str, int] = {}
    return np.array([number.setdefault(s, len(number)) if s else -1 for s in salts], dtype=np.int64)
