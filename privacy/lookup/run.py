"""What all parties of one masked lookup agree on: transcript, step, nodes, positions, chunks.

Everything here is public among nodes, dealer and coordinator (PROTOCOL 4).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from privacy.errors import BadInputError, ProtocolError, RefusedError, Text

TRANSCRIPT_BYTES = 32
CHUNK_BYTES = 1 << 20
"""Shares of one node in one chunk never take more than this (bytes)."""
CHUNK_POSITIONS = 1 << 16
"""Upper limit of a chunk, in positions."""
MAX_POSITIONS = 1 << 28


@dataclass(frozen=True, slots=True)
class Chunk:
    """The positions ``start`` .. ``stop - 1`` of a run."""

    index: int
    start: int
    stop: int

    @property
    def size(self) -> int:
        """Return the number of positions."""
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class LookupRun:
    """One lookup (or one layer of one) of one run, as all its parties see it.

    Args:
        transcript: SHA-256 of all Ready messages (32 bytes); binds every derived stream.
        step: Name of the lookup and layer inside the run, e.g. ``"rule-1/layer-2"``;
            never used twice under one transcript.
        nodes: Ids of all nodes of the transcript, in any order; kept sorted.
        positions: N', slots plus decoy places.
        accept_two: True only where both sides of a two-node run have accepted in
            writing that the answer minus one's own input is the other's.

    Raises:
        BadInputError: a field is out of range.
        RefusedError: fewer than three nodes.
    """

    transcript: bytes
    step: str
    nodes: tuple[str, ...]
    positions: int
    accept_two: bool = False

    def __post_init__(self) -> None:
        """Sort the nodes and check every field."""
        object.__setattr__(self, "nodes", tuple(sorted(self.nodes)))
        if len(self.transcript) != TRANSCRIPT_BYTES:
            what = Text("記録要約は 32 バイトです。", "A transcript digest has 32 bytes.")
            raise BadInputError(what)
        if not self.step or not 1 <= self.positions <= MAX_POSITIONS:
            what = Text(
                "ルックアップには名前と 1 以上の位置数が必要です。",
                f"A lookup needs a step name and 1 to {MAX_POSITIONS} positions.",
            )
            raise BadInputError(what)
        if len(set(self.nodes)) != len(self.nodes) or not all(self.nodes):
            what = Text("ノード ID が重複または空です。", "A node id is empty or occurs twice.")
            raise BadInputError(what)
        needed = 2 if self.accept_two else 3
        if len(self.nodes) < needed:
            raise RefusedError(
                Text(
                    f"参加ノードが {len(self.nodes)} 個では実行できません。",
                    f"A run of {len(self.nodes)} node(s) is refused.",
                ),
                Text(
                    "3 個以上のノードで実行するか、双方の書面同意を付けてください。",
                    "Use three nodes or more, or two with the written acceptance of both.",
                ),
            )

    @property
    def corrected(self) -> str:
        """Return the node that takes the dealer's one large message: transcript mod n."""
        return self.nodes[int.from_bytes(self.transcript, "big") % len(self.nodes)]

    def peers(self, node: str) -> tuple[str, ...]:
        """Return every node but *node*.

        Raises:
            ProtocolError: *node* has no part in this run.
        """
        if node not in self.nodes:
            raise ProtocolError(
                Text(
                    f"ノード {node} はこの実行に参加していません。",
                    f"Node {node} is not part of this run.",
                )
            )
        return tuple(other for other in self.nodes if other != node)


@dataclass(frozen=True, slots=True)
class Chunking:
    """The fixed-size chunks in which a run is dealt and answered; memory does not grow with N."""

    positions: int
    size: int

    @classmethod
    def of(cls, run: LookupRun, row_bytes: int) -> Chunking:
        """Return the chunks of *run* when one position's share takes *row_bytes* bytes.

        The size is a power of two and at least 8, so that packed bits of
        consecutive chunks join to the packed bits of the run.
        """
        fitting = min(CHUNK_POSITIONS, max(8, CHUNK_BYTES // row_bytes))
        return cls(run.positions, 1 << (fitting.bit_length() - 1))

    @property
    def count(self) -> int:
        """Return the number of chunks."""
        return -(-self.positions // self.size)

    def __getitem__(self, index: int) -> Chunk:
        """Return chunk *index*.

        Raises:
            ProtocolError: there is no such chunk.
        """
        if not 0 <= index < self.count:
            raise ProtocolError(
                Text(
                    f"チャンク {index} は存在しません（全 {self.count} 個）。",
                    f"There is no chunk {index}; the run has {self.count}.",
                )
            )
        start = index * self.size
        return Chunk(index, start, min(start + self.size, self.positions))

    def __iter__(self) -> Iterator[Chunk]:
        """Yield all chunks in order."""
        return (self[index] for index in range(self.count))
