"""What a Dask worker runs: one tile of a comparison, from the two parts of the codes it needs.

A worker holds codes while it compares them and sees which are similar, as the
coordinator does: it belongs to the coordinator's trust domain.
"""

from __future__ import annotations

import threading

from privacy.similarity.kernels import Words, default_scan
from privacy.similarity.tiles import Found, Terms, Tile, compare_tile, joined

VERSION = 1
"""Raised whenever a task's arguments or meaning change."""
_TURN = threading.Lock()
"""The kernel runs on all threads of its process, so a process runs one tile at a time."""


class OtherVersionError(Exception):
    """The worker's programme is of another version than the coordinator's."""


def part(codes: Words) -> Words:
    """Hold a part of the codes; a task, so that it is made again where a worker was lost."""
    return codes


def run_tile(
    version: int, tile: Tile, corner: tuple[int, int], rows: Words, codes: Words, terms: Terms,
    most: int,
) -> Found | None:  # fmt: skip
    """Return what *tile* finds, ordered, or None if that is more than *most* pairs.

    Args:
        version: of the coordinator's tasks.
        tile: what is compared.
        corner: row and code of the first entries of *rows* and *codes*.
        rows: a part of the left side that holds the tile's rows.
        codes: a part of the right side that holds the tile's codes.
        terms: of the comparison.
        most: pairs that may travel at a time; a tile of one pair is never too large.

    Raises:
        OtherVersionError: the worker's tasks are of another version.
    """
    if version != VERSION:
        raise OtherVersionError
    row, code = tile.row - corner[0], tile.code - corner[1]
    found = []
    count = 0
    with _TURN:
        for piece in compare_tile(
            tile,
            rows[row : row + tile.rows],
            codes[code : code + tile.codes],
            terms,
            default_scan(),
        ):
            found.append(piece)
            count += len(piece)
            if count > most and tile.rows * tile.codes > 1:
                return None
    return joined(found)
