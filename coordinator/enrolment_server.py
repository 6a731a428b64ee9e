"""The enrolment service's server: TLS of the server only, because who joins has no certificate."""

from __future__ import annotations

from collections.abc import Callable

import grpc

from coordinator.process import CoordinatorProcess
from coordinator.service import EnrolmentService
from protos import coordinator_pb2, coordinator_pb2_grpc
from protos.transport import bind, make_server, server_credentials

SERVICE = coordinator_pb2.DESCRIPTOR.services_by_name["Enrolment"].full_name


def make_enrolment_server(
    process: CoordinatorProcess, report: Callable[[str, str], None]
) -> tuple[grpc.aio.Server, int]:
    """Return the server, bound but not started, and its port.

    Raises:
        BadInputError: the address is taken, or a TLS file is missing.
    """
    server = make_server({SERVICE: None}, report)
    service = EnrolmentService(process.registrar(), report)
    coordinator_pb2_grpc.add_EnrolmentServicer_to_server(service, server)
    credentials = server_credentials(process.keys.tls, client_certificates=False)
    return server, bind(server, process.config.join_listen, credentials)
