"""Parts of streams to bytes and back, as they wait in a round's spool."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Protocol, TypeVar

from coordinator.messages import Dealing, EncodingPart, OutputPart, Sealed
from coordinator.spool import Spool
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
from protos import common_pb2, node_pb2

P = TypeVar("P")
P_contra = TypeVar("P_contra", contravariant=True)


class Checks(Protocol[P_contra]):
    """What a stream is checked by while it arrives."""

    def check(self, part: P_contra, /) -> None:
        """Check the next part; raise where it is wrong."""

    def finish(self) -> None:
        """Check that the stream was complete; raise where it was not."""


def pack_encoding(part: EncodingPart) -> bytes:
    """Return a part of encodings as bytes."""
    return encoding_message(part).SerializeToString()


def encodings(spool: Spool, name: str) -> Iterator[EncodingPart]:
    """Yield the parts of a spooled stream of encodings."""
    for frame in spool.frames(name):
        yield encoding_value(node_pb2.EncodingChunk.FromString(frame))


def pack_sealed(sealed: Sealed) -> bytes:
    """Return a sealed message as bytes."""
    return sealed_message(sealed).SerializeToString()


def sealed_messages(spool: Spool, name: str) -> Iterator[Sealed]:
    """Yield the messages of a spooled stream of sealed messages."""
    for frame in spool.frames(name):
        yield sealed_value(common_pb2.Sealed.FromString(frame))


def pack_dealing(part: Dealing) -> bytes:
    """Return a part of the dealer's randomness as bytes."""
    return dealing_message(part).SerializeToString()


def dealings(spool: Spool, name: str) -> Iterator[Dealing]:
    """Yield the parts of a spooled stream of the dealer's randomness."""
    for frame in spool.frames(name):
        yield dealing_value(node_pb2.DealingChunk.FromString(frame))


def pack_output(part: OutputPart) -> bytes:
    """Return a part of a masked output as bytes."""
    return output_message(part).SerializeToString()


def outputs(spool: Spool, name: str) -> Iterator[OutputPart]:
    """Yield the parts of a spooled stream of masked outputs."""
    for frame in spool.frames(name):
        yield output_value(node_pb2.OutputChunk.FromString(frame))


async def receive(
    spool: Spool,
    name: str,
    stream: Callable[[], AsyncIterator[P]],
    pack: Callable[[P], bytes],
    checks: Checks[P],
) -> None:
    """Spool a whole stream under *name*, once; a stream that breaks leaves nothing.

    Raises:
        EnishiError: the stream broke, or *checks* refused it.
    """
    if spool.has(name):
        return
    with spool.writer(name) as writer:
        async for part in stream():
            checks.check(part)
            writer.append(pack(part))
        checks.finish()
