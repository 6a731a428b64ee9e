"""What a benchmark measures: a table on the screen, and JSON with the machine's facts.

JSON goes to `.local/bench/NAME.json`, which git ignores: figures of one machine are no
property of the code.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

FOLDER = Path(".local/bench")
_PACKAGES = ("anonlink", "distributed", "faiss-cpu", "llvmlite", "numba", "numpy", "pandas")

Row = Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True)
class Cost:
    """What some work took: seconds by the clock and of the processor, and its result."""

    wall_s: float
    cpu_s: float
    result: Any


def cost(work: Callable[[], Any]) -> Cost:
    """Run *work* once."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu, result)


def least(work: Sequence[Callable[[], Any]], rounds: int) -> list[Cost]:
    """Run all of *work* in turn, *rounds* times, and return the cheapest run of each.

    In turn, so that a busy machine is busy for all of them: their ratios hold where
    their seconds do not.
    """
    runs = [[cost(each) for each in work] for _ in range(rounds)]
    return [min(costs, key=lambda c: c.cpu_s) for costs in zip(*runs, strict=True)]


def peak_mb() -> float:
    """Return the largest resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_child(module: str, *arguments: str) -> dict[str, Any]:
    """Run a benchmark module in a process of its own; return the JSON of its last line."""
    command = [sys.executable, "-m", module, *arguments]
    run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def options(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the option that all have: where JSON is kept."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", type=Path, default=FOLDER)
    return parser


def report(folder: Path, name: str, title: str, rows: Sequence[Row]) -> None:
    """Print *rows* as a table; keep them, with the machine's facts, as JSON in *folder*."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    table = Table(title=title, title_justify="left")
    for column in columns:
        words = all(isinstance(row.get(column, ""), str) for row in rows)
        table.add_column(column, justify="left" if words else "right", no_wrap=True)
    for row in rows:
        table.add_row(*(_shown(row.get(column, "")) for column in columns))
    Console(width=170).print(table)
    kept = {
        "name": name,
        "title": title,
        "rows": [dict(row) for row in rows],
        "machine": machine(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(kept, ensure_ascii=False, indent=1)
    (folder / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


def machine() -> dict[str, object]:
    """Return what the figures depend on: processor, cores, memory, load and versions."""
    model = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    return {
        "processor": model[0] if model else platform.processor(),
        "cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "load": round(psutil.getloadavg()[0], 1),
        "python": platform.python_version(),
        **{name: _version(name) for name in _PACKAGES},
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _shown(value: str | float) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"
