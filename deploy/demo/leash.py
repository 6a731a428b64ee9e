"""Runs one `enishi` command that ends with its parent: no demo leaves orphans behind.

Called as ``python -m deploy.demo.leash PARENT_PID arguments ...``.  Linux tells a process
when the thread that started it dies; so a demo that is killed outright takes its
children along.  From there on it is the console command itself.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie this process to its parent, then be `enishi`."""
    parent = int(sys.argv[1])
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(143)
    from deploy.cli import app  # noqa: PLC0415  # only a process that lives on pays for it

    sys.argv[:] = ["enishi", *sys.argv[2:]]
    app()


if __name__ == "__main__":
    main()
