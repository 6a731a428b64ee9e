"""The self-test's report as a file and as a part of a plan: dated, hashed, signed.

A record of a made-up town needs no signature: whoever runs its seeds gets the same
counts.  One of a register is that department's word, and carries its signature.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from importlib import resources
from typing import Any

from privacy.canonical import Json, canonical_digest, framed
from privacy.encoding.schema import Schema
from privacy.errors import BadInputError, Text
from privacy.identity import IdentityKey, verify
from privacy.redteam.findings import Attack, Attacked, Finding, Reason, Skipped, WeightLeak
from privacy.redteam.report import ControlFinding, Report, Source, WeightControl

FORMAT = "enishi-self-test/1"
_MOST = 10**9


@dataclass(frozen=True, slots=True)
class Record:
    """A report with when, by which version and by whom it was made.

    ``maker``: the node whose register was attacked, "" for a town; ``signature``: the
    maker's, over the digest.
    """

    report: Report
    made: date
    tool: str
    maker: str = ""
    signature: bytes = field(default=b"", repr=False)

    @property
    def digest(self) -> bytes:
        """Return SHA-256 of the canonical JSON without the signature (32 bytes)."""
        return canonical_digest(self._signed())

    def signed(self, identity: IdentityKey) -> Record:
        """Return this record with the signature of *identity*."""
        return replace(self, signature=identity.sign(self._message()))

    def check_signature(self, public: bytes) -> None:
        """Check the maker's signature.

        Raises:
            ProtocolError: it is not of this record by this key.
        """
        verify(public, self._message(), self.signature, self.maker)

    def to_json(self) -> dict[str, Json]:
        """Return the record as canonical JSON takes it; `from_json` reads it back."""
        return self._signed() | {"digest": self.digest.hex(), "signature": self.signature.hex()}

    def to_text(self) -> str:
        """Return the record as a file holds it."""
        return json.dumps(self.to_json(), ensure_ascii=False, indent=1) + "\n"

    def _signed(self) -> dict[str, Json]:
        about: dict[str, Json] = {
            "format": FORMAT,
            "made": self.made.isoformat(),
            "tool": self.tool,
            "maker": self.maker,
        }
        return about | self.report.to_json()

    def _message(self) -> bytes:
        return framed(b"enishi/v1/self-test", self.digest)


def parse_record(text: str) -> Record:
    """Read a record from the JSON *text* of a file.

    Raises:
        BadInputError: it is not a record, or its digest is another.
    """
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _bad("JSON ではありません", "it is not JSON") from error
    return record_from_json(raw)


def record_from_json(raw: object) -> Record:
    """Read a record from its JSON, as a plan carries it.

    Raises:
        BadInputError: it is not a record, or its digest is another.
    """
    try:
        record = _record(raw)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        kind = type(error).__name__
        raise _bad(f"読み取れません（{kind}）", f"it cannot be read ({kind})") from error
    if record.to_json() != raw:
        raise _bad("中身とダイジェストが合いません", "it does not agree with its digest")
    return record


def committed_record(schema: Schema) -> Record | None:
    """Return the record that comes with this version for *schema*; None: there is none."""
    folder = resources.files("privacy.redteam").joinpath("data")
    name = f"{schema.name}{'-labels' if schema.labels else ''}.json"
    if not folder.joinpath(name).is_file():
        return None
    record = parse_record(folder.joinpath(name).read_text("utf-8"))
    return record if record.report.asked.digest == schema.digest.hex() else None


def _record(raw: Any) -> Record:  # noqa: ANN401 - JSON from outside; wrong kinds raise
    if raw["format"] != FORMAT:
        raise ValueError(FORMAT)
    weights = raw["weights_control"]
    report = Report(
        Source(raw["source"]),
        tuple(_count(seed) for seed in raw["seeds"]),
        _count(raw["known"]),
        _count(raw["encoded"]),
        _count(raw["per_birth_date_hundredths"]) / 100,
        _attacked(raw["asked"]),
        tuple(
            ControlFinding(_text(one["schema"]), one["half"] is True, _finding(one["finding"]))
            for one in raw["controls"]
        ),
        WeightControl(
            _count(weights["uncentred_thousandths"]) / 1000,
            _count(weights["centred_thousandths"]) / 1000,
        ),
    )
    return Record(
        report,
        date.fromisoformat(raw["made"]),
        _text(raw["tool"]),
        _text(raw["maker"]),
        bytes.fromhex(raw["signature"]),
    )


def _attacked(raw: Mapping[str, Any]) -> Attacked:
    return Attacked(
        _text(raw["schema"]),
        _text(raw["digest"]),
        raw["labels"] is True,
        tuple(_finding(one) for one in raw["findings"]),
        tuple(
            WeightLeak(_text(one["view"]), _count(one["thousandths"]) / 1000)
            for one in raw["weights"]
        ),
        tuple(
            Skipped(Attack(one["attack"]), _text(one["where"]), Reason(one["reason"]))
            for one in raw["not_applicable"]
        ),
    )


def _finding(raw: Mapping[str, Any]) -> Finding:
    right, tried = _count(raw["right"]), _count(raw["tried"])
    if right > tried:
        raise ValueError(right)
    return Finding(Attack(raw["attack"]), _text(raw["where"]), right, tried)


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value < _MOST:
        raise ValueError(value)
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _bad(ja: str, en: str) -> BadInputError:
    return BadInputError(
        Text(f"自己点検の報告が不正です: {ja}。", f"The self-test report is wrong: {en}."),
        Text(
            "`enishi redteam --report FILE` で作り直してください。",
            "Make it again: `enishi redteam --report FILE`.",
        ),
    )
