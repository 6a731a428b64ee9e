"""Rows held over a link epoch: what incremental rounds send is merged with what is there.

Pure.  Whoever links (the coordinator) holds codes by random handles that stay with their
rows for the epoch.  A round's rows stand in ascending order of handles, so the linkage of
an epoch depends on its rows, its seed and nothing else: merging changes into the rows of
the round before gives the same arrays, and so the same clusters, as sending all rows
again (PROTOCOL 3).  What was removed or changed is in no array afterwards.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from privacy.encoding.batch import Batch, concatenate
from privacy.errors import ProtocolError, Text
from privacy.linkage.stack import Ids

Handles = NDArray[np.uint32]
"""Random numbers of rows, ascending, each once."""

PAD_SHARE = 200
"""Later-pass requests inside an epoch grow in steps of one row in so many, at least 8."""
_LEAST_STEP = 8
FILL_UP_TO = 0.55
"""Share of a department's rows above which requests are not filled up: nodes cap the share."""


@dataclass(frozen=True, slots=True)
class HeldRows:
    """One department's rows of a link epoch.

    ``handles``: n, ascending; ``first``: tokens and views of the first pass, n rows in that
    order; ``later_handles`` and ``later``: the rows, m of them, whose later views are here.
    """

    handles: Handles = field(repr=False)
    first: Batch = field(repr=False)
    later_handles: Handles = field(repr=False)
    later: Batch = field(repr=False)

    def places(self, handles: Handles) -> Ids:
        """Return where the rows of *handles* stand.

        Raises:
            ProtocolError: a handle is of no row.
        """
        found = np.searchsorted(self.handles, handles)
        known = found < len(self.handles)
        known[known] = self.handles[found[known]] == handles[known]
        if not known.all():
            raise _wrong(self.first.department, "知らない行です", "an unknown row")
        return found.astype(np.int64)

    def with_later(self, handles: Handles, views: Batch) -> HeldRows:
        """Return the rows with later *views* of *handles* (in that order), in place of older.

        Raises:
            ProtocolError: a handle is of no row or there twice, or rows and handles disagree.
        """
        _check_handles(self.first.department, handles, views.rows)
        self.places(handles)
        stay = np.flatnonzero(~np.isin(self.later_handles, handles))
        joined = np.concatenate([self.later_handles[stay], handles])
        order = np.argsort(joined, kind="stable")
        batch = _joined(self.later.take(stay), views)
        return replace(self, later_handles=joined[order], later=batch.take(order))

    def later_of(self, places: Ids) -> Batch:
        """Return the later views of the rows at *places*, in that order.

        Raises:
            ProtocolError: a row's later views are not here.
        """
        wanted = self.handles[places]
        found = np.searchsorted(self.later_handles, wanted)
        known = found < len(self.later_handles)
        known[known] = self.later_handles[found[known]] == wanted[known]
        if not known.all():
            raise _wrong(
                self.first.department, "後のパスの行が足りません", "rows of a later pass lack"
            )
        return self.later.take(found.astype(np.int64))


def whole_rows(handles: Handles, first: Batch) -> HeldRows:
    """Return the rows of a full round, by handle.

    Raises:
        ProtocolError: a handle is there twice, or rows and handles disagree.
    """
    _check_handles(first.department, handles, first.rows)
    nothing, none = Batch(first.department, 0, {}, {}), np.zeros(0, dtype=np.uint32)
    if (handles[1:] > handles[:-1]).all():
        return HeldRows(handles, first, none, nothing)
    order = np.argsort(handles, kind="stable")
    return HeldRows(handles[order], first.take(order), none, nothing)


def updated(base: HeldRows, handles: Handles, sent: Batch, removed: Handles) -> HeldRows:
    """Return *base* without *removed* and with *sent* rows, changed or new, by *handles*.

    Later views of rows that changed or are gone go with them.

    Raises:
        ProtocolError: a handle is there twice, a removed row is unknown or sent as well, or
            rows and handles disagree.
    """
    department = base.first.department
    _check_handles(department, handles, sent.rows)
    _check_handles(department, removed, len(removed))
    base.places(removed)
    if np.isin(handles, removed).any():
        raise _wrong(department, "消えた行が送られました", "a removed row is sent as well")
    gone = np.concatenate([handles, removed])
    stay = np.flatnonzero(~np.isin(base.handles, gone))
    joined = np.concatenate([base.handles[stay], handles])
    order = np.argsort(joined, kind="stable")
    kept = base.first.take(stay)
    first = concatenate([kept, sent]) if sent.rows else kept
    later = np.flatnonzero(~np.isin(base.later_handles, gone))
    return HeldRows(
        joined[order], first.take(order), base.later_handles[later], base.later.take(later)
    )


def without_codes(held: HeldRows) -> HeldRows:
    """Return the rows by their handles only, where codes are not looked at."""
    first, later = (Batch(b.department, b.rows, {}, {}) for b in (held.first, held.later))
    return replace(held, first=first, later=later)


def to_request(held: HeldRows, asked: Ids, seed: bytes) -> Handles:
    """Return the handles to ask a department for, ascending, so that all *asked* rows are held.

    Rows whose later views are held already are not asked again.  Inside an epoch being
    newly asked could say that a child lost or never had a partner, so random further rows
    (drawn by *seed*) fill the request up to a step, as long as few enough are held; their
    views are kept and not used.
    """
    missing = asked[~np.isin(held.handles[asked], held.later_handles)]
    if not len(held.later_handles):
        return held.handles[np.sort(missing)]
    step = max(_LEAST_STEP, len(held.handles) // PAD_SHARE)
    room = int(FILL_UP_TO * len(held.handles)) - len(held.later_handles)
    wanted = max(len(missing), min(-(-len(missing) // step) * step, room))
    free = np.ones(len(held.handles), dtype=np.bool_)
    free[missing] = False
    free[np.isin(held.handles, held.later_handles)] = False
    others = np.flatnonzero(free)
    chance = drawn_by_handle(seed, "fill " + held.first.department, held.handles[others])
    fill = others[np.argsort(chance, kind="stable")][: wanted - len(missing)]
    requested: Handles = held.handles[np.sort(np.concatenate([missing, fill]))]
    return requested


def drawn_by_handle(seed: bytes, department: str, handles: Handles) -> NDArray[np.uint64]:
    """Return one 64-bit word a handle that *seed* determines, whichever rows stand beside it."""
    key = hashlib.blake2b(department.encode(), key=seed, digest_size=32).digest()
    octets = handles.astype("<u4").tobytes()
    digests = b"".join(
        hashlib.blake2b(octets[at : at + 4], key=key, digest_size=8).digest()
        for at in range(0, len(octets), 4)
    )
    return np.frombuffer(digests, dtype="<u8")


def chances(seed: bytes, rows: Sequence[HeldRows]) -> NDArray[np.uint64]:
    """Return the words of all stacked rows, for `Linker.ask`."""
    return np.concatenate(
        [drawn_by_handle(seed, one.first.department, one.handles) for one in rows]
    )


def _joined(held: Batch, views: Batch) -> Batch:
    """Return the later views *held* and then *views*, which have no tokens."""
    if not held.rows:
        return replace(views, tokens={})
    if not views.rows:
        return held
    return concatenate([held, replace(views, tokens={})])


def _check_handles(department: str, handles: Handles, rows: int) -> None:
    if len(handles) != rows:
        raise _wrong(department, "行と番号の数が合いません", "rows and handles disagree")
    if len(np.unique(handles)) != len(handles):
        raise _wrong(department, "同じ行が二度あります", "a row is there twice")


def _wrong(department: str, ja: str, en: str) -> ProtocolError:
    return ProtocolError(
        Text(
            f"{department} の増分を使えません: {ja}。",
            f"The changes of {department} cannot be used: {en}.",
        ),
        Text(
            "新しい連携世代で、全行の連携をやり直してください。",
            "Open a new link epoch with a full round.",
        ),
    )
