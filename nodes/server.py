"""The node's process: gRPC for the coordinator, pages for its own people, until it is stopped."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

import structlog
import uvicorn
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from nodes.driver.context import NodeContext
from nodes.driver.overdue import destroy_overdue
from nodes.driver.reviewing import Reviewing
from nodes.service import NodeService
from nodes.web.app import node_app
from protos import node_pb2, node_pb2_grpc
from protos.listening import free_or_refuse, quiet_web_server
from protos.transport import bind, make_server, server_credentials, spiffe_id

GRACE_S = 5.0
SERVICE = node_pb2.DESCRIPTOR.services_by_name["Node"].full_name

_log = structlog.get_logger()


async def serve(context: NodeContext, ready: Callable[[dict[str, str]], None]) -> None:
    """Serve until SIGTERM or SIGINT; *ready* is told the addresses once both doors are open.

    Raises:
        BadInputError: a port is in use, or a TLS file is missing.
    """
    config = context.config
    await asyncio.to_thread(destroy_overdue, context)
    coordinator = spiffe_id(config.city, "coordinator", config.coordinator)
    server = make_server({SERVICE: frozenset({coordinator})}, _report)
    node_pb2_grpc.add_NodeServicer_to_server(NodeService(context), server)
    checks = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    reflection.enable_server_reflection((SERVICE, reflection.SERVICE_NAME), server)
    free_or_refuse(config.listen)
    free_or_refuse(config.web)
    bind(server, config.listen, server_credentials(context.tls))
    pages = node_app(config, context.store, context.clock, Reviewing(context))
    web = quiet_web_server(pages, config.web)
    await server.start()
    await checks.set(SERVICE, health_pb2.HealthCheckResponse.SERVING)
    await _until_stopped(web, lambda: ready({"grpc": config.listen, "web": config.web}))
    await checks.enter_graceful_shutdown()
    await server.stop(GRACE_S)


async def _until_stopped(web: uvicorn.Server, ready: Callable[[], None]) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    pages = asyncio.create_task(web.serve())
    while not web.started and not pages.done():  # noqa: ASYNC110  # uvicorn offers no event
        await asyncio.sleep(0.02)
    ready()
    waiting = asyncio.create_task(stopped.wait())
    await asyncio.wait({waiting, pages}, return_when=asyncio.FIRST_COMPLETED)
    web.should_exit = True
    with suppress(asyncio.CancelledError):
        await pages
    waiting.cancel()


def _report(method: str, kind: str) -> None:
    """Log a fault of ours by its type; its text could hold a value."""
    _log.error("call-failed", method=method.rsplit("/", 1)[-1], kind=kind)


def announce(addresses: dict[str, str]) -> None:
    """Print one JSON line for whoever started the process."""
    sys.stdout.write(json.dumps({"event": "serving", **addresses}) + "\n")
    sys.stdout.flush()
