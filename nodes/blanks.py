"""What dummies lack of views, tokens and labels: as real rows do, drawn once a link epoch.

Missing values must not single dummies out, and a dummy must not change inside an epoch,
while rows come and go: so the pattern of what a sample of rows lacked when the epoch was
opened is kept, as bits, and dummies are blanked like it (`privacy.encoding.dummies`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from privacy.encoding.batch import Batch
from privacy.encoding.encoder import Encoder
from privacy.encoding.schema import Schema
from privacy.encoding.tokens import TOKEN_BYTES
from privacy.normalise.person import Person

SAMPLE = 1024
"""Rows whose pattern is kept: enough to look alike, few enough to encode in every pass."""
TOKEN_KINDS = ("T1", "A", "B")


def draw_patterns(
    encoder: Encoder, persons: Sequence[Person], randomness: Callable[[int], bytes]
) -> bytes:
    """Return what a random sample of *persons* holds: one little-endian uint64 of bits a row."""
    words = np.frombuffer(randomness(8 * len(persons)), dtype="<u8")
    chosen = np.argsort(words, kind="stable")[:SAMPLE]
    passes = [salt_pass.name for salt_pass in encoder.schema.passes]
    batch = encoder.encode([persons[at] for at in chosen.tolist()], "-", passes)
    held = np.zeros(batch.rows, dtype=np.uint64)
    for bit, name in enumerate(_names(encoder.schema)):
        there = (batch.tokens | batch.views | _label_columns(batch))[name].any(axis=1)
        held |= there.astype(np.uint64) << np.uint64(bit)
    return held.astype("<u8").tobytes()


def like(patterns: bytes, schema: Schema, department: str) -> Batch:
    """Return a batch that holds and lacks what the sample did, and says nothing else."""
    held = np.frombuffer(patterns, dtype="<u8")
    marks = {
        name: ((held >> np.uint64(bit)) & np.uint64(1)) for bit, name in enumerate(_names(schema))
    }
    tokens = {kind: _token_marks(marks[kind]) for kind in TOKEN_KINDS}
    views = {name: mark[:, None] for name, mark in marks.items() if "/" in name}
    labels = {name: marks[_label(name)] for name in _labelled(schema)}
    return Batch(department, len(held), tokens, views, labels)


def _token_marks(mark: NDArray[np.uint64]) -> NDArray[np.uint8]:
    marks = np.zeros((len(mark), TOKEN_BYTES), dtype=np.uint8)
    marks[:, 0] = mark
    return marks


def _label_columns(batch: Batch) -> dict[str, NDArray[np.uint64]]:
    return {_label(name): labels[:, None] for name, labels in batch.labels.items()}


def _label(salt_pass: str) -> str:
    return f"label {salt_pass}"


def _labelled(schema: Schema) -> tuple[str, ...]:
    return tuple(p.name for p in schema.passes if p.salt) if schema.labels else ()


def _names(schema: Schema) -> tuple[str, ...]:
    views = schema.view_ids([salt_pass.name for salt_pass in schema.passes])
    return (*TOKEN_KINDS, *views, *map(_label, _labelled(schema)))
