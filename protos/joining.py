"""How a process joins: a key, a request, the one-time code, a certificate that is checked.

Nodes and the dealer join alike.  What comes back is kept only if it is for this key,
this member and the authority of the join file.
"""

from __future__ import annotations

import grpc
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from privacy.errors import ProtocolError, Text
from privacy.roster import Member, Mode, Role
from protos import coordinator_pb2, coordinator_pb2_grpc
from protos.joinfile import JoinFile
from protos.problems import raised_by
from protos.transport import open_joining_channel, spiffe_id
from protos.values import member_message

JOIN_DEADLINE_S = 30


def make_key_and_request() -> tuple[bytes, bytes]:
    """Return a fresh EC P-256 key and a certificate request for it, both PEM.

    The request names nobody: names come from the coordinator's registry.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .sign(key, hashes.SHA256())
    )
    key_pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return key_pem, request.public_bytes(serialization.Encoding.PEM)


def member_of(invitation: JoinFile, identity_public: bytes, static_public: bytes) -> Member:
    """Return the member that *invitation* makes of whoever holds these keys."""
    return Member(
        invitation.member,
        Role(invitation.role),
        Text(invitation.name_ja, invitation.name_en),
        identity_public,
        static_public,
        Mode.SEALED if invitation.sealed else Mode.OPEN,
    )


async def join(invitation: JoinFile, member: Member, request_pem: bytes) -> bytes:
    """Show the code and the public keys; return the checked certificate as PEM.

    Raises:
        UnreachableError: the enrolment service does not answer.
        RefusedError: the code is wrong, used or expired.
        ProtocolError: the certificate is not for this key, member and federation.
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
            reply: coordinator_pb2.JoinReply = await stub.Join(request, timeout=JOIN_DEADLINE_S)
        except grpc.aio.AioRpcError as error:
            raise raised_by(invitation.coordinator, error) from None
    _check_certificate(reply.certificate_pem, invitation, request_pem)
    return reply.certificate_pem


def _check_certificate(certificate_pem: bytes, invitation: JoinFile, request_pem: bytes) -> None:
    try:
        certificate = x509.load_pem_x509_certificate(certificate_pem)
        authority = x509.load_pem_x509_certificate(invitation.authority_pem.encode())
        certificate.verify_directly_issued_by(authority)
        request = x509.load_pem_x509_csr(request_pem)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        ours = spiffe_id(invitation.city, invitation.role, invitation.member)
        fits = (
            certificate.public_key() == request.public_key()
            and ours in names.get_values_for_type(x509.UniformResourceIdentifier)
        )
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        fits = False
    if not fits:
        raise ProtocolError(
            Text(
                "発行された証明書が、この鍵、この機関、この連合のものではありません。",
                "The issued certificate is not for this key, this member and this federation.",
            ),
            Text(
                "統括の担当者と参加ファイルを照合してください。",
                "Compare the join file with the coordinator's operator.",
            ),
        )
