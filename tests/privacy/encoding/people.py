"""Fictional persons in normal form, and fixed keys, for the encoder's tests."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from privacy.keys import CityKey, LinkKeys
from privacy.normalise.person import Person

VECTORS = Path(__file__).parents[2] / "vectors" / "encoding"
LINK_KEYS: LinkKeys = CityKey(1, bytes(range(32))).link_keys(7)


def vector_persons() -> list[Person]:
    entries = json.loads((VECTORS / "persons.json").read_text("utf-8"))
    return [Person(**entry) for entry in entries]


def person(**changes: str) -> Person:
    fields = {
        "family": "架空",
        "given": "一番",
        "family_kana": "カクウ",
        "given_kana": "イチバン",
        "birth_date": "2012-04-01",
        "sex": "1",
        "town": "見本市架空町1",
        "block": "2-3",
        "resident_number": "9000000001",
    }
    return replace(Person(), **(fields | changes))  # type: ignore[arg-type] # texts by name
