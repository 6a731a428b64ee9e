"""Histograms and bounded sums on shares: no child's value exists anywhere (PROTOCOL 5).

Each node rotates its shares of the dealt unit vectors by the opened y, adds them over all
positions, drops unused cells, adds its own noise and its zero-mask, and sends one number
a cell.  The coordinator's sum is the noisy histogram; nobody sees an exact one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from privacy.errors import BadInputError, ProtocolError, Text
from privacy.lookup.dealing import (
    COUNT_WORD,
    PRODUCT,
    SUM_WORD,
    UNIT,
    histogram_row_bytes,
    measure_mask,
    sum_row_bytes,
)
from privacy.lookup.party import (
    INPUT_BYTES,
    MaskedInputs,
    check_whole,
    pieces,
    take_correction,
)
from privacy.lookup.run import Chunking, LookupRun
from privacy.lookup.stream import Words, pad, zero_mask_words
from privacy.lookup.uses import Uses

MEASURE_BYTES = 8
"""A masked measure is one 64-bit little-endian word a position."""


def _rotated(rows: Words, opened: NDArray[np.uint16]) -> Words:
    """Return e(K)[v] = e(r)[(y - v) mod D] for each row (same shape as *rows*)."""
    domain = rows.shape[1]
    backwards = rows[:, ::-1]
    windows = sliding_window_view(np.concatenate([backwards, backwards], axis=1), domain, axis=1)
    turned: Words = windows[np.arange(len(rows)), domain - 1 - opened.astype(np.int64)]
    return turned


class _Accumulator:
    """A node's running share of all D cells, and how it leaves the node."""

    def __init__(self, inputs: MaskedInputs, word: str, uses: Uses) -> None:
        self._inputs, self._word, self._uses = inputs, word, uses
        self._cells: Words = np.zeros(inputs.domain, dtype=word)
        self._next = 0

    def add(self, index: int, part: Words) -> None:
        if index != self._next:
            raise ProtocolError(
                Text(
                    f"チャンク {self._next} を待っていますが、{index} が届きました。",
                    f"Chunk {index} came where {self._next} was expected.",
                )
            )
        self._next += 1
        self._cells += part

    def finish(
        self, cells: NDArray[np.integer], noise: NDArray[np.int64], mask_keys: Mapping[str, bytes]
    ) -> bytes:
        run, node = self._inputs.run, self._inputs.node
        if self._next != self._inputs.chunks.count:
            what = Text("まだ全チャンクが届いていません。", "Not all chunks have arrived yet.")
            raise ProtocolError(what)
        kept = np.asarray(cells, dtype=np.int64)
        inside = kept.size > 0 and kept.min() >= 0 and kept.max() < self._inputs.domain
        if not inside or np.unique(kept).size != kept.size or noise.shape != kept.shape:
            raise BadInputError(
                Text(
                    "出力するセルは重複のない領域内の番号で、雑音は同じ数だけ必要です。",
                    "Cells must be distinct places of the domain, with one noise value each.",
                )
            )
        total = self._cells[kept] + noise.astype(np.int64).astype(self._word)
        sent = total + zero_mask_words(run, node, mask_keys, kept.size, self._word)
        leaving: bytes = sent.astype(self._word).tobytes()
        self._uses.claim(run, "noisy-cells", 0, leaving)
        return leaving


class HistogramParty:
    """One node in one histogram.

    Args:
        run: The run; no shuffle and no decoys, since nothing is opened per position.
        domain: D of the digits.
        node: This node's id.
        seed: 32 bytes from the dealer.
        uses: What this node has sent before.
    """

    def __init__(
        self, run: LookupRun, domain: int, node: str, seed: bytes, uses: Uses | None = None
    ) -> None:
        """Take the node's place in *run*."""
        sent = Uses() if uses is None else uses
        self.chunks = Chunking.of(run, histogram_row_bytes(domain))
        self._run, self._node, self._seed, self._domain = run, node, seed, domain
        self._inputs = MaskedInputs(run, domain, self.chunks, node, seed, sent)
        self._total = _Accumulator(self._inputs, COUNT_WORD, sent)

    def mask_inputs(self, index: int, codes: NDArray[np.integer]) -> bytes:
        """Do step 1 for one chunk; see `MaskedInputs.mask`."""
        return self._inputs.mask(index, codes)

    def add(self, index: int, vectors: Mapping[str, bytes], correction: bytes | None) -> None:
        """Add the rotated shares of one chunk; chunks come in order.

        Raises:
            ProtocolError: bad vectors or correction, or a chunk out of order.
        """
        chunk = self.chunks[index]
        opened = self._inputs.open(index, vectors)
        size = chunk.size * histogram_row_bytes(self._domain)
        dealt = take_correction(self._node, self._run, correction, size)
        if dealt is None:
            rows = pad(self._seed, self._run, chunk, self._domain, COUNT_WORD, UNIT)
        else:
            rows = np.frombuffer(dealt, dtype=COUNT_WORD).reshape(chunk.size, -1)
        self._total.add(index, _rotated(rows, opened).sum(axis=0, dtype=COUNT_WORD))

    def all_inputs(self, codes: NDArray[np.integer]) -> bytes:
        """Do step 1 for the whole vector of N codes (2 N bytes)."""
        check_whole(self.chunks, len(codes), 1)
        return b"".join(
            self.mask_inputs(chunk.index, codes[chunk.start : chunk.stop]) for chunk in self.chunks
        )

    def add_all(self, vectors: Mapping[str, bytes], corrections: Iterable[bytes] = ()) -> None:
        """Add the rotated shares of whole vectors; see `add`."""
        for index, cut, part in pieces(self.chunks, vectors, corrections, INPUT_BYTES):
            self.add(index, cut, part)

    def finish(
        self, cells: NDArray[np.integer], noise: NDArray[np.int64], mask_keys: Mapping[str, bytes]
    ) -> bytes:
        """Return this node's masked, noisy share of the kept *cells* (4 bytes each).

        Args:
            cells: Places of the domain that are released, in the released order; unused,
                no-anchor and held ones are left out.
            noise: One value a cell, from `privacy.dp.release`, after the charge.
            mask_keys: Peer id -> the pair's ``mask-out`` key.

        Raises:
            BadInputError: cells or noise do not fit.
            ProtocolError: chunks are missing, or another vector was sent before.
        """
        return self._total.finish(cells, noise, mask_keys)


class SumParty:
    """One node in one bounded sum per cell.

    Args:
        run: The run.
        domain: D of the digits.
        bound: B_i, the most that this node's measure may be, either sign; it clamps.
        node: This node's id.
        seed: 32 bytes from the dealer.
        uses: What this node has sent before.
    """

    def __init__(
        self,
        run: LookupRun,
        domain: int,
        bound: int,
        node: str,
        seed: bytes,
        uses: Uses | None = None,
    ) -> None:
        """Take the node's place in *run*."""
        self._uses = Uses() if uses is None else uses
        self.chunks = Chunking.of(run, sum_row_bytes(domain))
        self._run, self._node, self._seed = run, node, seed
        self._domain, self._bound = domain, bound
        self._inputs = MaskedInputs(run, domain, self.chunks, node, seed, self._uses)
        self._total = _Accumulator(self._inputs, SUM_WORD, self._uses)

    def mask_inputs(
        self, index: int, codes: NDArray[np.integer], measure: NDArray[np.integer]
    ) -> bytes:
        """Return y_i and w_i = v_i + rho_i of one chunk (2 + 8 bytes a position).

        Raises:
            ProtocolError: as `MaskedInputs.mask`, or measures that are not integers.
        """
        chunk = self.chunks[index]
        given = np.asarray(measure)
        if given.shape != (chunk.size,) or given.dtype.kind not in "iu":
            what = Text("測定値は整数で位置の数だけ必要です。", "One integer measure a position.")
            raise ProtocolError(what)
        clamped = np.clip(given, -self._bound, self._bound).astype(np.int64).view(np.uint64)
        masked = clamped + measure_mask(self._seed, self._run, chunk)
        sent = masked.astype(SUM_WORD).tobytes()
        self._uses.claim(self._run, "masked-measure", index, sent)
        return self._inputs.mask(index, codes) + sent

    def all_inputs(self, codes: NDArray[np.integer], measure: NDArray[np.integer]) -> bytes:
        """Do step 1 for whole vectors (10 N bytes, chunk after chunk)."""
        check_whole(self.chunks, len(codes), 1)
        check_whole(self.chunks, len(measure), 1)
        places = ((chunk.index, slice(chunk.start, chunk.stop)) for chunk in self.chunks)
        return b"".join(self.mask_inputs(at, codes[cut], measure[cut]) for at, cut in places)

    def add_all(self, vectors: Mapping[str, bytes], corrections: Iterable[bytes] = ()) -> None:
        """Add the shares of whole vectors; see `add`."""
        width = INPUT_BYTES + MEASURE_BYTES
        for index, cut, part in pieces(self.chunks, vectors, corrections, width):
            self.add(index, cut, part)

    def add(self, index: int, vectors: Mapping[str, bytes], correction: bytes | None) -> None:
        """Add one chunk's share: sum of w rot(e) - rot(rho e); chunks come in order.

        Raises:
            ProtocolError: bad vectors or correction, or a chunk out of order.
        """
        chunk, domain = self.chunks[index], self._domain
        codes, opened = self._opened(index, vectors)
        size = chunk.size * sum_row_bytes(domain)
        dealt = take_correction(self._node, self._run, correction, size)
        if dealt is None:
            unit = pad(self._seed, self._run, chunk, domain, SUM_WORD, UNIT)
            product = pad(self._seed, self._run, chunk, domain, SUM_WORD, PRODUCT)
        else:
            unit, product = np.frombuffer(dealt, dtype=SUM_WORD).reshape(2, chunk.size, domain)
        part = opened[:, None] * _rotated(unit, codes) - _rotated(product, codes)
        self._total.add(index, part.sum(axis=0, dtype=SUM_WORD))

    def _opened(self, index: int, vectors: Mapping[str, bytes]) -> tuple[NDArray[np.uint16], Words]:
        """Return y and w = v + rho of one chunk, from both halves of every vector."""
        size = self.chunks[index].size
        split = INPUT_BYTES * size
        codes = self._inputs.open(index, {who: sent[:split] for who, sent in vectors.items()})
        opened: Words = np.zeros(size, dtype=SUM_WORD)
        for sender, vector in vectors.items():
            if len(vector) != split + MEASURE_BYTES * size:
                raise ProtocolError(
                    Text(
                        f"ノード {sender} の入力の長さが違います。",
                        f"The vector of node {sender} has another length.",
                    )
                )
            opened += np.frombuffer(vector[split:], dtype=SUM_WORD)
        self._uses.claim(self._run, "masked-measure", index, bytes(vectors[self._node][split:]))
        return codes, opened

    def finish(
        self, cells: NDArray[np.integer], noise: NDArray[np.int64], mask_keys: Mapping[str, bytes]
    ) -> bytes:
        """Return this node's masked, noisy share of the kept *cells* (8 bytes each)."""
        return self._total.finish(cells, noise, mask_keys)
