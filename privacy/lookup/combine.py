"""The coordinator's part: add all masked outputs, and read only what they add up to.

From the vectors of one lookup the coordinator learns which positions are listed, in an
order that it does not know; from those of a histogram, the noisy cells (PROTOCOL 4, 5).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from privacy.errors import ProtocolError, Text
from privacy.lookup.dealing import COUNT_WORD, SUM_WORD
from privacy.lookup.run import LookupRun


def _check(run: LookupRun, vectors: Mapping[str, bytes], length: int) -> None:
    if set(vectors) != set(run.nodes):
        raise ProtocolError(
            Text("出力の送り手が参加ノードと一致しません。", "Outputs are not those of all nodes.")
        )
    for sender, vector in vectors.items():
        if len(vector) != length:
            raise ProtocolError(
                Text(
                    f"ノード {sender} の出力が {len(vector)} バイトです（{length} のはず）。",
                    f"The output of node {sender} has {len(vector)} bytes instead of {length}.",
                )
            )


def listed_positions(
    run: LookupRun, outputs: Mapping[str, bytes], *, cap: int
) -> NDArray[np.int64]:
    """Return the listed positions in ascending order (secret order for the coordinator).

    Args:
        run: The lookup.
        outputs: Node id -> its packed, masked bits for all N' positions.
        cap: The most positions that the plan may open, decoys included.

    Raises:
        ProtocolError: an output is missing, foreign or of another length; more positions
            than *cap* (as when a node sent noise), or bits beyond the last position.
    """
    _check(run, outputs, -(-run.positions // 8))
    total = np.zeros(-(-run.positions // 8), dtype=np.uint8)
    for vector in outputs.values():
        total ^= np.frombuffer(vector, dtype=np.uint8)
    bits = np.unpackbits(total, bitorder="little")
    if bits[run.positions :].any():
        what = Text("出力の余りのビットが 0 ではありません。", "The outputs do not cancel.")
        raise ProtocolError(what)
    listed = np.flatnonzero(bits).astype(np.int64)
    if listed.size > cap:
        raise ProtocolError(
            Text(
                f"計画の上限 {cap} を超える位置が示されました。結果は使いません。",
                f"More positions are listed than the plan's cap of {cap}; nothing is used.",
            )
        )
    return listed


def noisy_counts(run: LookupRun, outputs: Mapping[str, bytes], cells: int) -> NDArray[np.int64]:
    """Return the noisy histogram: signed counts of shape (cells,), modulo 2^32."""
    return _noisy(run, outputs, cells, COUNT_WORD)


def noisy_sums(run: LookupRun, outputs: Mapping[str, bytes], cells: int) -> NDArray[np.int64]:
    """Return the noisy sums per cell: signed, of shape (cells,), modulo 2^64."""
    return _noisy(run, outputs, cells, SUM_WORD)


def _noisy(
    run: LookupRun, outputs: Mapping[str, bytes], cells: int, word: str
) -> NDArray[np.int64]:
    _check(run, outputs, cells * np.dtype(word).itemsize)
    total = np.zeros(cells, dtype=word)
    for vector in outputs.values():
        total += np.frombuffer(vector, dtype=word)
    return total.view(word.replace("u", "i")).astype(np.int64)
