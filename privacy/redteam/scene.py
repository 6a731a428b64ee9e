"""One pass of one schema under attack: what is encoded, what is tried, what is counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from privacy.encoding.hardening import Hardening
from privacy.encoding.schema import Pass, Schema
from privacy.keys import derive
from privacy.normalise.person import Person
from privacy.redteam.findings import Attack, Attacked, Finding, Reason, Skipped, WeightLeak
from privacy.redteam.frequency import Column, contents, named_by_frequency
from privacy.redteam.groups import match_groups, recover_groups
from privacy.redteam.matching import Match, match_from_known, match_graphs
from privacy.redteam.mining import mined_grams
from privacy.redteam.observation import Observation, encoded_views, expect, observe
from privacy.redteam.population import Population
from privacy.redteam.weights import weight_correlation

KNOWN_SHARE = 0.1
"""Share of pairs given away in the attack with known pairs."""


def attack_schema(
    population: Population, schema: Schema, seed: int, attacks: Iterable[Attack]
) -> Attacked:
    """Return the findings of *attacks* on every pass of *schema*.

    All passes are attacked as if every record were in them, though later passes hold a
    share of the records only.  An attack that has nothing to work on is named with why.
    """
    tried = frozenset(attacks)
    findings: list[Finding] = []
    skipped: list[Skipped] = []
    leaks: list[WeightLeak] = []
    for salt_pass in schema.passes:
        scene = Scene(population, replace(schema, labels=False), salt_pass, seed)
        without = _without(salt_pass, labels=schema.labels)
        if scene.empty:
            without = dict.fromkeys(Attack, Reason.EMPTY) | without
        skipped += [
            Skipped(attack, salt_pass.name, reason)
            for attack, reason in without.items()
            if attack in tried
        ]
        findings += scene.without_similarity(tried - without.keys())
        findings += scene.by_similarity(tried - without.keys())
        leaks += scene.weight_leaks()
    return Attacked(
        schema.name,
        schema.digest.hex(),
        schema.labels,
        tuple(findings),
        tuple(leaks),
        tuple(skipped),
    )


def _without(salt_pass: Pass, *, labels: bool) -> dict[Attack, Reason]:
    """Return the attacks that have nothing to work on in this pass, and why."""
    found = {Attack.MINING: Reason.SALTED} if salt_pass.salt else {}
    if not salt_pass.salt:
        return {Attack.GROUPS: Reason.UNSALTED, Attack.GROUPS_WITH_LABELS: Reason.UNSALTED}
    if labels:
        return found | {Attack.GROUPS: Reason.LABELLED}
    return found | {Attack.GROUPS_WITH_LABELS: Reason.UNLABELLED}


class Scene:
    """One pass of one schema under attack."""

    def __init__(self, population: Population, schema: Schema, salt_pass: Pass, seed: int) -> None:
        """Encode the department's records, and what the attacker expects of whom it knows."""
        self._population, self._schema, self._pass, self._seed = population, schema, salt_pass, seed
        self._secret = derive(seed.to_bytes(8, "big"), "redteam defender")
        self._views = encoded_views(schema, salt_pass, population.encoded, self._secret)
        self._shown = salt_pass.hardening is not Hardening.SHARPEN

    @property
    def empty(self) -> bool:
        """Tell whether the records give no code at all in this pass."""
        return not any(codes.any() for codes in self._views.values())

    def by_similarity(self, attacks: frozenset[Attack]) -> list[Finding]:
        """Return what *attacks* on the similarities of this pass find."""
        if not attacks - {Attack.FREQUENCY, Attack.MINING}:
            return []
        found: list[Finding] = []
        seen = observe(list(self._views.values()))
        expected = expect(self._schema, self._pass, self._population.known, self._seed)
        if Attack.GRAPH in attacks:
            matched = match_graphs(seen, expected, weights=self._shown)
            found.append(self._counted(Attack.GRAPH, matched))
        if Attack.KNOWN_PAIRS in attacks:
            found.append(self._with_known_pairs(seen, expected))
        grouped = (a for a in (Attack.GROUPS, Attack.GROUPS_WITH_LABELS) if a in attacks)
        return found + [self._by_groups(seen, expected, attack) for attack in grouped]

    def without_similarity(self, attacks: frozenset[Attack]) -> list[Finding]:
        """Return what counting equal codes and mining patterns find, view by view."""
        found = []
        known, encoded = self._population.known, self._population.encoded
        ids = [f"{self._pass.name}/{view.name}" for view in self._pass.views]
        if Attack.FREQUENCY in attacks:
            columns = [
                Column(
                    self._views[view_id],
                    contents(view, known, self._pass.salt),
                    contents(view, encoded, self._pass.salt),
                )
                for view_id, view in zip(ids, self._pass.views, strict=True)
            ]
            for view_id, counted in zip(ids, named_by_frequency(columns), strict=True):
                found.append(Finding(Attack.FREQUENCY, view_id, *counted))
        if Attack.MINING in attacks:
            for view_id, view in zip(ids, self._pass.views, strict=True):
                mined = mined_grams(self._schema, view, self._views[view_id], known, encoded)
                found.append(Finding(Attack.MINING, view_id, *mined))
        return found

    def weight_leaks(self) -> list[WeightLeak]:
        """Return how far each view's codes tell their filters' weights."""
        plain = replace(self._pass, hardening=Hardening.NONE)
        schema = replace(self._schema, passes=(plain,))
        filters = encoded_views(schema, plain, self._population.encoded, self._secret)
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
        known, encoded = (
            self._salts(persons) for persons in (self._population.known, self._population.encoded)
        )
        counts = np.unique(np.array([salt for salt in known if salt]), return_counts=True)[1]
        if attack is Attack.GROUPS_WITH_LABELS:
            groups = _labels(encoded)
        else:
            groups = recover_groups(seen.mean(), len(counts), int(counts.max(initial=1)))
        found = match_groups(seen, expected, groups, known, rng, weights=self._shown)
        return self._counted(attack, found)

    def _salts(self, persons: tuple[Person, ...]) -> list[str]:
        parts = [[getattr(person, name) for name in self._pass.salt] for person in persons]
        return ["|".join(values) if all(values) else "" for values in parts]


def _labels(salts: list[str]) -> NDArray[np.int64]:
    """Return a number a salt value: what block labels tell; -1 where there is none."""
    number: dict[str, int] = {}
    return np.array([number.setdefault(s, len(number)) if s else -1 for s in salts], dtype=np.int64)
