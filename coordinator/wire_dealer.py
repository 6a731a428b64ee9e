"""What the dealer is asked, as messages and values."""

from __future__ import annotations

from coordinator.dealing import DealRequest
from coordinator.wire_streams import run_message, run_value
from protos import coordinator_pb2, node_pb2
from protos.values import malformed, plan_message, plan_value, ready_message, ready_value

MOST_READYS = 200


def deal_request_message(request: DealRequest) -> coordinator_pb2.DealRequest:
    """Return a request for a run's randomness as a message."""
    return coordinator_pb2.DealRequest(
        plan=plan_message(request.plan, request.signer, request.signature),
        begin=node_pb2.BeginRequest(
            run=run_message(request.run),
            dealer=request.plan.dealer,
            readys=[ready_message(ready) for ready in request.readys],
        ),
        slots=request.slots,
    )


def deal_request_value(message: coordinator_pb2.DealRequest) -> DealRequest:
    """Return a request for a run's randomness; nothing is verified here.

    Raises:
        ProtocolError: a part is missing or of a wrong size.
        BadInputError: the plan is none.
    """
    if not 0 < len(message.begin.readys) <= MOST_READYS:
        raise malformed("readys")
    plan, signer, signature = plan_value(message.plan)
    if message.begin.dealer != plan.dealer:
        raise malformed("dealer")
    readys = tuple(ready_value(ready) for ready in message.begin.readys)
    return DealRequest(plan, signer, signature, run_value(message.begin.run), readys, message.slots)
