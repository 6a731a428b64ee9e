"""What one department's encoder hands to linkage: arrays, no text, no keys."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint64]
"""Codes of one view: n x (bits / 64) words, row order as sent; an all-zero row is missing."""

Tokens = NDArray[np.uint8]
"""Tokens of one kind: n x 32 bytes, row order as sent; an all-zero row is missing."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Encodings of one department's rows, in the random order in which they left it.

    Who holds it can test equality of tokens and similarity of views; without the
    link keys it names nobody.
    """

    department: str
    rows: int
    tokens: dict[str, Tokens] = field(repr=False)
    views: dict[str, Codes] = field(repr=False)
