"""Show one row's operator what would leave for it: codes and tokens, under a throw-away key."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from nodes.driver.context import NodeContext
from privacy.encoding.encoder import Encoder
from privacy.encoding.schema import default_schema
from privacy.errors import BadInputError, Text
from privacy.keys import LinkKeys

SHOWN_BYTES = 8


@dataclass(frozen=True, slots=True)
class Part:
    """One code or token: its name, its length, and how it begins (under a throw-away key)."""

    name: str
    bits: int
    begins: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Preview:
    """What one row becomes."""

    parts: tuple[Part, ...]
    note: Text


def preview(context: NodeContext, row: int) -> Preview:
    """Encode row *row* (from 1) of the last import under a key that is drawn for this look.

    The real key is not used, so nothing on the screen equals anything that leaves.

    Raises:
        BadInputError: there is no such row, or it was dropped at import.
    """
    with context.store.reading() as tables:
        rows = tables.records.rows()
        used = rows[row - 1].record if 0 < row <= len(rows) else -1
        person = tables.records.person(used) if used >= 0 else None
    if person is None:
        raise BadInputError(
            Text(f"{row}行目は使われていません。", f"Row {row} is not in use."),
            Text(
                f"1 から {len(rows)} の行を指定してください。", f"Name a row from 1 to {len(rows)}."
            ),
        )
    encoder = Encoder(default_schema(), LinkKeys(0, 0, secrets.token_bytes(32)))
    passes = [salt_pass.name for salt_pass in encoder.schema.passes]
    batch = encoder.encode([person], context.node, passes)
    parts = [
        *((name, values[0].tobytes()) for name, values in batch.tokens.items()),
        *((name, codes[0].tobytes()) for name, codes in batch.views.items()),
    ]
    shown = tuple(
        Part(name, 8 * len(octets), octets[:SHOWN_BYTES].hex() if any(octets) else "-")
        for name, octets in parts
    )
    return Preview(
        shown,
        Text(
            "ここに出した値は、この表示のためだけの使い捨ての鍵によるものです。"
            "鍵がなければ氏名などには戻せません。「-」は項目が足りず出ないものです。",
            "These values are under a throw-away key, made for this look only. Without the key "
            "they cannot be turned back. A '-' does not leave: the row holds too little for it.",
        ),
    )
