"""A process that has imported Enishi once and forks a real process for each command.

Called as ``python -m tests.integration.nursery PARENT_PID``; it reads one JSON request a
line and answers each with one line.  A forked child has its own session, its own streams
and nothing but what it reads from disk; importing once saves a second a process, and the
tests start some hundreds.  When the tests die, the nursery dies, and all children with it.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
import traceback
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any, NoReturn

from tests.integration import kill_points

_PR_SET_PDEATHSIG = 1
_PACKAGES = ("coordinator", "nodes", "privacy", "protos")
_LEFT_OUT = ("privacy.redteam", "privacy.similarity.reference", "protos.generate", ".migrations")


def main() -> None:
    """Answer requests until standard input ends."""
    leash(int(sys.argv[1]))
    import_all()
    _warm()
    children: dict[int, int | None] = {}
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        request: dict[str, Any] = json.loads(line)
        if "poll" in request:
            print(json.dumps({"status": _poll(children, int(request["poll"]))}), flush=True)
        else:
            pid = os.fork()
            if pid == 0:
                _become(request)
            children[pid] = None
            print(json.dumps({"pid": pid}), flush=True)


def _warm() -> None:
    """Load the encoding kernels; they run on one thread, so a fork keeps them."""
    from privacy.encoding.encoder import Encoder  # noqa: PLC0415
    from privacy.encoding.known_answer import fake_people, known_answer  # noqa: PLC0415
    from privacy.encoding.schema import default_schema  # noqa: PLC0415
    from privacy.keys import CityKey  # noqa: PLC0415
    from privacy.normalise.record import NORMALISATION_VERSION, normalise  # noqa: PLC0415

    people = [normalise(person) for person in fake_people()]
    encoder = Encoder(default_schema(), CityKey(1, bytes(32)).link_keys(1))
    known_answer(encoder, people, NORMALISATION_VERSION)


def import_all() -> None:
    """Import what any command may import later: children neither wait for it nor see it change."""
    for package in _PACKAGES:
        for module in walk_packages(import_module(package).__path__, f"{package}."):
            if not any(part in module.name for part in _LEFT_OUT):
                import_module(module.name)
    for name in ("deploy.cli", "alembic.command", "alembic.config"):
        import_module(name)


def leash(parent: int) -> None:
    """End this process when *parent* ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(143)


def _poll(children: dict[int, int | None], pid: int) -> int | None:
    if children[pid] is None:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found == pid:
            children[pid] = os.waitstatus_to_exitcode(status)
    return children[pid]


def _become(request: dict[str, Any]) -> NoReturn:
    """Be the `enishi` command of *request* in this new process, and end with its status."""
    status = 70
    try:
        os.setsid()
        leash(os.getppid())
        for number, path in ((0, os.devnull), (1, request["out"]), (2, request["log"])):
            handle = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT)
            os.dup2(handle, number)
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - for this life
        if request["most_file_bytes"]:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (request["most_file_bytes"],) * 2)
        if request["kill"]:
            kill_points.arm(**request["kill"])
        sys.argv[:] = ["enishi", *request["arguments"]]
        import_module("deploy.cli").app()
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
    except BaseException:  # noqa: BLE001 - a process that fails by its own fault says so
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
