"""The coordinator's process: enrolment, health, the round driver, and the web pages."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import grpc
import uvicorn
from grpc_health.v1 import health, health_pb2_grpc

from coordinator.enrolment_server import make_enrolment_server
from coordinator.log import Log, make_log
from coordinator.process import CoordinatorProcess
from coordinator.running import drive_unfinished
from coordinator.web.app import coordinator_app
from protos.listening import free_or_refuse, quiet_web_server
from protos.transport import bind, make_server, server_credentials

STOP_GRACE_S = 2


def serve(config: Path) -> None:
    """Run the coordinator at *config* until it is interrupted or terminated.

    Raises:
        EnishiError: the settings, the database, a key or an address cannot be used.
    """
    log = make_log("coordinator")
    with CoordinatorProcess.open(config) as process:
        asyncio.run(run(process, log))


async def run(process: CoordinatorProcess, log: Log) -> None:
    """Serve enrolment, health and pages, and drive rounds, until a signal comes.

    Raises:
        BadInputError: a port is in use, or a TLS file is missing.
    """
    config = process.config
    for address in (config.join_listen, config.listen, config.web):
        free_or_refuse(address)

    def report(event: str, about: str) -> None:
        log(event, about=about)

    enrolment, _ = make_enrolment_server(process, report)
    own = _health_server(process)
    web = quiet_web_server(coordinator_app(config, process.database, process.clock), config.web)
    await enrolment.start()
    await own.start()
    try:
        await _until_stopped(process, web, log)
    finally:
        await enrolment.stop(STOP_GRACE_S)
        await own.stop(STOP_GRACE_S)
        log("stopped")


async def _until_stopped(process: CoordinatorProcess, web: uvicorn.Server, log: Log) -> None:
    """Serve pages and drive rounds until a signal; a part that fails ends the process."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    pages = asyncio.create_task(web.serve())
    while not web.started and not pages.done():  # noqa: ASYNC110  # uvicorn offers no event
        await asyncio.sleep(0.02)
    config = process.config
    addresses = {"join": config.join_listen, "grpc": config.listen, "web": config.web}
    announce(addresses)
    log("serving", **addresses)
    driving = asyncio.create_task(drive_unfinished(process, log, stop))
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait({waiting, pages, driving}, return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    web.should_exit = True
    await asyncio.wait({waiting})
    driving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await driving
    with contextlib.suppress(asyncio.CancelledError):
        await pages


def announce(addresses: Mapping[str, str]) -> None:
    """Print one JSON line for whoever started the process."""
    sys.stdout.write(json.dumps({"event": "serving", **addresses}) + "\n")
    sys.stdout.flush()


def _health_server(process: CoordinatorProcess) -> grpc.aio.Server:
    server = make_server({}, lambda _method, _kind: None)
    health_pb2_grpc.add_HealthServicer_to_server(health.aio.HealthServicer(), server)
    bind(server, process.config.listen, server_credentials(process.keys.tls))
    return server
