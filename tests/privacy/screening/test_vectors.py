"""Published vectors: another implementation compiles to the same digest, table and cards."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from privacy.errors import EnishiError
from privacy.screening.cards import CardSignal, read_card, write_card
from privacy.screening.compile import compile_screening
from privacy.screening.compiled import Compiled
from tests.privacy.screening.samples import AS_OF, catalogue, read

FOLDER = Path(__file__).parents[2] / "vectors" / "screening"


def load() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "screening.json").read_text("utf-8"))
    return found


def compiled_vector(vector: dict[str, Any]) -> Compiled:
    return compile_screening(
        read(vector["definition"]),
        receiver=vector["receiver"],
        nodes=vector["nodes"],
        holders=vector["holders"],
        catalogue=catalogue(),
        as_of=dt.date.fromisoformat(vector["as_of"]),
    )


@pytest.mark.parametrize("place", range(3))
def test_a_definition_compiles_to_its_published_table(place: int) -> None:
    vector = load()["compiled"][place]
    screening = compiled_vector(vector)
    assert screening.definition.digest.hex() == vector["definition_digest"]
    assert [[d.name, d.radix] for d in screening.digits.digits] == vector["digits"]
    listed = [place for place, value in enumerate(screening.table.values) if value]
    assert listed == vector["listed_totals"]
    assert screening.digest.hex() == vector["digest"]


def test_cards_are_as_published() -> None:
    for vector in load()["cards"]:
        signals = [
            CardSignal(name, dt.date.fromisoformat(day) if day else None, item)
            for name, day, item in vector["signals"]
        ]
        assert write_card(signals).hex() == vector["card"]
        assert list(read_card(bytes.fromhex(vector["card"]))) == signals


def test_what_is_published_as_bad_is_refused() -> None:
    vectors = load()
    for card in vectors["bad_cards"]:
        with pytest.raises(EnishiError):
            read_card(bytes.fromhex(card))
    for text in vectors["bad_definitions"]:
        with pytest.raises(EnishiError):
            read(text, AS_OF)
