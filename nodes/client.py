"""The one call that a node makes: joining.  Everything else, the coordinator dials."""

from __future__ import annotations

import grpc

from nodes.enrol import JoinFile
from privacy.errors import ProtocolError, Text
from privacy.roster import Member
from protos import coordinator_pb2, coordinator_pb2_grpc
from protos.problems import raised_by
from protos.transport import open_joining_channel
from protos.values import member_message

DEADLINE_S = 20.0


async def join(invitation: JoinFile, member: Member, request_pem: bytes) -> tuple[bytes, bytes]:
    """Show the one-time code and the public keys; return (certificate, authority) as PEM.

    Raises:
        UnreachableError: the enrolment service does not answer.
        RefusedError: the code is wrong, used or expired.
        ProtocolError: the authority is not the one of the join file.
    """
    authority = invitation.authority_pem.encode()
    request = coordinator_pb2.JoinRequest(
        code=invitation.code,
        member=member_message(member),
        certificate_request_pem=request_pem,
    )
    channel = open_joining_channel(invitation.address, invitation.coordinator, authority)
    async with channel:
        stub = coordinator_pb2_grpc.EnrolmentStub(channel)
        try:
            reply = await stub.Join(request, timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as error:
            raise raised_by(invitation.coordinator, error) from None
    if reply.authority_pem.strip() != authority.strip():
        raise ProtocolError(
            Text(
                "連合の認証局が参加ファイルと違います。", "Another authority than the join file's."
            ),
            Text("統括の担当者と照合してください。", "Compare with the coordinator's operator."),
        )
    return reply.certificate_pem, reply.authority_pem
