"""Noise from OpenDP's discrete Gaussian: the only importer of opendp.

A release is sampled only after its charge is persisted and synced (PROTOCOL 6).  OpenDP
draws its own randomness; the sampler is exact on integers, with no float in the output.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from privacy.dp.loss import MAX_CELLS, Noise
from privacy.errors import BadInputError, Text

MAX_SCALE = 2.0**40
"""Keeps every sample far inside 64 bits."""


def sample_noise(cells: int, scale: float) -> NDArray[np.int64]:
    """Return one node's noise: *cells* independent discrete Gaussians of parameter *scale*.

    The result is secret until it is added: who knows it knows the exact answer.

    Raises:
        BadInputError: no cell, too many, or a scale that is not positive and finite.
    """
    if not 1 <= cells <= MAX_CELLS or not math.isfinite(scale) or not 0 < scale <= MAX_SCALE:
        raise BadInputError(
            Text(
                f"雑音には 1 から {MAX_CELLS} 個のセルと正の尺度が必要です。",
                f"Noise needs 1 to {MAX_CELLS} cells and a positive, finite scale.",
            )
        )
    # The prelude would load scikit-learn as well: 70 MB that a node has no use for.
    from opendp.domains import atom_domain, vector_domain  # noqa: PLC0415
    from opendp.measurements import make_gaussian  # noqa: PLC0415
    from opendp.metrics import l2_distance  # noqa: PLC0415
    from opendp.mod import enable_features  # noqa: PLC0415

    enable_features("contrib")
    domain = vector_domain(atom_domain(T="i64"), size=cells)
    mechanism = make_gaussian(domain, l2_distance(T=float), scale)
    return np.array(mechanism([0] * cells), dtype=np.int64)


def noise_of(noise: Noise) -> NDArray[np.int64]:
    """Return one node's noise for a release whose charge has been persisted.

    Raises:
        BadInputError: its variance or its charge is not positive.
    """
    if noise.variance <= 0 or noise.charge.nano <= 0:
        what = Text("分散と費用は正でなければなりません。", "Variance and charge must be positive.")
        raise BadInputError(what)
    return sample_noise(noise.cells, noise.scale)
