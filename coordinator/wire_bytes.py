"""Values to serialised messages and back: what lies in a spool, a database, a dealer's answers."""

from __future__ import annotations

from coordinator.dealing import DealRequest
from coordinator.messages import Dealing, EncodingPart, OutputPart, Sealed
from coordinator.wire_dealer import deal_request_message, deal_request_value
from coordinator.wire_streams import (
    dealing_message,
    dealing_value,
    encoding_message,
    encoding_value,
    output_message,
    output_value,
    sealed_message,
    sealed_value,
)
from privacy.transcript import Ready
from protos import common_pb2, coordinator_pb2, node_pb2
from protos.values import ready_message, ready_value


def pack_encoding(part: EncodingPart) -> bytes:
    """Return a part of encodings as bytes."""
    return encoding_message(part).SerializeToString()


def unpack_encoding(data: bytes) -> EncodingPart:
    """Read what `pack_encoding` wrote."""
    return encoding_value(node_pb2.EncodingChunk.FromString(data))


def pack_sealed(sealed: Sealed) -> bytes:
    """Return a sealed message as bytes."""
    return sealed_message(sealed).SerializeToString()


def unpack_sealed(data: bytes) -> Sealed:
    """Read what `pack_sealed` wrote."""
    return sealed_value(common_pb2.Sealed.FromString(data))


def pack_dealing(part: Dealing) -> bytes:
    """Return a part of the dealer's randomness as bytes."""
    return dealing_message(part).SerializeToString()


def unpack_dealing(data: bytes) -> Dealing:
    """Read what `pack_dealing` wrote."""
    return dealing_value(node_pb2.DealingChunk.FromString(data))


def pack_output(part: OutputPart) -> bytes:
    """Return a part of a masked output as bytes."""
    return output_message(part).SerializeToString()


def unpack_output(data: bytes) -> OutputPart:
    """Read what `pack_output` wrote."""
    return output_value(node_pb2.OutputChunk.FromString(data))


def pack_ready(ready: Ready) -> bytes:
    """Return a Ready as bytes."""
    return ready_message(ready).SerializeToString()


def unpack_ready(data: bytes) -> Ready:
    """Read what `pack_ready` wrote."""
    return ready_value(common_pb2.Ready.FromString(data))


def pack_deal_request(request: DealRequest) -> bytes:
    """Return a request for a run's randomness as bytes."""
    return deal_request_message(request).SerializeToString()


def unpack_deal_request(data: bytes) -> DealRequest:
    """Read what `pack_deal_request` wrote."""
    return deal_request_value(coordinator_pb2.DealRequest.FromString(data))
