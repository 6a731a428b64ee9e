"""Encodings with block labels as they arrive: what is not the plan's is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from coordinator.encodings import Arrival, Expected
from coordinator.messages import EncodingPart
from coordinator.wire_bytes import pack_encoding, unpack_encoding
from privacy.encoding.encoder import Encoder
from privacy.encoding.labels import in_blocks
from privacy.encoding.schema import default_schema
from privacy.errors import ProtocolError
from privacy.keys import LinkKeys
from tests.coordinator.federation import people

SCHEMA = default_schema(labels=True)
EXPECTED = Expected("school", b"p" * 32, SCHEMA, ("first",), True, None, 1000, bits=2)


def part() -> EncodingPart:
    encoder = Encoder(SCHEMA, LinkKeys(1, 1, bytes(32)))
    batch = in_blocks(encoder.encode(people(40), "school"), EXPECTED.bits)
    return EncodingPart(
        b"p" * 32, SCHEMA.digest, "first", batch.rows, 0, batch.rows, batch.tokens, batch.views,
        labels=batch.labels,
    )  # fmt: skip


def test_labels_go_over_the_wire_and_into_the_batch() -> None:
    sent = part()

    batch = EXPECTED.batch([unpack_encoding(pack_encoding(sent))])

    assert batch.labels["first"].tolist() == sent.labels["first"].tolist()
    assert set(sent.labels["first"].tolist()) <= {1, 2, 3, 4}


WRONG: list[tuple[str, Callable[[EncodingPart], EncodingPart]]] = [
    ("block labels", lambda p: replace(p, labels={})),
    ("other block labels", lambda p: replace(p, labels={**p.labels, "kana": p.labels["first"]})),
    ("out of range", lambda p: replace(p, labels={"first": p.labels["first"] + np.uint64(4)})),
    (
        "without a block",
        lambda p: replace(p, labels={"first": np.zeros(p.rows, dtype=np.uint64)}),
    ),
]


@pytest.mark.parametrize(("said", "change"), WRONG)
def test_wrong_labels_are_refused_by_the_department_s_name(
    said: str, change: Callable[[EncodingPart], EncodingPart]
) -> None:
    with pytest.raises(ProtocolError, match=said) as raised:
        Arrival(EXPECTED).check(change(part()))

    assert "school" in raised.value.what.ja
