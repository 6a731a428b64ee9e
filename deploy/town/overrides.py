"""What a planted case fixes in a department's row; everything else is written as it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from deploy.town.errors import Written
from deploy.town.people import Address

FIELDS = (
    "family", "given", "middle", "family_kana", "given_kana", "middle_kana", "former", "number",
    "latin",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One row that must exist in a department, free of random dirt, with these fields.

    ``None`` leaves a field as the person's own; an empty text empties it.
    """

    family: str | None = None
    given: str | None = None
    middle: str | None = None
    family_kana: str | None = None
    given_kana: str | None = None
    middle_kana: str | None = None
    former: str | None = None
    birth: date | None = None
    number: str | None = None
    address: Address | None = None
    latin: bool | None = None
    extra: dict[str, str] = field(default_factory=dict)
    """Column -> text, for columns outside the identity (異動事由, 支援措置)."""

    def apply(self, written: Written) -> None:
        """Fix the fields of *written* in place."""
        for name in FIELDS:
            value = getattr(self, name)
            if value is not None:
                setattr(written, name, value)
        if self.birth is not None:
            written.birth = self.birth
        if self.address is not None:
            written.address = self.address


Overrides = dict[tuple[str, int], list[Override]]
"""(department, child) -> the rows to write; an empty list keeps the child out of it."""
