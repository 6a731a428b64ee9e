"""One link round (PROTOCOL 2, 3): from a signed plan to slots at every node.

proposed -> approved -> checked -> encoded -> compared -> completed -> slotted
         -> matched -> told -> housed -> closed -> done
"""

from __future__ import annotations

from enum import StrEnum

from coordinator.rounds.machine import Machine, chain


class LinkState(StrEnum):
    """Where a link round stands: each state says what is true and stored."""

    PROPOSED = "proposed"
    """The plan is signed and stored; nodes review it."""
    APPROVED = "approved"
    """Every node has approved the plan; known people are compared next."""
    CHECKED = "checked"
    """All nodes encode alike; first-pass encodings arrive."""
    ENCODED = "encoded"
    """The first pass of every open node is spooled, encrypted."""
    COMPARED = "compared"
    """The first pass is compared; which rows to ask again is drawn and stored."""
    COMPLETED = "completed"
    """The second pass is spooled; clusters are solved next."""
    SLOTTED = "slotted"
    """Slots are drawn and stored; nobody was told yet."""
    MATCHED = "matched"
    """Sealed nodes have matched the universe by themselves."""
    TOLD = "told"
    """Open nodes hold their slots."""
    HOUSED = "housed"
    """Nodes hold the household numbers of their own slots, if the plan asks for them."""
    CLOSED = "closed"
    """Heads are countersigned; codes and their key are destroyed."""
    DONE = "done"
    """The slot table is in force and the quality report stored.  Terminal."""
    REFUSED = "refused"
    """A node refused the plan; the reason names it and the rule.  Terminal."""
    FAILED = "failed"
    """A member broke the protocol, encodes differently, or the plan expired.  Terminal."""
    CANCELLED = "cancelled"
    """The operator ended it.  Terminal."""


_ORDER = (
    LinkState.PROPOSED,
    LinkState.APPROVED,
    LinkState.CHECKED,
    LinkState.ENCODED,
    LinkState.COMPARED,
    LinkState.COMPLETED,
    LinkState.SLOTTED,
    LinkState.MATCHED,
    LinkState.TOLD,
    LinkState.HOUSED,
    LinkState.CLOSED,
    LinkState.DONE,
)

LINK = Machine(
    "link",
    LinkState.PROPOSED,
    chain(
        _ORDER,
        # Once heads are exchanged the round can only be done: the slots are out.
        {LinkState.REFUSED: 10, LinkState.FAILED: 10, LinkState.CANCELLED: 10},
    ),
)
"""The link round's transition table."""
