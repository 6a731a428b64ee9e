from __future__ import annotations

from pathlib import Path

import pytest

from deploy.reading import read_all
from deploy.rehearsal import find_mappings
from deploy.town.generate import generate
from deploy.town.rates import TYPICAL
from privacy.errors import EnishiError


@pytest.mark.timeout(90)
def test_several_at_a_time_read_what_one_after_the_other_reads(tmp_path: Path) -> None:
    generate(tmp_path, children=300, difficulty=TYPICAL, departments=5, seed=1)
    mappings, begun = find_mappings(tmp_path), []

    one = list(read_all(mappings, lambda mapping: begun.append(mapping.department)))
    several = list(read_all(mappings, lambda _: None, large=0))

    assert begun == [mapping.department for mapping in mappings]
    assert several == one


@pytest.mark.timeout(90)
def test_an_error_in_another_process_keeps_its_words(tmp_path: Path) -> None:
    generate(tmp_path, children=300, difficulty=TYPICAL, departments=5, seed=1)
    mappings = find_mappings(tmp_path)
    broken = mappings[2].source.path
    broken.write_bytes(b"")

    with pytest.raises(EnishiError) as alone:
        list(read_all(mappings, lambda _: None))
    with pytest.raises(EnishiError) as several:
        list(read_all(mappings, lambda _: None, large=0))

    assert broken.name in several.value.what.en
    assert several.value.what == alone.value.what
    assert several.value.exit_status == 2
