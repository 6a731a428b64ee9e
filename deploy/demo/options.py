"""What the demo is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from privacy.errors import BadInputError, Language, Text

FEWEST_CHILDREN, MOST_CHILDREN = 300, 200_000
DIFFICULTIES = ("clean", "typical", "dirty")
DEPARTMENT_COUNTS = (5, 7)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """The town, the working folder and how to end.

    Raises:
        BadInputError: a number or name that no town has.
    """

    folder: Path
    children: int
    difficulty: str
    departments: int
    seed: int
    once: bool
    language: Language

    def __post_init__(self) -> None:
        """Refuse what no town can be made of, before anything is wiped."""
        if not FEWEST_CHILDREN <= self.children <= MOST_CHILDREN:
            raise _outside("--town", f"{FEWEST_CHILDREN} - {MOST_CHILDREN}")
        if self.difficulty not in DIFFICULTIES:
            raise _outside("--difficulty", ", ".join(DIFFICULTIES))
        if self.departments not in DEPARTMENT_COUNTS:
            raise _outside("--departments", "5, 7")


def _outside(option: str, allowed: str) -> BadInputError:
    return BadInputError(
        Text(f"{option} は {allowed} です。", f"{option} takes {allowed}."),
        Text("値を直してください。", "Correct the value."),
    )
