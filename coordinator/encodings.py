"""One department's encodings as they arrive: checked against plan and schema, then a batch.

The coordinator learns from them which rows agree and how similar they are, and names
nobody; whoever sends another length, another schema, too many rows or nothing but
zeros is refused by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from coordinator.messages import EncodingPart
from privacy.encoding.batch import Batch, Codes
from privacy.encoding.schema import Schema
from privacy.errors import ProtocolError, Text

TOKEN_KINDS = ("T1", "A", "B")
FIRST = "first"
_NO_CHANCE = 10
"""Rows from which one code for all of them is a fault, and no family of one name."""


def second_passes(schema: Schema) -> tuple[str, ...]:
    """Return the salted passes after the first; the unsalted one is not asked for."""
    return tuple(p.name for p in schema.passes if p.name != FIRST and p.salt)


@dataclass(frozen=True, slots=True)
class Expected:
    """What a department was asked for: passes, with or without tokens, and how many rows."""

    department: str
    plan_digest: bytes
    schema: Schema
    passes: tuple[str, ...]
    tokens: bool
    rows: int | None
    """Exactly so many; None leaves it to the department, up to ``most_rows``."""
    most_rows: int
    bits: int = 0
    """Bits of a block label, where the schema sends labels."""

    @property
    def labelled(self) -> tuple[str, ...]:
        """The passes whose rows carry block labels."""
        passes = map(self.schema.get_pass, self.passes) if self.schema.labels else ()
        return tuple(p.name for p in passes if p.salt)

    def check(self, part: EncodingPart, next_row: int) -> None:
        """Check one part, which must begin at *next_row*.

        Raises:
            ProtocolError: naming the department and what is wrong.
        """
        if part.plan_digest != self.plan_digest:
            raise self.refused("計画が違います", "another plan")
        if part.schema_digest != self.schema.digest:
            raise self.refused("連結スキーマが違います", "another linkage schema")
        if part.salt_pass != "+".join(self.passes):
            raise self.refused("パスが違います", "another pass")
        wanted = self.rows if self.rows is not None else part.total_rows
        if part.total_rows != wanted or part.total_rows > self.most_rows:
            raise self.refused("行数が合いません", "a wrong number of rows")
        if part.first_row != next_row:
            raise self.refused("行の順序が合いません", "rows out of order")
        kinds = set(TOKEN_KINDS) if self.tokens else set()
        if set(part.views) != set(self.schema.view_ids(self.passes)) or set(part.tokens) != kinds:
            raise self.refused("ビューまたはトークンが違います", "other views or tokens")
        words = self.schema.length // 64
        if any(codes.shape != (part.rows, words) for codes in part.views.values()):
            raise self.refused("符号の長さが違います", "codes of a wrong length")
        if set(part.labels) != set(self.labelled):
            raise self.refused("ブロックラベルの有無が違います", "other block labels")
        if any(int(labels.max(initial=0)) > 1 << self.bits for labels in part.labels.values()):
            raise self.refused("ブロックラベルが範囲外です", "block labels out of range")

    def batch(self, parts: Iterable[EncodingPart]) -> Batch:
        """Return the whole batch of the *parts*, checked again as one.

        Raises:
            ProtocolError: a part is wrong, rows are missing, the first pass holds only zeros,
                or all rows of a view hold one code.
        """
        arrival = Arrival(self)
        kept = []
        for part in parts:
            arrival.check(part)
            kept.append(part)
        arrival.finish()
        views = {
            view: np.concatenate([part.views[view] for part in kept])
            for view in self.schema.view_ids(self.passes)
        }
        kinds = TOKEN_KINDS if self.tokens else ()
        tokens = {kind: np.concatenate([part.tokens[kind] for part in kept]) for kind in kinds}
        # In a later pass a department without the field that salts it has nothing to send.
        if self.tokens and not any(codes.any() for codes in (*views.values(), *tokens.values())):
            raise self.refused("すべての符号が0です", "nothing but zeros")
        if any(_all_alike(codes) for codes in views.values()):
            raise self.refused("すべての行が同じ符号です", "one code for all rows")
        labels = {
            name: np.concatenate([part.labels[name] for part in kept]) for name in self.labelled
        }
        return Batch(self.department, arrival.rows, tokens, views, labels)

    def refused(self, ja: str, en: str) -> ProtocolError:
        """Return the refusal of this department's encodings."""
        return ProtocolError(
            Text(
                f"{self.department} の符号化データを使えません: {ja}。",
                f"The encodings of {self.department} cannot be used: {en}.",
            ),
            Text(
                f"{self.department} の版と設定を確かめ、新しい計画でやり直してください。",
                f"Check the version and the settings of {self.department}; make a new plan.",
            ),
        )


class Arrival:
    """Follows one stream of encodings: parts in order, complete at the end."""

    def __init__(self, expected: Expected) -> None:
        """Check against *expected*."""
        self._expected = expected
        self.rows = 0
        self._total = 0

    def check(self, part: EncodingPart) -> None:
        """Check the next part.

        Raises:
            ProtocolError: naming the department and what is wrong.
        """
        self._expected.check(part, self.rows)
        if self.rows and part.total_rows != self._total:
            raise self._expected.refused("行数が途中で変わりました", "its number of rows changes")
        self._total = part.total_rows
        self.rows += part.rows

    def finish(self) -> None:
        """Check that the stream was complete.

        Raises:
            ProtocolError: it was cut, or empty.
        """
        if self.rows == 0 or self.rows != self._total:
            raise self._expected.refused("行が足りません", "rows are missing")


def merged(department: str, batches: Iterable[Batch]) -> Batch:
    """Return one batch with the views of several passes over the same rows.

    Raises:
        ValueError: they do not have the same number of rows.
    """
    found = list(batches)
    rows = {batch.rows for batch in found}
    if len(rows) != 1:
        raise ValueError("passes over the same rows have the same number of rows")
    views = {view: codes for batch in found for view, codes in batch.views.items()}
    labels = {name: values for batch in found for name, values in batch.labels.items()}
    return Batch(department, rows.pop(), {}, views, labels)


def _all_alike(codes: Codes) -> bool:
    held = codes[codes.any(axis=1)]
    return len(held) >= _NO_CHANCE and bool((held == held[0]).all())
