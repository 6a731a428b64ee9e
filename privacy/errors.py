"""Errors that people read: what is wrong, where, and what to do, in Japanese and English.

A message names ids, limits, columns and kinds; it never holds a field value, an
encoding or a key.  Each kind fixes the exit status of the command line.
"""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

Language = Literal["ja", "en"]


class Text(NamedTuple):
    """One sentence in both languages."""

    ja: str
    en: str

    def in_language(self, language: Language) -> str:
        """Return the text in *language*."""
        return self.ja if language == "ja" else self.en


NOTHING = Text("", "")


class EnishiError(Exception):
    """The base of every error that leaves a package; never raised itself."""

    exit_status: ClassVar[int] = 4

    def __init__(self, what: Text, fix: Text = NOTHING) -> None:
        """Keep *what* went wrong and, where there is one, the *fix*."""
        super().__init__(what.en)
        self.what = what
        self.fix = fix

    def render(self, language: Language) -> str:
        """Return the message and the fix in *language*, as one paragraph."""
        space = "" if language == "ja" else " "
        parts = (self.what.in_language(language), self.fix.in_language(language))
        return space.join(part for part in parts if part)


class RefusedError(EnishiError):
    """A rule does not allow it; the message names the rule and what would satisfy it."""

    exit_status = 1


class BadInputError(EnishiError):
    """What was given cannot be used: a file, a value's kind, a message, a setting."""

    exit_status = 2


class UnreachableError(EnishiError):
    """A peer, a port or a disk did not answer."""

    exit_status = 3


class ProtocolError(EnishiError):
    """A message does not belong here: wrong round, order, size, sender, schema or key."""

    exit_status = 1
