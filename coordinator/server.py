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
    own, port = _health_server(process, report)
    await enrolment.start()
    await own.start()
    log("serving", join_port=join_port, port=port)
    try:
        await stop.wait()
    finally:
        with contextlib.suppress(asyncio.CancelledError):
            await enrolment.stop(STOP_GRACE_S)
            await own.stop(STOP_GRACE_S)
        log("stopped")


def _health_server(process: CoordinatorProcess, report: object) -> tuple[grpc.aio.Server, int]:
    del report
    server = make_server({}, lambda _method, _kind: None)
    health_pb2_grpc.add_HealthServicer_to_server(health.aio.HealthServicer(), server)
    return server, bind(server, process.config.listen, server_credentials(process.keys.tls))
