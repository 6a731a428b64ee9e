"""Every named hardening has a schema, and the README lists them all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import privacy.encoding
from privacy.encoding.encoder import Encoder
from privacy.encoding.hardening import Hardening
from privacy.encoding.registry import find_schema, registered
from privacy.encoding.schema import default_schema
from privacy.errors import RefusedError
from tests.privacy.encoding.people import LINK_KEYS, vector_persons

README = Path(privacy.encoding.__file__).parent / "README.md"


def test_every_hardening_is_registered() -> None:
    used = {p.hardening for schema in registered().values() for p in schema.passes}

    assert used == set(Hardening)
    assert len({schema.digest for schema in registered().values()}) == len(registered())


@pytest.mark.parametrize("name", sorted(registered()))
def test_a_registered_schema_encodes_and_stands_in_the_readme(name: str) -> None:
    schema = registered()[name]
    batch = Encoder(schema, LINK_KEYS).encode(
        vector_persons(), "school", [p.name for p in schema.passes]
    )

    assert all(batch.views[view].any() for view in schema.view_ids([schema.passes[0].name]))
    assert bool(batch.labels) == schema.labels
    assert f"`{name}`" in README.read_text(encoding="utf-8")


def test_a_schema_is_found_by_its_digest_only() -> None:
    assert find_schema(default_schema().digest) == default_schema()
    with pytest.raises(RefusedError, match="no linkage schema"):
        find_schema(replace(default_schema(), min_grams=5).digest)
