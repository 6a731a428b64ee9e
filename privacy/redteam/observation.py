"""What an attacker computes from codes, and what it expects of the known population.

Both are the same centred correlation of codes, view by view.  The schema is public
(Kerckhoffs), so the attacker encodes the population it knows under keys of its own: the
similarities to expect, which for salted views are zero across salt values.  Sharpened
codes it need not even draw: of filters with correlation r they correlate by
((2 / pi) asin r)^h (Sheppard 1899), which is free of noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from privacy.encoding.batch import Codes
from privacy.encoding.encoder import Encoder
from privacy.encoding.hardening import Hardening, unpack
from privacy.encoding.schema import Pass, Schema
from privacy.keys import LinkKeys, derive
from privacy.normalise.person import Person

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Observation:
    """Codes of one side in one pass, as similarities.

    ``similarity``: views x n x n, diagonal 0; ``weight``: views x n, set bits of each code
    (0 where the view is missing); ``present``: views x n.
    """

    similarity: Matrix = field(repr=False)
    weight: Matrix = field(repr=False)
    present: NDArray[np.bool_] = field(repr=False)

    @property
    def rows(self) -> int:
        """Return n."""
        return int(self.similarity.shape[1])

    def mean(self) -> Matrix:
        """Return the mean over views, n x n."""
        return np.asarray(self.similarity.mean(axis=0), dtype=np.float32)


def encoded_views(
    schema: Schema, salt_pass: Pass, persons: Sequence[Person], secret: bytes
) -> dict[str, Codes]:
    """Return the codes of *persons* in all views of one pass, under link keys from *secret*."""
    encoder = Encoder(schema, LinkKeys(1, 1, secret))
    return encoder.encode(persons, "redteam", (salt_pass.name,)).views


def observe(views: Sequence[Codes]) -> Observation:
    """Return the similarities of *views* (each n x words), as whoever holds the codes sees them."""
    planes = [_correlation(codes) for codes in views]
    return Observation(
        np.stack([plane for plane, _ in planes]),
        np.stack([weight for _, weight in planes]),
        np.stack([codes.any(axis=1) for codes in views]),
    )


def expect(schema: Schema, salt_pass: Pass, persons: Sequence[Person], seed: int) -> Observation:
    """Return the similarities to expect of *persons*, under a key that *seed* draws."""
    secret = derive(seed.to_bytes(8, "big"), "redteam")
    if salt_pass.hardening is not Hardening.SHARPEN:
        return observe(list(encoded_views(schema, salt_pass, persons, secret).values()))
    plain = replace(salt_pass, hardening=Hardening.NONE)
    passes = tuple(plain if p.name == plain.name else p for p in schema.passes)
    views = encoded_views(replace(schema, passes=passes), plain, persons, secret)
    salts = [tuple(getattr(person, name) for name in salt_pass.salt) for person in persons]
    number = {salt: at for at, salt in enumerate(dict.fromkeys(salts))}
    block = np.array([number[salt] for salt in salts], dtype=np.int64)
    together = block[:, None] == block[None, :]
    planes = []
    for codes in views.values():
        angle = 2 / np.pi * np.arcsin(np.clip(_cosine(codes), -1.0, 1.0))
        planes.append(np.where(together, np.sign(angle) * np.abs(angle) ** salt_pass.fold, 0.0))
    return Observation(
        np.stack(planes).astype(np.float32),
        np.stack([np.bitwise_count(codes).sum(axis=1) for codes in views.values()]).astype("f4"),
        np.stack([codes.any(axis=1) for codes in views.values()]),
    )


def _correlation(codes: Codes) -> tuple[Matrix, Matrix]:
    """Return correlations of codes about the mean of each column, and the codes' weights."""
    bits = unpack(codes).astype(np.float32)
    there = np.asarray(codes.any(axis=1))
    weight = bits.sum(axis=1)
    if there.any():
        bits[there] -= bits[there].mean(axis=0)
    return _normal(bits, there), weight


def _cosine(codes: Codes) -> Matrix:
    """Return correlations of filters, each about its own mean weight (what centring sharpens)."""
    bits = unpack(codes).astype(np.float32)
    there = np.asarray(codes.any(axis=1))
    bits -= bits.mean(axis=1, keepdims=True)
    return _normal(bits, there)


def _normal(bits: Matrix, there: NDArray[np.bool_]) -> Matrix:
    """Return the products of the rows at length one; missing rows and the diagonal are 0."""
    length = np.sqrt((bits**2).sum(axis=1))
    unit = bits / np.where(there & (length > 0), length, np.inf)[:, None]
    product = np.asarray(unit @ unit.T, dtype=np.float32)
    np.fill_diagonal(product, 0.0)
    return product
