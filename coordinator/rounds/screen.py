"""One screening round (PROTOCOL 4, 7): from a signed plan to sealed alerts at the receiver.

proposed -> approved -> ready -> begun -> grouped -> dealt -> shared -> combined
         -> keyed -> delivered -> closed -> done
"""

from __future__ import annotations

from enum import StrEnum

from coordinator.rounds.machine import Machine, chain


class ScreenState(StrEnum):
    """Where a screening round stands: each state says what is true and stored."""

    PROPOSED = "proposed"
    """The plan is signed and stored; nodes review it."""
    APPROVED = "approved"
    """Every node has approved the plan; Readys are asked for."""
    READY = "ready"
    """All Readys are stored, and with them the transcript."""
    BEGUN = "begun"
    """Every node has verified the transcript and frozen its snapshot."""
    GROUPED = "grouped"
    """Every node holds the receiver's shuffle secret."""
    DEALT = "dealt"
    """Every node holds the dealer's randomness."""
    SHARED = "shared"
    """Every node holds every other node's masked input."""
    COMBINED = "combined"
    """The masked outputs are combined: listed positions and their boxes are stored."""
    KEYED = "keyed"
    """The dealer has given the listed positions' outer keys, sealed to the receiver."""
    DELIVERED = "delivered"
    """The receiver has taken the alert and signed its receipt; other boxes are deleted."""
    CLOSED = "closed"
    """Heads are countersigned and the run's secrets destroyed everywhere."""
    DONE = "done"
    """Terminal."""
    REFUSED = "refused"
    """A node refused the plan or its Ready; the reason names it and the rule.  Terminal."""
    FAILED = "failed"
    """A member broke the protocol.  Terminal."""
    EXPIRED = "expired"
    """A member did not answer before the plan's expiry: the run is dead and counted.  Terminal."""
    CANCELLED = "cancelled"
    """The operator ended it.  Terminal."""


_ORDER = (
    ScreenState.PROPOSED,
    ScreenState.APPROVED,
    ScreenState.READY,
    ScreenState.BEGUN,
    ScreenState.GROUPED,
    ScreenState.DEALT,
    ScreenState.SHARED,
    ScreenState.COMBINED,
    ScreenState.KEYED,
    ScreenState.DELIVERED,
    ScreenState.CLOSED,
    ScreenState.DONE,
)

SCREEN = Machine(
    "screen",
    ScreenState.PROPOSED,
    chain(
        _ORDER,
        {
            # A node may refuse until the transcript binds it.
            ScreenState.REFUSED: 3,
            ScreenState.FAILED: 9,
            ScreenState.EXPIRED: 9,
            ScreenState.CANCELLED: 9,
        },
    ),
)
"""The screening round's transition table."""
