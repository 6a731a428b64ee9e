"""Protobuf to values and back: the only place that knows both; missing or over-long is refused.

Messages from members are not trusted: every size is checked before anything is used.
"""

from __future__ import annotations

from coordinator.enrol import Admission
from coordinator.messages import (
    Alert,
    Confirmation,
    Decision,
    MemberStatus,
    Receipt,
    Review,
)
from coordinator.store.members import MemberRole
from coordinator.wire_streams import sealed_message
from privacy.audit import Head, SignedHead
from privacy.encoding.known_answer import KnownAnswer
from privacy.errors import Text
from protos import common_pb2, coordinator_pb2, node_pb2
from protos.values import MOST_TEXT, SIGNATURE_BYTES, malformed, member_id, sized

MOST_CODE = 64
MOST_REQUEST_BYTES = 16_384
MOST_VERSION = 40
MOST_DIGESTS = 64

_ROLES = {MemberRole.NODE: common_pb2.ROLE_NODE, MemberRole.DEALER: common_pb2.ROLE_DEALER}


def admission_from(request: coordinator_pb2.JoinRequest) -> Admission:
    """Return what a joining member shows.

    Raises:
        ProtocolError: a part is missing or over-long.
    """
    if not 0 < len(request.code) <= MOST_CODE:
        raise malformed("code")
    roles = [role for role, number in _ROLES.items() if number == request.member.role]
    if not roles:
        raise malformed("role")
    if not 0 < len(request.certificate_request_pem) <= MOST_REQUEST_BYTES:
        raise malformed("certificate_request_pem")
    return Admission(
        code=request.code,
        member_id=member_id(request.member.id),
        role=roles[0],
        identity_public=sized(request.member.identity_public, 32, "identity_public"),
        static_public=sized(request.member.static_public, 32, "static_public"),
        request_pem=request.certificate_request_pem,
    )


def status_value(message: common_pb2.Status) -> MemberStatus:
    """Return what a member says of itself.

    Raises:
        ProtocolError: a part is over-long.
    """
    if max(len(message.version), len(message.normalisation_version)) > MOST_VERSION:
        raise malformed("version")
    return MemberStatus(
        member_id(message.id),
        message.version,
        message.roster_digest,
        message.city_epoch,
        message.schema_digest,
        message.normalisation_version,
        message.slot_table,
    )


def review_value(message: node_pb2.PlanReview) -> Review:
    """Return a node's word on a plan.

    Raises:
        ProtocolError: there is no decision, or a refusal without its rule.
    """
    decisions = {
        node_pb2.DECISION_APPROVED: Decision.APPROVED,
        node_pb2.DECISION_PENDING: Decision.PENDING,
        node_pb2.DECISION_REFUSED: Decision.REFUSED,
    }
    decision = decisions.get(message.decision)
    problem = message.problem
    if decision is None or (decision is Decision.REFUSED and not problem.what_en):
        raise malformed("decision")
    what = Text(problem.what_ja[:MOST_TEXT], problem.what_en[:MOST_TEXT])
    return Review(decision, what, Text(problem.fix_ja[:MOST_TEXT], problem.fix_en[:MOST_TEXT]))


def known_answer_value(message: node_pb2.KnownAnswer) -> KnownAnswer:
    """Return a node's answer of the known people.

    Raises:
        ProtocolError: a part is missing or over-long.
    """
    if not 0 < len(message.digests) <= MOST_DIGESTS:
        raise malformed("digests")
    digests = tuple(
        (name, sized(digest, 8, "digests").hex())
        for name, digest in sorted(message.digests.items())
    )
    return KnownAnswer(
        message.normalisation_version[:MOST_VERSION],
        sized(message.schema_digest, 32, "schema_digest").hex(),
        message.city_epoch,
        message.link_epoch,
        digests,
    )


def confirmation_value(message: node_pb2.Confirmation) -> Confirmation:
    """Return a node's proof that it holds the city key.

    Raises:
        ProtocolError: a part is missing or of a wrong size.
    """
    return Confirmation(member_id(message.node, "node"), sized(message.tag, 32, "tag"))


def head_message(signed: SignedHead) -> common_pb2.AuditHead:
    """Return the signed head of a log as a message; witnesses stay here."""
    return common_pb2.AuditHead(
        log=signed.head.log,
        counter=signed.head.number,
        digest=bytes.fromhex(signed.head.digest),
        signature=common_pb2.Signature(signer=signed.head.log, value=signed.signature),
    )


def head_value(message: common_pb2.AuditHead) -> SignedHead:
    """Return the signed head of a log; its signature is not checked here.

    Raises:
        ProtocolError: a part is missing or of a wrong size, or another member signed it.
        BadInputError: the log's name is not an id.
    """
    if message.signature.signer != message.log:
        raise malformed("signer")
    digest = sized(message.digest, 32, "digest").hex()
    signature = sized(message.signature.value, SIGNATURE_BYTES, "signature")
    return SignedHead(Head(member_id(message.log, "log"), message.counter, digest), signature)


def receipt_value(message: node_pb2.Receipt) -> Receipt:
    """Return the receiver's receipt.

    Raises:
        ProtocolError: a part is missing or of a wrong size.
    """
    return Receipt(
        member_id(message.node, "node"),
        message.listed,
        sized(message.signature.value, SIGNATURE_BYTES, "signature"),
    )


def alert_message(alert: Alert) -> common_pb2.Alert:
    """Return an alert as a message, its positions in ascending order."""
    return common_pb2.Alert(
        plan_digest=alert.run.plan_digest,
        transcript=alert.run.transcript,
        listed=[
            common_pb2.ListedPosition(position=position, boxes=dict(sorted(boxes.items())))
            for position, boxes in sorted(alert.listed.items())
        ],
        outer_keys=sealed_message(alert.outer_keys),
        expires=alert.expires,
        signature=common_pb2.Signature(signer=alert.signer, value=alert.signature),
        card_encapsulated=dict(alert.card_agreements),
    )
