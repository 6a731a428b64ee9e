"""The rows of all departments, stacked: what linkage computes on.

Rows keep the order of their batches; a row's number here is its department's offset
plus its number there.  Tokens become small integers that only say "equal".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from privacy.encoding.batch import Batch, Codes, Labels, Tokens
from privacy.errors import ProtocolError, Text

Ids = NDArray[np.int64]
"""One integer a row; -1 means that the row has no such token."""

TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Stack:
    """Rows of all departments: ``department`` is the index of each row's, tokens are ids."""

    departments: tuple[str, ...]
    offsets: tuple[int, ...]
    department: Ids = field(repr=False)
    tokens: Mapping[str, Ids] = field(repr=False)
    views: Mapping[str, Codes] = field(repr=False)
    labels: Mapping[str, Labels] = field(default_factory=dict, repr=False)
    """By pass: a row's block, from 1; 0 where it has none.  Empty without block labels."""

    @property
    def rows(self) -> int:
        """Return the number of rows of all departments."""
        return len(self.department)

    def of(self, index: int) -> slice:
        """Return where the rows of department number *index* stand."""
        return slice(self.offsets[index], self.offsets[index + 1])

    def token(self, name: str) -> Ids:
        """Return the ids of token *name*; all missing where nobody sent it."""
        return self.tokens.get(name, np.full(self.rows, -1, dtype=np.int64))

    def with_views(
        self, views: Mapping[str, Codes], labels: Mapping[str, Labels] | None = None
    ) -> Stack:
        """Return the stack with further *views*, each rows x words with zeros where missing."""
        return replace(
            self, views={**self.views, **views}, labels={**self.labels, **(labels or {})}
        )

    def label(self, view: str) -> Labels | None:
        """Return the blocks in which *view* (``pass/view``) is compared; None: all pairs are."""
        return self.labels.get(view.partition("/")[0])


def check_batch(batch: Batch) -> None:
    """Refuse a batch whose arrays do not have one entry a row, or whose codes say nothing.

    Raises:
        ProtocolError: names the department and the view or token.
    """
    for name, codes in batch.views.items():
        if codes.dtype != np.uint64 or codes.ndim != 2 or len(codes) != batch.rows:  # noqa: PLR2004
            raise _wrong(batch.department, name)
        bits = np.bitwise_count(codes).sum(axis=1, dtype=np.int64)
        if len(bits) and (bits == 64 * codes.shape[1]).any():
            raise _wrong(batch.department, name)
    for name, labels in batch.labels.items():
        if labels.dtype != np.uint64 or labels.shape != (batch.rows,):
            raise _wrong(batch.department, name)
    for name, tokens in batch.tokens.items():
        if tokens.dtype != np.uint8 or tokens.shape != (batch.rows, TOKEN_BYTES):
            raise _wrong(batch.department, name)


def _wrong(department: str, name: str) -> ProtocolError:
    return ProtocolError(
        Text(
            f"部署 {department} の符号化 {name} の形が合意と違います。",
            f"department {department}: encoding {name} has not the agreed shape",
        ),
        Text("符号化し直して送ってください。", "encode and send it again"),
    )


def token_ids(tokens: Sequence[Tokens]) -> Ids:
    """Return one integer a row of all *tokens* (each n x 32 bytes), equal where the bytes are.

    An all-zero token is missing: -1.
    """
    stacked = np.ascontiguousarray(np.concatenate(tokens)) if tokens else np.zeros((0, 32), "u1")
    words = stacked.view(np.uint64)
    ids = np.full(len(words), -1, dtype=np.int64)
    there = np.flatnonzero(words.any(axis=1))
    if len(there):
        whole = np.ascontiguousarray(words[there]).view("V32").ravel()
        ids[there] = np.unique(whole, return_inverse=True)[1]
    return ids


def stack(batches: Sequence[Batch]) -> Stack:
    """Stack the *batches* of all departments; a view or token that one lacks is missing there.

    Raises:
        ProtocolError: a department twice, or an array of another shape than agreed.
    """
    names = tuple(batch.department for batch in batches)
    if len(set(names)) != len(names):
        raise ProtocolError(Text("部署が重複しています。", "a department is there twice"))
    for batch in batches:
        check_batch(batch)
    counts = [batch.rows for batch in batches]
    kinds = sorted({name for batch in batches for name in batch.tokens})
    tokens = {
        kind: token_ids(
            [b.tokens.get(kind, np.zeros((b.rows, TOKEN_BYTES), np.uint8)) for b in batches]
        )
        for kind in kinds
    }
    return Stack(
        departments=names,
        offsets=tuple(np.concatenate([[0], np.cumsum(counts)]).tolist()),
        department=np.repeat(np.arange(len(batches)), counts),
        tokens=tokens,
        views=stack_views(batches),
        labels=stack_labels(batches),
    )


def stack_views(
    batches: Sequence[Batch], rows: Sequence[Ids] | None = None, counts: Sequence[int] = ()
) -> dict[str, Codes]:
    """Stack the views of *batches*; with *rows*, batch b holds only those of its counts[b] rows.

    Raises:
        ProtocolError: departments disagree on a view's width, or a batch has other rows
            than those asked.
    """
    sizes = [batch.rows for batch in batches] if rows is None else list(counts)
    views: dict[str, Codes] = {}
    for name in dict.fromkeys(name for batch in batches for name in batch.views):
        widths = {batch.views[name].shape[1] for batch in batches if name in batch.views}
        if len(widths) != 1:
            raise _wrong("*", name)
        codes = np.zeros((sum(sizes), widths.pop()), dtype=np.uint64)
        start = 0
        for index, batch in enumerate(batches):
            where = np.arange(batch.rows) if rows is None else rows[index]
            if len(where) != batch.rows:
                raise _wrong(batch.department, name)
            if name in batch.views:
                codes[start + where] = batch.views[name]
            start += sizes[index]
        views[name] = codes
    return views


def stack_labels(
    batches: Sequence[Batch], rows: Sequence[Ids] | None = None, counts: Sequence[int] = ()
) -> dict[str, Labels]:
    """Stack the block labels of *batches*, rows as in `stack_views`.

    Raises:
        ProtocolError: one department sends labels of a pass, and another its views without.
    """
    sizes = [batch.rows for batch in batches] if rows is None else list(counts)
    stacked: dict[str, Labels] = {}
    for name in dict.fromkeys(name for batch in batches for name in batch.labels):
        labels = np.zeros(sum(sizes), dtype=np.uint64)
        start = 0
        for index, batch in enumerate(batches):
            where = np.arange(batch.rows) if rows is None else rows[index]
            if name in batch.labels:
                labels[start + where] = batch.labels[name]
            elif any(view.startswith(f"{name}/") for view in batch.views):
                raise _wrong(batch.department, name)
            start += sizes[index]
        stacked[name] = labels
    return stacked
