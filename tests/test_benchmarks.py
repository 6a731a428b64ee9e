"""Every benchmark runs at its smallest size; figures are `make bench`'s."""

import subprocess

import pytest

from tests.benchmarks.__main__ import FULL, SMALL, commands


def test_every_benchmark_has_a_small_size() -> None:
    assert SMALL.keys() == FULL.keys()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", sorted(SMALL))
def test_a_benchmark_runs(name: str) -> None:
    (command,) = commands([name], small=True).values()

    run = subprocess.run(command, check=False, capture_output=True, text=True)

    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout.strip()
