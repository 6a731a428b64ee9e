"""One node's part of a masked lookup, without I/O (PROTOCOL 4, steps 1 and 2).

Step 1 sends x_i + r_i mod D to every other node: uniform to all of them.  Step 2 takes
the node's share of the table at y = sum of all y_j, and adds a pairwise zero-mask before
anything leaves for the coordinator.  The sender persists all bytes before it sends them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from privacy.errors import ProtocolError, Text
from privacy.lookup.run import Chunk, Chunking, LookupRun
from privacy.lookup.stream import Words, input_mask, pad, zero_mask_bits
from privacy.lookup.tables import Table
from privacy.lookup.uses import Uses

INPUT_WORD = "<u2"
INPUT_BYTES = 2
"""A masked input is one 16-bit little-endian word a position."""
SALT_BYTES = 32


class MaskedInputs:
    """Step 1, the same for lookups, histograms and sums."""

    def __init__(
        self, run: LookupRun, domain: int, chunks: Chunking, node: str, seed: bytes, uses: Uses
    ) -> None:
        """Take the node's place in *run* and its *seed* from the dealer."""
        run.peers(node)
        self.run, self.domain, self.chunks, self.node = run, domain, chunks, node
        self._seed, self._uses = seed, uses

    def mask(self, index: int, inputs: NDArray[np.integer]) -> bytes:
        """Return y_i = x_i + r_i mod D of one chunk, to be sealed to every other node.

        Raises:
            ProtocolError: a wrong length, a value outside Z_D, or other inputs than this
                transcript has already masked.
        """
        chunk = self.chunks[index]
        given = np.asarray(inputs)
        sound = given.shape == (chunk.size,) and given.dtype.kind in "iu"
        if not sound or given.min() < 0 or given.max() >= self.domain:
            raise ProtocolError(
                Text(
                    f"入力は 0 以上 {self.domain} 未満の整数 {chunk.size} 個です。",
                    f"Inputs are {chunk.size} integers from 0 to {self.domain - 1}.",
                )
            )
        total = given.astype(np.uint16) + input_mask(self._seed, self.run, chunk, self.domain)
        sent = (total & np.uint16(self.domain - 1)).astype(INPUT_WORD).tobytes()
        self._uses.claim(self.run, "masked-input", index, sent)
        return sent

    def open(self, index: int, vectors: Mapping[str, bytes]) -> NDArray[np.uint16]:
        """Return y = sum of all y_j mod D of one chunk.

        Args:
            index: The chunk.
            vectors: Node id -> its y_j, the own one (as it was sent) included.

        Raises:
            ProtocolError: a node's vector is missing, foreign, of another length or out of
                range, or the own one is not what was sent.
        """
        chunk = self.chunks[index]
        if set(vectors) != set(self.run.nodes):
            what = Text("入力の送り手が参加ノードと一致しません。", "Senders are not the nodes.")
            raise ProtocolError(what)
        self._uses.claim(self.run, "masked-input", index, bytes(vectors[self.node]))
        total = np.zeros(chunk.size, dtype=np.uint16)
        for sender in self.run.nodes:
            vector = vectors[sender]
            if len(vector) != INPUT_BYTES * chunk.size:
                raise ProtocolError(_foreign(sender))
            part = np.frombuffer(vector, dtype=INPUT_WORD)
            if part.max() >= self.domain:
                raise ProtocolError(_foreign(sender))
            total += part
        return total & np.uint16(self.domain - 1)


def _foreign(sender: str) -> Text:
    return Text(
        f"ノード {sender} の入力の長さまたは範囲が、この実行のものではありません。",
        f"The vector of node {sender} has another run's length or range.",
    )


def take_correction(node: str, run: LookupRun, correction: bytes | None, size: int) -> bytes | None:
    """Return the correction chunk when *node* is to have one, else None.

    Raises:
        ProtocolError: it is missing, of another length, or meant for another node.
    """
    expected = node == run.corrected
    if expected != (correction is not None) or (correction is not None and len(correction) != size):
        raise ProtocolError(
            Text(
                f"補正データはノード {run.corrected} だけに、{size} バイトで届くはずです。",
                f"Only node {run.corrected} takes a correction, of {size} bytes.",
            )
        )
    return correction


class LookupParty:
    """One node in one lookup; work by chunk, or on whole vectors where they fit in memory.

    Args:
        run: The lookup.
        table: Its public table.
        node: This node's id.
        seed: 32 bytes from the dealer, fresh for this transcript; destroyed after it.
        uses: What this node has sent before.

    Raises:
        ProtocolError: *node* has no part in *run*.
    """

    def __init__(
        self, run: LookupRun, table: Table, node: str, seed: bytes, uses: Uses | None = None
    ) -> None:
        """Take the node's place in *run*."""
        self.run, self.table, self.node = run, table, node
        self.chunks = Chunking.of(run, table.row_bytes)
        self._seed, self._uses = seed, Uses() if uses is None else uses
        self._inputs = MaskedInputs(run, table.domain, self.chunks, node, seed, self._uses)

    def mask_inputs(self, index: int, inputs: NDArray[np.integer]) -> bytes:
        """Do step 1 for one chunk; see `MaskedInputs.mask`."""
        return self._inputs.mask(index, inputs)

    def answer(
        self,
        index: int,
        vectors: Mapping[str, bytes],
        mask_keys: Mapping[str, bytes],
        correction: bytes | None = None,
    ) -> bytes:
        """Do step 2 for one chunk of an opened table: the packed, masked bits for C.

        Raises:
            ProtocolError: bad vectors, keys or correction, a layer's table, or an answer to
                other vectors than before.
        """
        if not self.table.opened:
            what = Text("層の持分はノードを出ません。", "A layer's shares never leave the node.")
            raise ProtocolError(what)
        bits = np.packbits(self._share(index, vectors, correction).astype(bool), bitorder="little")
        bits ^= zero_mask_bits(self.run, self.node, mask_keys, index, bits.size)
        sent = bits.tobytes()
        self._uses.claim(self.run, "masked-output", index, sent)
        return sent

    def share(
        self, index: int, vectors: Mapping[str, bytes], correction: bytes | None = None
    ) -> NDArray[np.uint16]:
        """Do step 2 for one chunk of a layer: shares to add to the next lookup's inputs.

        They are additive modulo the next domain and never leave the node.

        Raises:
            ProtocolError: bad vectors or correction, or the table of an opened answer.
        """
        if self.table.opened:
            what = Text("開示する答えは出力マスクが必要です。", "An opened answer needs its mask.")
            raise ProtocolError(what)
        return self._share(index, vectors, correction).astype(np.uint16)

    def _share(self, index: int, vectors: Mapping[str, bytes], correction: bytes | None) -> Words:
        """Return P_i[p, y_p]: bits for an opened table, words for a layer."""
        chunk, table = self.chunks[index], self.table
        opened = self._inputs.open(index, vectors)
        dealt = take_correction(self.node, self.run, correction, chunk.size * table.row_bytes)
        rows = self._rows(chunk, dealt)
        place = np.arange(chunk.size)
        if table.opened:
            shift = (opened & 7).astype(np.uint8)
            bits: Words = rows[place, opened >> 3] >> shift & np.uint8(1)
            return bits
        entries: Words = rows[place, opened] & rows.dtype.type(table.modulus - 1)
        return entries

    def _rows(self, chunk: Chunk, dealt: bytes | None) -> Words:
        if dealt is None:
            return pad(self._seed, self.run, chunk, self.table.columns, self.table.word)
        return np.frombuffer(dealt, dtype=self.table.word).reshape(chunk.size, -1)

    def all_inputs(self, inputs: NDArray[np.integer]) -> bytes:
        """Do step 1 for the whole vector of N' inputs (2 N' bytes)."""
        check_whole(self.chunks, len(inputs), 1)
        return b"".join(
            self.mask_inputs(chunk.index, inputs[chunk.start : chunk.stop]) for chunk in self.chunks
        )

    def all_answers(
        self,
        vectors: Mapping[str, bytes],
        mask_keys: Mapping[str, bytes],
        corrections: Iterable[bytes] = (),
    ) -> bytes:
        """Do step 2 on whole vectors; returns the packed, masked bits (N' / 8 bytes)."""
        cuts = pieces(self.chunks, vectors, corrections, INPUT_BYTES)
        return b"".join(self.answer(index, cut, mask_keys, part) for index, cut, part in cuts)

    def all_shares(
        self, vectors: Mapping[str, bytes], corrections: Iterable[bytes] = ()
    ) -> NDArray[np.uint16]:
        """Do step 2 of a layer on whole vectors; returns N' shares that stay here."""
        cuts = pieces(self.chunks, vectors, corrections, INPUT_BYTES)
        return np.concatenate([self.share(index, cut, part) for index, cut, part in cuts])


def check_whole(chunks: Chunking, length: int, width: int) -> None:
    """Check that a whole vector has *width* units for each position.

    Raises:
        ProtocolError: it has not.
    """
    if length != width * chunks.positions:
        raise ProtocolError(
            Text(
                f"ベクトルの長さは {chunks.positions} 位置分のはずです。",
                f"A vector must cover {chunks.positions} positions.",
            )
        )


def pieces(
    chunks: Chunking, vectors: Mapping[str, bytes], corrections: Iterable[bytes], width: int
) -> Iterator[tuple[int, dict[str, bytes], bytes | None]]:
    """Yield chunk index, every sender's part of its whole vector, and the correction if any.

    Args:
        chunks: The run's chunks.
        vectors: Node id -> its whole vector, *width* bytes a position, chunk after chunk.
        corrections: The dealer's chunks at the corrected node; empty elsewhere.
        width: Bytes a position.

    Raises:
        ProtocolError: a vector of another length, or more corrections than chunks.
    """
    for vector in vectors.values():
        check_whole(chunks, len(vector), width)
    parts = iter(corrections)
    for chunk in chunks:
        place = slice(width * chunk.start, width * chunk.stop)
        cut = {sender: vector[place] for sender, vector in vectors.items()}
        yield chunk.index, cut, next(parts, None)
    if next(parts, None) is not None:
        what = Text("補正データが多すぎます。", "There are more corrections than chunks.")
        raise ProtocolError(what)


def snapshot_commitment(salt: bytes, inputs: NDArray[np.integer], sent: bytes) -> bytes:
    """Return the digest that the log keeps of a frozen input and what was sent for it.

    A later inspection that is shown the kept *salt* and snapshot can check both.

    Raises:
        ProtocolError: the salt is not 32 bytes long.
    """
    if len(salt) != SALT_BYTES:
        raise ProtocolError(Text("ソルトは 32 バイトです。", "The salt has 32 bytes."))
    snapshot = np.asarray(inputs).astype(INPUT_WORD).tobytes()
    length = len(snapshot).to_bytes(8, "big")
    return hashlib.sha256(b"enishi/snapshot/1" + salt + length + snapshot + sent).digest()
