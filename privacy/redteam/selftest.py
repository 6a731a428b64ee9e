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

from privacy.encoding.hardening import Hardening
from privacy.encoding.schema import Schema, default_schema
from privacy.encoding.sharpening import SignMatrix
from privacy.errors import Text
from privacy.keys import derive
from privacy.redteam.controls import controls
from privacy.redteam.findings import Attack
from privacy.redteam.observation import encoded_views
from privacy.redteam.population import Population
from privacy.redteam.report import ControlFinding, Report, Source, WeightControl
from privacy.redteam.scene import attack_schema
from privacy.redteam.weights import sharpen_uncentred, weight_correlation

CONTROL_PERSONS = 400
"""Known persons on whom the controls are tried: whole birth dates of the population."""
CONTROL_CROWDING = 6.0
"""Children to a birth date below which there are hardly groups to attack, even in the open."""
CONTROL_DEALT = 8.0
"""To how many children a date is dealt then: the controls test the tool, not the register."""
Progress = Callable[[Text], None]


def self_test(
    population: Population,
    schema: Schema,
    *,
    seed: int,
    source: Source = Source.TOWN,
    progress: Progress | None = None,
) -> Report:
    """Return what attacks take of *schema* and of the controls on *population*.

    Args:
        population: whom the attacker knows, and whose codes it sees.
        schema: the linkage schema asked about.
        seed: fixes keys, known pairs and the attacker's choices: the same report again.
        source: whether the population is made up or a register's.
        progress: told which schema is being attacked.
    """
    tell = progress or (lambda _what: None)
    some = population.sample(CONTROL_PERSONS, seed)
    if some.per_birth_date < CONTROL_CROWDING:
        some = some.crowded(CONTROL_DEALT, seed)
    found = []
    for control in controls():
        tell(Text(f"対照 {control.schema.name}", f"control {control.schema.name}"))
        attacks = frozenset(attack for attack, _ in control.measured)
        attacked = attack_schema(some, control.schema, seed, attacks)
        found += [
            ControlFinding(control.schema.name, control.half, attacked.best(attack, where))
            for attack, where in control.measured
        ]
    tell(Text(f"スキーマ {schema.name}", f"schema {schema.name}"))
    asked = attack_schema(population, schema, seed, frozenset(Attack))
    return Report(
        source,
        (seed,),
        len(population.known),
        len(population.encoded),
        population.per_birth_date,
        asked,
        tuple(found),
        _weight_control(population, seed),
    )


def _weight_control(population: Population, seed: int) -> WeightControl:
    """Return what the majority vector reads of one unsalted view, sharpened in both ways."""
    schema = default_schema()
    first = schema.get_pass("first")
    plain = replace(first, salt=(), hardening=Hardening.NONE, views=first.views[:1])
    secret = derive(seed.to_bytes(8, "big"), "redteam defender")
    views = encoded_views(replace(schema, passes=(plain,)), plain, population.encoded, secret)
    filters = next(iter(views.values()))
    signs = SignMatrix.from_key(derive(secret, "majority"), schema.length, 1)
    return WeightControl(
        weight_correlation(sharpen_uncentred(filters, signs), filters),
        weight_correlation(signs.sharpen(filters), filters),
    )
