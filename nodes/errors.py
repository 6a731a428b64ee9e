"""Errors of a node, told apart by type where a caller acts on the kind."""

from __future__ import annotations

from dataclasses import dataclass

from privacy.errors import NOTHING, BadInputError, RefusedError, Text


class MappingError(BadInputError):
    """A department.toml cannot be used: an unknown key, a missing column, a wrong type."""


class UnreadableFileError(BadInputError):
    """An extract cannot be used as a whole: missing, empty, damaged, undecodable."""


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """One line of an extract that cannot be read; *line* counts from 1, the header included."""

    line: int
    what: Text


class BrokenLinesError(UnreadableFileError):
    """Some lines of an extract cannot be read, so nothing of it is imported."""

    def __init__(self, what: Text, lines: tuple[BrokenLine, ...], fix: Text = NOTHING) -> None:
        """Keep every broken line besides the sentence that names the first ones."""
        super().__init__(what, fix)
        self.lines = lines


class MyNumberError(RefusedError):
    """An extract holds a column of My Numbers (個人番号), which no node may take in."""
