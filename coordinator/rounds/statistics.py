"""One statistics round (PROTOCOL 5, 6): from a signed query to an archived noisy release.

proposed -> approved -> ready -> begun -> charged -> dealt -> shared -> released
         -> closed -> done
"""

from __future__ import annotations

from enum import StrEnum

from coordinator.rounds.machine import Machine, chain


class StatisticsState(StrEnum):
    """Where a statistics round stands: each state says what is true and stored."""

    PROPOSED = "proposed"
    """The plan is signed and stored; nodes review it."""
    APPROVED = "approved"
    """Every node has approved the plan; Readys, with ledger totals, are asked for."""
    READY = "ready"
    """All Readys are stored, and with them the transcript: from here the charge stands."""
    BEGUN = "begun"
    """Every node has charged its ledger and frozen its snapshot."""
    CHARGED = "charged"
    """The coordinator has charged its own ledger."""
    DEALT = "dealt"
    """Every node holds the dealer's randomness."""
    SHARED = "shared"
    """Every node holds every other node's masked input."""
    RELEASED = "released"
    """The noisy shares are summed and the release is archived."""
    CLOSED = "closed"
    """Heads are countersigned and the run's secrets destroyed everywhere."""
    DONE = "done"
    """Terminal."""
    REFUSED = "refused"
    """A node refused the plan or its Ready, before anything was charged.  Terminal."""
    FAILED = "failed"
    """A member broke the protocol; what was charged stays charged.  Terminal."""
    EXPIRED = "expired"
    """A member did not answer before the plan's expiry; charges stand.  Terminal."""
    CANCELLED = "cancelled"
    """The operator ended it; charges stand.  Terminal."""


_ORDER = (
    StatisticsState.PROPOSED,
    StatisticsState.APPROVED,
    StatisticsState.READY,
    StatisticsState.BEGUN,
    StatisticsState.CHARGED,
    StatisticsState.DEALT,
    StatisticsState.SHARED,
    StatisticsState.RELEASED,
    StatisticsState.CLOSED,
    StatisticsState.DONE,
)

STATISTICS = Machine(
    "statistics",
    StatisticsState.PROPOSED,
    chain(
        _ORDER,
        {
            StatisticsState.REFUSED: 3,
            StatisticsState.FAILED: 7,
            StatisticsState.EXPIRED: 7,
            StatisticsState.CANCELLED: 7,
        },
    ),
)
"""The statistics round's transition table."""
