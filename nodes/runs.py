"""One screening or statistics run at a node, as a state machine without I/O.

    READY -> BEGUN -> DEALT -> MASKED -> ANSWERED -> (DELIVERED) -> ENDED

Each state is persisted before its message is sent.  A repeat of a step that is done
re-sends stored bytes; a step out of order is refused.
"""

from __future__ import annotations

from enum import StrEnum

from privacy.errors import ProtocolError, Text


class RunState(StrEnum):
    """Where a run stands at this node."""

    READY = "ready"
    """The signed Ready exists; nothing depends on a transcript yet."""
    BEGUN = "begun"
    """The transcript is fixed and the input snapshot frozen (and charged, in statistics)."""
    DEALT = "dealt"
    """The dealer's seed, and the correction if it is ours, are here."""
    MASKED = "masked"
    """Masked inputs exist for every peer: no other transcript is possible any more."""
    ANSWERED = "answered"
    """The masked output exists."""
    DELIVERED = "delivered"
    """The receiving node has turned listed positions into alerts."""
    ENDED = "ended"
    """Seeds, ephemerals and messages are destroyed.  Terminal."""


_NEXT: dict[RunState, frozenset[RunState]] = {
    RunState.READY: frozenset({RunState.BEGUN, RunState.ENDED}),
    RunState.BEGUN: frozenset({RunState.BEGUN, RunState.DEALT, RunState.ENDED}),
    RunState.DEALT: frozenset({RunState.BEGUN, RunState.MASKED, RunState.ENDED}),
    RunState.MASKED: frozenset({RunState.ANSWERED, RunState.ENDED}),
    RunState.ANSWERED: frozenset({RunState.DELIVERED, RunState.ENDED}),
    RunState.DELIVERED: frozenset({RunState.ENDED}),
    RunState.ENDED: frozenset(),
}
_ORDER = list(RunState)


def check_step(current: RunState, following: RunState) -> None:
    """Check that *following* may come after *current*.

    Raises:
        ProtocolError: it may not.
    """
    if following not in _NEXT[current]:
        raise ProtocolError(
            Text(
                f"この実行は {current.value} です。{following.value} へは進めません。",
                f"This run is {current.value}; {following.value} does not follow.",
            ),
            Text(
                "統括の手順と照合し、必要なら新しい計画で始めてください。",
                "Compare with the coordinator's steps; start a new plan if needed.",
            ),
        )


def reached(current: RunState, state: RunState) -> bool:
    """Say whether a run that is *current* has passed *state* (repeats are then re-sent)."""
    return current is not RunState.ENDED and _ORDER.index(current) >= _ORDER.index(state)
