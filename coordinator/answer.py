"""What a verb found or did: values for programs, sentences for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from privacy.errors import Text
from protos.console import Console


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of one verb, in both shapes."""

    values: Mapping[str, Any]
    lines: Sequence[Text]

    def show(self, console: Console) -> None:
        """Print it as *console* speaks."""
        console.done(self.values)
        for line in self.lines:
            console.say(line)
