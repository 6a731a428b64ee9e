"""Rows of a link epoch as values: what changed, and what stands after the changes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nodes.epoch_rows import DUMMY, GONE, EpochRows, changes, following


def _digests(values: Sequence[int]) -> NDArray[np.uint8]:
    return np.array([[value % 256] * 16 for value in values], dtype=np.uint8).reshape(-1, 16)


@given(
    st.lists(st.integers(1, 250), max_size=12),
    st.lists(st.tuples(st.booleans(), st.integers(1, 250)), max_size=12),
    st.integers(0, 1 << 30),
)
def test_changes_applied_to_the_rows_before_give_the_rows_after(
    old: list[int], fate: list[tuple[bool, int]], seed: int
) -> None:
    """Records stay or leave, change or not; new ones come: handles of the others stay."""
    draw = np.random.default_rng(seed).bytes
    base = following(None, _digests(old), 3, draw)
    kept = [at for at, (stays, _) in enumerate(fate[: len(old)]) if stays]
    now = [fate[at][1] if at % 3 == 0 else old[at] for at in kept] + [
        v for _, v in fate[len(old) :]
    ]
    moved = base.carried({at: place for place, at in enumerate(kept)})
    after = following(moved, _digests(now), 3, draw)
    found = changes(moved, after)

    said = {int(h): bytes(d) for h, d in zip(base.handles, base.digests, strict=True)}
    for handle in found.removed.tolist():
        del said[handle]
    for place in found.sent.tolist():
        said[int(after.handles[place])] = bytes(after.digests[place])
    assert said == {int(h): bytes(d) for h, d in zip(after.handles, after.digests, strict=True)}
    assert after.fits(len(now))
    assert not (after.records == GONE).any()
    fakes = {int(h) for h in base.handles[base.records == DUMMY]}
    assert fakes <= {int(h) for h in after.handles[after.records == DUMMY]}
    again = EpochRows.from_bytes(after.to_bytes())
    assert np.array_equal(again.digests, after.digests)
    assert np.array_equal(again.records, after.records)
