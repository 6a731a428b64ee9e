"""A node that sends what no node may: one kind of fault for each link plan that it meets.

Put around the product's own wire in the process that is to be wrong; the product knows
nothing of it.  A test runs as many link rounds as there are kinds, and one more, which is
sound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from protos import node_pb2

Chunk = node_pb2.EncodingChunk


def _shorter(chunk: Chunk) -> None:
    for view, octets in list(chunk.views.items()):
        chunk.views[view] = octets[: len(octets) // 2]


def _filled(octet: bytes) -> Callable[[Chunk], None]:
    def fill(chunk: Chunk) -> None:
        for view, octets in list(chunk.views.items()):
            chunk.views[view] = octet * len(octets)
        if octet == b"\0":
            for kind, octets in list(chunk.tokens.items()):
                chunk.tokens[kind] = octet * len(octets)

    return fill


def _twice(chunk: Chunk) -> None:
    for kind, octets in list(chunk.tokens.items()):
        chunk.tokens[kind] = octets[:32] + octets[:32] + octets[64:]


def _more(chunk: Chunk) -> None:
    chunk.total_rows = 10_000_000


def _other_schema(chunk: Chunk) -> None:
    chunk.schema_digest = bytes(32)


def _other_round(chunk: Chunk) -> None:
    chunk.plan_digest = bytes(32)


def _no_views(chunk: Chunk) -> None:
    chunk.views.clear()


FAULTS: tuple[tuple[str, Callable[[Chunk], None]], ...] = (
    ("wrong length", _shorter),
    ("wrong number of rows", _more),
    ("a row twice", _twice),
    ("nothing but zeros", _filled(b"\0")),
    ("nothing but ones", _filled(b"\xff")),
    ("another linkage schema", _other_schema),
    ("another plan", _other_round),
    ("other views", _no_views),
)
"""What the coordinator says of each fault, in the order of the plans."""


def arm() -> None:
    """Have this node's process send one kind of fault for each link plan."""
    import nodes.wire  # noqa: PLC0415 - only the process that is to be wrong

    sound = nodes.wire.encoding_messages
    met: list[bytes] = []

    def wrong(plan: bytes, *rest: object) -> Iterator[Chunk]:
        if plan not in met:
            met.append(plan)
        kind = met.index(plan)
        for chunk in sound(plan, *rest):  # type: ignore[arg-type]  # passed on as they came
            if kind < len(FAULTS):
                FAULTS[kind][1](chunk)
            yield chunk

    nodes.wire.__dict__["encoding_messages"] = wrong
