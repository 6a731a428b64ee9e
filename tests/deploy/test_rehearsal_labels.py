"""Block labels cost next to nothing on a town: rows of one person share their blocks."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.rehearsal import rehearse
from deploy.town.generate import generate


@pytest.mark.timeout(120)
def test_a_town_is_linked_as_well_with_block_labels(tmp_path: Path) -> None:
    generate(tmp_path, children=1000, seed=5)
    truth = tmp_path / "truth" / "rows.csv"

    scores = [
        rehearse(tmp_path, truth=truth, key=bytes(range(32)), labels_for=population).score
        for population in (0, 4096)
    ]

    assert all(score is not None for score in scores)
    without, within = (score.evaluation.across for score in scores if score is not None)
    assert within.recall >= without.recall - 0.01
    assert within.precision >= without.precision - 0.002
