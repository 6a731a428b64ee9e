"""Measure: ``python -m tests.benchmarks [--small] [NAME ...]``, or ``make bench``.

Each benchmark is a program of its own, run in a process of its own, so that one's
memory and compiled code do not show in another's figures.  ``--small`` runs the smallest
sizes, as CI does, to see that they still run.  Most keep their tables as JSON, with the
machine's facts, in `.local/bench` (small ones in `.local/bench/small`).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile

from tests.benchmarks.record import FOLDER

FULL: dict[str, list[str]] = {
    "lookup": ["--large"],
    "similarity": [],
    "encoding": [],
    "engines": [],
    "memory": [],
    "scale": [],
    "labels": [],
    "linkage": [],
    "redteam": [],
}
_APART = ("--json", str(FOLDER / "small"))
SMALL: dict[str, list[str]] = {
    "lookup": [],
    "similarity": [
        "--rows", "1500", "--pool", "2000", "--growth", "1000", "--rounds", "1", *_APART,
    ],
    "encoding": ["--children", "300", "--rounds", "1", *_APART],
    "engines": ["--rows", "3000", "--side", "1500", "--workers", "1", *_APART],
    "memory": ["--rows", "4000", "--pairs", "100000", *_APART],
    "scale": ["--children", "300", "--departments", "5", *_APART],
    "labels": ["--rows", "8000", "--children", "300", *_APART],
    "linkage": [
        "--children", "300", "--seeds", "1", "--departments", "5",
        "--difficulties", "typical", "--cuts", "town",
    ],
    "redteam": ["--children", "300"],
}  # fmt: skip
DEMO = "demo"


def commands(names: list[str], *, small: bool) -> dict[str, list[str]]:
    """Return the command of each benchmark in *names*, all where it is empty."""
    chosen = SMALL if small else FULL
    found = {
        name: [sys.executable, "-m", f"tests.benchmarks.{name}", *arguments]
        for name, arguments in chosen.items()
        if name in names or not names
    }
    if DEMO in names or not (names or small):
        folder = tempfile.mkdtemp(prefix="enishi-bench-")
        run = "from deploy.cli import app; app()"
        found[DEMO] = [sys.executable, "-c", run, "demo", "up", "--once", "--dir", f"{folder}/demo"]
    return found


def main() -> int:
    """Run the chosen benchmarks; return 1 where one failed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--small", action="store_true")
    options.add_argument("names", nargs="*", choices=[*FULL, DEMO, []])
    given = options.parse_args()
    failed = []
    for name, command in commands(given.names, small=given.small).items():
        print(f"== {name}", flush=True)
        if subprocess.run(command, check=False).returncode != 0:
            failed.append(name)
    print("failed: " + ", ".join(failed) if failed else "all ran")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
