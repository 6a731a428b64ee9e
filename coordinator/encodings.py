"""One department's encodings as they arrive: checked against plan and schema, then a batch.

The coordinator learns from them which rows agree and how similar they are, and names
nobody; whoever sends another length, another schema, too many rows or nothing but
zeros is refused by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coordinator.messages import EncodingPart
from privacy.encoding.batch import Batch, Codes
from privacy.encoding.schema import Schema
from privacy.encoding.tokens import TOKEN_BYTES
from privacy.errors import ProtocolError, Text

TOKEN_KINDS = ("T1", "A", "B")
FIRST = "first"
_ONES = np.uint64(0xFFFF_FFFF_FFFF_FFFF)
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
    handles: bool = False
    """Whether every row has a handle: codes of an epoch are held by them."""
    changes: bool = False
    """Whether these are an incremental round's changes: a few rows or none."""

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
        self._check_handles(part)
        if part.rows:
            self._check_arrays(part)

    def _check_arrays(self, part: EncodingPart) -> None:
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
        for name, labels in part.labels.items():
            held = [
                codes.any(axis=1) for v, codes in part.views.items() if v.startswith(f"{name}/")
            ]
            if any((there & (labels == 0)).any() for there in held):
                # They would be compared with nothing: a loss of recall that nobody sees.
                raise self.refused("ブロックのない符号があります", "codes without a block")

    def _check_handles(self, part: EncodingPart) -> None:
        if self.handles and len(part.handles) != part.rows:
            raise self.refused("行の番号がありません", "rows without handles")
        if len(part.removed) and not (self.changes and part.first_row == 0):
            raise self.refused("消えた行は増分の始めに来ます", "removed rows out of place")

    def batch(self, parts: Iterable[EncodingPart]) -> Batch:
        """Return the whole batch of the *parts*, checked again as one.

        Raises:
            ProtocolError: a part is wrong, or all of them together (see `Arrival`).
        """
        arrival = Arrival(self)
        kept = []
        for part in parts:
            arrival.check(part)
            kept.append(part)
        arrival.finish()
        kept = [part for part in kept if part.rows]
        if not kept:
            return self._nothing()
        views = {
            view: np.concatenate([part.views[view] for part in kept])
            for view in self.schema.view_ids(self.passes)
        }
        kinds = TOKEN_KINDS if self.tokens else ()
        tokens = {kind: np.concatenate([part.tokens[kind] for part in kept]) for kind in kinds}
        labels = {
            name: np.concatenate([part.labels[name] for part in kept]) for name in self.labelled
        }
        return Batch(self.department, arrival.rows, tokens, views, labels)

    def _nothing(self) -> Batch:
        words = self.schema.length // 64
        views = {
            view: np.zeros((0, words), dtype=np.uint64)
            for view in self.schema.view_ids(self.passes)
        }
        kinds = TOKEN_KINDS if self.tokens else ()
        tokens = {kind: np.zeros((0, TOKEN_BYTES), dtype=np.uint8) for kind in kinds}
        labels = {name: np.zeros(0, dtype=np.uint64) for name in self.labelled}
        return Batch(self.department, 0, tokens, views, labels)

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
    """Follows one stream of encodings: parts in order, complete at the end, and of some sense."""

    def __init__(self, expected: Expected) -> None:
        """Check against *expected*."""
        self._expected = expected
        self.rows = 0
        self._total = 0
        self._parts = 0
        self._views: dict[str, _Seen] = {}
        self._tokens: dict[str, list[NDArray[np.uint64]]] = {}

    def check(self, part: EncodingPart) -> None:
        """Check the next part.

        Raises:
            ProtocolError: naming the department and what is wrong.
        """
        self._expected.check(part, self.rows)
        if self._parts and part.total_rows != self._total:
            raise self._expected.refused("行数が途中で変わりました", "its number of rows changes")
        self._total = part.total_rows
        self._parts += 1
        self.rows += part.rows
        for view, codes in part.views.items():
            if (codes == _ONES).all(axis=1).any():
                raise self._expected.refused(
                    "すべて1の符号があります", "a code of nothing but ones"
                )
            self._views.setdefault(view, _Seen()).add(codes)
        for kind, tokens in part.tokens.items():
            # Half of a token tells it from a million others, at half the memory.
            halves = np.ascontiguousarray(tokens).view("<u8")[:, :2]
            self._tokens.setdefault(kind, []).append(halves[tokens.any(axis=1)])

    def finish(self) -> None:
        """Check that the stream was complete, and that it says something.

        Raises:
            ProtocolError: it was cut, or empty; the first pass holds only zeros; all rows of
                a view hold one code; a token stands at two rows.
        """
        refused = self._expected.refused
        changes = self._expected.changes
        none = self._parts == 0 or (self.rows == 0 and not changes)
        if none or self.rows != self._total:
            raise refused("行が足りません", "rows are missing")
        held = [seen.count for seen in self._views.values()]
        held += [len(part) for parts in self._tokens.values() for part in parts]
        # In a later pass a department without the field that salts it has nothing to send.
        if self._expected.tokens and not any(held) and not changes:
            raise refused("すべての符号が0です", "nothing but zeros")
        if any(seen.alike and seen.count >= _NO_CHANCE for seen in self._views.values()):
            raise refused("すべての行が同じ符号です", "one code for all rows")
        for parts in self._tokens.values():
            tokens = np.concatenate(parts)
            if len(np.unique(tokens, axis=0)) != len(tokens):
                raise refused("同じ行が二度あります(同じトークン)", "a row twice: equal tokens")


class _Seen:
    """What the rows of one view have been so far: how many hold a code, and whether all one."""

    def __init__(self) -> None:
        self.count = 0
        self.alike = True
        self._first: Codes | None = None

    def add(self, codes: Codes) -> None:
        held = codes[codes.any(axis=1)]
        if self._first is None and len(held):
            self._first = held[0].copy()
        self.alike = self.alike and bool((held == self._first).all())
        self.count += len(held)


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
