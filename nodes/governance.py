"""The department's governance folder: catalogue, purposes, bases, staff, read as values."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from nodes.config import PolicyConfig
from privacy.canonical import Json
from privacy.errors import BadInputError, Text
from privacy.governance.basis import Bases, Basis, read_bases
from privacy.governance.catalogue import Catalogue, read_catalogue
from privacy.governance.purpose import Purposes, read_purposes
from privacy.governance.staff import Staff, read_staff
from privacy.governance.statute import shipped_law

_FILES = ("catalogue.yaml", "purposes.yaml", "bases.yaml", "staff.yaml")


@dataclass(frozen=True, slots=True)
class Governance:
    """What the department has recorded: who may use what for which purpose, and why."""

    catalogue: Catalogue
    purposes: Purposes
    bases: Bases
    staff: Staff

    @classmethod
    def load(cls, folder: Path) -> Governance:
        """Read the four files in *folder*.

        Raises:
            BadInputError: a file is missing or has a wrong entry; the message names it.
        """
        return _parse(*(_text(folder / name) for name in _FILES))

    def check_basis(self, item: str, purpose: str, on: date) -> Basis:
        """Return the legal basis of *item* for *purpose* on a day.

        Raises:
            NoBasisError: there is none valid; the message says what is missing.
            BadInputError: an unknown item or purpose.
        """
        return self.bases.find(self.catalogue.item(item), self.purposes.get(purpose), on)

    def policy_json(self, policy: PolicyConfig) -> Json:
        """Return the policy and the catalogue's digest, for the digest in a Ready."""
        values = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(policy).items()
        }
        return {"policy": values, "catalogue": self.catalogue.digest.hex()}


@lru_cache(maxsize=4)
def _parse(catalogue: str, purposes: str, bases: str, staff: str) -> Governance:
    """Return the values of the four texts; the same texts are parsed once."""
    return Governance(
        read_catalogue(catalogue),
        read_purposes(purposes),
        read_bases(bases, shipped_law()),
        read_staff(staff),
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(
            Text(f"{path.name} を読めません。", f"{path.name} cannot be read."),
            Text(
                f"{path.parent.name} フォルダに見本から作ってください。",
                f"Make it in the folder {path.parent.name} from the samples.",
            ),
        ) from error
