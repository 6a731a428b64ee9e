"""Encodings whose fate is known: a self-test that does not reproduce it is broken.

Each attack has an open control, on which it must succeed, and one hardened by half, on
which it must get somewhere and not everywhere.  A tool that names everybody everywhere
counts wrong; one that names nobody attacks wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from privacy.encoding.hardening import Hardening
from privacy.encoding.registry import plain_clk
from privacy.encoding.schema import FieldKind, Pass, Schema, View, default_schema
from privacy.redteam.findings import Attack

_FIELDS = ("family_kana", "given_kana", "sex", "town", "birth_date")


@dataclass(frozen=True, slots=True)
class Control:
    """A schema of known fate, and the attacks tried on it with where each is measured.

    A place may be a pattern of several views: the best of them counts, since two grams
    of one support that are taken for each other cost a single view some percent.
    """

    schema: Schema
    half: bool
    measured: tuple[tuple[Attack, str], ...]


def controls() -> tuple[Control, ...]:
    """Return all controls: of every attack one that falls, and one that falls by half."""
    once, once_labelled = sharpened_once(), replace(sharpened_once(), labels=True)
    salted, salted_labelled = salted_dated_clk(), replace(salted_dated_clk(), labels=True)
    return (
        Control(plain_clk(), False, ((Attack.GRAPH, "plain"), (Attack.KNOWN_PAIRS, "plain"))),
        Control(sharpened_unsalted(), True, ((Attack.GRAPH, "first"),)),
        Control(once, True, ((Attack.KNOWN_PAIRS, "first"), (Attack.GROUPS, "first"))),
        Control(salted, False, ((Attack.GROUPS, "first"),)),
        Control(salted_labelled, False, ((Attack.GROUPS_WITH_LABELS, "first"),)),
        Control(once_labelled, True, ((Attack.GROUPS_WITH_LABELS, "first"),)),
        Control(
            field_level(),
            False,
            ((Attack.FREQUENCY, "field/family_kana"), (Attack.MINING, "field/*_kana")),
        ),
        Control(field_level_salted(), True, ((Attack.FREQUENCY, "field/family_kana"),)),
        Control(field_level_folded(), True, ((Attack.MINING, "field/town"),)),
    )


def sharpened_unsalted() -> Schema:
    """Return the default's first views, sharpened twice but under no salt.

    Distant records look unrelated, so the graph is thin; it spans the whole population.
    """
    first = replace(_first(), salt=(), hardening=Hardening.SHARPEN, fold=2)
    return replace(default_schema(), name="sharpened-unsalted", labels=False, passes=(first,))


def sharpened_once() -> Schema:
    """Return the default's first views salted by birth date and sharpened by one sign a bit."""
    first = replace(_first(), salt=("birth_date",), hardening=Hardening.SHARPEN, fold=1)
    return replace(default_schema(), name="sharpened-once", labels=False, passes=(first,))


def salted_dated_clk() -> Schema:
    """Return the default's first views, birth date added, salted by it but not sharpened.

    Graph matching fails across salt values, the group attack does not: whoever shares a
    birth date shares its grams too.
    """
    first = _first()
    dated = tuple(replace(view, fields=(*view.fields, "birth_date")) for view in first.views)
    salted = replace(first, salt=("birth_date",), hardening=Hardening.NONE, views=dated)
    return replace(default_schema(), name="salted-dated-clk", labels=False, passes=(salted,))


def field_level() -> Schema:
    """Return field-level filters: one a field, unsalted, unhardened.

    Which codes are frequent, and which stand beside which, names most values; what is
    set together shows the grams.
    """
    schema = default_schema()
    views = tuple(View(name, (name,), ((name,),)) for name in _FIELDS)
    plain = Pass("field", (), Hardening.NONE, 1, views)
    # Every field as grams: only those count as content of a view.
    fields = tuple(replace(spec, kind=FieldKind.QGRAM) for spec in schema.fields)
    return replace(
        schema, name="field-level", min_grams=1, labels=False, fields=fields, passes=(plain,)
    )


def field_level_salted() -> Schema:
    """Return field-level filters salted by the town: values are counted town by town."""
    schema = field_level()
    salted = replace(schema.passes[0], salt=("town",))
    return replace(schema, name="field-level-salted", passes=(salted,))


def field_level_folded() -> Schema:
    """Return field-level filters xor-folded: where halves collide a pattern has holes."""
    schema = field_level()
    folded = replace(schema.passes[0], hardening=Hardening.XOR_FOLD)
    return replace(schema, name="field-level-folded", passes=(folded,))


def _first() -> Pass:
    return default_schema().get_pass("first")
