"""Encodings whose fate is published: a self-test that does not reproduce it is broken."""

from __future__ import annotations

from dataclasses import replace

from privacy.encoding.hardening import Hardening
from privacy.encoding.registry import plain_clk, salted_clk
from privacy.encoding.schema import Pass, Schema, View, default_schema

__all__ = ["field_level", "plain_clk", "salted_clk"]


def field_level() -> Schema:
    """Return field-level filters: one a field, unsalted, unhardened.

    Frequencies of surnames alone name most of them.
    """
    schema = default_schema()
    views = tuple(View(name, (name,), ((name,),)) for name in ("family_kana", "given_kana", "town"))
    plain = Pass("field", (), Hardening.NONE, 1, views)
    return replace(schema, name="field-level", min_grams=1, labels=False, passes=(plain,))
