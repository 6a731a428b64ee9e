from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deploy.cores import Cores
from deploy.rehearsal import find_mappings
from deploy.town.generate import generate
from deploy.town.rates import TYPICAL
from privacy.encoding.encoder import Encoder
from privacy.encoding.schema import default_schema
from privacy.errors import EnishiError
from privacy.keys import LinkKeys


@pytest.mark.timeout(90)
def test_several_at_a_time_give_what_one_after_the_other_gives(tmp_path: Path) -> None:
    generate(tmp_path, children=300, difficulty=TYPICAL, departments=5, seed=1)
    mappings = find_mappings(tmp_path)
    encoder = Encoder(default_schema(), LinkKeys(1, 1, bytes(32)))

    intakes, batches = [], []
    for large in (1 << 40, 0):
        with Cores(mappings, spread=True, large=large) as cores:
            intakes.append(list(cores.read(mappings)))
            people = [(i.records.department, i.records.persons) for i in intakes[-1]]
            batches.append(list(cores.encode(encoder, people, ("first",))))

    assert intakes[0] == intakes[1]
    for one, two in zip(*batches, strict=True):
        assert one.department == two.department
        for view, codes in one.views.items():
            np.testing.assert_array_equal(two.views[view], codes)


@pytest.mark.timeout(90)
def test_an_error_in_another_process_keeps_its_words(tmp_path: Path) -> None:
    generate(tmp_path, children=300, difficulty=TYPICAL, departments=5, seed=1)
    mappings = find_mappings(tmp_path)
    broken = mappings[2].source.path
    broken.write_bytes(b"")

    caught = []
    for large in (1 << 40, 0):
        with (
            pytest.raises(EnishiError) as error,
            Cores(mappings, spread=True, large=large) as cores,
        ):
            list(cores.read(mappings))
        caught.append(error.value)

    assert broken.name in caught[1].what.en
    assert caught[1].what == caught[0].what
    assert caught[1].exit_status == 2
