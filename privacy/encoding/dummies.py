"""Dummy records: encodings that belong to nobody and look like anybody's.

They blur how many real records a node sends and which records a second pass asks for
(PROTOCOL 2).  A dummy consists of random grams of the reserved field ``dummy`` and random
tokens, all drawn from a secret of its node, so it matches no real record and no holder
of the link keys can name it.  Drawn once per link epoch and kept: a node asks for more
with a higher number and never takes any away, else two rounds would show which they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from privacy.encoding.batch import Batch, Codes, Labels, Tokens
from privacy.encoding.encoder import Encoder
from privacy.encoding.filters import Content, Salts
from privacy.encoding.grams import gram_id
from privacy.encoding.tokens import TOKEN_BYTES, block_labels
from privacy.keys import derive, keystream

FIELD = "dummy"
"""Reserved: no field of a person may have this name (the schema knows person fields only)."""
_GRAMS, _HASHES = 24, 9  # about 195 of 1,024 bits, as a real record of the default schema
_GRAM_BYTES = 16
_Word = TypeVar("_Word", np.uint64, np.uint8)


@dataclass(frozen=True, slots=True)
class Pads:
    """For the labelled variant: which blocks dummies pad, and whom they are modelled on."""

    labels: Labels = field(repr=False)
    """The first-pass label of each dummy."""
    among: NDArray[np.int64] = field(repr=False)
    """Rows of the batch that have a first-pass label themselves."""


@dataclass(frozen=True, slots=True)
class DummySource:
    """A node's dummies of one link epoch; *secret*: 32 bytes that never leave the node."""

    secret: bytes = field(repr=False)

    def batch(
        self,
        encoder: Encoder,
        like: Batch,
        numbers: Sequence[int],
        passes: Sequence[str] = ("first",),
        padding: Pads | None = None,
    ) -> Batch:
        """Return the dummies of these *numbers*, to be mixed among the rows of *like*.

        Codes and tokens depend on the secret, the epochs, the schema and the number only.
        Each dummy lacks the views and tokens that a randomly chosen row of *like* lacks,
        so missing values do not single dummies out: keep *like* for the epoch.

        Args:
            encoder: of this epoch.
            like: the real rows they hide among, or marks of what those hold.
            numbers: which dummies, for example ``range(already_drawn, wanted)``.
            passes: as encoded for *like*.
            padding: for the labelled variant, which block each dummy pads in the first
                pass; without it, and in later passes, labels are as random as salts.
        """
        content = self._content(encoder, numbers)
        first = encoder.schema.passes[0].name
        among = np.arange(like.rows) if padding is None else padding.among
        models = self._models(encoder, numbers, among)
        present = np.ones(len(numbers), dtype=np.bool_)
        views: dict[str, Codes] = {}
        labels: dict[str, Labels] = {}
        for name in passes:
            salt_pass = encoder.schema.get_pass(name)
            own = self._texts(encoder, numbers, f"salt {name}")
            groups = Salts.of(own)
            if encoder.schema.labels and salt_pass.salt:
                drawn = block_labels(encoder.link_keys, name, own)
                if padding is not None and name == first:
                    drawn = padding.labels
                labels[name] = _blank_as(drawn, like.labels[name], models)
            for view in salt_pass.views:
                view_id = f"{name}/{view.name}"
                codes = encoder.encode_view(salt_pass, view_id, content, groups, present)
                views[view_id] = _blank_as(codes, like.views[view_id], models)
        tokens = {
            kind: _blank_as(self._tokens(encoder, numbers, kind), values, models)
            for kind, values in like.tokens.items()
        }
        return Batch(like.department, len(numbers), tokens, views, labels)

    def _stream(self, encoder: Encoder, number: int, use: str, length: int) -> bytes:
        keys = encoder.link_keys
        epochs = (keys.city_epoch, keys.link_epoch, number)
        context = b"".join(value.to_bytes(8, "big") for value in epochs)
        return keystream(derive(self.secret, "dummy", use.encode(), context), length)

    def _content(self, encoder: Encoder, numbers: Sequence[int]) -> Content:
        key = encoder.link_keys.ngram()
        octets = b"".join(
            gram_id(key, FIELD, stream[at : at + _GRAM_BYTES].hex())
            for number in numbers
            for stream in [self._stream(encoder, number, "grams", _GRAMS * _GRAM_BYTES)]
            for at in range(0, len(stream), _GRAM_BYTES)
        )
        starts = _GRAMS * np.arange(len(numbers), dtype=np.int64)[:, None]
        ids = np.frombuffer(octets, dtype="<u8").reshape(-1, 2).astype(np.uint64)
        hashes = np.full(starts.shape, _HASHES, dtype=np.uint8)
        return Content(starts, np.full_like(starts, _GRAMS), hashes, ids)

    def _models(
        self, encoder: Encoder, numbers: Sequence[int], rows: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        drawn = [self._stream(encoder, number, "model", 8) for number in numbers]
        places = [int.from_bytes(x, "little") % max(len(rows), 1) for x in drawn]
        return rows[places] if len(rows) else np.array(places, dtype=np.int64)

    def _texts(self, encoder: Encoder, numbers: Sequence[int], use: str) -> list[str]:
        return [self._stream(encoder, number, use, _GRAM_BYTES).hex() for number in numbers]

    def _tokens(self, encoder: Encoder, numbers: Sequence[int], kind: str) -> Tokens:
        use = f"token {kind}"
        octets = b"".join(self._stream(encoder, n, use, TOKEN_BYTES) for n in numbers)
        return np.frombuffer(octets, dtype=np.uint8).reshape(-1, TOKEN_BYTES).copy()


def _blank_as(
    values: NDArray[_Word], real: NDArray[_Word], models: NDArray[np.int64]
) -> NDArray[_Word]:
    """Blank those of *values* whose model row is missing in *real*."""
    if len(real):
        held = real[models] != 0
        values[~(held.any(axis=1) if held.ndim > 1 else held)] = 0
    return values
