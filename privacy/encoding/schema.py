"""The linkage schema: which fields go into which view, how, and under which salt.

A schema is data, agreed by all nodes and bound by its digest into plans and messages:
two encoders with the same schema, keys and normalisation give the same bits.  The
committed default is ``data/schema.json`` (PROTOCOL 2, "sharpened views", v1).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from importlib import resources
from typing import Any

from privacy.canonical import Json, canonical_digest
from privacy.encoding.hardening import Hardening, check_floor
from privacy.errors import BadInputError, Text
from privacy.normalise.person import Person

BITS = 1024
"""Positions of a filter: ten bits of a cipher block choose one."""
MOST_HASHES = 12
"""Positions that one cipher block of 128 bits gives."""
WORD = 64
"""Codes are handled in words of 64 bits."""
_NAME_PARTS = {"family", "given", "family_kana", "given_kana"}
_ADDRESS_PARTS = {"town", "block", "building", "postcode"}
_PERSON_FIELDS = {f.name for f in fields(Person)} - {"problems"} | {
    name for name, value in vars(Person).items() if isinstance(value, property)
}


class FieldKind(StrEnum):
    """How a field's text becomes grams."""

    QGRAM = "qgram"
    """Substrings of q characters of the padded text."""
    WHOLE = "whole"
    """The text as one gram."""
    DATE = "date"
    """Year, month and day of an ISO date, each as one gram that knows its part."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """How one field is encoded: its kind, q, and the positions a gram sets (its weight)."""

    name: str
    kind: FieldKind
    hashes: int
    latin_hashes: int
    q: int = 2

    def hashes_of(self, value: str) -> int:
        """Return the positions a gram of *value* sets: Latin letters count as much as kana."""
        return self.latin_hashes if is_latin(value) else self.hashes


@dataclass(frozen=True, slots=True)
class View:
    """One filter of a record over chosen fields.

    A record is missing in the view when one of the groups in ``requires`` has no field
    with content, or when its fields give fewer than the schema's ``min_grams`` distinct
    grams together.  Where ``order_free``, a gram does not tell which of the fields it is
    of: a family name written as the given name, and the other way round, is still found.
    """

    name: str
    fields: tuple[str, ...]
    requires: tuple[tuple[str, ...], ...]
    order_free: bool = False


@dataclass(frozen=True, slots=True)
class Pass:
    """Views under one salt; ``fold`` is h of the sharpening, the signs xored to one bit.

    Where ``order_free``, the parts of the salt value count in any order.
    """

    name: str
    salt: tuple[str, ...]
    hardening: Hardening
    fold: int
    views: tuple[View, ...]
    order_free: bool = False


@dataclass(frozen=True, slots=True)
class Schema:
    """Everything public that fixes an encoding; ``length`` is L, the bits of a sharpened code."""

    name: str
    version: int
    length: int
    min_grams: int
    labels: bool
    fields: tuple[FieldSpec, ...]
    passes: tuple[Pass, ...]

    @property
    def digest(self) -> bytes:
        """Return SHA-256 of the canonical JSON of this schema (32 bytes)."""
        return canonical_digest(self.to_json())

    def field(self, name: str) -> FieldSpec:
        """Return how the field *name* is encoded."""
        return next(spec for spec in self.fields if spec.name == name)

    def get_pass(self, name: str) -> Pass:
        """Return the pass *name*.

        Raises:
            BadInputError: the schema has no such pass.
        """
        for candidate in self.passes:
            if candidate.name == name:
                return candidate
        known = ", ".join(p.name for p in self.passes)
        raise _bad(f"パス {name} はありません（{known}）。", f"no pass {name} (it has {known})")

    def view_ids(self, passes: Iterable[str]) -> tuple[str, ...]:
        """Return ``pass/view`` of every view of *passes*, in the order of the schema."""
        return tuple(f"{p}/{view.name}" for p in passes for view in self.get_pass(p).views)

    def check_floor(self, floor: Hardening) -> None:
        """Refuse this schema where a pass is hardened less than a policy's *floor*.

        Raises:
            RefusedError: a pass is weaker; the message names it.
        """
        check_floor({p.name: p.hardening for p in self.passes}, floor)

    def with_labels(self) -> Schema:
        """Return the variant that sends block labels: passes fold at least 3 signs.

        Passes salted by one part of a name are left out: sizes of their blocks would be
        the frequencies of names, which name the frequent ones.  So are those salted by an
        address: their blocks would be the households.  And so are those that look at the
        blocks of an earlier pass once more.
        """
        kept: dict[tuple[str, ...], Pass] = {}
        for p in self.passes:
            named = len(p.salt) == 1 and p.salt[0] in _NAME_PARTS
            if not named and not _ADDRESS_PARTS & set(p.salt):
                kept.setdefault(p.salt, p)
        sharper = tuple(replace(p, fold=max(p.fold, 3)) for p in kept.values())
        return replace(self, labels=True, passes=sharper)

    def to_json(self) -> Json:
        """Return the schema as canonical JSON takes it; `parse` reads it back."""
        return {
            "name": self.name,
            "version": self.version,
            "bits": BITS,
            "length": self.length,
            "min_grams": self.min_grams,
            "labels": self.labels,
            "fields": {
                spec.name: {
                    "kind": str(spec.kind),
                    "q": spec.q,
                    "hashes": spec.hashes,
                    "latin_hashes": spec.latin_hashes,
                }
                for spec in self.fields
            },
            "passes": [
                {
                    "name": p.name,
                    "salt": list(p.salt),
                    "hardening": str(p.hardening),
                    "fold": p.fold,
                    "order_free": p.order_free,
                    "views": [
                        {
                            "name": view.name,
                            "fields": list(view.fields),
                            "requires": [list(group) for group in view.requires],
                            "order_free": view.order_free,
                        }
                        for view in p.views
                    ],
                }
                for p in self.passes
            ],
        }


def default_schema(*, labels: bool = False) -> Schema:
    """Return the committed default schema; with *labels*, its labelled variant."""
    text = resources.files("privacy.encoding").joinpath("data/schema.json").read_text("utf-8")
    schema = parse(text)
    return schema.with_labels() if labels else schema


def parse(text: str) -> Schema:
    """Read a schema from JSON *text*.

    Raises:
        BadInputError: the text is not JSON, lacks a key, or asks for what version 1
            cannot encode.
    """
    try:
        raw = json.loads(text)
        bits = raw["bits"]
        schema = Schema(
            name=raw["name"],
            version=raw["version"],
            length=raw["length"],
            min_grams=raw["min_grams"],
            labels=raw["labels"],
            fields=tuple(_field(name, spec) for name, spec in sorted(raw["fields"].items())),
            passes=tuple(_pass(p) for p in raw["passes"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        kind = type(error).__name__
        raise _bad(f"読み取れません（{kind}）。", f"it cannot be read ({kind})") from error
    if bits != BITS or schema.version != 1:
        raise _bad("版またはビット数が未対応です。", "its version or its number of bits is unknown")
    _check(schema)
    return schema


def is_latin(value: str) -> bool:
    """Tell whether *value* is in Latin script (no character beyond Latin Extended-B)."""
    return bool(value) and max(value) < "\u0250"


def _field(name: str, spec: Mapping[str, Any]) -> FieldSpec:
    kind = FieldKind(spec["kind"])
    return FieldSpec(name, kind, spec["hashes"], spec["latin_hashes"], spec["q"])


def _pass(raw: Mapping[str, Any]) -> Pass:
    views = tuple(
        View(
            view["name"],
            tuple(view["fields"]),
            tuple(tuple(g) for g in view["requires"]),
            bool(view.get("order_free", False)),
        )
        for view in raw["views"]
    )
    return Pass(
        raw["name"],
        tuple(raw["salt"]),
        Hardening(raw["hardening"]),
        raw["fold"],
        views,
        bool(raw.get("order_free", False)),
    )


def _check(schema: Schema) -> None:
    known = {spec.name for spec in schema.fields}
    for spec in schema.fields:
        if spec.name not in _PERSON_FIELDS:
            raise _bad(f"項目 {spec.name} はありません。", f"no person has a field {spec.name}")
        if not (0 < spec.hashes <= MOST_HASHES and 0 < spec.latin_hashes <= MOST_HASHES):
            raise _bad(f"項目 {spec.name} の重みは 1〜12 です。", f"{spec.name}: weights are 1..12")
        if spec.q < 1:
            raise _bad(f"項目 {spec.name} の q は 1 以上です。", f"{spec.name}: q is at least 1")
    if schema.length < WORD or schema.length % WORD:
        raise _bad("符号長は 64 の倍数です。", "its length is not a multiple of 64")
    for p in schema.passes:
        if not set(p.salt) <= _PERSON_FIELDS or not 0 < p.fold <= 16:  # noqa: PLR2004 - a bound
            raise _bad(
                f"パス {p.name} の設定が不正です。", f"pass {p.name} has a wrong salt or fold"
            )
        for view in p.views:
            named = {name for group in view.requires for name in group} | set(view.fields)
            if not named <= known or not view.fields:
                raise _bad(
                    f"ビュー {view.name} に定義のない項目があります。",
                    f"view {view.name} names a field without a setting",
                )


def _bad(ja: str, en: str) -> BadInputError:
    return BadInputError(
        Text(f"連結スキーマが不正です: {ja}", f"The linkage schema is wrong: {en}."),
        Text("スキーマの文書を確認してください。", "Check the schema file."),
    )
