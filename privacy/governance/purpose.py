"""Purposes: what data is used for, until when, on which ethics opinion.

A purpose is for individuals (screening, alerts, cases) or for statistics only
(APPI 69(2)(iv)).  The prohibited uses of `prohibited` cannot be written here.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from privacy.errors import BadInputError, RefusedError, Text
from privacy.governance.document import Entry, read
from privacy.governance.prohibited import refuse_prohibited


class PurposeKind(StrEnum):
    """Whether a purpose may concern an individual child."""

    INDIVIDUAL = "individual"
    STATISTICS = "statistics"


@dataclass(frozen=True, slots=True)
class Purpose:
    """One purpose; `items` is the least list of items that it needs (APPI 61(2))."""

    id: str
    name: Text
    kind: PurposeKind
    ethics_ref: str
    valid_from: dt.date
    valid_until: dt.date
    items: tuple[str, ...]

    def check_valid(self, today: dt.date) -> None:
        """Let the purpose pass when it is valid on *today*.

        Raises:
            RefusedError: not yet valid, or its ethics opinion has run out.
        """
        if today < self.valid_from:
            raise RefusedError(
                Text(
                    f"利用目的「{self.name.ja}」は {self.valid_from.isoformat()} からです。",
                    f"The purpose '{self.name.en}' begins on {self.valid_from.isoformat()}.",
                )
            )
        if today > self.valid_until:
            raise RefusedError(
                Text(
                    f"この利用目的の倫理審査は{self.valid_until.isoformat()}で切れています（{self.id}）。",
                    f"The ethics opinion of this purpose ran out on"
                    f" {self.valid_until.isoformat()} ({self.id}).",
                ),
                Text("倫理委員会の再審査が必要です。", "The ethics board must renew it."),
            )


@dataclass(frozen=True, slots=True)
class Purposes:
    """All purposes of a department or a city."""

    purposes: tuple[Purpose, ...]

    def get(self, purpose: str) -> Purpose:
        """Return the purpose with this id.

        Raises:
            ProhibitedUseError: the id is that of a prohibited use.
            BadInputError: no purpose has this id.
        """
        refuse_prohibited(f"purpose {purpose}", purpose)
        for each in self.purposes:
            if each.id == purpose:
                return each
        known = ", ".join(each.id for each in self.purposes) or "-"
        raise BadInputError(
            Text(
                f"利用目的「{purpose}」は登録されていません。",
                f"The purpose '{purpose}' is not registered.",
            ),
            Text(f"登録済み: {known}。", f"Registered: {known}."),
        )


def _purpose(entry: Entry) -> Purpose:
    fields = entry.fields(
        need=(
            "id",
            "name_ja",
            "name_en",
            "kind",
            "ethics_ref",
            "valid_from",
            "valid_until",
            "items",
        )
    )
    purpose = Purpose(
        id=fields["id"].text(),
        name=Text(fields["name_ja"].text(), fields["name_en"].text()),
        kind=fields["kind"].choice(PurposeKind),
        ethics_ref=fields["ethics_ref"].text(),
        valid_from=fields["valid_from"].day(),
        valid_until=fields["valid_until"].day(),
        items=fields["items"].texts(),
    )
    refuse_prohibited(f"{entry.document} {entry.path}", purpose.id, *purpose.name)
    if purpose.valid_until < purpose.valid_from:
        raise fields["valid_until"].error(
            Text("終わりが始まりより前です。", "it ends before it begins.")
        )
    return purpose


def read_purposes(text: str, document: str = "purposes.yaml") -> Purposes:
    """Return the purposes written in *text* (a YAML list).

    Raises:
        BadInputError: a wrong entry or a repeated id.
        ProhibitedUseError: an entry names a prohibited use.
    """
    found: list[Purpose] = []
    for entry in read(text, document).sequence():
        purpose = _purpose(entry)
        if any(each.id == purpose.id for each in found):
            raise entry.error(Text("同じ id が二度あります。", "the id stands twice."))
        found.append(purpose)
    return Purposes(tuple(found))
