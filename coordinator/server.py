"""The coordinator's process: enrolment, health, the round driver, and the web pages."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path

import grpc
from grpc_health.v1 import health, health_pb2_grpc

from coordinator.enrolment_server import make_enrolment_server
from coordinator.log import Log, make_log
from coordinator.process import CoordinatorProcess
from coordinator.running import drive_unfinished
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
    """Serve until a signal comes."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)

    def report(event: str, about: str) -> None:
        log(event, about=about)

    enrolment, join_port = make_enrolment_server(process, report)
    own, port = _health_server(process)
    await enrolment.start()
    await own.start()
    log("serving", join_port=join_port, port=port)
    driving = asyncio.create_task(drive_unfinished(process, log, stop))
    try:
        await _until_stopped(stop, driving)
    finally:
        with contextlib.suppress(asyncio.CancelledError):
            await enrolment.stop(STOP_GRACE_S)
            await own.stop(STOP_GRACE_S)
        log("stopped")


async def _until_stopped(stop: asyncio.Event, driving: asyncio.Task[None]) -> None:
    """Wait for the signal; a driver that fails by our own fault ends the process."""
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait({waiting, driving}, return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    await asyncio.wait({waiting})
    driving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await driving


def _health_server(process: CoordinatorProcess) -> tuple[grpc.aio.Server, int]:
    server = make_server({}, lambda _method, _kind: None)
    health_pb2_grpc.add_HealthServicer_to_server(health.aio.HealthServicer(), server)
    return server, bind(server, process.config.listen, server_credentials(process.keys.tls))
