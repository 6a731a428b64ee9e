"""The linkage schemas that this release knows, by name and digest.

A plan names its schema by digest; a node encodes under none that is not here, and refuses
what its policy's floor excludes (`Schema.check_floor`).  Only the sharpened ones withstand
graph matching; the others are named hardenings, for comparison and as controls of the
leakage self-test (RESEARCH 2; the table stands in this package's README).
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from privacy.encoding.hardening import Hardening
from privacy.encoding.schema import Pass, Schema, View, default_schema
from privacy.errors import RefusedError, Text

LABELLED = "-labelled"
"""Ends the name of a schema that sends block labels."""
_NAMES = ("family", "given", "middle", "family_kana", "given_kana")
_COMPARED = (Hardening.XOR_FOLD, Hardening.BALANCE, Hardening.BLIP, Hardening.RULE_90)


@cache
def registered() -> dict[str, Schema]:
    """Return all known schemas by name, the default first."""
    schemas = (
        default_schema(),
        default_schema(labels=True),
        plain_clk(),
        *(_record_level(f"clk-{hardening}", hardening) for hardening in _COMPARED),
        salted_clk(),
    )
    return {f"{s.name}{LABELLED}" if s.labels else s.name: s for s in schemas}


def find_schema(digest: bytes) -> Schema:
    """Return the schema of *digest* (32 bytes).

    Raises:
        RefusedError: this release knows none such.
    """
    for schema in registered().values():
        if schema.digest == digest:
            return schema
    raise RefusedError(
        Text(
            f"連結スキーマ {digest.hex()[:16]} はこの版にありません。",
            f"This release has no linkage schema {digest.hex()[:16]}.",
        ),
        Text("統括とノードの版を揃えてください。", "Install the same version on both sides."),
    )


def sends_labels(digest: bytes) -> bool:
    """Tell whether the schema of *digest* sends block labels; an unknown one is not said to."""
    return any(s.labels for s in registered().values() if s.digest == digest)


def plain_clk() -> Schema:
    """Return the unsalted record-level CLK: one filter a record, unhardened.

    Graph matching re-identifies it wholly (RESEARCH 2).
    """
    return _record_level("plain-clk", Hardening.NONE)


def salted_clk() -> Schema:
    """Return the default's first views salted by birth date but not sharpened, with labels.

    Half-hardened: graph matching fails across salt values, the group attack does not.
    """
    schema = default_schema()
    plain = replace(schema.get_pass("first"), hardening=Hardening.NONE)
    return replace(schema, name="salted-clk", labels=True, passes=(plain,))


def _record_level(name: str, hardening: Hardening) -> Schema:
    schema = default_schema()
    fold = schema.get_pass("first").fold
    fields = (*_NAMES, "sex", "town", "block", "birth_date")
    view = View("all", fields, (_NAMES,))
    plain = Pass("plain", (), hardening, fold, (view,))
    return replace(schema, name=name, labels=False, passes=(plain,))
