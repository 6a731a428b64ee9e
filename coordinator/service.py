"""What the coordinator answers over gRPC: a member asks to join."""

from __future__ import annotations

from collections.abc import Callable

import grpc

from coordinator.enrol import Registrar
from coordinator.wire import admission_from
from privacy.errors import EnishiError
from protos import coordinator_pb2, coordinator_pb2_grpc
from protos.problems import status_of

_Context = grpc.aio.ServicerContext[coordinator_pb2.JoinRequest, coordinator_pb2.JoinReply]


class EnrolmentService(coordinator_pb2_grpc.EnrolmentServicer):
    """Answers over server-side TLS: who joins shows a one-time code."""

    def __init__(self, registrar: Registrar, report: Callable[[str, str], None]) -> None:
        """Admit members with *registrar*; *report* (event, member id or kind) to the log."""
        self._registrar = registrar
        self._report = report

    async def Join(
        self, request: coordinator_pb2.JoinRequest, context: _Context
    ) -> coordinator_pb2.JoinReply:
        """Admit a member once; a refusal leaves as a typed error without the code."""
        try:
            admission = admission_from(request)
            certificate = self._registrar.admit(admission)
        except EnishiError as error:
            self._report("join_refused", type(error).__name__)
            await context.abort_with_status(status_of(error))
        self._report("joined", admission.member_id)
        return coordinator_pb2.JoinReply(
            certificate_pem=certificate, authority_pem=self._registrar.authority_pem()
        )
