"""Streams in a round's spool: received once and whole, read back part by part."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Protocol, TypeVar

from coordinator.messages import Dealing, EncodingPart, OutputPart, Sealed
from coordinator.spool import Spool
from coordinator.wire_bytes import (
    unpack_dealing,
    unpack_encoding,
    unpack_output,
    unpack_sealed,
)

P = TypeVar("P")
P_contra = TypeVar("P_contra", contravariant=True)


class Checks(Protocol[P_contra]):
    """What a stream is checked by while it arrives."""

    def check(self, part: P_contra, /) -> None:
        """Check the next part; raise where it is wrong."""

    def finish(self) -> None:
        """Check that the stream was complete; raise where it was not."""


def encodings(spool: Spool, name: str) -> Iterator[EncodingPart]:
    """Yield the parts of a spooled stream of encodings."""
    for frame in spool.frames(name):
        yield unpack_encoding(frame)


def sealed_messages(spool: Spool, name: str) -> Iterator[Sealed]:
    """Yield the messages of a spooled stream of sealed messages."""
    for frame in spool.frames(name):
        yield unpack_sealed(frame)


def dealings(spool: Spool, name: str) -> Iterator[Dealing]:
    """Yield the parts of a spooled stream of the dealer's randomness."""
    for frame in spool.frames(name):
        yield unpack_dealing(frame)


def outputs(spool: Spool, name: str) -> Iterator[OutputPart]:
    """Yield the parts of a spooled stream of masked outputs."""
    for frame in spool.frames(name):
        yield unpack_output(frame)


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
