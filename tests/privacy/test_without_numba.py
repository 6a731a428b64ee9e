"""Where numba is missing everything runs on NumPy, with the same results."""

import sys
from collections.abc import Iterator

import numpy as np
import pytest

from privacy.encoding.encoder import Encoder
from privacy.encoding.kernels import PLAIN, fastest
from privacy.encoding.schema import default_schema
from privacy.keys import LinkKeys
from privacy.linkage.greedy import default_greedy, greedy_python
from privacy.linkage.linker import start
from privacy.normalise.person import Person
from privacy.similarity.kernels import default_scan, scan_numpy
from tests.privacy.linkage.simulated import town

_COMPILED = (
    "privacy.encoding.compiled", "privacy.linkage.compiled", "privacy.similarity.compiled",
)  # fmt: skip


@pytest.fixture
def without_numba(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let every import of numba fail, as it does where it is not installed."""
    monkeypatch.setitem(sys.modules, "numba", None)
    for name in _COMPILED:
        package, _, module = name.rpartition(".")
        monkeypatch.delitem(sys.modules, name, raising=False)
        monkeypatch.delattr(sys.modules[package], module, raising=False)
    fastest.cache_clear()
    yield
    fastest.cache_clear()


@pytest.mark.usefixtures("without_numba")
def test_the_plain_loops_stand_in() -> None:
    assert default_scan() is scan_numpy
    assert default_greedy() is greedy_python
    assert fastest() is PLAIN


def test_a_linkage_is_the_same(request: pytest.FixtureRequest) -> None:
    batches = town(1).batches
    compiled = start(batches)

    request.getfixturevalue("without_numba")
    plain = start(batches)

    np.testing.assert_array_equal(plain.solution.cluster, compiled.solution.cluster)
    np.testing.assert_array_equal(plain.linked.weight, compiled.linked.weight)


def test_encodings_are_the_same(request: pytest.FixtureRequest) -> None:
    persons = [Person(family=f"山田{i}", given="花子", birth_date="2015-04-02") for i in range(9)]
    schema, keys = default_schema(), LinkKeys(1, 1, bytes(32))
    compiled = Encoder(schema, keys, fastest()).encode(persons, "a")

    request.getfixturevalue("without_numba")
    plain = Encoder(schema, keys, fastest()).encode(persons, "a")

    for view, codes in compiled.views.items():
        np.testing.assert_array_equal(plain.views[view], codes)
