"""Every benchmark runs at its smallest size; figures are `make bench`'s."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.benchmarks.__main__ import FULL, SMALL, commands
from tests.benchmarks.record import least, report


def test_every_benchmark_has_a_small_size() -> None:
    assert SMALL.keys() == FULL.keys()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", sorted(SMALL))
def test_a_benchmark_runs(name: str) -> None:
    (command,) = commands([name], small=True).values()

    run = subprocess.run(command, check=False, capture_output=True, text=True)

    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout.strip()


def test_tables_are_kept_with_the_facts_of_the_machine(tmp_path: Path) -> None:
    report(tmp_path, "name", "Title", [{"by": "a", "rate": 2.5}, {"by": "b", "ratio": 3}])

    kept = json.loads((tmp_path / "name.json").read_text(encoding="utf-8"))

    assert kept["rows"] == [{"by": "a", "rate": 2.5}, {"by": "b", "ratio": 3}]
    assert kept["machine"]["cores"] >= 1
    assert kept["machine"]["numpy"] != "missing"


def test_the_cheapest_run_of_each_counts_and_its_result_is_kept() -> None:
    runs = least([lambda: 1, lambda: sum(range(10**5))], rounds=2)

    assert [run.result for run in runs] == [1, sum(range(10**5))]
    assert all(run.cpu_s >= 0 for run in runs)
