"""The dealer's process: one gRPC server under mutual TLS, for the coordinator only."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from importlib.metadata import version
from pathlib import Path

import grpc
from grpc_health.v1 import health, health_pb2_grpc

from coordinator.config import DealerConfig
from coordinator.dealer import Dealer
from coordinator.log import make_log
from coordinator.process import utc_now
from coordinator.process_keys import ProcessKeys
from coordinator.service import DealerService
from coordinator.store.engine import Database
from protos import common_pb2, coordinator_pb2, coordinator_pb2_grpc
from protos.guard import Report
from protos.transport import bind, make_server, server_credentials, spiffe_id

STOP_GRACE_S = 2
SERVICE = coordinator_pb2.DESCRIPTOR.services_by_name["Dealer"].full_name


def make_dealer_server(
    config: DealerConfig, database: Database, report: Report
) -> tuple[grpc.aio.Server, int]:
    """Return the dealer's server, bound but not started, and its port.

    Raises:
        BadInputError: the address is taken, or a TLS file is missing.
    """
    caller = spiffe_id(config.city, "coordinator", config.coordinator)
    server = make_server({SERVICE: frozenset({caller})}, report)
    status = common_pb2.Status(id=config.dealer, version=version("enishi"))
    service = DealerService(Dealer(config, database, utc_now), status)
    coordinator_pb2_grpc.add_DealerServicer_to_server(service, server)
    health_pb2_grpc.add_HealthServicer_to_server(health.aio.HealthServicer(), server)
    tls = ProcessKeys(config.keys).tls
    return server, bind(server, config.listen, server_credentials(tls))


def serve(path: Path) -> None:
    """Run the dealer at *path* until it is interrupted or terminated.

    Raises:
        EnishiError: the settings, the database, a key or the address cannot be used.
    """
    config = DealerConfig.load(path)
    database = Database(config.database_url)
    try:
        asyncio.run(_run(config, database))
    finally:
        database.close()


async def _run(config: DealerConfig, database: Database) -> None:
    log = make_log("dealer")
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server, port = make_dealer_server(
        config, database, lambda method, kind: log("failed_inside", method=method, kind=kind)
    )
    await server.start()
    line = {"event": "serving", "grpc": config.listen}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    log("serving", port=port)
    await stop.wait()
    await server.stop(STOP_GRACE_S)
    log("stopped")
