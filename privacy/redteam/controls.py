"""Encodings whose fate is published: a self-test that does not reproduce it is broken."""

from __future__ import annotations

from dataclasses import replace

from privacy.encoding.hardening import Hardening
from privacy.encoding.schema import Pass, Schema, View, default_schema

_NAMED = ("family", "given", "middle", "family_kana", "given_kana")


def plain_clk() -> Schema:
    """Return the unsalted record-level CLK: one filter a record, unhardened.

    Graph matching re-identifies it wholly (RESEARCH 2).
    """
    schema = default_schema()
    salted = schema.get_pass("first")
    everything = View(
        "all",
        ("family", "given", "middle", "family_kana", "given_kana", "sex", "town", "block",
         "birth_date"),
        (_NAMED,),
    )  # fmt: skip
    plain = Pass("plain", (), Hardening.NONE, salted.fold, (everything,))
    return replace(schema, name="plain-clk", labels=False, passes=(plain,))


def field_level() -> Schema:
    """Return field-level filters: one a field, unsalted, unhardened.

    Frequencies of surnames alone name most of them.
    """
    schema = default_schema()
    views = tuple(View(name, (name,), ((name,),)) for name in ("family_kana", "given_kana", "town"))
    plain = Pass("field", (), Hardening.NONE, 1, views)
    return replace(schema, name="field-level", min_grams=1, labels=False, passes=(plain,))


def salted_clk() -> Schema:
    """Return the default's first views salted by birth date but not sharpened, with labels.

    Half-hardened: graph matching fails across salt values, the group attack does not.
    """
    schema = default_schema()
    plain = replace(schema.get_pass("first"), hardening=Hardening.NONE)
    return replace(schema, name="salted-clk", labels=True, passes=(plain,))
