"""One question of clerical review as it travels to a holder, and the holder's words on pairs.

A question names one of the holder's own rows by its handle and says what kind of doubt
it is about, in words (`likeness.py`).  Its id is random and the same at both holders.  In
a later link round each holder names the pair by a tag, an HMAC of the id under a key of
that round's link epoch: the two sides find each other, and the coordinator, which holds
no such key, cannot tell which question of which earlier round a tag is about.  So review
lets it follow a row no further than tokens do: within a link epoch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from privacy.linkage.likeness import Likeness

PAIR_BYTES = 16
TAG_BYTES = 32


class Kind(StrEnum):
    """What a question is about, as both holders are told it."""

    NEAR = "near"
    """The pair is near the threshold."""
    NUMBER = "number"
    """The pair is likely one person, but the resident numbers differ."""


class Answer(IntEnum):
    """One holder's word on one pair."""

    OPEN = 0
    """Not answered yet."""
    SAME = 1
    DIFFERENT = 2
    UNSURE = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to one holder: the pair's id (16 bytes), its own row, what it is told.

    ``other``: the other department, empty unless the coordinator's policy tells it.
    """

    pair: bytes
    row: int = field(repr=False)
    kind: Kind
    likeness: Likeness
    other: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What one department says: a tag (32 bytes), its own row and its answer, for each pair."""

    tags: tuple[bytes, ...] = ()
    rows: tuple[int, ...] = field(default=(), repr=False)
    answers: tuple[Answer, ...] = field(default=(), repr=False)
